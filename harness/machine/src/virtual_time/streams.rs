//! The stream connections of the simulated network, one entry for each end that is open.

use super::network::{Arrival, What};
use crate::Flow;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::ops::RangeInclusive;

/// Ports of connections that ask for none: those of Linux.
const EPHEMERAL: RangeInclusive<u16> = 32_768..=60_999;

/// Which ends are open. An end is closed by its own machine at once, and by the other one when the news arrives; what is
/// sent in between is lost, as on a socket.
#[derive(Debug, Default)]
pub(super) struct Streams {
    ends: BTreeSet<Flow>,
    taken: u16,
}

impl Streams {
    /// The connection that bytes for `flow` go over, as `Flow` says; `None` where one is to be made.
    pub(super) fn open(&self, flow: Flow) -> Option<Flow> {
        if flow.local.port() != 0 {
            return self.ends.get(&flow).copied();
        }
        let ours = |end: &&Flow| end.remote == flow.remote && end.local.ip() == flow.local.ip();
        self.ends.iter().find(ours).copied()
    }

    /// Makes a connection with both its ends.
    pub(super) fn connect(&mut self, flow: Flow) -> Flow {
        let port = if flow.local.port() == 0 { self.free_port(flow) } else { flow.local.port() };
        let connection = Flow { local: SocketAddr::new(flow.local.ip(), port), ..flow };
        self.ends.extend([connection, connection.reversed()]);
        connection
    }

    /// Closes an end; whether it was open.
    pub(super) fn close(&mut self, flow: Flow) -> bool {
        self.ends.remove(&flow)
    }

    /// Whether what arrives still finds its end open; the end goes with the news of its close.
    pub(super) fn arrives(&mut self, arrival: &Arrival) -> bool {
        match arrival.what {
            What::Refused(_) => true,
            What::Closed(_) => self.ends.remove(&arrival.flow),
            _ => self.ends.contains(&arrival.flow),
        }
    }

    fn free_port(&mut self, flow: Flow) -> u16 {
        let count = EPHEMERAL.end() - EPHEMERAL.start();
        loop {
            let port = EPHEMERAL.start() + self.taken % count;
            self.taken = self.taken.wrapping_add(1);
            let end = Flow { local: SocketAddr::new(flow.local.ip(), port), ..flow };
            if !self.ends.contains(&end) {
                return port;
            }
        }
    }
}

//! Findings, at most one per source and kind in a second: a flood of bad packets must not become a flood of events.

use super::{Event, PortId};
use oxocert_machine::At;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// How long a source and kind stays quiet after a finding.
const QUIET: Duration = Duration::from_secs(1);

/// Sources and kinds remembered; while so many are quiet, further ones are quiet too.
const MOST: usize = 256;

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    NotRtp,
    NotRtcp,
    RtcpOnRtpPort,
    PayloadType,
    Sequence,
    TooManyStreams,
    Event,
    NoEventType,
    Unreachable,
    AddressTaken,
    CannotSecure,
    Clear,
    NoMki,
    OtherKey,
    Replayed,
    RollOver,
    Unauthenticated,
    RtcpClear,
    RtcpReplayed,
    RtcpUnauthenticated,
    RtcpUnencrypted,
}

/// The findings of one port.
#[derive(Debug, Clone)]
pub(super) struct Findings {
    port: PortId,
    told: BTreeMap<(SocketAddr, Kind), At>,
}

impl Findings {
    pub(super) fn new(port: PortId) -> Findings {
        Findings { port, told: BTreeMap::new() }
    }

    /// The event, unless its like was told less than a second ago.
    pub(super) fn tell(
        &mut self,
        at: At,
        remote: SocketAddr,
        kind: Kind,
        note: impl FnOnce() -> String,
    ) -> Option<Event> {
        if self.told.get(&(remote, kind)).is_some_and(|told| at < *told + QUIET) {
            return None;
        }
        if self.told.len() >= MOST {
            self.told.retain(|_, told| at < *told + QUIET);
            if self.told.len() >= MOST {
                return None;
            }
        }
        self.told.insert((remote, kind), at);
        Some(Event::Finding { port: self.port, remote, note: note() })
    }
}

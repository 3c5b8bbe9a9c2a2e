//! Probes: one ClientHello on a stream of its own, and what comes.

use super::{Layer, Out, limits};
use crate::wire::Clear;
use crate::{Event, Hello, ProbeAnswer, ProbeId, Side, suite_name};
use oxocert_machine::{At, Flow, Transport};
use std::net::{IpAddr, SocketAddr};

/// A probe under way.
pub(super) struct Probe {
    id: ProbeId,
    hello: Hello,
    clear: Clear,
    due: Option<At>,
}

impl Layer {
    pub(super) fn probe(&mut self, id: ProbeId, local: IpAddr, remote: SocketAddr, hello: Hello) {
        let mut flow = Flow::tls(SocketAddr::new(local, self.ports.draw()), remote);
        while self.connections.contains_key(&flow) || self.probes.contains_key(&flow) {
            flow.local.set_port(self.ports.draw());
        }
        let mut record = hello.record(&mut self.dice);
        if hello.stalls.is_some() {
            record.truncate(record.len() / 2);
        }
        self.probes.insert(flow, Probe { id, hello, clear: Clear::default(), due: None });
        self.transmit(flow, 0, record);
    }

    pub(super) fn probe_connected(&mut self, flow: Flow) {
        if let Some(probe) = self.probes.get_mut(&flow) {
            let due = self.now + probe.hello.stalls.unwrap_or(limits::PROBE);
            probe.due = Some(due);
            self.due.insert((due, flow));
        }
    }

    pub(super) fn probe_received(&mut self, flow: Flow, bytes: &[u8]) {
        let Some(probe) = self.probes.get_mut(&flow) else { return };
        let taken = probe.clear.take(Side::Peer, bytes);
        let answer = match (taken, probe.clear.suite, probe.clear.peer_alert) {
            (_, Some(suite), _) => probe.server_hello(suite),
            (_, None, Some(alert)) => ProbeAnswer::Alert(alert),
            (Err(garbage), None, None) => ProbeAnswer::Unreadable { why: garbage.0 },
            (Ok(()), None, None) => return,
        };
        self.probed(flow, answer);
        self.out.push_back(Out::Close(flow.over(Transport::Tcp)));
    }

    pub(super) fn probe_closed(&mut self, flow: Flow, reason: &str) {
        self.probed(flow, ProbeAnswer::Closed { why: reason.to_owned() });
    }

    pub(super) fn probe_silent(&mut self, flow: Flow) {
        self.probed(flow, ProbeAnswer::Silent);
        self.out.push_back(Out::Close(flow.over(Transport::Tcp)));
    }

    fn probed(&mut self, flow: Flow, answer: ProbeAnswer) {
        let Some(probe) = self.probes.remove(&flow) else { return };
        if let Some(due) = probe.due {
            self.due.remove(&(due, flow));
        }
        self.out.push_back(Out::Event(Event::Probed { id: probe.id, answer }));
    }
}

impl Probe {
    /// A server accepts with a version that is not above the offered one, and with an offered suite.
    fn server_hello(&self, suite: u16) -> ProbeAnswer {
        let version = self.clear.version;
        if version.is_some_and(|version| version <= self.hello.version) && self.hello.suites.contains(&suite)
        {
            return ProbeAnswer::Accepted { version, suite };
        }
        let name = suite_name(suite).unwrap_or("unknown");
        let version = version.map_or("unknown", |version| version.name());
        ProbeAnswer::Unreadable {
            why: format!("a ServerHello with {version}, {suite:#06x} ({name}): not offered"),
        }
    }
}

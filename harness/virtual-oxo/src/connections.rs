//! The connections of a secured trunk: which stand, who may speak on them, and what their end means.

use crate::defects::Defect;
use crate::gateway::Status;
use crate::leg::Side;
use crate::oxo::VirtualOxo;
use crate::task::Task;
use oxocert_machine::{Flow, Output, Transport};
use std::net::SocketAddr;
use std::time::Duration;

/// What a ping of RFC 5626 §4.4.1 is.
const PING: &[u8] = b"\r\n\r\n";

impl VirtualOxo {
    /// Whether a connection to this gateway address stands, whoever opened it.
    pub(crate) fn is_connected(&self, remote: SocketAddr) -> bool {
        self.connections.iter().any(|flow| flow.remote == remote)
    }

    pub(crate) fn connected(&mut self, flow: Flow) {
        let stray = flow.transport == Transport::Tcp && self.settings.is_secured() && self.is_clear_sip(flow);
        if stray && !self.has(Defect::AnswersClearSip) {
            self.out.push_back(Output::Close { flow });
            return;
        }
        self.connections.insert(flow);
        if let Some(number) = self.gateways.at(flow.remote).filter(|_| flow.transport == Transport::Tls)
            && let Some(gateway) = self.gateways.get_mut(number)
            && gateway.places.contains(&flow.remote)
        {
            gateway.refused = false;
            if let Some(wait) = self.settings.keep_alive.crlf_ms {
                self.later_ms(wait, Task::Ping(flow));
            }
        }
    }

    /// Whether a flow is to the port of clear SIP on a trunk that is secured.
    pub(crate) fn is_clear_sip(&self, flow: Flow) -> bool {
        flow.local == self.settings.clear_sip() && flow.local != self.settings.trunk.address
    }

    pub(crate) fn closed(&mut self, flow: Flow) {
        let stood = self.connections.remove(&flow);
        self.welcome.remove(&flow);
        let number = self.gateways.at(flow.remote);
        let ours = |gateway: &crate::gateway::Supervised| gateway.places.contains(&flow.remote);
        if let Some(number) = number.filter(|_| flow.transport == Transport::Tls)
            && let Some(gateway) = self.gateways.get_mut(number)
            && ours(gateway)
        {
            // What could not be made at all is known to be out of reach; what ended may be made again.
            gateway.refused = !stood;
            if stood && self.defects.has(Defect::IgnoresClose) {
                gateway.quiet_until = Some(oxocert_machine::At(u64::MAX));
            }
            if stood && self.defects.has(Defect::ReconnectsLate) {
                gateway.quiet_until = Some(self.now + self.settings.keep_alive.period() * 5);
            }
            gateway.losses += u32::from(stood);
            if stood && gateway.losses >= 2 && self.defects.has(Defect::BacksOff) {
                gateway.quiet_until = Some(self.now + self.settings.keep_alive.period() * 5);
            }
            if gateway.quiet_until.is_some() {
                gateway.status = Status::Down;
            }
        }
        self.after_connecting(flow.remote);
        if self.fall_back_to_udp(flow, stood) {
            return;
        }
        let now = self.now;
        let side = self.side(flow);
        self.ua(side).closed(now, flow);
    }

    /// Whether SIP that came on this flow is heard at all.
    pub(crate) fn is_heard(&mut self, flow: Flow) -> bool {
        if !self.settings.is_secured() || self.side(flow) == Side::Lan {
            return true;
        }
        if self.now < self.deaf_until {
            return false;
        }
        if flow.transport != Transport::Tls {
            return self.is_clear_sip(flow) && self.has(Defect::AnswersClearSip);
        }
        let known = self.welcome.contains(&flow) || self.gateways.at(flow.remote).is_some();
        if !known {
            self.log(format!("{flow}: its peer is no gateway"));
            self.out.push_back(Output::Close { flow });
        }
        known
    }

    pub(crate) fn ping(&mut self, flow: Flow) {
        if self.connections.contains(&flow)
            && let Some(wait) = self.settings.keep_alive.crlf_ms
        {
            self.out.push_back(Output::Transmit { flow, tos: self.settings.sip.tos, bytes: PING.to_vec() });
            self.later(Duration::from_millis(wait), Task::Ping(flow));
        }
    }

    /// Closes the connection to an address that a gateway has left, unless a call may still be on it.
    pub(crate) fn leave(&mut self, place: SocketAddr) {
        if self.legs.on_trunk() > 0 {
            return;
        }
        let left: Vec<Flow> = self.connections.iter().filter(|flow| flow.remote == place).copied().collect();
        for flow in left {
            self.out.push_back(Output::Close { flow });
            self.closed(flow);
        }
    }

    /// Defects of connections once a request was answered on them.
    pub(crate) fn after_answer(&mut self, flow: Flow, by_us: bool) {
        let closes = if by_us {
            self.has(Defect::ClosesIdleConnection) && flow.local.port() == self.settings.trunk.address.port()
        } else {
            self.has(Defect::ConnectsForEachRequest)
        };
        if closes && flow.transport == Transport::Tls && self.legs.on_trunk() == 0 {
            self.later_ms(200, Task::Leave(flow));
        }
    }

    pub(crate) fn leave_flow(&mut self, flow: Flow) {
        if self.legs.on_trunk() == 0 && self.connections.contains(&flow) {
            self.out.push_back(Output::Close { flow });
            self.closed(flow);
        }
    }
}

//! Keep-alive: OPTIONS to the gateways, and the answers to theirs.

use crate::defects::Defect;
use crate::gateway::{GatewayNo, Status};
use crate::leg::Side;
use crate::oxo::VirtualOxo;
use crate::places::Place;
use crate::task::Task;
use oxocert_machine::Flow;
use oxocert_sip::ua::{Outside, RequestId};
use std::net::SocketAddr;
use std::time::Duration;

/// The first OPTIONS to each gateway leave one after the other, so much apart.
const STAGGER: Duration = Duration::from_millis(50);

impl VirtualOxo {
    pub(crate) fn begin_supervision(&mut self) {
        let numbers: Vec<_> = self.gateways.numbers().collect();
        for (place, number) in (0..).zip(numbers) {
            if self.gateways.is_backup(number) && self.has(Defect::NoKeepAliveToBackup) {
                continue;
            }
            self.later(STAGGER * place, Task::KeepAlive(number));
        }
    }

    /// Sends one OPTIONS and plans the next. One that is still unanswered is not overtaken by another.
    pub(crate) fn keep_alive(&mut self, number: GatewayNo) {
        let period = self.settings.keep_alive.period();
        let Some(gateway) = self.gateways.get(number) else { return };
        let sent = gateway.sent;
        if self.has(Defect::KeepAliveStops) && sent >= 3 {
            return;
        }
        if self.has(Defect::NeverRecoversGateway) && gateway.status == Status::Down {
            return;
        }
        let idle = gateway.pending.is_none() && gateway.quiet_until.is_none_or(|until| self.now >= until);
        let wait = if self.has(Defect::KeepAliveSlow) {
            period * 3
        } else if self.has(Defect::KeepAliveIrregular) {
            if sent % 2 == 0 { period / 4 } else { period * 7 / 4 }
        } else {
            period
        };
        self.later(wait, Task::KeepAlive(number));
        if idle {
            self.ask_alive(number);
        }
    }

    /// Sends one OPTIONS to where the gateway is, as soon as that is known.
    pub(crate) fn ask_alive(&mut self, number: GatewayNo) {
        let address = match self.place_of(number) {
            Place::At(address) => address,
            Place::Later => {
                if let Some(gateway) = self.gateways.get_mut(number) {
                    gateway.due = true;
                }
                return;
            }
            Place::Nowhere => {
                self.out_of_reach(number);
                return;
            }
        };
        let Some(gateway) = self.gateways.get_mut(number) else { return };
        gateway.quiet_until = None;
        let host = gateway.host().unwrap_or_else(|| host_port(address));
        let flow = self.trunk_flow(address);
        let own = self.settings.written_trunk();
        let message = Outside {
            method: "OPTIONS".into(),
            target: format!("sip:{host}"),
            from: format!("<sip:{}>", host_port(own)),
            to: format!("<sip:{host}>"),
            contact_user: Some("oxo".into()),
            headers: vec![("Accept".into(), "application/sdp".into())],
            body: None,
            credentials: None,
        };
        let now = self.now;
        let product = self.trunk.config().product.clone();
        if self.has(Defect::BackupHearsOtherLoad) && self.gateways.is_backup(number) {
            self.trunk.config_mut().product = Some(crate::settings::product("OXO063/012.001"));
        }
        let request = self.trunk.request(now, flow, message);
        self.trunk.config_mut().product = product;
        if let Some(gateway) = self.gateways.get_mut(number) {
            gateway.pending = Some((request, address));
            gateway.sent += 1;
        }
    }

    /// Nobody knows where a gateway is: it is down at once.
    fn out_of_reach(&mut self, number: GatewayNo) {
        let Some(gateway) = self.gateways.get_mut(number) else { return };
        let before = std::mem::replace(&mut gateway.status, Status::Down);
        let label = gateway.gateway.label();
        if before != Status::Down {
            self.log(format!("{label} is not found: Down"));
        }
    }

    pub(crate) fn keep_alive_answered(&mut self, request: RequestId, status: Option<u16>) {
        let Some((number, address)) = self.gateways.asked(request) else { return };
        let Some(gateway) = self.gateways.get_mut(number) else { return };
        let before = gateway.status;
        // The answer of an address that was configured before says nothing about the one in force.
        if gateway.address() != Some(address) {
            return;
        }
        if status.is_none() && gateway.next_place() {
            self.ask_alive(number);
            return;
        }
        if status.is_none() && self.has(Defect::IgnoresKeepAliveTimeout) {
            return;
        }
        if let Some(flow) = self.connections.iter().find(|flow| flow.remote == address).copied() {
            self.after_answer(flow, false);
        }
        if self.gateways.heard(number, status, &self.settings.keep_alive) {
            let state = self.gateways.get(number).map_or(Status::Unknown, |gateway| gateway.status);
            self.a_gateway_came_back |= before == Status::Down && state == Status::Up;
            self.log(format!("gateway at {address} is {state:?}"));
        }
    }

    pub(crate) fn options_came(&mut self, side: Side, request: RequestId) {
        if side == Side::Lan {
            let headers = self.capabilities();
            let now = self.now;
            self.lan.respond(now, request, 200, &headers, None);
        } else if self.has(Defect::OptionsAnsweredLate) {
            self.later_ms(1500, Task::AnswerOptions(request));
        } else if !self.has(Defect::NeverAnswersOptions) {
            self.answer_options(request);
        }
    }

    pub(crate) fn answer_options(&mut self, request: RequestId) {
        let now = self.now;
        if self.has(Defect::OptionsAnswered500) {
            self.trunk.respond(now, request, 500, &[], None);
            return;
        }
        let headers = self.capabilities();
        self.trunk.respond(now, request, 200, &headers, None);
    }

    /// What the user agent does not write by itself in an answer to OPTIONS (RFC 3261 §11.2).
    fn capabilities(&self) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        if !self.has(Defect::OptionsWithoutAccept) {
            headers.push(("Accept".to_owned(), "application/sdp".to_owned()));
        }
        headers
    }

    pub(crate) fn trunk_flow(&self, remote: SocketAddr) -> Flow {
        let own = self.settings.trunk.address;
        match self.settings.trunk.transport {
            oxocert_machine::Transport::Udp => Flow::udp(own, remote),
            oxocert_machine::Transport::Tcp => Flow::tcp(SocketAddr::new(own.ip(), 0), remote),
            oxocert_machine::Transport::Tls => Flow::tls(SocketAddr::new(own.ip(), 0), remote),
        }
    }
}

/// A host with its port, which is left out where it is 5060.
pub(crate) fn host_port(address: SocketAddr) -> String {
    if address.port() == 5060 { address.ip().to_string() } else { address.to_string() }
}

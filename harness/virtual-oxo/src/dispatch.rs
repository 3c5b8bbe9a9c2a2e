//! What the user agents report, handed to the part of the box that it concerns.

use crate::defects::Defect;
use crate::leg::Side;
use crate::oxo::VirtualOxo;
use oxocert_machine::Flow;
use oxocert_sip::message::Message;
use oxocert_sip::ua::{Event, RequestId};

impl VirtualOxo {
    pub(crate) fn on_agent(&mut self, side: Side, event: Event) {
        match event {
            Event::Incoming { call, flow, request } => match side {
                Side::Trunk => self.trunk_calls(call, flow, &request),
                Side::Lan => self.set_calls(call, flow, &request),
            },
            Event::Progress { call, response } => {
                if let Some(leg) = self.legs.find(side, call) {
                    self.progress(leg, &response);
                }
            }
            Event::Answered { call, response } => {
                if let Some(leg) = self.legs.find(side, call) {
                    self.answered(leg, &response);
                }
            }
            Event::Failed { call, response } => {
                if let Some(leg) = self.legs.find(side, call) {
                    self.failed(leg, response.as_ref().and_then(Message::status));
                }
            }
            Event::Confirmed { call, request } => {
                if let Some(leg) = self.legs.find(side, call) {
                    self.confirmed(leg, &request);
                }
            }
            Event::Unconfirmed { call } | Event::Expired { call } => {
                if let Some(leg) = self.legs.find(side, call) {
                    self.over(leg);
                }
            }
            Event::Ended { call, .. } => {
                if let Some(leg) = self.legs.find(side, call) {
                    self.ended(leg);
                }
            }
            Event::Cancelled { call, .. } => {
                if let Some(leg) = self.legs.find(side, call) {
                    self.cancelled(leg);
                }
            }
            Event::Modify { call, request_id, request, answered } => {
                if let Some(leg) = self.legs.find(side, call) {
                    self.modify(leg, request_id, &request, answered);
                } else if !answered {
                    self.respond(side, request_id, 481);
                }
            }
            Event::Modified { request_id, response, .. } => {
                if let Some((leg, pending)) = self.asked.remove(&(side, request_id)) {
                    self.modified(leg, pending, response.as_ref());
                }
            }
            Event::InCall { call, request_id, request } => match self.legs.find(side, call) {
                Some(leg) => self.in_call(side, leg, request_id, &request),
                None => self.respond(side, request_id, 481),
            },
            Event::Outside { request_id, flow, request } => self.outside(side, request_id, flow, &request),
            Event::Response { request_id, response, .. } => {
                let status = response.as_ref().and_then(Message::status);
                if side == Side::Trunk && self.referred.contains_key(&request_id) {
                    self.trunk_refer_answered(request_id, status);
                } else if side == Side::Trunk {
                    self.keep_alive_answered(request_id, status);
                }
            }
            Event::Unreadable { flow, why, .. } => self.log(format!("discarded what came on {flow}: {why}")),
            Event::Stray { why, .. } => self.log(format!("stray message: {why}")),
        }
    }

    fn outside(&mut self, side: Side, request_id: RequestId, flow: Flow, request: &Message) {
        match (side, request.method()) {
            (_, Some("OPTIONS")) => self.options_came(side, request_id),
            (Side::Lan, Some("REGISTER")) => {
                let reply = self.registrar.register(&self.settings.users, request, flow, self.now);
                let now = self.now;
                self.lan.respond(now, request_id, reply.code, &reply.headers, None);
            }
            _ => self.respond(side, request_id, 405),
        }
    }

    fn in_call(&mut self, side: Side, leg: crate::leg::LegId, request_id: RequestId, request: &Message) {
        match (request.method(), side) {
            (Some("REFER"), Side::Lan) if self.has(Defect::TransferRefused) => {
                self.respond(side, request_id, 603)
            }
            (Some("REFER"), Side::Lan) => self.refer(leg, request_id, request),
            // The operator does not transfer by REFER on a public trunk.
            (Some("REFER"), Side::Trunk) => self.respond(side, request_id, 603),
            (Some("NOTIFY"), Side::Trunk) => {
                self.respond(side, request_id, 200);
                self.trunk_notified(leg, request);
            }
            (Some("NOTIFY" | "INFO" | "MESSAGE"), _) => self.respond(side, request_id, 200),
            _ => self.respond(side, request_id, 405),
        }
    }

    pub(crate) fn respond(&mut self, side: Side, request_id: RequestId, code: u16) {
        let now = self.now;
        self.ua(side).respond(now, request_id, code, &[], None);
    }
}

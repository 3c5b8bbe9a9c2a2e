//! What falls due inside calls: late ACKs, repetitions, the end of CANCEL, the session.

use super::call::Cancel;
use super::{CallId, Event, UserAgent};
use oxocert_machine::At;

impl UserAgent {
    pub(super) fn call_timeout(&mut self, at: At, id: CallId) {
        self.send_late(at, id);
        self.repeat_success(at, id);
        self.repeat_reliable(at, id);
        self.end_cancel(at, id);
        self.session_timeout(at, id);
    }

    fn send_late(&mut self, at: At, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (due, later) = std::mem::take(&mut call.late).into_iter().partition(|(due, _, _)| *due <= at);
        call.late = later;
        let due: Vec<_> = due;
        for (_, flow, bytes) in due {
            self.transmit(flow, bytes, false);
        }
    }

    /// Our 2xx again, T1 to T2 apart; after 64*T1 without ACK the call ends by BYE (RFC 3261 §13.3.1.4).
    fn repeat_success(&mut self, at: At, id: CallId) {
        let t2 = self.config.timers.t2;
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(ok) = call.ok.as_mut() else { return };
        if ok.until <= at {
            self.event(Event::Unconfirmed { call: id });
            self.bye(at, id, &[]);
        } else if ok.next <= at {
            ok.distance = ok.distance.saturating_mul(2).min(t2);
            ok.next = ok.next + ok.distance;
            let (key, bytes) = (ok.key.clone(), ok.bytes.clone());
            let flow = self.layer.server_flow(&key).unwrap_or(call.flow);
            self.transmit(flow, bytes, true);
        }
    }

    /// Our reliable provisional response again, distances doubling; after 64*T1 without PRACK the INVITE fails
    /// with 504 (RFC 3262 §3 wants a 5xx).
    fn repeat_reliable(&mut self, at: At, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some((_, repeat)) = call.reliable.as_mut() else { return };
        if repeat.until <= at {
            self.finish(at, id, 504, &[]);
            self.event(Event::Failed { call: id, response: None });
        } else if repeat.next <= at {
            repeat.distance = repeat.distance.saturating_mul(2);
            repeat.next = repeat.next + repeat.distance;
            let (key, bytes) = (repeat.key.clone(), repeat.bytes.clone());
            let flow = self.layer.server_flow(&key).unwrap_or(call.flow);
            self.transmit(flow, bytes, true);
        }
    }

    /// No final response 64*T1 after CANCEL: the INVITE is given up (RFC 3261 §9.1).
    fn end_cancel(&mut self, at: At, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if matches!(call.cancel, Cancel::Sent(until) if until <= at) {
            if let Some(key) = call.client.take() {
                self.layer.abandon(&key);
                self.sent.remove(&key);
            }
            call.over();
            self.event(Event::Failed { call: id, response: None });
        }
    }
}

//! Requests of the peer inside a call.

use super::agent::Seen;
use super::{CallId, CallState, Event, UserAgent};
use crate::message::Message;
use crate::transaction::ServerKey;
use oxocert_machine::{At, Flow};
use rand::Rng;

impl UserAgent {
    pub(super) fn on_dialog_request(
        &mut self,
        at: At,
        flow: Flow,
        key: &ServerKey,
        request: &Message,
    ) -> Seen {
        let open = |id: &CallId| self.calls.get(id).is_some_and(|call| call.state != CallState::Over);
        let Some(id) = self.call_of(request).filter(open) else {
            self.refuse(at, key, request, 481, &[]);
            self.stray(request, "a request inside a dialog that is not here: 481 sent");
            return Seen::first(None);
        };
        self.heard.insert(key.clone(), id);
        let number = request.cseq().map_or(0, |(number, _)| number);
        let Some(call) = self.calls.get_mut(&id) else { return Seen::first(None) };
        if !call.dialog.accept_cseq(number) {
            self.refuse(at, key, request, 500, &[]);
            self.stray(request, "the CSeq number goes backwards (RFC 3261 §12.2.2): 500 sent");
            return Seen::first(Some(id));
        }
        if flow.transport.is_reliable() && flow.remote.ip() == call.flow.remote.ip() {
            call.flow = flow;
        }
        match request.method().unwrap_or("") {
            "BYE" => self.on_bye(at, id, key, request),
            "INVITE" => self.on_modify(at, id, key, request),
            "UPDATE" => self.on_modify(at, id, key, request),
            "PRACK" => self.on_prack(at, id, key, request),
            _ => {
                let request_id = self.ask(key.clone(), request, Some(id));
                self.event(Event::InCall { call: id, request_id, request: request.clone() });
            }
        }
        Seen::first(Some(id))
    }

    fn on_bye(&mut self, at: At, id: CallId, key: &ServerKey, request: &Message) {
        self.refuse(at, key, request, 200, &[]);
        // The INVITE that has no final response yet gets one (RFC 3261 §15.1.2).
        let unanswered = self
            .calls
            .get(&id)
            .and_then(|call| call.server.clone())
            .filter(|key| self.layer.is_unanswered(key));
        if unanswered.is_some() {
            self.finish(at, id, 487, &[]);
        }
        let pending: Vec<_> =
            self.asked.iter().filter(|(_, asked)| asked.call == Some(id)).map(|(id, _)| *id).collect();
        for request_id in pending {
            self.respond(at, request_id, 487, &[], None);
        }
        if let Some(cseq) = self.calls.get_mut(&id).and_then(|call| call.owed_ack.take()) {
            self.acknowledge(at, id, cseq, None);
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.over();
        }
        self.event(Event::Ended { call: id, request: request.clone() });
    }

    /// re-INVITE or UPDATE.
    fn on_modify(&mut self, at: At, id: CallId, key: &ServerKey, request: &Message) {
        let is_invite = request.method() == Some("INVITE");
        let has_offer = !request.body().is_empty();
        let Some(call) = self.calls.get(&id) else { return };
        let first_unanswered = call.server.as_ref().is_some_and(|key| self.layer.is_unanswered(key));
        if call.modify_pending || (is_invite && first_unanswered) {
            // RFC 3261 §14.2, RFC 3311 §5.2.
            let wait = self.rng.random_range(0..=10).to_string();
            self.refuse(at, key, request, 500, &[("Retry-After".to_string(), wait)]);
            self.stray(request, "another offer of the peer is still unanswered: 500 sent");
            return;
        }
        if call.client.is_some() && (is_invite || (has_offer && call.state == CallState::Up)) {
            self.refuse(at, key, request, 491, &[]);
            self.stray(request, "our own INVITE is pending (glare, RFC 3261 §14.2): 491 sent");
            return;
        }
        if let Some(floor) = self.too_short(request) {
            self.refuse(at, key, request, 422, &[("Min-SE".to_string(), floor.to_string())]);
            self.stray(request, "Session-Expires is below our Min-SE (RFC 4028 §9): 422 sent");
            return;
        }
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.dialog.refresh_target(request);
        let repeats_offer = has_offer && call.remote_body.as_deref() == Some(request.body());
        let by_itself = repeats_offer || (!is_invite && !has_offer);
        let answer = call.local_body.clone().filter(|_| repeats_offer);
        if has_offer {
            call.remote_body = Some(request.body().to_vec());
        }
        call.modify_pending = is_invite || has_offer;
        let request_id = self.ask(key.clone(), request, Some(id));
        let answered = by_itself && (answer.is_some() || !repeats_offer);
        if answered {
            self.respond(at, request_id, 200, &[], answer);
        }
        self.event(Event::Modify { call: id, request_id, request: request.clone(), answered });
    }
}

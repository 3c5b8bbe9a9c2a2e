//! What the peer asks: new calls, CANCEL, ACK, and requests outside calls.

use super::agent::{Asked, Seen};
use super::call::{Call, is_sips};
use super::compose::Reply;
use super::{CallId, CallState, Event, Header, UserAgent};
use crate::dialog::Dialog;
use crate::message::Message;
use crate::transaction::{OnRequest, ServerKey};
use oxocert_machine::{At, Flow};

impl UserAgent {
    pub(super) fn on_request(&mut self, at: At, flow: Flow, request: &Message) -> Seen {
        let key = match self.layer.request(at, flow, request, self.config.timers) {
            OnRequest::New(key) => key,
            OnRequest::Repeated(key) => {
                self.drain_layer(at);
                return Seen::again(self.heard.get(&key).copied());
            }
            OnRequest::Acknowledged { key, again } => {
                let call = self.heard.get(&key).copied();
                return Seen { retransmission: again, call };
            }
            OnRequest::Unanswerable => {
                self.stray(request, "a request without a Via to answer along");
                return Seen::first(None);
            }
        };
        let seen = match request.method() {
            Some("ACK") => self.on_ack(at, request),
            Some("CANCEL") => self.on_cancel(at, &key, request),
            _ if lacks_identity(request) => {
                self.refuse(at, &key, request, 400, &[]);
                self.stray(request, "From, To, Call-ID or CSeq is missing or unreadable: 400 sent");
                Seen::first(None)
            }
            _ if request.to_tag().is_some() => self.on_dialog_request(at, flow, &key, request),
            Some("INVITE") => self.on_invite(at, flow, &key, request),
            _ => {
                let request_id = self.ask(key, request, None);
                self.event(Event::Outside { request_id, flow, request: request.clone() });
                Seen::first(None)
            }
        };
        self.drain_layer(at);
        seen
    }

    /// Remembers a request that the owner is to answer.
    pub(super) fn ask(
        &mut self,
        key: ServerKey,
        request: &Message,
        call: Option<CallId>,
    ) -> super::RequestId {
        let id = self.new_request();
        let tag = request.to_tag().is_none().then(|| self.token(10));
        self.asked.insert(id, Asked { key, request: request.clone(), call, tag });
        id
    }

    /// Answers by itself.
    pub(super) fn refuse(
        &mut self,
        at: At,
        key: &ServerKey,
        request: &Message,
        status: u16,
        headers: &[Header],
    ) {
        let Some(flow) = self.layer.server_flow(key) else { return };
        let tag = self.token(10);
        let reply = Reply { status, tag: Some(&tag), automatic: Vec::new(), headers, body: None };
        let bytes = self.response(flow, request, reply);
        self.layer.respond(at, key, status, bytes);
        self.drain_layer(at);
    }

    fn on_invite(&mut self, at: At, flow: Flow, key: &ServerKey, request: &Message) -> Seen {
        let unknown = self.unknown_extensions(request);
        if !unknown.is_empty() {
            let unsupported = ("Unsupported".to_string(), unknown.join(", "));
            self.refuse(at, key, request, 420, &[unsupported]);
            self.stray(request, "Require names an extension that we do not support: 420 sent");
            return Seen::first(None);
        }
        if self.is_merged(request) {
            self.refuse(at, key, request, 482, &[]);
            self.stray(request, "the same INVITE came over two paths (RFC 3261 §8.2.2.2): 482 sent");
            return Seen::first(None);
        }
        if let Some(floor) = self.too_short(request) {
            self.refuse(at, key, request, 422, &[("Min-SE".to_string(), floor.to_string())]);
            self.stray(request, "Session-Expires is below our Min-SE (RFC 4028 §9): 422 sent");
            return Seen::first(None);
        }
        let tag = self.token(10);
        let first_cseq = self.first_cseq().saturating_sub(1);
        let Some(dialog) = Dialog::incoming(request, tag, first_cseq) else {
            self.refuse(at, key, request, 400, &[]);
            self.stray(request, "the INVITE has no Contact to make a dialog with: 400 sent");
            return Seen::first(None);
        };
        let user = request.uri().and_then(crate::message::Uri::parse).and_then(|uri| uri.user);
        let sips = request.uri().is_some_and(is_sips);
        let mut call = Call::new(dialog, flow, false, user.unwrap_or_default(), sips);
        call.invite = Some(request.clone());
        call.server = Some(key.clone());
        call.peer_updates = request.lists("Allow", "UPDATE");
        call.remote_body = (!request.body().is_empty()).then(|| request.body().to_vec());
        let id = self.new_call(call);
        self.heard.insert(key.clone(), id);
        if self.config.auto_trying {
            self.ring(at, id, 100, &[], None);
        }
        self.event(Event::Incoming { call: id, flow, request: request.clone() });
        Seen::first(Some(id))
    }

    fn unknown_extensions(&self, request: &Message) -> Vec<String> {
        let known = |tag: &&str| self.config.supported.iter().any(|own| own.eq_ignore_ascii_case(tag));
        request.values("Require").into_iter().filter(|tag| !known(tag)).map(str::to_string).collect()
    }

    fn is_merged(&self, request: &Message) -> bool {
        let ids = request.call_id().and_then(|call_id| self.by_call_id.get(call_id));
        ids.into_iter().flatten().filter_map(|id| self.calls.get(id)).any(|call| {
            let same = |invite: &Message| {
                invite.from_tag() == request.from_tag() && invite.header("CSeq") == request.header("CSeq")
            };
            call.state == CallState::Ringing && call.invite.as_ref().is_some_and(same)
        })
    }

    fn on_cancel(&mut self, at: At, key: &ServerKey, request: &Message) -> Seen {
        let invite_key = key.cancelled();
        let Some(id) = self.heard.get(&invite_key).copied() else {
            self.refuse(at, key, request, 481, &[]);
            self.stray(request, "CANCEL for an INVITE that is not here: 481 sent");
            return Seen::first(None);
        };
        let tag = self.calls.get(&id).map(|call| call.dialog.local_tag.clone());
        if let Some(flow) = self.layer.server_flow(key) {
            let reply =
                Reply { status: 200, tag: tag.as_deref(), automatic: Vec::new(), headers: &[], body: None };
            let bytes = self.response(flow, request, reply);
            self.layer.respond(at, key, 200, bytes);
        }
        if !self.layer.is_unanswered(&invite_key) {
            return Seen::first(Some(id));
        }
        let is_first = self.calls.get(&id).is_some_and(|call| call.server.as_ref() == Some(&invite_key));
        if is_first {
            self.finish(at, id, 487, &[]);
            self.event(Event::Cancelled { call: id, request: request.clone() });
        } else {
            let pending = self.asked.iter().find(|(_, asked)| asked.key == invite_key).map(|(id, _)| *id);
            if let Some(pending) = pending {
                self.respond(at, pending, 487, &[], None);
            }
        }
        Seen::first(Some(id))
    }

    fn on_ack(&mut self, at: At, request: &Message) -> Seen {
        let Some(id) = self.call_of(request) else {
            self.stray(request, "ACK for a dialog that is not here");
            return Seen::first(None);
        };
        let number = request.cseq().map(|(number, _)| number);
        let Some(call) = self.calls.get_mut(&id) else { return Seen::first(None) };
        if call.ok.as_ref().is_none_or(|ok| Some(ok.cseq) != number) {
            if number.is_some() && call.confirmed == number {
                return Seen::again(Some(id));
            }
            self.stray(request, "ACK whose CSeq number no 2xx of ours waits for");
            return Seen::first(Some(id));
        }
        call.ok = None;
        call.confirmed = number;
        if !request.body().is_empty() {
            call.remote_body = Some(request.body().to_vec());
        }
        let hang_up = call.bye_after_ack.take();
        self.event(Event::Confirmed { call: id, request: request.clone() });
        if let Some(headers) = hang_up {
            self.bye(at, id, &headers);
        }
        Seen::first(Some(id))
    }

    /// The call whose dialog a request belongs to. One that is over keeps none.
    pub(super) fn call_of(&self, request: &Message) -> Option<CallId> {
        let ids = self.by_call_id.get(request.call_id()?)?;
        ids.iter()
            .copied()
            .find(|id| self.calls.get(id).is_some_and(|call| call.dialog.owns_request(request)))
    }
}

fn lacks_identity(request: &Message) -> bool {
    request.from().is_none()
        || request.to().is_none()
        || request.call_id().is_none()
        || request.cseq().is_none()
}

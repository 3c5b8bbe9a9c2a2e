//! What the owner orders: calls, requests inside and outside them, giving up, hanging up.

use super::agent::{Purpose, Sent};
use super::call::{Call, Cancel, is_sips};
use super::draft::Draft;
use super::{Body, CallId, CallState, Event, Header, Invite, Outside, RequestId, UserAgent, session};
use crate::dialog::Dialog;
use crate::transaction::ClientKey;
use oxocert_machine::{At, Flow};
use rand::Rng;

impl UserAgent {
    /// Sends an INVITE.
    pub fn call(&mut self, at: At, invite: Invite) -> CallId {
        let Invite { flow, target, from, to, contact_user, headers, body, credentials } = invite;
        let call_id = self.new_call_id();
        let tag = self.token(10);
        let cseq = self.first_cseq();
        let sips = is_sips(&target);
        let dialog = Dialog::outgoing(call_id, tag, from, to, target, cseq);
        let mut call = Call::new(dialog, flow, true, contact_user, sips);
        call.credentials = credentials.clone();
        call.local_body = body.clone();
        let mut draft = self.dialog_request(&call, "INVITE", cseq, flow);
        if let Some(timer) = self.config.session {
            for (name, value) in session::request_headers(&timer, None) {
                draft.add(&name, value);
            }
        }
        draft.merge(&headers);
        let id = self.new_call(call);
        let key =
            self.launch(at, flow, draft.write(body.as_ref()), Purpose::Invite { call: id }, credentials);
        if let Some(call) = self.calls.get_mut(&id) {
            call.client = key;
        }
        id
    }

    /// Gives up an outgoing call: CANCEL as soon as a provisional response came (RFC 3261 §9.1). A 2xx that crosses it
    /// is acknowledged and ended by BYE. Does nothing for a call that is answered or incoming.
    pub fn cancel(&mut self, at: At, call: CallId) {
        let Some(state) = self.calls.get_mut(&call) else { return };
        if !matches!(state.state, CallState::Calling | CallState::Early) || state.cancel != Cancel::No {
            return;
        }
        state.state = CallState::Ending;
        state.cancel = Cancel::Wanted;
        if state.had_provisional {
            self.send_cancel(at, call);
        }
        self.drain_layer(at);
    }

    pub(super) fn send_cancel(&mut self, at: At, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(key) = call.client.clone() else { return };
        let flow = call.flow;
        call.cancel = Cancel::Sent(at + self.config.timers.t1.saturating_mul(64));
        let Some(invite) = self.layer.sent(&key).cloned() else { return };
        let number = invite.header("CSeq").and_then(|cseq| cseq.split_whitespace().next()).unwrap_or("1");
        let mut draft = Draft::request("CANCEL", invite.uri().unwrap_or(""));
        draft.add("Via", invite.values("Via").first().copied().unwrap_or(""));
        for (name, value) in invite.header_lines() {
            if matches!(name, "Route" | "Max-Forwards" | "From" | "To" | "Call-ID") {
                draft.add(name, value);
            }
        }
        draft.add("CSeq", format!("{number} CANCEL"));
        self.add_features(&mut draft, "CANCEL");
        self.launch(at, flow, draft.write(None), Purpose::Silent { call: id }, None);
    }

    /// Ends a call in the way that is due: CANCEL (our INVITE has no final answer), 480 (theirs has none) or BYE.
    /// The answer to BYE comes as [`Event::Response`]. The callee's BYE waits for ACK (RFC 3261 §15).
    pub fn hang_up(&mut self, at: At, call: CallId, headers: &[Header]) {
        let Some(state) = self.calls.get_mut(&call) else { return };
        match state.state {
            CallState::Calling | CallState::Early => self.cancel(at, call),
            CallState::Ringing => self.reject(at, call, 480, headers),
            CallState::Up if state.ok.is_some() => {
                state.state = CallState::Ending;
                state.bye_after_ack = Some(headers.to_vec());
            }
            CallState::Up => self.bye(at, call, headers),
            CallState::Ending | CallState::Over => {}
        }
        self.drain_layer(at);
    }

    /// BYE.
    pub(super) fn bye(&mut self, at: At, id: CallId, headers: &[Header]) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.state = CallState::Ending;
        call.session = None;
        call.ok = None;
        if let Some(cseq) = call.owed_ack.take() {
            self.acknowledge(at, id, cseq, None);
        }
        let request = self.new_request();
        self.in_dialog(at, id, "BYE", headers, None, Purpose::Bye { call: id, id: request });
    }

    /// Sends a re-INVITE; its end comes as [`Event::Modified`]. No body: a delayed offer.
    pub fn reinvite(&mut self, at: At, call: CallId, headers: &[Header], body: Option<Body>) -> RequestId {
        let id = self.new_request();
        self.modify(at, call, "INVITE", headers, body, Purpose::Modify { call, id });
        self.drain_layer(at);
        id
    }

    /// Sends an UPDATE (RFC 3311); its end comes as [`Event::Modified`].
    pub fn update(&mut self, at: At, call: CallId, headers: &[Header], body: Option<Body>) -> RequestId {
        let id = self.new_request();
        self.modify(at, call, "UPDATE", headers, body, Purpose::Modify { call, id });
        self.drain_layer(at);
        id
    }

    pub(super) fn modify(
        &mut self,
        at: At,
        id: CallId,
        method: &str,
        headers: &[Header],
        body: Option<Body>,
        purpose: Purpose,
    ) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let mut all = Vec::new();
        if let Some(timer) = self.config.session {
            all = session::request_headers(&timer, call.session.as_ref());
        } else if let Some(running) = &call.session {
            // The peer wants a timer: every refreshing request carries it (RFC 4028 §7.4).
            let refresher = if running.ours { "uac" } else { "uas" };
            all.push(("Session-Expires".to_string(), format!("{};refresher={refresher}", running.interval)));
        }
        all.retain(|(name, _)| !headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)));
        all.extend_from_slice(headers);
        if let Some(body) = &body {
            call.local_body = Some(body.clone());
        }
        let key = self.in_dialog(at, id, method, &all, body, purpose);
        if let Some(call) = self.calls.get_mut(&id).filter(|_| method == "INVITE") {
            call.client = key;
        }
    }

    /// Sends any other request inside a call (REFER, NOTIFY, INFO...); its end comes as [`Event::Response`].
    pub fn in_call(
        &mut self,
        at: At,
        call: CallId,
        method: &str,
        headers: &[Header],
        body: Option<Body>,
    ) -> RequestId {
        let id = self.new_request();
        self.in_dialog(at, call, method, headers, body, Purpose::InCall { call, id });
        self.drain_layer(at);
        id
    }

    /// Sends a request inside the dialog with the next CSeq number. Where the call is gone nothing is sent, and the
    /// owner hears that no answer came.
    pub(super) fn in_dialog(
        &mut self,
        at: At,
        id: CallId,
        method: &str,
        headers: &[Header],
        body: Option<Body>,
        purpose: Purpose,
    ) -> Option<ClientKey> {
        let alive = |call: &&mut Call| call.state != CallState::Over;
        let Some(call) = self.calls.get_mut(&id).filter(alive) else {
            self.no_answer(at, purpose);
            return None;
        };
        let cseq = call.dialog.next_cseq();
        let credentials = call.credentials.clone();
        let call = self.calls.remove(&id)?;
        let flow = next_flow(&call);
        let mut draft = self.dialog_request(&call, method, cseq, flow);
        self.calls.insert(id, call);
        draft.merge(headers);
        self.launch(at, flow, draft.write(body.as_ref()), purpose, credentials)
    }

    /// Sends a request outside calls; its end comes as [`Event::Response`]. REGISTERs of one target and To share
    /// their Call-ID and count their CSeq on (RFC 3261 §10.2).
    pub fn request(&mut self, at: At, flow: Flow, message: Outside) -> RequestId {
        let id = self.new_request();
        let tag = self.token(10);
        let mut draft = Draft::request(&message.method, &message.target);
        self.first_headers(&mut draft, flow, &format!("{};tag={tag}", message.from), &message.to);
        let (call_id, cseq) = self.outside_identity(&message);
        draft.add("Call-ID", call_id);
        draft.add("CSeq", format!("{cseq} {}", message.method));
        if let Some(user) = &message.contact_user {
            draft.add("Contact", self.contact(user, is_sips(&message.target)));
        }
        self.add_features(&mut draft, &message.method);
        draft.merge(&message.headers);
        let bytes = draft.write(message.body.as_ref());
        self.launch(at, flow, bytes, Purpose::Outside { id }, message.credentials);
        self.drain_layer(at);
        id
    }

    fn outside_identity(&mut self, message: &Outside) -> (String, u32) {
        let identity = (message.target.clone(), message.to.clone());
        if let Some((call_id, cseq)) = self.registrations.get_mut(&identity)
            && message.method == "REGISTER"
        {
            *cseq = cseq.saturating_add(1);
            return (call_id.clone(), *cseq);
        }
        let (call_id, cseq) = (self.new_call_id(), self.first_cseq());
        if message.method == "REGISTER" {
            self.registrations.insert(identity, (call_id.clone(), cseq));
        }
        (call_id, cseq)
    }

    pub(super) fn first_cseq(&mut self) -> u32 {
        match self.config.first_cseq {
            Some(number) => number,
            None => self.rng.random_range(1..1 << 16),
        }
    }

    /// Hands a request to its transaction. Bytes without branch or CSeq (an owner's header took them) go out without one.
    pub(super) fn launch(
        &mut self,
        at: At,
        flow: Flow,
        bytes: Vec<u8>,
        purpose: Purpose,
        credentials: Option<super::Credentials>,
    ) -> Option<ClientKey> {
        let key = self.layer.send(at, flow, bytes.clone(), self.config.timers);
        match &key {
            Some(key) => {
                self.sent.insert(key.clone(), Sent { purpose, credentials, tries: 0 });
            }
            None => self.transmit(flow, bytes, false),
        }
        self.drain_layer(at);
        key
    }

    /// Tells the owner that a request has no answer and will have none.
    pub(super) fn no_answer(&mut self, at: At, purpose: Purpose) {
        match purpose {
            Purpose::Invite { call } => {
                if let Some(call) = self.calls.get_mut(&call) {
                    call.over();
                }
                self.event(Event::Failed { call, response: None });
            }
            Purpose::Modify { call, id } => {
                self.event(Event::Modified { call, request_id: id, response: None });
            }
            Purpose::Refresh { call } => self.expire(at, call),
            Purpose::Bye { call, id } => {
                if let Some(call) = self.calls.get_mut(&call) {
                    call.over();
                }
                self.event(Event::Response { request_id: id, call: Some(call), response: None });
            }
            Purpose::InCall { call, id } => {
                self.event(Event::Response { request_id: id, call: Some(call), response: None });
            }
            Purpose::Outside { id } => {
                self.event(Event::Response { request_id: id, call: None, response: None });
            }
            Purpose::Silent { .. } => {}
        }
    }
}

/// Where the next request of the dialog goes: the first route or the target where that is an IP literal
/// (RFC 3261 §12.2.1.1), else the path of the call. A stream to the same host is used on.
pub(super) fn next_flow(call: &Call) -> Flow {
    let Some(address) = call.dialog.next_hop().and_then(|uri| uri.socket_addr()) else { return call.flow };
    if call.flow.transport.is_reliable() {
        if address.ip() == call.flow.remote.ip() {
            return call.flow;
        }
        let mut flow = Flow { remote: address, ..call.flow };
        flow.local.set_port(0);
        return flow;
    }
    Flow { remote: address, ..call.flow }
}

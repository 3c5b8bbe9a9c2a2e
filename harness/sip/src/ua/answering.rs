//! What the owner answers: ringing, answering, refusing, and any other response.

use super::agent::Asked;
use super::call::Repeat;
use super::compose::Reply;
use super::{Body, CallId, CallState, Header, Override, RequestId, UserAgent};
use oxocert_machine::At;

impl UserAgent {
    /// Sends a provisional response (100-199) to an incoming call. It goes reliably (RFC 3262) where the peer
    /// requires that. Does nothing where the call has its final response.
    pub fn ring(&mut self, at: At, call: CallId, code: u16, headers: &[Header], body: Option<Body>) {
        let Some(state) = self.calls.get_mut(&call) else { return };
        let (Some(invite), Some(key)) = (state.invite.clone(), state.server.clone()) else { return };
        if state.state != CallState::Ringing || !(100..200).contains(&code) {
            return;
        }
        if body.is_some() {
            state.local_body = body.clone();
        }
        let tag = state.dialog.local_tag.clone();
        let mut automatic = Vec::new();
        let is_reliable = code > 100 && invite.lists("Require", "100rel");
        if code > 100 {
            automatic.push(("Contact".to_string(), self.contact_of(call)));
        }
        let rseq = is_reliable.then(|| self.next_rseq(call));
        if let Some(rseq) = rseq {
            automatic.push(("Require".to_string(), "100rel".to_string()));
            automatic.push(("RSeq".to_string(), rseq.to_string()));
        }
        let Some(flow) = self.layer.server_flow(&key) else { return };
        let reply = Reply { status: code, tag: Some(&tag), automatic, headers, body: body.as_ref() };
        let bytes = self.response(flow, &invite, reply);
        if self.layer.respond(at, &key, code, bytes.clone())
            && let (Some(rseq), Some(state)) = (rseq, self.calls.get_mut(&call))
        {
            let cseq = invite.cseq().map_or(0, |(number, _)| number);
            state.reliable = Some((rseq, Repeat::new(at, self.config.timers.t1, cseq, key, bytes)));
        }
        self.drain_layer(at);
    }

    /// Answers an incoming call with 200, repeated until ACK comes (RFC 3261 §13.3.1.4).
    pub fn answer(&mut self, at: At, call: CallId, headers: &[Header], body: Option<Body>) {
        let Some(state) = self.calls.get_mut(&call) else { return };
        let (Some(invite), Some(key)) = (state.invite.clone(), state.server.clone()) else { return };
        if state.state != CallState::Ringing {
            return;
        }
        state.state = CallState::Up;
        state.reliable = None;
        let tag = state.dialog.local_tag.clone();
        self.succeed(
            at,
            call,
            Asked { key, request: invite, call: Some(call), tag: Some(tag) },
            200,
            headers,
            body,
        );
        self.drain_layer(at);
    }

    /// Refuses an incoming call (300-699). The call is over.
    pub fn reject(&mut self, at: At, call: CallId, code: u16, headers: &[Header]) {
        let is_ringing = self.calls.get(&call).is_some_and(|state| state.state == CallState::Ringing);
        if is_ringing && (300..700).contains(&code) {
            self.finish(at, call, code, headers);
        }
        self.drain_layer(at);
    }

    /// The final failure of an incoming INVITE.
    pub(super) fn finish(&mut self, at: At, id: CallId, code: u16, headers: &[Header]) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (Some(invite), Some(key)) = (call.invite.clone(), call.server.clone()) else { return };
        call.over();
        let tag = call.dialog.local_tag.clone();
        let Some(flow) = self.layer.server_flow(&key) else { return };
        let reply = Reply { status: code, tag: Some(&tag), automatic: Vec::new(), headers, body: None };
        let bytes = self.response(flow, &invite, reply);
        self.layer.respond(at, &key, code, bytes);
        self.drain_layer(at);
    }

    /// Answers a request that an event handed over ([`super::Event::Modify`], [`super::Event::InCall`],
    /// [`super::Event::Outside`]). Does nothing where it has its final answer.
    pub fn respond(&mut self, at: At, request: RequestId, code: u16, headers: &[Header], body: Option<Body>) {
        let Some(asked) = self.asked.remove(&request) else { return };
        let makes_session = matches!(asked.request.method(), Some("INVITE" | "UPDATE"));
        match asked.call {
            Some(call) if makes_session && (200..300).contains(&code) => {
                self.succeed(at, call, asked, code, headers, body);
            }
            _ => {
                let Some(flow) = self.layer.server_flow(&asked.key) else { return };
                let reply = Reply {
                    status: code,
                    tag: asked.tag.as_deref(),
                    automatic: Vec::new(),
                    headers,
                    body: body.as_ref(),
                };
                let bytes = self.response(flow, &asked.request, reply);
                self.layer.respond(at, &asked.key, code, bytes);
                if code < 200 {
                    self.asked.insert(request, asked);
                } else if let Some(call) = asked.call.and_then(|id| self.calls.get_mut(&id))
                    && makes_session
                {
                    call.modify_pending = false;
                }
            }
        }
        self.drain_layer(at);
    }

    /// 2xx to INVITE or UPDATE: Contact, session timer, and for INVITE the repetition until ACK.
    fn succeed(
        &mut self,
        at: At,
        id: CallId,
        asked: Asked,
        code: u16,
        headers: &[Header],
        body: Option<Body>,
    ) {
        let Asked { key, request, tag, .. } = asked;
        let mut automatic = vec![("Contact".to_string(), self.contact_of(id))];
        automatic.extend(self.accept_session(at, id, &request));
        let Some(call) = self.calls.get_mut(&id) else { return };
        let omit = call.take(|ordered| *ordered == Override::NoAnswerBody).is_some();
        let body = body.filter(|_| !omit);
        if body.is_some() {
            call.local_body = body.clone();
        }
        call.modify_pending = false;
        let Some(flow) = self.layer.server_flow(&key) else { return };
        let reply = Reply { status: code, tag: tag.as_deref(), automatic, headers, body: body.as_ref() };
        let bytes = self.response(flow, &request, reply);
        let is_sent = self.layer.respond(at, &key, code, bytes.clone());
        if let Some(call) = self.calls.get_mut(&id)
            && is_sent
            && request.method() == Some("INVITE")
        {
            let cseq = request.cseq().map_or(0, |(number, _)| number);
            call.ok = Some(Repeat::new(at, self.config.timers.t1, cseq, key, bytes));
        }
    }

    fn contact_of(&self, id: CallId) -> String {
        self.calls
            .get(&id)
            .map_or_else(|| self.contact("", false), |call| self.contact(&call.contact_user, call.sips))
    }
}

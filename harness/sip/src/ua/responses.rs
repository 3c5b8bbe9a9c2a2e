//! What the peer answers to our requests.

use super::agent::{Purpose, Seen, Sent};
use super::call::Cancel;
use super::{CallId, CallState, Event, Header, UserAgent};
use crate::digest::Challenge;
use crate::message::Message;
use crate::transaction::{ClientKey, OnResponse};
use oxocert_machine::{At, Flow};

/// How often a request is sent anew after a challenge or a 422 before the answer counts as final.
const MOST_TRIES: u8 = 2;

impl UserAgent {
    pub(super) fn on_response(&mut self, at: At, flow: Flow, response: &Message) -> Seen {
        match self.layer.response(at, response) {
            OnResponse::Unknown => {
                self.stray(response, "a response that no request of ours waits for");
                Seen::first(None)
            }
            OnResponse::Absorbed { key, ack } => {
                let call = self.sent.get(&key).and_then(|sent| sent.purpose.call());
                self.acknowledge_failure(at, call, ack, true);
                Seen::again(call)
            }
            OnResponse::Deliver { key, ack } => {
                let Some(sent) = self.sent.get(&key).cloned() else { return Seen::first(None) };
                let call = sent.purpose.call();
                let is_final = response.status().is_some_and(|status| status >= 200);
                if let Some(call) = call.and_then(|id| self.calls.get_mut(&id)) {
                    if is_final && call.client.as_ref() == Some(&key) {
                        call.client = None;
                    }
                    // On a stream the connection that the answer came on is the one to go on with.
                    if flow.transport.is_reliable() && flow.remote == call.flow.remote {
                        call.flow = flow;
                    }
                }
                self.acknowledge_failure(at, call, ack, false);
                if self.try_again(at, &key, &sent, response) {
                    return Seen::first(call);
                }
                let retransmission = self.settle(at, &key, sent.purpose, response);
                Seen { retransmission, call }
            }
        }
    }

    /// Gives a response to what its request was for; true when it turned out to be a repetition.
    fn settle(&mut self, at: At, key: &ClientKey, purpose: Purpose, response: &Message) -> bool {
        let status = response.status().unwrap_or(0);
        match purpose {
            Purpose::Invite { call } => return self.invite_response(at, call, response, status),
            Purpose::Modify { .. } | Purpose::Refresh { .. } => {
                return self.modify_response(at, key, purpose, response, status);
            }
            _ if status < 200 => {}
            Purpose::Bye { call, id } => {
                if let Some(call) = self.calls.get_mut(&call) {
                    call.over();
                }
                let response = Some(response.clone());
                self.event(Event::Response { request_id: id, call: Some(call), response });
            }
            Purpose::InCall { call, id } => {
                let response = Some(response.clone());
                self.event(Event::Response { request_id: id, call: Some(call), response });
            }
            Purpose::Outside { id } => {
                let response = Some(response.clone());
                self.event(Event::Response { request_id: id, call: None, response });
            }
            Purpose::Silent { .. } => {}
        }
        false
    }

    fn invite_response(&mut self, at: At, id: CallId, response: &Message, status: u16) -> bool {
        let Some(call) = self.calls.get_mut(&id) else { return false };
        match status {
            ..200 => {
                call.had_provisional = true;
                if call.cancel == Cancel::Wanted {
                    self.send_cancel(at, id);
                }
                status > 100 && self.progress(at, id, response)
            }
            200..300 => self.success(at, id, response),
            _ => {
                call.over();
                self.event(Event::Failed { call: id, response: Some(response.clone()) });
                false
            }
        }
    }

    /// A provisional response above 100; true when a reliable one came again.
    fn progress(&mut self, at: At, id: CallId, response: &Message) -> bool {
        let is_new = self.acknowledge_reliable(at, id, response);
        let Some(call) = self.calls.get_mut(&id) else { return false };
        if !is_new {
            return true;
        }
        if call.state == CallState::Calling {
            call.state = CallState::Early;
        }
        if !response.body().is_empty() {
            call.remote_body = Some(response.body().to_vec());
        }
        self.event(Event::Progress { call: id, response: response.clone() });
        false
    }

    /// A 2xx to the INVITE that makes the call; true when it came again.
    fn success(&mut self, at: At, id: CallId, response: &Message) -> bool {
        let Some(call) = self.calls.get_mut(&id) else { return false };
        let cseq = response.cseq().map_or(0, |(number, _)| number);
        let again =
            call.acked.as_ref().is_some_and(|acked| acked.cseq == cseq) || call.owed_ack == Some(cseq);
        if again && call.dialog.remote_tag == response.to_tag() {
            self.acknowledge_again(at, id);
            return true;
        }
        if again {
            self.end_fork(at, id, cseq, response);
            return false;
        }
        call.dialog.establish(response);
        call.peer_updates = response.lists("Allow", "UPDATE");
        if !response.body().is_empty() {
            call.remote_body = Some(response.body().to_vec());
        }
        if call.cancel != Cancel::No || matches!(call.state, CallState::Over) {
            call.cancel = Cancel::No;
            self.acknowledge_and_end(at, id, cseq);
            self.event(Event::Failed { call: id, response: Some(response.clone()) });
            return false;
        }
        call.state = CallState::Up;
        let is_delayed = call.local_body.is_none() && !response.body().is_empty();
        if is_delayed {
            call.owed_ack = Some(cseq);
        } else {
            self.acknowledge(at, id, cseq, None);
        }
        self.start_session(at, id, response);
        self.event(Event::Answered { call: id, response: response.clone() });
        false
    }

    /// Another branch of a forked INVITE answered, too: it is acknowledged and ended (RFC 3261 §13.2.2.4).
    fn end_fork(&mut self, at: At, id: CallId, cseq: u32, response: &Message) {
        let Some(mut call) = self.calls.remove(&id) else { return };
        let kept = call.dialog.clone();
        call.dialog.establish(response);
        let flow = super::ordering::next_flow(&call);
        let ack = self.dialog_request(&call, "ACK", cseq, flow).write(None);
        self.transmit(flow, ack, false);
        let next = call.dialog.next_cseq();
        let bye = self.dialog_request(&call, "BYE", next, flow).write(None);
        call.dialog = kept;
        self.calls.insert(id, call);
        self.launch(at, flow, bye, Purpose::Silent { call: id }, None);
        self.stray(response, "a second 2xx of a forked INVITE: acknowledged, and ended by BYE");
    }

    fn modify_response(
        &mut self,
        at: At,
        key: &ClientKey,
        purpose: Purpose,
        response: &Message,
        status: u16,
    ) -> bool {
        let Some(id) = purpose.call() else { return false };
        let offered = self.layer.sent(key).is_some_and(|request| !request.body().is_empty());
        let (cseq, method) = response.cseq().map_or((0, ""), |(number, method)| (number, method));
        let Some(call) = self.calls.get_mut(&id) else { return false };
        if status < 200 {
            return false;
        }
        let is_invite = method == "INVITE";
        if (200..300).contains(&status) {
            let again = call.acked.as_ref().is_some_and(|acked| acked.cseq == cseq);
            if is_invite && (again || call.owed_ack == Some(cseq)) {
                self.acknowledge_again(at, id);
                return true;
            }
            call.dialog.refresh_target(response);
            let has_body = !response.body().is_empty();
            if has_body {
                call.remote_body = Some(response.body().to_vec());
            }
            if is_invite && !offered && has_body && matches!(purpose, Purpose::Modify { .. }) {
                call.owed_ack = Some(cseq);
            } else if is_invite {
                self.acknowledge(at, id, cseq, None);
            }
            self.start_session(at, id, response);
        }
        match purpose {
            Purpose::Modify { id: request_id, .. } => {
                self.event(Event::Modified { call: id, request_id, response: Some(response.clone()) });
            }
            _ if status == 491 => self.refresh_later(at, id),
            // Only these two end the dialog (RFC 3261 §12.2.1.2); others leave the session to run out.
            _ if matches!(status, 408 | 481) => self.expire(at, id),
            _ => {}
        }
        false
    }

    pub(super) fn on_no_response(&mut self, at: At, key: &ClientKey, purpose: Purpose) {
        if let Some(call) = purpose.call().and_then(|id| self.calls.get_mut(&id))
            && call.client.as_ref() == Some(key)
        {
            call.client = None;
        }
        self.no_answer(at, purpose);
    }

    /// Sends the request anew where the answer is a challenge that we have credentials for, or a 422 (RFC 4028 §7.4).
    fn try_again(&mut self, at: At, key: &ClientKey, sent: &Sent, response: &Message) -> bool {
        if sent.tries >= MOST_TRIES {
            return false;
        }
        if let Some(id) = sent.purpose.call()
            && self.calls.get(&id).is_none_or(|call| call.cancel != Cancel::No)
        {
            return false;
        }
        let replace = match response.status() {
            Some(401) => self.authorization(key, sent, response, "WWW-Authenticate", "Authorization"),
            Some(407) => self.authorization(key, sent, response, "Proxy-Authenticate", "Proxy-Authorization"),
            Some(422) => self.longer_session(key, response),
            _ => None,
        };
        replace.is_some_and(|replace| self.resend(at, key, sent, replace))
    }

    fn resend(&mut self, at: At, key: &ClientKey, sent: &Sent, replace: Vec<Header>) -> bool {
        let Some(request) = self.layer.sent(key).cloned() else { return false };
        let number = request.cseq().map_or(0, |(number, _)| number);
        let Some(flow) = self.layer.client_flow(key) else { return false };
        let cseq = match sent.purpose.call().and_then(|id| self.calls.get_mut(&id)) {
            Some(call) => {
                let is_authorization = |(name, _): &&Header| name.ends_with("Authorization");
                call.authorization = replace.iter().filter(is_authorization).cloned().collect();
                call.dialog.next_cseq()
            }
            None => number.saturating_add(1),
        };
        self.count_registration(&request, cseq);
        let Some(bytes) = self.again(key, flow, cseq, &replace) else { return false };
        let new = self.launch(at, flow, bytes, sent.purpose, sent.credentials.clone());
        if let Some(new) = &new
            && let Some(entry) = self.sent.get_mut(new)
        {
            entry.tries = sent.tries + 1;
        }
        let is_invite = request.method() == Some("INVITE");
        if let Some(call) = sent.purpose.call().and_then(|id| self.calls.get_mut(&id)).filter(|_| is_invite) {
            call.client = new;
            call.had_provisional = false;
        }
        true
    }

    fn count_registration(&mut self, request: &Message, cseq: u32) {
        let known = self.registrations.values_mut().find(|(call_id, _)| request.call_id() == Some(call_id));
        if let Some((_, last)) = known {
            *last = cseq;
        }
    }

    fn authorization(
        &mut self,
        key: &ClientKey,
        sent: &Sent,
        response: &Message,
        challenge_header: &str,
        answer_header: &str,
    ) -> Option<Vec<Header>> {
        let credentials = sent.credentials.as_ref()?;
        let challenge = response.headers(challenge_header).into_iter().find_map(Challenge::parse)?;
        let request = self.layer.sent(key)?.clone();
        // The same nonce refused means that the password is wrong, unless it only grew stale.
        let used = request.header(answer_header).is_some();
        if used && !challenge.stale {
            return None;
        }
        let cnonce = self.token(16);
        let (user, password) = (&credentials.user, &credentials.password);
        let value = challenge.respond(user, password, request.method()?, request.uri()?, 1, &cnonce);
        Some(vec![(answer_header.to_string(), value)])
    }

    fn longer_session(&self, key: &ClientKey, response: &Message) -> Option<Vec<Header>> {
        let floor = super::session::min_se(response)?;
        let (asked, _) = super::session::session_expires(self.layer.sent(key)?)?;
        (floor > asked).then(|| {
            vec![
                ("Session-Expires".to_string(), floor.to_string()),
                ("Min-SE".to_string(), floor.to_string()),
            ]
        })
    }
}

//! The user agent itself.

use super::{Body, CallId, Config, DialogView, Header, Invite, Output, Outside, Override, RequestId};
use oxocert_machine::{At, Flow};

/// A user agent: see the module.
#[derive(Debug)]
pub struct UserAgent {
    config: Config,
}

#[allow(unused_variables, missing_docs, clippy::needless_pass_by_ref_mut)]
impl UserAgent {
    pub fn new(config: Config) -> UserAgent {
        UserAgent { config }
    }
    pub fn config(&self) -> &Config {
        &self.config
    }
    pub fn config_mut(&mut self) -> &mut Config {
        &mut self.config
    }
    pub fn receive(&mut self, at: At, flow: Flow, bytes: &[u8]) {}
    pub fn closed(&mut self, at: At, flow: Flow) {}
    pub fn unreachable(&mut self, at: At, flow: Flow) {}
    pub fn timeout(&mut self, at: At) {}
    pub fn deadline(&self) -> Option<At> {
        None
    }
    pub fn poll(&mut self) -> Option<Output> {
        None
    }
    pub fn call(&mut self, at: At, invite: Invite) -> CallId {
        CallId(0)
    }
    pub fn ring(&mut self, at: At, call: CallId, code: u16, headers: &[Header], body: Option<Body>) {}
    pub fn answer(&mut self, at: At, call: CallId, headers: &[Header], body: Option<Body>) {}
    pub fn reject(&mut self, at: At, call: CallId, code: u16, headers: &[Header]) {}
    pub fn ack_with_answer(&mut self, at: At, call: CallId, body: Body) {}
    pub fn cancel(&mut self, at: At, call: CallId) {}
    pub fn hang_up(&mut self, at: At, call: CallId, headers: &[Header]) {}
    pub fn reinvite(&mut self, at: At, call: CallId, headers: &[Header], body: Option<Body>) -> RequestId {
        RequestId(0)
    }
    pub fn update(&mut self, at: At, call: CallId, headers: &[Header], body: Option<Body>) -> RequestId {
        RequestId(0)
    }
    pub fn in_call(
        &mut self,
        at: At,
        call: CallId,
        method: &str,
        headers: &[Header],
        body: Option<Body>,
    ) -> RequestId {
        RequestId(0)
    }
    pub fn request(&mut self, at: At, flow: Flow, message: Outside) -> RequestId {
        RequestId(0)
    }
    pub fn respond(&mut self, at: At, request: RequestId, code: u16, headers: &[Header], body: Option<Body>) {
    }
    pub fn send_raw(&mut self, flow: Flow, bytes: Vec<u8>) {}
    pub fn override_next(&mut self, call: CallId, what: Override) {}
    pub fn dialog(&self, call: CallId) -> Option<DialogView> {
        None
    }
    pub fn calls(&self) -> impl Iterator<Item = CallId> {
        std::iter::empty()
    }
}

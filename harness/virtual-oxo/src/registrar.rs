//! The registrar of the sets: who is where, proven by digest (RFC 3261 §10.3, RFC 2617).

use crate::settings::User;
use oxocert_machine::{At, Flow};
use oxocert_sip::digest::{self, Challenge, Verdict};
use oxocert_sip::message::Message;
use std::collections::BTreeMap;
use std::time::Duration;

/// Shortest and longest registration that is granted, seconds.
const EXPIRES: (u32, u32) = (60, 3600);

/// Where a set is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binding {
    /// The path its REGISTER came on.
    pub flow: Flow,
    /// Its Contact URI.
    pub contact: String,
    /// When it ends.
    pub until: At,
}

/// What the registrar says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    /// Status code.
    pub code: u16,
    /// More headers.
    pub headers: Vec<(String, String)>,
}

/// Who is where.
#[derive(Debug)]
pub(crate) struct Registrar {
    realm: String,
    nonce: String,
    bindings: BTreeMap<String, Binding>,
}

impl Registrar {
    pub(crate) fn new(realm: String, nonce: String) -> Self {
        Registrar { realm, nonce, bindings: BTreeMap::new() }
    }

    /// Where a set is, while its registration lasts.
    pub(crate) fn find(&self, number: &str, now: At) -> Option<&Binding> {
        self.bindings.get(number).filter(|binding| binding.until > now)
    }

    /// The set at the other end of a flow that calls itself `user`.
    pub(crate) fn is_at(&self, user: &str, flow: Flow, now: At) -> bool {
        self.find(user, now).is_some_and(|binding| binding.flow.remote.ip() == flow.remote.ip())
    }

    /// Answers a REGISTER.
    pub(crate) fn register(&mut self, users: &[User], request: &Message, flow: Flow, now: At) -> Reply {
        let Some(number) = request.to().and_then(|to| to.uri.user_decoded()) else {
            return refuse(400);
        };
        let Some(user) = users.iter().find(|user| user.number == number) else { return refuse(404) };
        let Some(password) = user.password.as_deref() else { return refuse(403) };
        let Some(authorization) = request.header("Authorization") else { return self.challenge(false) };
        if digest::user(authorization).as_deref() != Some(number.as_str()) {
            return refuse(403);
        }
        match digest::verify(authorization, "REGISTER", &self.realm, &self.nonce, password) {
            Verdict::Ok => self.bind(number, request, flow, now),
            Verdict::Stale => self.challenge(true),
            Verdict::Wrong => refuse(403),
        }
    }

    fn bind(&mut self, number: String, request: &Message, flow: Flow, now: At) -> Reply {
        let contact = request.contact();
        let asked = contact
            .as_ref()
            .and_then(|contact| contact.param("expires"))
            .or_else(|| request.header("Expires"))
            .and_then(|value| value.trim().parse::<u32>().ok());
        if asked == Some(0) {
            self.bindings.remove(&number);
            return Reply { code: 200, headers: Vec::new() };
        }
        let mut headers = Vec::new();
        if let Some(contact) = contact {
            let expires = asked.unwrap_or(EXPIRES.1).clamp(EXPIRES.0, EXPIRES.1);
            let until = now + Duration::from_secs(u64::from(expires));
            headers.push(("Contact".to_owned(), format!("<{}>;expires={expires}", contact.uri_text)));
            self.bindings.insert(number, Binding { flow, contact: contact.uri_text, until });
        } else if let Some(binding) = self.find(&number, now) {
            let left = binding.until.since(now).as_secs();
            headers.push(("Contact".to_owned(), format!("<{}>;expires={left}", binding.contact)));
        }
        Reply { code: 200, headers }
    }

    fn challenge(&self, stale: bool) -> Reply {
        let challenge = Challenge {
            realm: self.realm.clone(),
            nonce: self.nonce.clone(),
            opaque: None,
            qop_auth: true,
            stale,
        };
        Reply { code: 401, headers: vec![("WWW-Authenticate".to_owned(), challenge.write())] }
    }
}

fn refuse(code: u16) -> Reply {
    Reply { code, headers: Vec::new() }
}

//! Digest authentication, MD5 with and without `qop=auth` (RFC 2617, RFC 7616, RFC 8760).

/// A challenge (`WWW-Authenticate` or `Proxy-Authenticate`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Realm.
    pub realm: String,
    /// Nonce.
    pub nonce: String,
    /// Opaque.
    pub opaque: Option<String>,
    /// `qop=auth` is offered.
    pub qop_auth: bool,
    /// The nonce was stale.
    pub stale: bool,
}

/// What a registrar finds in an `Authorization`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Right user, right password, our nonce.
    Ok,
    /// Right but the nonce is not the one expected: challenge again with `stale=true`.
    Stale,
    /// Wrong, or unreadable.
    Wrong,
}

#[allow(unused_variables, missing_docs)]
impl Challenge {
    pub fn parse(value: &str) -> Option<Challenge> {
        None
    }
    /// The header's value.
    pub fn write(&self) -> String {
        String::new()
    }
    /// `Authorization` value: `count` is the nonce count, `cnonce` ours.
    pub fn respond(
        &self,
        user: &str,
        password: &str,
        method: &str,
        uri: &str,
        count: u32,
        cnonce: &str,
    ) -> String {
        String::new()
    }
}

/// User name of an `Authorization` value, to look up the password.
pub fn user(authorization: &str) -> Option<String> {
    let _ = authorization;
    None
}

/// Checks an `Authorization` value against the password of its user.
pub fn verify(authorization: &str, method: &str, realm: &str, nonce: &str, password: &str) -> Verdict {
    let _ = (authorization, method, realm, nonce, password);
    Verdict::Wrong
}

//! Digest authentication with MD5, with and without `qop=auth` (RFC 2617, RFC 7616, RFC 8760).

use crate::message::text;
use md5::{Digest as _, Md5};

/// A challenge (`WWW-Authenticate` or `Proxy-Authenticate`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Realm.
    pub realm: String,
    /// Nonce.
    pub nonce: String,
    /// Opaque, given back unchanged.
    pub opaque: Option<String>,
    /// `qop=auth` is offered.
    pub qop_auth: bool,
    /// The credentials were right but their nonce too old (RFC 7616 §3.3).
    pub stale: bool,
}

/// What a registrar finds in an `Authorization`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Right user, right password, our nonce.
    Ok,
    /// Right, but for another nonce than the one in force: challenge again with `stale=true`.
    Stale,
    /// Wrong, or unreadable.
    Wrong,
}

impl Challenge {
    /// Reads a challenge; `None` where it is not Digest with MD5, or asks only for a qop other than `auth`.
    pub fn parse(value: &str) -> Option<Challenge> {
        let params = Params::of(value)?;
        if !params.get("algorithm").is_none_or(|name| name.eq_ignore_ascii_case("MD5")) {
            return None;
        }
        let qop_auth = params
            .get("qop")
            .map(|offered| offered.split(',').any(|option| option.trim().eq_ignore_ascii_case("auth")));
        if qop_auth == Some(false) {
            return None;
        }
        Some(Challenge {
            realm: params.get("realm")?.to_string(),
            nonce: params.get("nonce")?.to_string(),
            opaque: params.get("opaque").map(str::to_string),
            qop_auth: qop_auth.unwrap_or(false),
            stale: params.get("stale").is_some_and(|flag| flag.eq_ignore_ascii_case("true")),
        })
    }

    /// The header's value.
    pub fn write(&self) -> String {
        let mut out = format!("Digest realm={}, nonce={}", quote(&self.realm), quote(&self.nonce));
        if let Some(opaque) = &self.opaque {
            out.push_str(&format!(", opaque={}", quote(opaque)));
        }
        if self.stale {
            out.push_str(", stale=true");
        }
        out.push_str(", algorithm=MD5");
        if self.qop_auth {
            out.push_str(", qop=\"auth\"");
        }
        out
    }

    /// The value of `Authorization` or `Proxy-Authorization`. `count` is the nonce count (1 at the first use of the
    /// nonce), `cnonce` is ours; both are used only with `qop=auth`.
    pub fn respond(
        &self,
        user: &str,
        password: &str,
        method: &str,
        uri: &str,
        count: u32,
        cnonce: &str,
    ) -> String {
        let count = format!("{count:08x}");
        let qop = self.qop_auth.then_some((count.as_str(), cnonce, "auth"));
        let response = response(user, &self.realm, password, method, uri, &self.nonce, qop);
        let mut out = format!(
            "Digest username={}, realm={}, nonce={}, uri={}, response=\"{response}\", algorithm=MD5",
            quote(user),
            quote(&self.realm),
            quote(&self.nonce),
            quote(uri)
        );
        if self.qop_auth {
            out.push_str(&format!(", qop=auth, nc={count}, cnonce={}", quote(cnonce)));
        }
        if let Some(opaque) = &self.opaque {
            out.push_str(&format!(", opaque={}", quote(opaque)));
        }
        out
    }
}

/// User name of an `Authorization` value, to look up the password.
pub fn user(authorization: &str) -> Option<String> {
    Params::of(authorization)?.get("username").map(str::to_string)
}

/// Checks an `Authorization` value against the password of its user; `nonce` is the one in force.
pub fn verify(authorization: &str, method: &str, realm: &str, nonce: &str, password: &str) -> Verdict {
    check(authorization, method, realm, nonce, password).unwrap_or(Verdict::Wrong)
}

fn check(authorization: &str, method: &str, realm: &str, nonce: &str, password: &str) -> Option<Verdict> {
    let params = Params::of(authorization)?;
    let qop = match params.get("qop") {
        Some(qop) => Some((params.get("nc")?, params.get("cnonce")?, qop)),
        None => None,
    };
    if qop.is_some_and(|(_, _, qop)| !qop.eq_ignore_ascii_case("auth")) || params.get("realm")? != realm {
        return None;
    }
    let given_nonce = params.get("nonce")?;
    let user = params.get("username")?;
    let expected = response(user, realm, password, method, params.get("uri")?, given_nonce, qop);
    if !expected.eq_ignore_ascii_case(params.get("response")?) {
        return Some(Verdict::Wrong);
    }
    Some(if given_nonce == nonce { Verdict::Ok } else { Verdict::Stale })
}

/// RFC 7616 §3.4.1; `qop` is nonce count, cnonce and qop as written.
fn response(
    user: &str,
    realm: &str,
    password: &str,
    method: &str,
    uri: &str,
    nonce: &str,
    qop: Option<(&str, &str, &str)>,
) -> String {
    let a1 = hash(&format!("{user}:{realm}:{password}"));
    let a2 = hash(&format!("{method}:{uri}"));
    match qop {
        Some((count, cnonce, qop)) => hash(&format!("{a1}:{nonce}:{count}:{cnonce}:{qop}:{a2}")),
        None => hash(&format!("{a1}:{nonce}:{a2}")),
    }
}

fn hash(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The comma-separated parameters behind `Digest`.
struct Params(Vec<(String, String)>);

impl Params {
    fn of(value: &str) -> Option<Params> {
        let (scheme, rest) = value.trim().split_once(char::is_whitespace)?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let pair = |piece: &str| {
            let (name, value) = piece.split_once('=')?;
            Some((name.trim().to_string(), text::unquote(value)))
        };
        Some(Params(text::split(rest, ',').into_iter().filter_map(pair).collect()))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_2617() {
        let challenge = Challenge::parse(
            "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", \
             opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
        )
        .unwrap();
        let value = challenge.respond("Mufasa", "Circle Of Life", "GET", "/dir/index.html", 1, "0a4f113b");
        assert!(value.contains("response=\"6629fae49393a05397450978507c4ef1\""), "{value}");
    }

    #[test]
    fn without_qop_as_rfc_2069() {
        let challenge = Challenge {
            realm: "oxo".into(),
            nonce: "n1".into(),
            opaque: None,
            qop_auth: false,
            stale: false,
        };
        let read = Challenge::parse(&challenge.write()).unwrap();
        assert_eq!(read, challenge);
        let value = read.respond("110", "p\"w", "REGISTER", "sip:10.0.0.1", 1, "");
        assert!(!value.contains("cnonce"));
        assert_eq!(verify(&value, "REGISTER", "oxo", "n1", "p\"w"), Verdict::Ok);
    }

    #[test]
    fn right_wrong_and_stale() {
        let challenge = Challenge {
            realm: "oxo".into(),
            nonce: "n1".into(),
            opaque: Some("o".into()),
            qop_auth: true,
            stale: false,
        };
        let value = challenge.respond("110", "secret", "REGISTER", "sip:10.0.0.1", 2, "abc");
        assert_eq!(user(&value).as_deref(), Some("110"));
        assert_eq!(verify(&value, "REGISTER", "oxo", "n1", "secret"), Verdict::Ok);
        assert_eq!(verify(&value, "REGISTER", "oxo", "n2", "secret"), Verdict::Stale);
        assert_eq!(verify(&value, "REGISTER", "oxo", "n1", "Secret"), Verdict::Wrong);
        assert_eq!(verify(&value, "INVITE", "oxo", "n1", "secret"), Verdict::Wrong);
        assert_eq!(verify("Digest username=\"110\"", "REGISTER", "oxo", "n1", "secret"), Verdict::Wrong);
    }

    #[test]
    fn another_algorithm_is_not_answered() {
        assert_eq!(Challenge::parse("Digest realm=\"a\", nonce=\"b\", algorithm=SHA-256"), None);
        assert_eq!(Challenge::parse("Digest realm=\"a\", nonce=\"b\", qop=\"auth-int\""), None);
        assert_eq!(Challenge::parse("Basic realm=\"a\""), None);
    }
}

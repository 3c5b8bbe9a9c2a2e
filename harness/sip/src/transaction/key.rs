//! How messages find their transaction (RFC 3261 §17.1.3, §17.2.3).

use crate::message::MAGIC_COOKIE;
use crate::message::Message;

/// A client transaction: branch of our top Via and method of the CSeq.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientKey {
    branch: String,
    method: String,
}

impl ClientKey {
    /// The transaction that a request of ours starts.
    pub fn of_request(branch: &str, method: &str) -> ClientKey {
        ClientKey { branch: branch.to_string(), method: method.to_string() }
    }

    /// The transaction that a response answers.
    pub fn of_response(response: &Message) -> Option<ClientKey> {
        let method = response.header("CSeq")?.split_whitespace().nth(1)?;
        Some(ClientKey { branch: response.branch()?, method: method.to_string() })
    }

    /// The branch.
    pub fn branch(&self) -> &str {
        &self.branch
    }
}

/// A server transaction: what identifies the request, and its method (INVITE for ACK).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerKey {
    identity: String,
    method: String,
}

impl ServerKey {
    /// The transaction of a request; `None` where it lacks what identifies it.
    ///
    /// Without the magic cookie the rules of RFC 2543 hold: Request-URI, From tag, Call-ID, CSeq number and top Via.
    /// The To tag stays out, so that the ACK, which carries the response's, finds its INVITE.
    pub fn of(request: &Message) -> Option<ServerKey> {
        let via = request.via()?;
        let identity = match via.branch() {
            Some(branch) if has_magic_cookie(branch) => {
                format!("{} {}", branch.to_ascii_lowercase(), via.sent_by())
            }
            _ => {
                let number = request.header("CSeq")?.split_whitespace().next()?;
                let (uri, call_id) = (request.uri()?, request.call_id()?);
                let tag = request.from_tag().unwrap_or_default();
                let top = request.values("Via").first().copied().unwrap_or("");
                format!("{uri} {tag} {call_id} {number} {top}")
            }
        };
        let method = match request.method()? {
            "ACK" => "INVITE",
            method => method,
        };
        Some(ServerKey { identity, method: method.to_string() })
    }

    /// The INVITE that a CANCEL with this key means (RFC 3261 §9.2).
    pub fn cancelled(&self) -> ServerKey {
        ServerKey { identity: self.identity.clone(), method: "INVITE".to_string() }
    }
}

fn has_magic_cookie(branch: &str) -> bool {
    branch.get(..MAGIC_COOKIE.len()).is_some_and(|head| head.eq_ignore_ascii_case(MAGIC_COOKIE))
        && branch.len() > MAGIC_COOKIE.len()
}

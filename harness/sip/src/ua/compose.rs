//! Writes the agent's requests and responses.

use super::call::Call;
use super::draft::Draft;
use super::{Body, Header, UserAgent};
use crate::message::Message;
use crate::transaction::ClientKey;
use oxocert_machine::{Flow, Transport};
use rand::Rng;

/// What a response says beyond what it copies from its request.
pub(super) struct Reply<'r> {
    pub(super) status: u16,
    /// Our To tag, used where the request has none.
    pub(super) tag: Option<&'r str>,
    /// Headers of ours, which the owner's replace.
    pub(super) automatic: Vec<Header>,
    /// The owner's headers.
    pub(super) headers: &'r [Header],
    pub(super) body: Option<&'r Body>,
}

impl UserAgent {
    /// `length` random hex digits.
    pub(super) fn token(&mut self, length: usize) -> String {
        let mut digits = String::with_capacity(length);
        while digits.len() < length {
            let value: u32 = self.rng.random();
            digits.push_str(&format!("{value:08x}"));
        }
        digits.truncate(length);
        digits
    }

    /// 32 hex digits at our address, as an OXO writes it.
    pub(super) fn new_call_id(&mut self) -> String {
        let digits = self.token(32);
        format!("{digits}@{}", self.config.address.ip())
    }

    pub(super) fn new_via(&mut self, flow: Flow) -> String {
        let branch = self.token(16);
        via_value(self.config.address, flow.transport, &branch)
    }

    pub(super) fn contact(&self, user: &str, sips: bool) -> String {
        let scheme = if sips { "sips" } else { "sip" };
        let at = if user.is_empty() { String::new() } else { format!("{user}@") };
        format!("<{scheme}:{at}{}{}>", self.config.address, self.config.contact_params)
    }

    /// A first INVITE or a request outside calls, up to CSeq and the automatic headers.
    pub(super) fn first_headers(&mut self, draft: &mut Draft, flow: Flow, from: &str, to: &str) {
        draft.add("Via", self.new_via(flow));
        draft.add("Max-Forwards", "70");
        draft.add("From", from);
        draft.add("To", to);
    }

    /// A request inside a dialog, up to the automatic headers; `cseq` is its number.
    pub(super) fn dialog_request(&mut self, call: &Call, method: &str, cseq: u32, flow: Flow) -> Draft {
        let (uri, routes) = call.dialog.request_path();
        let mut draft = Draft::request(method, &uri);
        draft.add("Via", self.new_via(flow));
        for route in routes {
            draft.add("Route", route);
        }
        draft.add("Max-Forwards", "70");
        draft.add("From", call.dialog.local_header());
        draft.add("To", call.dialog.remote_header());
        draft.add("Call-ID", call.dialog.call_id.clone());
        draft.add("CSeq", format!("{cseq} {method}"));
        if is_target_refresh(method) {
            draft.add("Contact", self.contact(&call.contact_user, call.sips));
        }
        self.add_features(&mut draft, method);
        draft
    }

    /// `Allow`, `Supported` and `User-Agent` of a request.
    pub(super) fn add_features(&self, draft: &mut Draft, method: &str) {
        if matches!(method, "INVITE" | "UPDATE" | "OPTIONS" | "REGISTER") {
            draft.add_list("Allow", &self.config.allow);
            draft.add_list("Supported", &self.config.supported);
        }
        if let Some(product) = &self.config.product {
            draft.add("User-Agent", product.clone());
        }
    }

    /// A response: Via, Record-Route, From, To, Call-ID and CSeq of the request, then the reply's own.
    pub(super) fn response(&self, flow: Flow, request: &Message, reply: Reply<'_>) -> Vec<u8> {
        let Reply { status, tag, automatic, headers, body } = reply;
        let mut draft = Draft::response(status);
        for (at, via) in request.headers("Via").into_iter().enumerate() {
            draft.add("Via", if at == 0 { mark_source(via, flow, request) } else { via.to_string() });
        }
        if request.method() == Some("INVITE") && (101..300).contains(&status) {
            for route in request.headers("Record-Route") {
                draft.add("Record-Route", route);
            }
        }
        draft.add("From", request.header("From").unwrap_or(""));
        let to = request.header("To").unwrap_or("");
        match tag.filter(|_| request.to_tag().is_none() && status > 100) {
            Some(tag) => draft.add("To", format!("{to};tag={tag}")),
            None => draft.add("To", to),
        }
        draft.add("Call-ID", request.call_id().unwrap_or(""));
        draft.add("CSeq", request.header("CSeq").unwrap_or(""));
        if status == 100 {
            for stamp in request.headers("Timestamp") {
                draft.add("Timestamp", stamp);
            }
        }
        for (name, value) in automatic {
            draft.add(&name, value);
        }
        let announces = matches!(request.method(), Some("INVITE" | "UPDATE" | "OPTIONS"));
        if announces && ((200..300).contains(&status) || status == 405) {
            draft.add_list("Allow", &self.config.allow);
            draft.add_list("Supported", &self.config.supported);
        }
        if let Some(product) = &self.config.product {
            draft.add("Server", product.clone());
        }
        draft.merge(headers);
        draft.write(body)
    }

    /// A request that was sent, anew: other branch and CSeq number, some headers replaced or added.
    pub(super) fn again(
        &mut self,
        key: &ClientKey,
        flow: Flow,
        cseq: u32,
        replace: &[Header],
    ) -> Option<Vec<u8>> {
        let old = self.layer.sent(key)?.clone();
        let method = old.method()?;
        let mut draft = Draft::request(method, old.uri()?);
        let mut vias = 0;
        for (name, value) in old.header_lines() {
            match name {
                "Via" if vias == 0 => {
                    vias += 1;
                    draft.add(name, self.new_via(flow));
                }
                "CSeq" => draft.add(name, format!("{cseq} {method}")),
                "Content-Length" | "Content-Type" => {}
                _ => draft.add(name, value),
            }
        }
        draft.merge(replace);
        let body = (!old.body().is_empty()).then(|| Body {
            content_type: old.content_type().unwrap_or("").to_string(),
            bytes: old.body().to_vec(),
        });
        Some(draft.write(body.as_ref()))
    }
}

/// A Via with `rport` on datagrams (RFC 3581).
pub(super) fn via_value(address: std::net::SocketAddr, transport: Transport, branch: &str) -> String {
    let rport = if transport.is_reliable() { "" } else { ";rport" };
    format!("SIP/2.0/{} {address};branch=z9hG4bK{branch}{rport}", transport.via())
}

/// Methods whose request may change the remote target, and those that need a Contact (RFC 3261 table 2, RFC 3515).
fn is_target_refresh(method: &str) -> bool {
    matches!(method, "INVITE" | "UPDATE" | "REFER" | "NOTIFY" | "SUBSCRIBE")
}

/// The request's top Via with `received` and the value of `rport` (RFC 3261 §18.2.1, RFC 3581 §4).
fn mark_source(line: &str, flow: Flow, request: &Message) -> String {
    let Some(via) = request.via() else { return line.to_string() };
    // The line may hold several values; the first is ours to mark.
    let first = request.values("Via").first().copied().unwrap_or(line);
    let rest = line.strip_prefix(first).unwrap_or("");
    let mut marked = first.to_string();
    let wants_port =
        via.params.iter().any(|(name, value)| name.eq_ignore_ascii_case("rport") && value.is_none());
    if wants_port {
        let position = marked.to_ascii_lowercase().find(";rport").map(|at| at + ";rport".len());
        if let Some(position) = position {
            marked.insert_str(position, &format!("={}", flow.remote.port()));
        }
    }
    let host = via.host.trim_start_matches('[').trim_end_matches(']');
    let differs = host.parse() != Ok(flow.remote.ip());
    if (wants_port || differs) && via.param("received").is_none() {
        marked.push_str(&format!(";received={}", flow.remote.ip()));
    }
    marked.push_str(rest);
    marked
}

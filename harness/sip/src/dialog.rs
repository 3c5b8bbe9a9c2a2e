//! Dialogs: tags, targets, route sets and sequence numbers (RFC 3261 §12).

use crate::message::CSEQ_LIMIT;
use crate::message::{Message, NameAddr, Uri, text};

/// One dialog, from our side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialog {
    /// Call-ID.
    pub call_id: String,
    /// Our tag.
    pub local_tag: String,
    /// Their tag, once known.
    pub remote_tag: Option<String>,
    /// Our side of From and To, everything but the tag.
    pub local: String,
    /// Their side of From and To, everything but the tag.
    pub remote: String,
    /// Where requests go: the Request-URI.
    pub target: String,
    /// Route values, next hop first.
    pub routes: Vec<String>,
    /// The number of our last request.
    pub local_cseq: u32,
    /// The number of their last request.
    pub remote_cseq: Option<u32>,
    /// Whether Contact and Record-Route of a response have made the dialog (UAC) or a request has (UAS).
    established: bool,
}

impl Dialog {
    /// The dialog that our INVITE is about to make; `first_cseq` is the number of that INVITE.
    pub fn outgoing(
        call_id: String,
        tag: String,
        local: String,
        remote: String,
        target: String,
        first_cseq: u32,
    ) -> Dialog {
        Dialog {
            call_id,
            local_tag: tag,
            remote_tag: None,
            local,
            remote,
            target,
            routes: Vec::new(),
            local_cseq: first_cseq,
            remote_cseq: None,
            established: false,
        }
    }

    /// The dialog that their request makes (RFC 3261 §12.1.1); `first_cseq` is the number before our first request's.
    /// `None` where Call-ID, From or To is missing.
    pub fn incoming(request: &Message, tag: String, first_cseq: u32) -> Option<Dialog> {
        let target = request.contact().or_else(|| request.from())?.uri_text;
        Some(Dialog {
            call_id: request.call_id()?.to_string(),
            local_tag: tag,
            remote_tag: request.from_tag(),
            local: without_tag(request.header("To")?),
            remote: without_tag(request.header("From")?),
            target,
            routes: owned(request.values("Record-Route")),
            local_cseq: first_cseq,
            remote_cseq: request.cseq().map(|(number, _)| number),
            established: true,
        })
    }

    /// Takes the peer's tag, target and route set from a response above 100 to our INVITE (RFC 3261 §12.1.2).
    /// A 2xx takes them anew, since it may come over another path than the 18x (§13.2.2.4).
    pub fn establish(&mut self, response: &Message) {
        let is_final = response.status().is_some_and(|status| status >= 200);
        if let Some(tag) = response.to_tag() {
            self.remote_tag = Some(tag);
        }
        if let Some(contact) = response.contact() {
            self.target = contact.uri_text;
        }
        if is_final || !self.established {
            self.routes = owned(response.values("Record-Route"));
            self.routes.reverse();
        }
        self.established = true;
    }

    /// Takes a new target from the Contact of a target refresh (RFC 3261 §12.2).
    pub fn refresh_target(&mut self, message: &Message) {
        if let Some(contact) = message.contact() {
            self.target = contact.uri_text;
        }
    }

    /// The next number for a request of ours, which wraps to 1 rather than reach 2^31.
    pub fn next_cseq(&mut self) -> u32 {
        let next = self.local_cseq.wrapping_add(1);
        self.local_cseq = if next == 0 || next >= CSEQ_LIMIT { 1 } else { next };
        self.local_cseq
    }

    /// Takes the number of a request of theirs; false where it goes backwards (RFC 3261 §12.2.2).
    pub fn accept_cseq(&mut self, number: u32) -> bool {
        if self.remote_cseq.is_some_and(|last| number < last) {
            return false;
        }
        self.remote_cseq = Some(number);
        true
    }

    /// Whether a message from the peer belongs here: a request (`from_peer`) or a response to a request of ours.
    pub fn owns_request(&self, request: &Message) -> bool {
        request.call_id() == Some(self.call_id.as_str())
            && request.to_tag().as_deref() == Some(self.local_tag.as_str())
            && request.from_tag() == self.remote_tag
    }

    /// Request-URI and Route values of a request (RFC 3261 §12.2.1.1; a strict router comes into the Request-URI).
    pub fn request_path(&self) -> (String, Vec<String>) {
        let Some(first) = self.routes.first() else { return (self.target.clone(), Vec::new()) };
        let is_loose = NameAddr::parse(first).is_some_and(|route| route.uri.param("lr").is_some());
        if is_loose {
            return (self.target.clone(), self.routes.clone());
        }
        let strict = NameAddr::parse(first).map_or_else(|| first.clone(), |route| route.uri_text);
        let mut routes: Vec<String> = self.routes.iter().skip(1).cloned().collect();
        routes.push(format!("<{}>", self.target));
        (strict, routes)
    }

    /// The URI of the next hop: the first route, else the target.
    pub fn next_hop(&self) -> Option<Uri> {
        match self.routes.first() {
            Some(route) => NameAddr::parse(route).map(|route| route.uri),
            None => Uri::parse(&self.target),
        }
    }

    /// From (or To) of our messages with our tag.
    pub fn local_header(&self) -> String {
        format!("{};tag={}", self.local, self.local_tag)
    }

    /// To (or From) of our messages with their tag, where known.
    pub fn remote_header(&self) -> String {
        match &self.remote_tag {
            Some(tag) => format!("{};tag={tag}", self.remote),
            None => self.remote.clone(),
        }
    }
}

fn owned(values: Vec<&str>) -> Vec<String> {
    values.into_iter().map(str::to_string).collect()
}

/// A From or To value as written, but for its tag.
pub(crate) fn without_tag(value: &str) -> String {
    let is_tag = |piece: &&str| {
        let name = piece.split('=').next().unwrap_or("").trim();
        !name.eq_ignore_ascii_case("tag")
    };
    let pieces: Vec<&str> = text::split(value, ';').into_iter().filter(is_tag).collect();
    pieces.join(";")
}

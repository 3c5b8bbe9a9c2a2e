//! Defects of the spelling of SIP on the trunk: messages are altered as they leave, and answers are put back as the
//! user agent expects them, so that the call goes on and only the wire is wrong.

use crate::defects::{Defect, Defects};
use crate::head::{add, cut_bracket, line, remove, replace_value, split};
use crate::settings::{Settings, product};
use oxocert_sip::message::Message;
use std::collections::BTreeMap;

/// The address that a SIP ALG writes.
const ALG: &str = "192.168.1.254";

/// Alters messages.
#[derive(Debug)]
pub(crate) struct Spoiler {
    load: String,
    /// By Call-ID: CSeq number of the first INVITE.
    first_cseq: BTreeMap<String, u32>,
    /// By branch: the CSeq number that was replaced.
    real_cseq: BTreeMap<String, u32>,
}

impl Spoiler {
    pub(crate) fn new(settings: &Settings) -> Self {
        Spoiler { load: settings.load.clone(), first_cseq: BTreeMap::new(), real_cseq: BTreeMap::new() }
    }

    /// What leaves instead of `bytes`; `None`: nothing.
    pub(crate) fn spoil(&mut self, defects: &Defects, bytes: Vec<u8>) -> Option<Vec<u8>> {
        if *defects == Defects::none() {
            return Some(bytes);
        }
        let Ok(message) = Message::parse(&bytes) else { return Some(bytes) };
        let Some((mut head, body)) = split(&bytes) else { return Some(bytes) };
        if message.status() == Some(487) && defects.has(Defect::No487) {
            return None;
        }
        if message.is_request() {
            self.spoil_request(defects, &message, &mut head);
        } else {
            self.spoil_response(defects, &message, &mut head);
        }
        Some([head.as_bytes(), body].concat())
    }

    fn spoil_request(&mut self, defects: &Defects, message: &Message, head: &mut String) {
        let method = message.method().unwrap_or_default().to_owned();
        let initial = method == "INVITE" && message.to_tag().is_none();
        if defects.has(Defect::KeepAliveMaxForwardsHigh) {
            replace_value(head, "Max-Forwards", "255");
        }
        if method == "OPTIONS" {
            for (defect, name) in
                [(Defect::KeepAliveWithoutContact, "Contact"), (Defect::KeepAliveWithoutFrom, "From")]
            {
                if defects.has(defect) {
                    remove(head, name);
                }
            }
        }
        if method == "INVITE" && defects.has(Defect::NoSessionExpires) {
            remove(head, "Session-Expires");
        }
        if method == "INVITE" && defects.has(Defect::TimerNotSupported) {
            replace_value(head, "Supported", "100rel, from-change");
        }
        if method == "CANCEL" && defects.has(Defect::CancelOtherBranch) {
            *head = head.replacen("branch=z9hG4bK", "branch=z9hG4bKx", 1);
        }
        if method == "CANCEL"
            && defects.has(Defect::CancelOtherCseq)
            && let Some((number, _)) = message.cseq()
        {
            replace_value(head, "CSeq", &format!("{} CANCEL", number.wrapping_add(1)));
        }
        if defects.has(Defect::MalformedContact) && method == "OPTIONS" {
            cut_bracket(head);
        }
        if defects.has(Defect::CseqStuck)
            && let (Some(call_id), Some((number, _)), Some(branch)) =
                (message.call_id(), message.cseq(), message.branch())
        {
            if initial {
                self.first_cseq.entry(call_id.to_owned()).or_insert(number);
            } else if method != "ACK"
                && method != "CANCEL"
                && let Some(first) = self.first_cseq.get(call_id)
            {
                self.real_cseq.insert(branch, number);
                replace_value(head, "CSeq", &format!("{first} {method}"));
            }
        }
        if defects.has(Defect::BranchWithoutCookie) {
            *head = head.replacen("branch=z9hG4bK", "branch=y9hG4bK", 1);
        }
    }

    fn spoil_response(&self, defects: &Defects, message: &Message, head: &mut String) {
        let status = message.status().unwrap_or(0);
        let method = message.cseq().map(|(_, method)| method.to_owned()).unwrap_or_default();
        if defects.has(Defect::LoadChanges) {
            *head = head.replace(&product(&self.load), &product("OXO063/012.001"));
        }
        if method == "OPTIONS" && defects.has(Defect::OptionsWithoutAllow) {
            remove(head, "Allow");
        }
        if method == "OPTIONS" && defects.has(Defect::OptionsWithoutSupported) {
            remove(head, "Supported");
        }
        if status == 200
            && method == "INVITE"
            && defects.has(Defect::ContentLengthWrong)
            && let Some(length) = message.content_length()
        {
            replace_value(head, "Content-Length", &length.saturating_sub(10).to_string());
        }
        let refusal = status >= 300 && method == "INVITE";
        if defects.has(Defect::MalformedContact) && (status == 180 || refusal || method == "OPTIONS") {
            if line(head, "Contact").is_none() {
                add(head, "Contact: <sip:oxo@127.0.0.1>");
            }
            cut_bracket(head);
        }
        if defects.has(Defect::SipAlgOnTheWay)
            && let Some(from) = message.from()
        {
            let written = message.header("From").unwrap_or_default();
            let rewritten = written.replacen(&from.uri.host, ALG, 1);
            replace_value(head, "From", &rewritten);
        }
        if defects.has(Defect::NoToTag)
            && (refusal || method == "OPTIONS" || method == "CANCEL")
            && let Some(tag) = message.to_tag()
        {
            let to = message.header("To").unwrap_or_default().to_owned();
            replace_value(head, "To", &to.replace(&format!(";tag={tag}"), ""));
        }
    }

    /// What the user agent gets instead of what arrived; `None`: nothing.
    pub(crate) fn restore(&mut self, defects: &Defects, bytes: Vec<u8>) -> Option<Vec<u8>> {
        let discarded = (defects.has(Defect::CancelUnanswered) && bytes.starts_with(b"CANCEL "))
            || (defects.has(Defect::ByeUnanswered) && bytes.starts_with(b"BYE "));
        if discarded {
            return None;
        }
        let altered = [Defect::CseqStuck, Defect::BranchWithoutCookie];
        if bytes.starts_with(b"SIP/2.0 ") && altered.iter().any(|defect| defects.has(*defect)) {
            return Some(self.restore_response(defects, bytes));
        }
        Some(bytes)
    }

    fn restore_response(&self, defects: &Defects, bytes: Vec<u8>) -> Vec<u8> {
        let Ok(message) = Message::parse(&bytes) else { return bytes };
        let Some((mut head, body)) = split(&bytes) else { return bytes };
        if defects.has(Defect::BranchWithoutCookie) {
            head = head.replacen("branch=y9hG4bK", "branch=z9hG4bK", 1);
        }
        if let (Some(branch), Some((_, method))) = (message.branch(), message.cseq())
            && let Some(real) = self.real_cseq.get(&branch)
        {
            let value = format!("{real} {method}");
            replace_value(&mut head, "CSeq", &value);
        }
        [head.as_bytes(), body].concat()
    }
}

//! Where a message came to, and what it is in words.

use crate::inbox::Arrived;
use oxocert_record::RoleName;
use oxocert_scenario::model::MessagePattern;
use oxocert_sip::message::{Message, Uri};

/// Whether the message came to one of these roles: at its own address, or on a call of the party.
pub(super) fn came_to(arrived: &Arrived, who: &[RoleName], via: Option<&RoleName>) -> bool {
    let at_role = who.iter().any(|role| arrived.point == *role || arrived.party.as_ref() == Some(role));
    at_role && via.is_none_or(|via| arrived.point == *via)
}

/// Messages that come by themselves at any time, of the keep-alive and of a call that is modified or refreshed: one that
/// came before a step began says nothing about it.
pub(super) fn comes_by_itself(pattern: &MessagePattern) -> bool {
    match pattern {
        MessagePattern::Request(method) => matches!(method.as_str(), "OPTIONS" | "UPDATE"),
        MessagePattern::Response { method, .. } => method.as_deref() == Some("OPTIONS"),
        MessagePattern::ReInvite => true,
        MessagePattern::Invite => false,
    }
}

/// A message in a few words, for what came instead.
pub(super) fn message_in_words(message: &Message) -> String {
    match (message.method(), message.status()) {
        (Some("INVITE"), _) if message.to_tag().is_some() => "re-INVITE".into(),
        // Whom a new call is for tells a wrong number, or one that no party of the bench has.
        (Some("INVITE"), _) => match message.uri().and_then(Uri::parse).and_then(|uri| uri.user) {
            Some(user) => format!("INVITE for {user}"),
            None => "INVITE".into(),
        },
        (Some(method), _) => method.to_owned(),
        (None, Some(code)) => {
            let method = message.cseq().map_or("?", |(_, method)| method);
            format!("{code} {method}")
        }
        (None, None) => "something unreadable".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_call_is_told_with_its_number() {
        let invite = |to_tag: &str| {
            let text = format!(
                "INVITE sip:+442079460000@127.10.1.1;user=phone SIP/2.0\r\nTo: <sip:a@b>{to_tag}\r\nContent-Length: 0\r\n\r\n"
            );
            Message::parse(text.as_bytes()).map(|message| message_in_words(&message))
        };
        assert_eq!(invite("").as_deref(), Ok("INVITE for +442079460000"));
        assert_eq!(invite(";tag=1").as_deref(), Ok("re-INVITE"));
    }
}

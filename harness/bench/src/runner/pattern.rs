//! Where a message came to, and what it is in words.

use crate::inbox::Arrived;
use oxocert_record::RoleName;
use oxocert_scenario::model::MessagePattern;
use oxocert_sip::message::Message;

/// Whether the message came to one of these roles: at its own address, or on a call of the party.
pub(super) fn came_to(arrived: &Arrived, who: &[RoleName], via: Option<&RoleName>) -> bool {
    let at_role = who.iter().any(|role| arrived.point == *role || arrived.party.as_ref() == Some(role));
    at_role && via.is_none_or(|via| arrived.point == *via)
}

/// Messages of the keep-alive come by themselves all the time: one that came before a step says nothing about it.
pub(super) fn is_keep_alive(pattern: &MessagePattern) -> bool {
    match pattern {
        MessagePattern::Request(method) => method == "OPTIONS",
        MessagePattern::Response { method, .. } => method.as_deref() == Some("OPTIONS"),
        MessagePattern::Invite | MessagePattern::ReInvite => false,
    }
}

/// A message in two words, for what came instead.
pub(super) fn message_in_words(message: &Message) -> String {
    match (message.method(), message.status()) {
        (Some("INVITE"), _) if message.to_tag().is_some() => "re-INVITE".into(),
        (Some(method), _) => method.to_owned(),
        (None, Some(code)) => {
            let method = message.cseq().map_or("?", |(_, method)| method);
            format!("{code} {method}")
        }
        (None, None) => "something unreadable".into(),
    }
}

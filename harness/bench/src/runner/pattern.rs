//! Where a message came to, and what it is in words.

use crate::inbox::{Arrived, Happened};
use oxocert_record::{RoleName, TlsOutcome, What};
use oxocert_scenario::model::MessagePattern;
use oxocert_scenario::satisfies::{alert_name, event_role};
use oxocert_sip::message::{Message, Uri};

/// Whether the message came to one of these roles: at its own address, or on a call of the party.
pub(super) fn came_to(arrived: &Arrived, who: &[RoleName], via: Option<&RoleName>) -> bool {
    let at_role = who.iter().any(|role| arrived.point == *role || arrived.party.as_ref() == Some(role));
    at_role && via.is_none_or(|via| arrived.point == *via)
}

/// Whether it happened at one of these roles.
pub(super) fn happened_to(happened: &Happened, who: &[RoleName], via: Option<&RoleName>) -> bool {
    let role = event_role(&happened.what);
    role.is_some_and(|role| who.contains(role) && via.is_none_or(|via| role == via))
}

/// What comes by itself at any time, of the keep-alive with its connections and names, and of a call that is modified or
/// refreshed: one that came before a step began says nothing about it.
pub(super) fn comes_by_itself(pattern: &MessagePattern) -> bool {
    match pattern {
        MessagePattern::Request(method) => matches!(method.as_str(), "OPTIONS" | "UPDATE"),
        MessagePattern::Response { method, .. } => method.as_deref() == Some("OPTIONS"),
        MessagePattern::ReInvite
        | MessagePattern::Tls { .. }
        | MessagePattern::TlsClosed
        | MessagePattern::Dns { .. } => true,
        // A probe is answered because it was sent.
        MessagePattern::Invite | MessagePattern::ProbeAnswer(_) => false,
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

/// An event of the secured trunk in a few words.
pub(super) fn event_in_words(what: &What) -> String {
    let by_alert =
        |alert: Option<u8>| alert.map(|alert| format!(" by {}", alert_name(alert))).unwrap_or_default();
    match what {
        What::Tls(seen) => {
            let end = match &seen.outcome {
                TlsOutcome::Completed => "completed".to_owned(),
                TlsOutcome::Refused { by_peer: true, alert, .. } => format!("refused{}", by_alert(*alert)),
                TlsOutcome::Refused { by_peer: false, .. } => "that the a-SBC refused".to_owned(),
            };
            format!("TLS handshake {end} at {}", seen.role)
        }
        What::TlsEnded(ended) => {
            format!("end of a TLS connection{} at {}", by_alert(ended.alert), ended.role)
        }
        What::Dns(query) => format!("DNS {} {} at {}", query.kind, query.name, query.role),
        What::Probe(seen) => format!("probe {} {} at {}", seen.probe, seen.outcome, seen.role),
        _ => "something else".to_owned(),
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

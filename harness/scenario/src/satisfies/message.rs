//! Which messages a pattern means.

use crate::model::MessagePattern;
use oxocert_sip::message::Message;

/// Whether the message is of this kind. A digest challenge (401, 407) is answered by itself and says nothing about a
/// call: a range of codes leaves it out, its own code names it. A pattern of the secured trunk means no message:
/// [`super::event`].
pub fn message_matches(pattern: &MessagePattern, message: &Message) -> bool {
    match pattern {
        MessagePattern::Invite => message.method() == Some("INVITE") && message.to_tag().is_none(),
        MessagePattern::ReInvite => message.method() == Some("INVITE") && message.to_tag().is_some(),
        MessagePattern::Request(method) => message.method() == Some(method),
        MessagePattern::Tls { .. }
        | MessagePattern::TlsClosed
        | MessagePattern::Dns { .. }
        | MessagePattern::ProbeAnswer(_) => false,
        MessagePattern::Response { low, high, method } => {
            let Some(code) = message.status() else { return false };
            let challenge = matches!(code, 401 | 407) && low != high;
            let of_method = |wanted: &String| message.cseq().is_some_and(|(_, method)| method == wanted);
            (*low..=*high).contains(&code) && !challenge && method.as_ref().is_none_or(of_method)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(start: &str, to: &str, method: &str) -> Message {
        let text = format!(
            "{start}\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKx\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:b@127.0.0.1>{to}\r\n\
             Call-ID: c\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        );
        Message::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn tells_messages_apart() {
        let invite = message("INVITE sip:b@127.0.0.1 SIP/2.0", "", "INVITE");
        let again = message("INVITE sip:b@127.0.0.1 SIP/2.0", ";tag=2", "INVITE");
        let busy = message("SIP/2.0 486 Busy Here", ";tag=2", "INVITE");
        let challenge = message("SIP/2.0 401 Unauthorized", ";tag=2", "REGISTER");
        for (pattern, message, wanted) in [
            ("INVITE", &invite, true),
            ("INVITE", &again, false),
            ("re-INVITE", &again, true),
            ("BYE", &again, false),
            ("4xx", &busy, true),
            ("486 INVITE", &busy, true),
            ("486 OPTIONS", &busy, false),
            ("4xx", &challenge, false),
            ("401", &challenge, true),
        ] {
            assert_eq!(
                message_matches(&MessagePattern::parse(pattern).unwrap(), message),
                wanted,
                "{pattern}"
            );
        }
    }
}

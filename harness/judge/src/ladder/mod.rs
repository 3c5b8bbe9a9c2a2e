//! The observed ladder as text: who sent what to whom, which step took it, what was heard.

mod secured;

use crate::context::Context;
use crate::result::{LadderLine, LadderMark};
use crate::timeline::Seen;
use crate::words::{millis, sound};
use oxocert_machine::At;
use oxocert_record::{Emitter, Event, EventNo, Phase, StepId, What};
use oxocert_sip::message::Message;
use oxocert_sip::sdp::Description;
use std::collections::BTreeMap;

/// The lines of one case, in order of time.
pub(crate) fn lines(context: &Context<'_, '_>) -> Vec<LadderLine> {
    let mut taken: BTreeMap<EventNo, &StepId> = BTreeMap::new();
    for (id, step) in &context.run.steps {
        for n in step.done.iter().flat_map(|(_, evidence)| evidence) {
            taken.insert(*n, id);
        }
    }
    let mut lines: Vec<(At, LadderLine)> = Vec::new();
    for event in context.run.events {
        if let Some(line) = line(context, event, &taken) {
            // What was heard began before its event was written: it stands where it began.
            let at = if let What::Heard(heard) = &event.what { heard.since } else { event.at };
            lines.push((at, line));
        }
    }
    lines.sort_by_key(|(at, line)| (*at, line.event));
    lines.into_iter().map(|(_, line)| line).collect()
}

fn line(context: &Context<'_, '_>, event: &Event, taken: &BTreeMap<EventNo, &StepId>) -> Option<LadderLine> {
    let note = |at: At, from: String, text: String| LadderLine {
        event: event.n,
        at_ms: millis(at),
        from,
        to: String::new(),
        text,
        mark: LadderMark::Note,
    };
    match &event.what {
        What::Sip(_) => message(context.timeline.messages.get(&event.n)?, taken),
        What::Tls(seen) => Some(between(event, secured::handshake(seen), taken)),
        What::TlsEnded(ended) => Some(between(event, secured::end(ended), taken)),
        What::Probe(seen) => Some(between(event, secured::probe(seen), taken)),
        What::Dns(seen) => Some(between(event, secured::query(seen), taken)),
        What::StepStarted { phase, step } => {
            let phase = match phase {
                Phase::Setup => "set-up ",
                Phase::Flow => "",
                Phase::Teardown => "teardown ",
            };
            let text = format!("{phase}step {step}");
            Some(LadderLine { mark: LadderMark::Step, ..note(event.at, String::new(), text) })
        }
        What::StepMissed { step, why, .. } => Some(LadderLine {
            mark: LadderMark::Step,
            ..note(event.at, String::new(), format!("step {step} MISSED: {why}"))
        }),
        What::Heard(heard) => {
            let level = heard.level_dbm0.map(|level| format!(" at {} dBm0", crate::words::rounded(level)));
            let source = heard.remote.map(|remote| format!(" from {remote}")).unwrap_or_default();
            let emitter = if heard.emitter == Emitter::Dut && heard.remote.is_some() { " (DUT)" } else { "" };
            let text = format!("hears {}{}{source}{emitter}", sound(heard.sound), level.unwrap_or_default());
            Some(note(heard.since, heard.role.to_string(), text))
        }
        What::Digit(digit) => {
            let text = format!(
                "receives digit {} ({} ms, {} end packets)",
                digit.digit, digit.duration_ms, digit.end_packets
            );
            Some(note(event.at, digit.role.to_string(), text))
        }
        What::RoleState { role, state } => Some(note(event.at, role.to_string(), state.clone())),
        What::Network { role, note: text } => {
            Some(note(event.at, role.to_string(), format!("network: {text}")))
        }
        What::Finding { role, note: text, .. } => {
            Some(note(event.at, role.to_string(), format!("finding: {text}")))
        }
        What::Operator { note: text } => Some(note(event.at, "operator".to_owned(), text.clone())),
        What::Interrupted => Some(note(event.at, String::new(), "INTERRUPTED".to_owned())),
        _ => None,
    }
}

/// A line that is no SIP message and yet goes from one end to another.
fn between(event: &Event, line: secured::Line, taken: &BTreeMap<EventNo, &StepId>) -> LadderLine {
    let (from, to, mut text) = line;
    let mark = match taken.get(&event.n) {
        Some(step) => {
            text.push_str(&format!(" <- step {step}"));
            LadderMark::Evidence
        }
        None => LadderMark::Message,
    };
    LadderLine { event: event.n, at_ms: millis(event.at), from, to, text, mark }
}

fn message(seen: &Seen<'_>, taken: &BTreeMap<EventNo, &StepId>) -> Option<LadderLine> {
    // CRLF keep-alives are no messages.
    if seen.on.bytes.0.iter().all(u8::is_ascii_whitespace) {
        return None;
    }
    let here = if seen.on.point == *seen.role() {
        seen.on.point.to_string()
    } else {
        format!("{} ({})", seen.on.point, seen.role())
    };
    let (from, to) = match seen.on.direction {
        oxocert_record::Direction::Out => (here, far_end(seen)),
        oxocert_record::Direction::In => (seen.sender(), here),
    };
    let mut text = match &seen.message {
        Ok(message) => summary(message, seen.sdp.as_ref()),
        Err(error) => format!("{} bytes that are no SIP message: {error}", seen.on.bytes.0.len()),
    };
    let mark = if seen.on.retransmission {
        text.push_str(" (repeated)");
        LadderMark::Retransmission
    } else if let Some(step) = taken.get(&seen.n) {
        text.push_str(&format!(" <- step {step}"));
        LadderMark::Evidence
    } else {
        LadderMark::Message
    };
    Some(LadderLine { event: seen.n, at_ms: millis(seen.at), from, to, text, mark })
}

fn far_end(seen: &Seen<'_>) -> String {
    match seen.on.emitter {
        Emitter::Foreign => seen.on.remote.to_string(),
        _ => "dut".to_owned(),
    }
}

/// `INVITE sip:+33277123456@127.10.2.1 (SDP PCMA,telephone-event 127.10.3.1:6000 sendrecv)`.
fn summary(message: &Message, sdp: Option<&Description>) -> String {
    let mut text = match (message.method(), message.status()) {
        (Some(method), _) => format!("{method} {}", message.uri().unwrap_or("?")),
        (_, Some(status)) => {
            let reason = message.reason().unwrap_or_default();
            let of = message.cseq().map(|(_, method)| format!(" ({method})")).unwrap_or_default();
            format!("{status} {reason}{of}")
        }
        _ => "?".to_owned(),
    };
    if let Some(audio) = sdp.and_then(|sdp| sdp.audio.as_ref()) {
        let mut codecs: Vec<&str> = audio.codecs.iter().map(|codec| codec.name.as_str()).collect();
        if audio.telephone_event.is_some() {
            codecs.push("telephone-event");
        }
        let suites: Vec<&str> = audio.crypto.iter().map(|crypto| crypto.suite.as_str()).collect();
        let secured = match (suites.is_empty(), audio.protocol.as_str()) {
            (true, "RTP/AVP") => String::new(),
            (true, other) => format!("{other} without crypto, "),
            (false, "RTP/SAVP") => format!("{}, ", suites.join(",")),
            (false, other) => format!("{other} with {}, ", suites.join(",")),
        };
        text.push_str(&format!(
            " (SDP {secured}{} {}:{} {})",
            codecs.join(","),
            audio.address,
            audio.port,
            audio.direction.as_str()
        ));
    }
    text
}

//! Reliable provisional responses (RFC 3262), both sides.

use super::agent::Purpose;
use super::{CallId, Event, UserAgent};
use crate::message::Message;
use crate::transaction::ServerKey;
use oxocert_machine::At;
use rand::Rng;

impl UserAgent {
    /// Takes tags and target from a provisional response and sends PRACK where it is reliable; false where it came
    /// before or out of order, so that nobody shall hear of it (RFC 3262 §4).
    pub(super) fn acknowledge_reliable(&mut self, at: At, id: CallId, response: &Message) -> bool {
        let Some(call) = self.calls.get_mut(&id) else { return false };
        let rseq: Option<u32> = response.header("RSeq").and_then(|value| value.trim().parse().ok());
        let Some(rseq) = rseq.filter(|_| response.lists("Require", "100rel")) else {
            if response.to_tag().is_some() {
                call.dialog.establish(response);
            }
            return true;
        };
        if call.seen_rseq.is_some_and(|seen| rseq != seen.wrapping_add(1)) {
            return false;
        }
        call.seen_rseq = Some(rseq);
        call.dialog.establish(response);
        let (number, method) = response.cseq().unwrap_or((0, "INVITE"));
        let rack = ("RAck".to_string(), format!("{rseq} {number} {method}"));
        self.in_dialog(at, id, "PRACK", &[rack], None, Purpose::Silent { call: id });
        true
    }

    /// The next RSeq, drawn for the first one (RFC 3262 §3: from 1 to 2^31 - 1).
    pub(super) fn next_rseq(&mut self, id: CallId) -> u32 {
        let first = self.rng.random_range(1..1 << 16);
        let Some(call) = self.calls.get_mut(&id) else { return first };
        call.rseq = if call.rseq == 0 { first } else { call.rseq + 1 };
        call.rseq
    }

    /// PRACK: the response it names is repeated no more.
    pub(super) fn on_prack(&mut self, at: At, id: CallId, key: &ServerKey, request: &Message) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let rack = request.header("RAck").unwrap_or("");
        let mut words = rack.split_whitespace();
        let named: (Option<u32>, Option<u32>) = (
            words.next().and_then(|word| word.parse().ok()),
            words.next().and_then(|word| word.parse().ok()),
        );
        let expected = call.reliable.as_ref().map(|(rseq, repeat)| (Some(*rseq), Some(repeat.cseq)));
        if expected == Some(named) {
            call.reliable = None;
            self.refuse(at, key, request, 200, &[]);
        } else {
            self.refuse(at, key, request, 481, &[]);
            let why = format!("PRACK names `{rack}`, which is no response that waits for one: 481 sent");
            self.event(Event::Stray { message: request.clone(), why });
        }
    }
}

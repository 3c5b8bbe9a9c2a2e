//! ACK to 2xx and to failures, with the overrides that a scenario may order.

use super::call::Acked;
use super::ordering::next_flow;
use super::{Body, CallId, CallState, Override, UserAgent};
use oxocert_machine::{At, Flow};

impl UserAgent {
    /// Answers in the ACK the offer that a 2xx carried. Does nothing where no such answer is due.
    pub fn ack_with_answer(&mut self, at: At, call: CallId, body: Body) {
        let Some(state) = self.calls.get_mut(&call) else { return };
        let Some(cseq) = state.owed_ack.take() else { return };
        state.local_body = Some(body.clone());
        self.acknowledge(at, call, cseq, Some(body));
        self.drain_layer(at);
    }

    /// Sends the ACK to a 2xx, as the overrides have it, and keeps it for repetitions of the 2xx.
    pub(super) fn acknowledge(&mut self, at: At, id: CallId, cseq: u32, body: Option<Body>) {
        let Some(mut call) = self.calls.remove(&id) else { return };
        let flow = next_flow(&call);
        let mut draft = self.dialog_request(&call, "ACK", cseq, flow);
        draft.merge(&call.authorization);
        let bytes = draft.write(body.as_ref());
        let ordered = call.take(is_about_ack);
        call.acked = Some(Acked { cseq, bytes: Some((flow, bytes.clone())), not_before: at });
        match ordered {
            Some(Override::NoAck) => {
                call.acked = Some(Acked { cseq, bytes: None, not_before: at });
            }
            Some(Override::LateAck(wait)) => {
                call.late.push((at + wait, flow, bytes.clone()));
                call.acked = Some(Acked { cseq, bytes: Some((flow, bytes)), not_before: at + wait });
            }
            Some(Override::DoubleAck) => {
                self.transmit(flow, bytes.clone(), false);
                self.transmit(flow, bytes, true);
            }
            _ => self.transmit(flow, bytes, false),
        }
        self.calls.insert(id, call);
    }

    /// A 2xx came again: the same ACK goes out again.
    pub(super) fn acknowledge_again(&mut self, at: At, id: CallId) {
        let Some(acked) = self.calls.get(&id).and_then(|call| call.acked.as_ref()) else { return };
        if let Some((flow, bytes)) = acked.bytes.clone().filter(|_| acked.not_before <= at) {
            self.transmit(flow, bytes, true);
        }
    }

    /// Sends the transaction's ACK to a failed INVITE, as the overrides have it.
    pub(super) fn acknowledge_failure(
        &mut self,
        at: At,
        id: Option<CallId>,
        ack: Option<(Flow, Vec<u8>)>,
        again: bool,
    ) {
        let Some((flow, bytes)) = ack else { return };
        let Some(call) = id.and_then(|id| self.calls.get_mut(&id)) else {
            self.transmit(flow, bytes, again);
            return;
        };
        if again {
            if !call.mute_ack {
                self.transmit(flow, bytes, true);
            }
            return;
        }
        match call.take(is_about_ack) {
            Some(Override::NoAck) => call.mute_ack = true,
            Some(Override::LateAck(wait)) => {
                call.mute_ack = true;
                call.late.push((at + wait, flow, bytes));
            }
            Some(Override::DoubleAck) => {
                self.transmit(flow, bytes.clone(), false);
                self.transmit(flow, bytes, true);
            }
            _ => self.transmit(flow, bytes, false),
        }
    }

    /// Our ACK of a 2xx that made a dialog nobody wants (a fork, or a crossing CANCEL), and BYE at once.
    pub(super) fn acknowledge_and_end(&mut self, at: At, id: CallId, cseq: u32) {
        self.acknowledge(at, id, cseq, None);
        self.bye(at, id, &[]);
        if let Some(call) = self.calls.get_mut(&id) {
            call.state = CallState::Ending;
        }
    }
}

fn is_about_ack(ordered: &Override) -> bool {
    matches!(ordered, Override::NoAck | Override::LateAck(_) | Override::DoubleAck)
}

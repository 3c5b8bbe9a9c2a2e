//! Things the box does at a time of its own.

use crate::gateway::GatewayNo;
use crate::leg::{LegId, Purpose, TrunkCall};
use crate::oxo::VirtualOxo;
use oxocert_machine::{Flow, Output};
use oxocert_media::engine::{PortId, Source};
use oxocert_sip::message::Message;
use oxocert_sip::ua::{Body, RequestId};

/// One of them. A task whose leg is gone by then does nothing.
#[derive(Debug, Clone)]
pub(crate) enum Task {
    /// OPTIONS to a gateway.
    KeepAlive(GatewayNo),
    /// Answers OPTIONS.
    AnswerOptions(RequestId),
    /// A set's digits take effect.
    Dial(LegId, String),
    /// An outgoing trunk call is sent.
    Place(Purpose, TrunkCall),
    /// An outgoing trunk call that got no answer at all is tried elsewhere.
    InviteTimeout(LegId),
    /// A called set does not answer.
    NoAnswer(LegId),
    /// A transferred call was not answered in time.
    RecallDue(LegId),
    /// An unanswered call is refused.
    Refuse(LegId, u16),
    /// A caller hears why its call failed.
    FailureTone(LegId, u16),
    /// 18x to a caller.
    Ring(LegId, u16, Option<Body>),
    /// 200 to a caller.
    Answer(LegId, Option<Body>),
    /// A leg is ended alone.
    HangUp(LegId),
    /// A leg is ended with all that hangs on it.
    Over(LegId),
    /// A message is sent again although nobody asked for it.
    SendAgain(Flow, Vec<u8>),
    /// The stream to this leg changes its payload type.
    SwitchCodec(LegId),
    /// Whoever has this public number is reached for a caller.
    Reach(LegId, String, Box<Message>),
    /// A conversation is interrupted.
    CutAudio(LegId),
    /// The far end of this leg is told to play on.
    Play(LegId, Source),
    /// The box plays to nobody any more.
    StopPlaying(LegId),
    /// The attendant answers.
    AttendantAnswers(LegId),
    /// A media port is closed.
    ClosePort(PortId),
    /// A call is resumed.
    Resume {
        /// The set's leg.
        set: LegId,
        /// The other.
        far: LegId,
        /// The set's re-INVITE.
        request: RequestId,
    },
    /// Two legs are joined.
    Join(LegId, LegId, Option<LegId>),
    /// The party of this leg is held, as if by its set.
    HoldAgain(LegId),
    /// The two legs of a conversation are told their media again.
    Reconnect(LegId),
    /// Two line ends on a connection (RFC 5626 §4.4.1).
    Ping(Flow),
    /// A connection without calls is closed.
    Leave(Flow),
}

impl VirtualOxo {
    pub(crate) fn run(&mut self, task: Task) {
        match task {
            Task::KeepAlive(number) => self.keep_alive(number),
            Task::AnswerOptions(request) => self.answer_options(request),
            Task::Dial(leg, digits) => self.dial(leg, &digits),
            Task::Place(purpose, wish) => self.place(purpose, wish),
            Task::InviteTimeout(leg) => self.invite_timeout(leg),
            Task::NoAnswer(leg) | Task::RecallDue(leg) => self.no_answer(leg),
            Task::Refuse(leg, code) => self.refuse(leg, code),
            Task::FailureTone(leg, code) => self.failure_tone(leg, code),
            Task::Ring(leg, code, body) => self.ring_now(leg, code, body),
            Task::Answer(leg, body) => self.answer_now(leg, body),
            Task::HangUp(leg) => self.hang_up(leg),
            Task::Over(leg) => self.over(leg),
            Task::SendAgain(flow, bytes) => {
                let tos = self.settings.sip.tos;
                self.out.push_back(Output::Transmit { flow, tos, bytes });
            }
            Task::SwitchCodec(leg) => self.switch_codec(leg),
            Task::Reach(caller, number, request) => self.reach(caller, &number, &request),
            Task::CutAudio(leg) => self.cut_audio(leg),
            Task::Play(leg, source) => self.play_now(leg, source),
            Task::StopPlaying(leg) => self.stop_playing(leg),
            Task::AttendantAnswers(leg) => self.attendant_answers(leg),
            Task::ClosePort(port) => self.close_port(port),
            Task::Resume { set, far, request } => self.resume_now(set, far, request),
            Task::Join(first, second, referrer) => self.join_now(first, second, referrer),
            Task::HoldAgain(leg) => self.tell_held(leg),
            Task::Reconnect(leg) => self.reconnect(leg),
            Task::Ping(flow) => self.ping(flow),
            Task::Leave(flow) => self.leave_flow(flow),
        }
    }
}

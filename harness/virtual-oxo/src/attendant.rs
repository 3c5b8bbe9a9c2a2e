//! The voice mailbox or automatic attendant: answers, plays a prompt, acknowledges each digit by a tone of its own.

use crate::defects::Defect;
use crate::description::About;
use crate::leg::{LegId, Purpose, Stage};
use crate::oxo::VirtualOxo;
use crate::task::Task;
use oxocert_media::engine::{Command, Event, Source};
use oxocert_sip::sdp::Direction;
use std::time::Duration;

impl VirtualOxo {
    /// Takes a call.
    pub(crate) fn attend(&mut self, caller: LegId) {
        let Some(attendant) = &self.settings.attendant else { return };
        let wait = attendant.answer_after_ms;
        if let Some(leg) = self.legs.get_mut(caller) {
            leg.purpose = Purpose::Attendant;
        }
        self.ring_now(caller, 180, None);
        self.attended += 1;
        let refuses =
            self.has(Defect::AttendantUnanswered) || (self.has(Defect::AttendantOnce) && self.attended > 1);
        if !refuses {
            self.later_ms(wait, Task::AttendantAnswers(caller));
        }
    }

    pub(crate) fn attendant_answers(&mut self, caller: LegId) {
        if !self.legs.get(caller).is_some_and(|leg| leg.stage == Stage::Offered) {
            return;
        }
        let Some(body) = self.answer_body(caller, About::Own, Direction::SendRecv) else {
            self.refuse(caller, 488);
            return;
        };
        self.answer_now(caller, Some(body));
        let mute = self.has(Defect::PromptMissing) || (self.has(Defect::PromptOnce) && self.attended > 1);
        let prompt = if mute { Source::Silence } else { self.music() };
        if let Some(leg) = self.legs.get_mut(caller) {
            leg.playing = Some(prompt.clone());
        }
        self.play_now(caller, prompt);
        if self.has(Defect::PromptSwitchesCodec) {
            self.later_ms(500, Task::SwitchCodec(caller));
        }
    }

    /// What the media engine reports.
    pub(crate) fn on_media(&mut self, event: Event) {
        let Event::Digit { port, digit, duration_ms, .. } = event else { return };
        let Some(id) = self.legs.with_port(port) else { return };
        self.digits_seen += 1;
        if self.legs.get(id).is_some_and(|leg| leg.purpose == Purpose::Attendant) {
            self.attendant_hears(id, digit);
        } else if self.has(Defect::DigitsDoubled)
            && let Some(far) =
                self.legs.get(id).and_then(|leg| leg.peer).and_then(|far| self.legs.get(far)?.port)
        {
            // A relay passes the digit on by itself.
            self.media(Command::Digits {
                port: far,
                digits: digit.to_string(),
                duration_ms,
                gap_ms: 60,
                loss_percent: 0,
            });
        }
    }

    fn attendant_hears(&mut self, caller: LegId, digit: char) {
        let Some(attendant) = &self.settings.attendant else { return };
        let length = Duration::from_millis(attendant.tone_ms);
        let digit = if self.has(Defect::DigitsWrong) { after(digit) } else { digit };
        let Some(hz) = attendant.tones.get(&digit.to_ascii_uppercase()).copied() else { return };
        if self.has(Defect::DigitsDeaf)
            || (self.has(Defect::DigitsLost) && self.digits_seen.is_multiple_of(2))
        {
            return;
        }
        let times = if self.has(Defect::DigitsDoubled) { 2 } else { 1 };
        let tone = Source::Tone { hz, dbm0: f64::from(self.settings.tones.dbm0) };
        for _ in 0..times {
            let free = self.acknowledging.get(&caller).copied().unwrap_or(self.now);
            let start = free.max(self.now);
            self.agenda.add(start, Task::Play(caller, tone.clone()));
            self.agenda.add(start + length, Task::Play(caller, Source::Silence));
            let pause = if times > 1 { length * 3 } else { length * 2 };
            self.acknowledging.insert(caller, start + pause);
        }
    }
}

/// The digit that follows in the order of the keys.
fn after(digit: char) -> char {
    const KEYS: &str = "0123456789*#ABCD0";
    KEYS.chars().skip_while(|key| *key != digit).nth(1).unwrap_or('0')
}

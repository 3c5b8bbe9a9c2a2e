//! The attendant: prompt, digits, tones.

use crate::lab::Lab;
use oxocert_machine::{Input, Machine};
use oxocert_media::engine::{Command, Event, PortId, Source};
use oxocert_virtual_oxo::Defect;
use oxocert_virtual_oxo::OxoCommand;

fn tones_for(lab: &mut Lab, digits: &str) -> Vec<u16> {
    lab.call_in("nominal", "+33155501099", &[]);
    lab.run(700);
    assert_eq!(lab.ladder("nominal"), ["100 INVITE", "180 INVITE", "200 INVITE"]);
    let start = lab.media.len();
    for digit in digits.chars() {
        let event = Event::Digit {
            port: PortId(1),
            remote: "127.10.9.1:20000".parse().unwrap(),
            digit,
            payload_type: 101,
            duration_ms: 100,
            end_packets: 3,
            volume: 10,
            in_band: false,
        };
        let now = lab.now;
        lab.oxo.handle(now, Input::Command(OxoCommand::Media(event)));
        lab.run(100);
    }
    lab.run(5000);
    lab.media[start..]
        .iter()
        .filter_map(|(_, command)| match command {
            Command::Send { sending, .. } => match sending.source {
                Source::Tone { hz, .. } => Some(hz),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

#[test]
fn the_attendant_plays_its_prompt_and_acknowledges_each_digit_once() {
    let mut lab = Lab::new();
    assert_eq!(tones_for(&mut lab, "0119*#"), [600, 700, 700, 1500, 1600, 1700]);
}

#[test]
fn digits_can_be_doubled_lost_or_wrong() {
    for (defect, tones) in [
        (Defect::DigitsDoubled, vec![700, 700, 800, 800]),
        (Defect::DigitsLost, vec![700]),
        (Defect::DigitsWrong, vec![800, 900]),
        (Defect::DigitsDeaf, vec![]),
    ] {
        assert_eq!(tones_for(&mut Lab::defective(&[defect]), "12"), tones, "{defect:?}");
    }
}

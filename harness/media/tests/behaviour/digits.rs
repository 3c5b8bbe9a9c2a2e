//! Digits from one engine to another.

use crate::wire::{Wire, address, millis, secs, sending, tone};
use oxocert_media::engine::{Command, Event, PortId, Sending, Sound};
use rtp_rs::RtpReader;

fn dial(digits: &str, loss_percent: u8) -> Wire {
    let mut wire = Wire::new(2);
    wire.open(0, 1);
    wire.open(1, 2);
    wire.send(0, 1, 2, tone(600));
    wire.run(secs(1));
    let digits = digits.to_owned();
    wire.order(0, Command::Digits { port: PortId(1), digits, duration_ms: 100, gap_ms: 60, loss_percent });
    wire
}

fn digits(wire: &Wire) -> Vec<(char, u32, u32, bool)> {
    let digits = wire.events.iter().filter_map(|(_, _, event)| match event {
        Event::Digit { digit, duration_ms, end_packets, in_band, payload_type: 101, volume: 10, .. } => {
            Some((*digit, *duration_ms, *end_packets, *in_band))
        }
        _ => None,
    });
    digits.collect()
}

#[test]
fn every_digit_arrives_once_and_whole() {
    let mut wire = dial("0123456789*#ABCD", 0);
    wire.run(secs(5));
    let expected: Vec<_> = "0123456789*#ABCD".chars().map(|digit| (digit, 100, 3, false)).collect();
    assert_eq!(digits(&wire), expected);
    // The tone before and after the digits is one sound, and no digit is jitter.
    assert_eq!(wire.heard(2), [(Sound::Tone { hz: 600 }, Some(address(1).port()))]);
    for window in wire.windows(2) {
        assert_eq!((window.jitter_ns, window.timestamp_jumps, window.lost), (Some(0), 0, 0));
        assert!(window.payload_types.iter().all(|(payload_type, _)| *payload_type == 8));
    }
}

#[test]
fn digits_survive_the_loss_of_half_of_their_packets() {
    let mut wire = dial("9999", 50);
    wire.run(secs(3));
    wire.order(1, Command::Close { port: PortId(2) });
    let arrived: String = digits(&wire).into_iter().map(|(digit, ..)| digit).collect();
    assert_eq!(arrived, "9999");
    let lost: u64 = wire.windows(2).iter().map(|window| window.lost).sum();
    assert!(lost > 4, "{lost}");
}

#[test]
fn a_digit_whose_ends_are_all_lost_is_told_after_100_ms() {
    let mut wire = dial("5", 0);
    wire.lose = |sent| {
        RtpReader::new(&sent.bytes)
            .is_ok_and(|packet| packet.payload_type() == 101 && packet.payload()[1] & 0x80 != 0)
    };
    wire.run(secs(1));
    assert_eq!(digits(&wire), [('5', 80, 0, false)]);
}

#[test]
fn event_packets_have_one_timestamp_and_the_marker_first() {
    let mut wire = dial("7", 0);
    wire.run(secs(1));
    let all = wire.rtp_from(1);
    let packets: Vec<_> = all.iter().map(|sent| RtpReader::new(&sent.bytes).unwrap()).collect();
    let events: Vec<_> = packets.iter().filter(|packet| packet.payload_type() == 101).collect();
    assert_eq!(events.len(), 7);
    assert!(events.iter().all(|packet| packet.timestamp() == events[0].timestamp()));
    assert!(events.iter().enumerate().all(|(n, packet)| packet.mark() == (n == 0)));
    // The audio goes on where its clock is, without a hole in the sequence.
    assert!(packets.windows(2).all(|pair| pair[0].sequence_number().precedes(pair[1].sequence_number())));
    let mut audio = packets.iter().filter(|packet| packet.payload_type() == 8);
    let last = audio.next_back().unwrap();
    let first = packets[0].timestamp();
    assert_eq!(last.timestamp().wrapping_sub(first), 160 * (packets.len() as u32 - 1));
}

#[test]
fn digits_without_an_event_type_are_a_finding() {
    let mut wire = Wire::new(1);
    wire.open(0, 1);
    let sending = Sending { event_payload_type: None, ..sending(2, tone(600)) };
    wire.order(0, Command::Send { port: PortId(1), sending });
    let digits = "1".to_owned();
    wire.order(0, Command::Digits { port: PortId(1), digits, duration_ms: 100, gap_ms: 0, loss_percent: 0 });
    wire.run(millis(500));
    assert_eq!(wire.findings(), ["digits ordered, but telephone-event is not negotiated"]);
}

/// A gateway that lets the digit's tone through in the audio as well.
#[test]
fn the_same_digit_in_the_audio_is_told() {
    for (leaked, in_band) in [("5", true), ("6", false)] {
        let mut wire = Wire::new(1);
        wire.open(0, 2);
        let tones = if leaked == "5" { [770.0, 1336.0] } else { [770.0, 1477.0] };
        let audio: Vec<u8> = (0..160)
            .map(|n| {
                let sum: f64 =
                    tones.iter().map(|hz| (std::f64::consts::TAU * hz * f64::from(n) / 8000.0).sin()).sum();
                oxocert_media::g711::encode((5000.0 * sum) as i16)
            })
            .collect();
        let packet = |number: u8, payload_type: u8, timestamp: u16, payload: &[u8]| {
            let [high, low] = timestamp.to_be_bytes();
            let header = [0x80, payload_type, 0, number, 0, 0, high, low, 0, 0, 0, 9];
            [header.as_slice(), payload].concat()
        };
        wire.inject(0, address(1), address(2), &packet(0, 8, 0, &audio));
        wire.run(millis(20));
        wire.inject(0, address(1), address(2), &packet(1, 101, 160, &[5, 10, 0, 160]));
        wire.run(secs(2));
        assert_eq!(digits(&wire), [('5', 20, 0, in_band)]);
    }
}

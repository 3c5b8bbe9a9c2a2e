//! The media thread with the engine on the loop-back network.

use crate::clock::RunClock;
use crate::media::{MediaThread, Note};
use oxocert_machine::Seed;
use oxocert_media::engine::{Command, Engine, Event, PortId, Sending, Sound, Source};
use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

const EF: u8 = 0xb8;
const PATIENCE: Duration = Duration::from_secs(10);

fn start() -> (MediaThread, Receiver<Note>) {
    let (tell, notes) = mpsc::channel();
    let report = move |note| drop(tell.send(note));
    (MediaThread::start(Engine::new(Seed(1)), RunClock::start(), None, report).unwrap(), notes)
}

fn tone(remote: SocketAddr, hz: u16) -> Sending {
    Sending {
        remote,
        payload_type: 8,
        event_payload_type: None,
        ptime_ms: 20,
        tos: EF,
        source: Source::Tone { hz, dbm0: -10.0 },
    }
}

fn free_pair(ip: [u8; 4]) -> SocketAddr {
    (16_384..32_000)
        .step_by(2)
        .map(|port| SocketAddr::from((ip, port)))
        .find(|&pair| {
            let mut next = pair;
            next.set_port(pair.port() + 1);
            std::net::UdpSocket::bind(pair).is_ok() && std::net::UdpSocket::bind(next).is_ok()
        })
        .unwrap()
}

#[test]
fn a_tone_is_sent_at_fifty_packets_a_second_and_heard() {
    let (media, notes) = start();
    let (from, to) = (free_pair([127, 0, 9, 21]), free_pair([127, 0, 9, 22]));
    let remote = media.remote();
    remote.send(Command::Open { port: PortId(1), local: from });
    remote.send(Command::Open { port: PortId(2), local: to });
    remote.send(Command::Send { port: PortId(1), sending: tone(to, 550) });
    let mut heard = None;
    let window = loop {
        match notes.recv_timeout(PATIENCE).unwrap() {
            Note::Engine { event, .. } => match *event {
                Event::Heard { port: PortId(2), sound, remote, .. } => {
                    heard = heard.or(Some((sound, remote)));
                }
                Event::Window(window) => break window,
                _ => {}
            },
            Note::Late { .. } => {}
            Note::NotOpened { error, .. } => panic!("{error}"),
        }
    };
    assert_eq!(heard, Some((Sound::Tone { hz: 550 }, Some(from))));
    assert_eq!((window.port, window.remote, window.lost, window.unstamped), (PortId(2), from, 0, 0));
    assert_eq!(window.dscp, vec![(46, window.packets)]);
    // Absolute deadlines: the packets of the window span it evenly, whatever each interval was.
    let span = window.to.since(window.from).as_secs_f64();
    let rate = (window.packets - 1) as f64 / span;
    assert!((rate - 50.0).abs() < 2.5, "{} packets in {span} s", window.packets);
}

#[test]
fn a_pair_that_is_taken_is_reported_and_not_opened() {
    let taken = std::net::UdpSocket::bind(free_pair([127, 0, 9, 23])).unwrap();
    let local = taken.local_addr().unwrap();
    let (media, notes) = start();
    media.remote().send(Command::Open { port: PortId(7), local });
    match notes.recv_timeout(PATIENCE).unwrap() {
        Note::NotOpened { port, error } => assert_eq!((port, error.address), (PortId(7), local)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_closed_pair_is_free_again() {
    let (media, notes) = start();
    let (local, other) = (free_pair([127, 0, 9, 24]), free_pair([127, 0, 9, 25]));
    let remote = media.remote();
    for port in [PortId(1), PortId(2)] {
        remote.send(Command::Open { port, local });
        remote.send(Command::Close { port });
    }
    // The last order is answered after all the others were carried out.
    remote.send(Command::Open { port: PortId(3), local });
    remote.send(Command::Open { port: PortId(4), local: other });
    remote.send(Command::Send { port: PortId(3), sending: tone(other, 1050) });
    loop {
        match notes.recv_timeout(PATIENCE).unwrap() {
            Note::Engine { event, .. } => {
                if matches!(*event, Event::Heard { port: PortId(4), .. }) {
                    return;
                }
            }
            Note::Late { .. } => {}
            Note::NotOpened { error, .. } => panic!("{error}"),
        }
    }
}

//! What arrives may be anything: the box neither panics nor stops to serve, and the same input gives the same output.

use crate::lab::{CONSOLE, LAN, Lab, TRUNK};
use oxocert_machine::{Flow, Input, Machine, Seed};
use oxocert_sip::sdp::Direction;
use oxocert_virtual_oxo::{Defect, Defects};
use rand::Rng;

/// Real messages of a call with hold and resume, to be mangled.
fn specimens() -> Vec<Vec<u8>> {
    let mut lab = Lab::new();
    let (set, _) = lab.conversation();
    lab.reinvite("101", set, Direction::SendOnly);
    lab.reinvite("101", set, Direction::SendRecv);
    lab.hang_up("101", set);
    lab.seen.iter().map(|seen| seen.message.raw().to_vec()).collect()
}

#[test]
fn mangled_messages_are_survived() {
    let specimens = specimens();
    let mut dice = Seed(5).generator("mangle");
    let mut lab = Lab::new();
    lab.conversation();
    for round in 0..4000 {
        let mut bytes = specimens[dice.random_range(0..specimens.len())].clone();
        for _ in 0..dice.random_range(1..8) {
            let place = dice.random_range(0..bytes.len());
            match dice.random_range(0..3) {
                0 => bytes[place] = dice.random(),
                1 => bytes.truncate(place.max(1)),
                _ => {
                    let piece = bytes[place..].iter().take(20).copied().collect::<Vec<_>>();
                    bytes.splice(place..place, piece);
                }
            }
        }
        let (local, remote) =
            [(TRUNK, "127.10.9.1:5060"), (LAN, "127.10.2.1:5060"), (CONSOLE, "127.0.0.1:7")][round % 3];
        let flow = Flow::udp(local.parse().unwrap(), remote.parse().unwrap());
        let now = lab.now;
        lab.oxo.handle(now, Input::Received { flow, tos: None, bytes });
        lab.run(3);
    }
    lab.run(60_000);
    lab.seen.clear();
    lab.call_in("backup", "+33155501002", &[]);
    lab.run(50);
    assert_eq!(lab.ladder("102"), ["INVITE"]);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let bytes = || specimens();
    assert_eq!(bytes(), bytes());
}

#[test]
fn every_defect_alone_survives_a_call_with_hold_and_transfer() {
    for defect in Defect::ALL {
        assert!(Defects::named([defect.name()]).is_ok());
        let mut lab = Lab::defective(&[*defect]);
        let set = lab.dial("101", "00277123456");
        lab.run(20_000);
        lab.reinvite("101", set, Direction::SendOnly);
        lab.refer("101", set, "<sip:102@127.10.1.10:5059>");
        lab.call_in("backup", "+33155501099", &[]);
        lab.run(20_000);
        lab.hang_up("101", set);
        lab.run(20_000);
    }
}

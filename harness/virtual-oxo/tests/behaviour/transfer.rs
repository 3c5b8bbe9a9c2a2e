//! Transfer: attended, blind, inside and on the trunk.

use crate::lab::{Lab, SETTINGS};
use oxocert_media::engine::{Command, Source};
use oxocert_sip::sdp::Direction;
use oxocert_sip::ua::CallId;

fn replaces(lab: &mut Lab, set: &str, call: CallId) -> String {
    let dialog = lab.agent(set).ua.dialog(call).unwrap();
    format!(
        "<sip:x@127.10.1.10?Replaces={}%3Bto-tag%3D{}%3Bfrom-tag%3D{}>",
        dialog.call_id.replace('@', "%40"),
        dialog.remote_tag.unwrap_or_default(),
        dialog.local_tag
    )
}

/// 101 talks to nominal:6000, holds, and consults somebody who answers at port 6002.
fn consultation(lab: &mut Lab, digits: &str, other: &'static str) -> (CallId, CallId) {
    let (first, _) = lab.conversation();
    lab.reinvite("101", first, Direction::SendOnly);
    lab.agent("nominal").mute = false;
    let second = lab.dial("101", digits);
    lab.run(20);
    lab.ring(other);
    lab.answer(other, 6002);
    (first, second)
}

#[test]
fn an_attended_transfer_inside_joins_far_end_and_set() {
    let mut lab = Lab::new();
    let (first, second) = consultation(&mut lab, "102", "102");
    let target = replaces(&mut lab, "101", second);
    lab.refer("101", first, &target);
    assert!(lab.ladder("101").contains(&"202 REFER".to_owned()));
    let told = lab.last_audio("nominal");
    assert_eq!((told.address.as_str(), told.port, told.direction), ("127.10.2.2", 6002, Direction::SendRecv));
    assert_eq!(lab.last_audio("102").port, 6000);
    assert!(lab.sends().is_empty());
    let report = String::from_utf8_lossy(lab.last("101", "NOTIFY").body()).into_owned();
    assert_eq!(report, "SIP/2.0 200 OK\r\n");
    lab.run(3000);
    assert_eq!(lab.ladder("101").iter().filter(|line| *line == "BYE").count(), 2);
    assert!(!lab.ladder("nominal").contains(&"BYE".to_owned()));
}

#[test]
fn two_trunk_calls_are_told_each_others_media() {
    let mut lab = Lab::new();
    let (first, _) = lab.conversation();
    lab.reinvite("101", first, Direction::SendOnly);
    // The second call leaves through the backup, so that the two far ends can be told apart.
    lab.say("set gateway.primary.address 127.10.9.2:5060");
    let second = lab.dial("101", "00288999888");
    lab.run(20);
    lab.ring("backup");
    lab.answer("backup", 6002);
    let target = replaces(&mut lab, "101", second);
    lab.refer("101", first, &target);
    assert_eq!(
        (lab.last_audio("nominal").address.as_str(), lab.last_audio("nominal").port),
        ("127.10.9.2", 6002)
    );
    assert_eq!(
        (lab.last_audio("backup").address.as_str(), lab.last_audio("backup").port),
        ("127.10.9.1", 6000)
    );
    assert_eq!(lab.open_ports(), 0);
}

#[test]
fn joining_relays_the_media_of_two_trunk_calls() {
    let mut lab = Lab::with(&SETTINGS.replace("\"reinvite\"", "\"joining\""), &[]);
    let (first, _) = lab.conversation();
    lab.reinvite("101", first, Direction::SendOnly);
    lab.say("set gateway.primary.address 127.10.9.2:5060");
    let second = lab.dial("101", "00288999888");
    lab.run(20);
    lab.ring("backup");
    lab.answer("backup", 6002);
    let target = replaces(&mut lab, "101", second);
    lab.refer("101", first, &target);
    assert_eq!(lab.last_audio("nominal").address, "127.10.1.10");
    assert_eq!(lab.last_audio("backup").address, "127.10.1.10");
    assert_eq!(lab.media.iter().filter(|(_, c)| matches!(c, Command::Relay { to: Some(_), .. })).count(), 2);
}

#[test]
fn a_blind_transfer_plays_ringback_and_joins_on_answer() {
    let mut lab = Lab::new();
    let (first, far) = lab.conversation();
    lab.reinvite("101", first, Direction::SendOnly);
    lab.refer("101", first, "<sip:102@127.10.1.10:5059>");
    lab.ring("102");
    assert!(matches!(lab.plays_to(6000), Some(Source::Cadence { on_ms: 1500, .. })));
    lab.hang_up("101", first);
    assert!(!lab.ladder("nominal").contains(&"BYE".to_owned()), "the parked party stays");
    lab.answer("102", 6004);
    assert_eq!(lab.last_audio("nominal").port, 6004);
    assert!(lab.sends().is_empty());
    lab.hang_up("nominal", far);
    assert_eq!(lab.ladder("102").last().unwrap(), "BYE");
}

#[test]
fn a_failed_blind_transfer_comes_back() {
    let mut lab = Lab::new();
    let (first, _) = lab.conversation();
    lab.reinvite("101", first, Direction::SendOnly);
    lab.refer("101", first, "<sip:102@127.10.1.10:5059>");
    lab.hang_up("101", first);
    let (call, _) = lab.offered("102");
    let now = lab.now;
    lab.agent("102").ua.reject(now, call, 486, &[]);
    lab.run(50);
    assert_eq!(lab.ladder("101").last().unwrap(), "INVITE", "the set is called back");
    lab.answer("101", 20_000);
    assert_eq!(lab.last_audio("nominal").port, 20_000);
}

#[test]
fn a_transfer_to_nowhere_is_reported_and_the_party_stays_held() {
    let mut lab = Lab::new();
    let (first, _) = lab.conversation();
    lab.reinvite("101", first, Direction::SendOnly);
    lab.refer("101", first, "<sip:999@127.10.1.10:5059>");
    assert!(String::from_utf8_lossy(lab.last("101", "NOTIFY").body()).starts_with("SIP/2.0 404"));
    assert!(matches!(lab.plays_to(6000), Some(Source::Music { .. })));
    lab.reinvite("101", first, Direction::SendRecv);
    assert_eq!(lab.last_audio("nominal").port, 20_000);
}

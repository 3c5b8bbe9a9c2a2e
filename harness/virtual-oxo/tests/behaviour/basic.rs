//! Registration, outgoing and incoming calls, refusals.

use crate::lab::Lab;
use oxocert_sip::ua::Event;
use oxocert_virtual_oxo::Defect;
use rstest::rstest;

#[test]
fn a_wrong_password_is_refused() {
    let mut lab = Lab::new();
    lab.register("102", "wrong");
    lab.run(50);
    assert_eq!(lab.ladder("102"), ["401 REGISTER", "403 REGISTER"]);
}

#[test]
fn an_outgoing_call_is_relayed_with_direct_media() {
    let mut lab = Lab::new();
    let (set, _) = lab.conversation();
    assert_eq!(lab.ladder("101"), ["100 INVITE", "180 INVITE", "200 INVITE"]);
    assert_eq!(lab.ladder("nominal"), ["INVITE", "ACK"]);
    let invite = lab.last("nominal", "INVITE");
    assert_eq!(invite.uri(), Some("sip:+33277123456@127.10.9.1;user=phone"));
    assert_eq!(invite.pai().unwrap().uri.user.as_deref(), Some("+33155501001"));
    assert_eq!(invite.header("User-Agent"), Some("OXO063/011.001 GW_063/011.001"));
    assert_eq!(invite.cseq().unwrap().0, 2_146_524_753);
    assert_eq!(invite.contact().unwrap().uri.param("transport"), Some("UDP"));
    let to_far_end = lab.last_audio("nominal");
    assert_eq!((to_far_end.address.as_str(), to_far_end.port), ("127.10.2.1", 20_000));
    let to_set = lab.last_audio("101");
    assert_eq!((to_set.address.as_str(), to_set.port), ("127.10.9.1", 6000));
    assert_eq!(to_set.codecs.len(), 1);
    lab.hang_up("101", set);
    assert_eq!(lab.ladder("nominal"), ["INVITE", "ACK", "BYE"]);
    assert!(lab.media.is_empty(), "direct media needs nothing of the box");
}

#[test]
fn the_far_end_hangs_up() {
    let mut lab = Lab::new();
    let (_, far) = lab.conversation();
    lab.hang_up("nominal", far);
    assert_eq!(lab.ladder("101").last().unwrap(), "BYE");
}

#[rstest]
#[case("+33155501001")]
#[case("0155501001")]
fn an_incoming_call_rings_and_is_answered(#[case] number: &str) {
    let mut lab = Lab::new();
    lab.call_in("backup", number, &[]);
    lab.run(20);
    lab.ring("101");
    let set = lab.answer("101", 20_000);
    assert_eq!(lab.ladder("backup"), ["100 INVITE", "180 INVITE", "200 INVITE"]);
    assert_eq!(lab.last("101", "INVITE").from().unwrap().uri.user.as_deref(), Some("+33277123456"));
    assert_eq!(lab.last_audio("backup").port, 20_000);
    lab.hang_up("101", set);
    assert_eq!(lab.ladder("backup").last().unwrap(), "BYE");
}

#[test]
fn a_set_calls_a_set_inside() {
    let mut lab = Lab::new();
    let call = lab.dial("101", "201");
    lab.run(20);
    lab.ring("201");
    lab.answer("201", 30_000);
    assert_eq!(lab.ladder("101"), ["100 INVITE", "180 INVITE", "200 INVITE"]);
    assert_eq!(lab.ladder("nominal"), [] as [&str; 0]);
    lab.hang_up("101", call);
    assert_eq!(lab.ladder("201").last().unwrap(), "BYE");
}

#[test]
fn unknown_busy_unregistered_and_rejected_have_their_codes() {
    let mut lab = Lab::new();
    lab.call_in("nominal", "+33155509999", &[]);
    lab.run(50);
    assert_eq!(lab.ladder("nominal"), ["100 INVITE", "404 INVITE"]);
    lab.call_in("nominal", "+33155501002", &[]);
    lab.run(20);
    let (call, _) = lab.offered("102");
    let now = lab.now;
    lab.agent("102").ua.reject(now, call, 603, &[]);
    lab.run(50);
    assert_eq!(lab.ladder("nominal").last().unwrap(), "603 INVITE");
    lab.conversation();
    lab.call_in("backup", "+33155501001", &[]);
    lab.run(50);
    assert_eq!(lab.ladder("backup"), ["100 INVITE", "486 INVITE"]);
    lab.run(700_000);
    lab.call_in("backup", "+33155501002", &[]);
    lab.run(50);
    assert_eq!(lab.ladder("backup").last().unwrap(), "480 INVITE");
}

#[test]
fn cancel_goes_through_both_ways() {
    let mut lab = Lab::new();
    let call = lab.dial("101", "00277123456");
    lab.run(20);
    lab.ring("nominal");
    lab.hang_up("101", call);
    assert_eq!(lab.ladder("nominal"), ["INVITE", "CANCEL", "ACK"]);
    assert_eq!(lab.ladder("101"), ["100 INVITE", "180 INVITE", "200 CANCEL", "487 INVITE"]);
    let call = lab.call_in("nominal", "+33155501001", &[]);
    lab.run(20);
    lab.ring("101");
    lab.hang_up("nominal", call);
    assert!(lab.agent("101").events.iter().any(|event| matches!(event, Event::Cancelled { .. })));
    assert_eq!(lab.ladder("nominal").last().unwrap(), "487 INVITE");
}

#[test]
fn a_busy_number_is_told_by_tone_and_then_by_code() {
    let mut lab = Lab::new();
    lab.dial("101", "00277123456");
    lab.run(20);
    let (call, _) = lab.offered("nominal");
    let now = lab.now;
    lab.agent("nominal").ua.reject(now, call, 486, &[]);
    lab.run(100);
    assert_eq!(lab.ladder("101"), ["100 INVITE", "183 INVITE"]);
    assert!(matches!(lab.plays_to(20_000), Some(oxocert_media::engine::Source::Cadence { on_ms: 500, .. })));
    assert_eq!(lab.ladder("backup"), [] as [&str; 0]);
    lab.run(11_000);
    assert_eq!(lab.ladder("101").last().unwrap(), "486 INVITE");
    assert_eq!(lab.open_ports(), 0);
}

#[test]
fn no_codec_in_common_is_488() {
    let mut lab =
        Lab::with(&crate::lab::SETTINGS.replace("[hold]", "[media]\ncodecs = [\"G729\"]\n[hold]"), &[]);
    lab.call_in("nominal", "+33155501001", &[]);
    lab.run(50);
    assert_eq!(lab.ladder("nominal"), ["100 INVITE", "488 INVITE"]);
}

#[test]
fn the_budget_of_the_trunk_holds_but_for_emergencies() {
    let one = crate::lab::SETTINGS.replace("max-trunk-calls = 16", "max-trunk-calls = 1");
    let mut lab = Lab::with(&one, &[]);
    let (set, _) = lab.conversation();
    lab.call_in("backup", "+33155501002", &[]);
    lab.run(50);
    assert_eq!(lab.ladder("backup"), ["100 INVITE", "503 INVITE"]);
    lab.dial("102", "00277123457");
    lab.run(50);
    assert_eq!(lab.ladder("102"), ["100 INVITE", "183 INVITE"]);
    lab.dial("201", "112");
    lab.run(50);
    assert_eq!(lab.last("nominal", "INVITE").uri(), Some("sip:112@127.10.9.1;user=phone"));
    lab.hang_up("101", set);
    assert!(lab.ladder("nominal").contains(&"BYE".to_owned()));
}

#[test]
fn a_late_bye_is_late() {
    let mut lab = Lab::defective(&[Defect::LateBye]);
    let (set, _) = lab.conversation();
    lab.hang_up("101", set);
    lab.run(2000);
    assert_eq!(lab.ladder("nominal"), ["INVITE", "ACK"]);
    lab.run(1500);
    assert_eq!(lab.ladder("nominal").last().unwrap(), "BYE");
}

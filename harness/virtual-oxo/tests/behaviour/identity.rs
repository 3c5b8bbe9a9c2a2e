//! Who calls: CLIP, CLIR, emergency, forwarding.

use crate::lab::{Lab, SETTINGS};
use oxocert_sip::message::Message;

fn invite_of(digits: &str) -> Message {
    let mut lab = Lab::new();
    lab.dial("101", digits);
    lab.run(50);
    lab.last("nominal", "INVITE").clone()
}

#[test]
fn a_hidden_caller_is_still_asserted() {
    let invite = invite_of("*31*00277123456");
    assert_eq!(invite.from().unwrap().uri.user.as_deref(), Some("anonymous"));
    assert_eq!(invite.header("Privacy"), Some("id"));
    assert_eq!(invite.pai().unwrap().uri.user.as_deref(), Some("+33155501001"));
}

#[test]
fn an_emergency_number_is_bare_and_located_whatever_the_caller_hides() {
    for digits in ["112", "0112", "*31*112"] {
        let invite = invite_of(digits);
        assert_eq!(invite.uri(), Some("sip:112@127.10.9.1;user=phone"));
        assert_eq!(invite.pai().unwrap().uri.user.as_deref(), Some("+33155501001"));
    }
}

#[test]
fn a_hidden_caller_is_not_shown_to_the_set() {
    let mut lab = Lab::new();
    lab.call_in(
        "nominal",
        "+33155501001",
        &[("Privacy", "id"), ("P-Asserted-Identity", "<sip:+33277123456@x>")],
    );
    lab.run(20);
    let invite = lab.last("101", "INVITE");
    assert!(!String::from_utf8_lossy(invite.raw()).contains("277123456"));
}

#[test]
fn a_public_number_of_an_own_set_goes_through_the_trunk() {
    let mut lab = Lab::new();
    lab.dial("101", "00455502001");
    lab.run(20);
    assert_eq!(lab.last("nominal", "INVITE").uri(), Some("sip:+33455502001@127.10.9.1;user=phone"));
    assert_eq!(lab.ladder("201"), [] as [&str; 0]);
    lab.call_in("nominal", "+33455502001", &[]);
    lab.run(20);
    assert_eq!(lab.ladder("201"), ["INVITE"]);
}

fn forwarded(lab: &mut Lab) {
    lab.dial("101", "*21*00288999888");
    lab.run(2000);
    assert_eq!(lab.ladder("101"), ["100 INVITE", "200 INVITE", "BYE"]);
}

#[test]
fn a_forwarded_call_leaves_again_with_diversion() {
    let mut lab = Lab::new();
    forwarded(&mut lab);
    let caller = lab.call_in("backup", "+33155501001", &[]);
    lab.run(20);
    let invite = lab.last("nominal", "INVITE");
    assert_eq!(invite.uri(), Some("sip:+33288999888@127.10.9.1;user=phone"));
    assert_eq!(
        invite.header("Diversion"),
        Some("<sip:+33155501001@127.10.1.10;user=phone>;reason=unconditional;counter=1")
    );
    lab.ring("nominal");
    lab.answer("nominal", 6000);
    assert_eq!(lab.ladder("backup"), ["100 INVITE", "180 INVITE", "200 INVITE"]);
    assert_eq!(lab.last_audio("backup").port, 6000);
    lab.hang_up("backup", caller);
    assert_eq!(lab.ladder("nominal").last().unwrap(), "BYE");
    lab.dial("101", "#21");
    lab.run(2000);
    lab.call_in("backup", "+33155501001", &[]);
    lab.run(20);
    assert_eq!(lab.ladder("101").last().unwrap(), "INVITE");
}

#[test]
fn forwarding_by_redirection_leaves_it_to_the_network() {
    let mut lab = Lab::with(&format!("{SETTINGS}\n[forward]\nmechanism = \"redirect\"\n"), &[]);
    forwarded(&mut lab);
    lab.call_in("backup", "+33155501001", &[]);
    lab.run(50);
    assert_eq!(lab.ladder("backup"), ["100 INVITE", "302 INVITE"]);
}

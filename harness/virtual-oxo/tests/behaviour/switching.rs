//! UDP to TCP switching of requests that do not fit a datagram.

use crate::lab::{Lab, SETTINGS};
use oxocert_machine::Transport;
use oxocert_sip::message::Message;
use oxocert_sip::ua::Event;
use oxocert_virtual_oxo::Defect;

fn lab(defects: &[Defect], padding: usize) -> Lab {
    let settings = SETTINGS.replace("transport = \"udp\"", "transport = \"udp\"\nudp-to-tcp = true");
    let mut lab = Lab::with(&settings, defects);
    assert_eq!(lab.say(&format!("set invite.padding {padding}")), "ok");
    lab
}

/// Transport and Via of what the a-SBC got, by method.
fn got(lab: &Lab, method: &str) -> Vec<(Transport, String)> {
    let via =
        |message: &Message| message.header("Via").unwrap_or("").split(' ').next().unwrap_or("").to_owned();
    lab.seen
        .iter()
        .filter(|seen| seen.by == "nominal" && seen.message.method() == Some(method))
        .map(|seen| (seen.over, via(&seen.message)))
        .collect()
}

#[test]
fn a_long_invite_goes_by_tcp_once_and_its_call_goes_on() {
    let mut lab = lab(&[], 1400);
    lab.dial("101", "00277123456");
    lab.run(300);
    assert_eq!(got(&lab, "INVITE"), [(Transport::Tcp, "SIP/2.0/TCP".to_owned())]);
    lab.ring("nominal");
    let call = lab.answer("nominal", 6000);
    assert_eq!(got(&lab, "ACK"), [(Transport::Tcp, "SIP/2.0/TCP".to_owned())]);
    lab.hang_up("nominal", call);
    assert!(lab.ladder("nominal").contains(&"200 BYE".to_owned()));
}

#[test]
fn a_short_invite_stays_a_datagram() {
    let mut lab = lab(&[], 0);
    lab.dial("101", "00277123456");
    lab.run(20);
    assert_eq!(got(&lab, "INVITE")[0].0, Transport::Udp);
}

#[test]
fn the_cancel_of_a_long_invite_goes_where_it_went() {
    let mut lab = lab(&[], 1400);
    let call = lab.dial("101", "00277123456");
    lab.run(20);
    lab.ring("nominal");
    lab.hang_up("101", call);
    assert_eq!(got(&lab, "CANCEL"), [(Transport::Tcp, "SIP/2.0/TCP".to_owned())]);
}

#[test]
fn where_no_stream_is_taken_it_goes_by_datagram_after_all() {
    let mut lab = lab(&[], 1400);
    lab.no_streams = true;
    lab.dial("101", "00277123456");
    lab.run(20);
    assert_eq!(got(&lab, "INVITE"), [(Transport::Udp, "SIP/2.0/UDP".to_owned())]);
}

#[test]
fn defects_stay_on_udp_or_cut() {
    let mut stays = lab(&[Defect::StaysOnUdp], 1400);
    stays.dial("101", "00277123456");
    stays.run(20);
    assert_eq!(got(&stays, "INVITE")[0].0, Transport::Udp);
    let mut cuts = lab(&[Defect::CutsLongRequests], 1400);
    cuts.dial("101", "00277123456");
    cuts.run(20);
    assert_eq!(cuts.ladder("nominal"), ["INVITE"]);
    let called = |event: &Event| matches!(event, Event::Incoming { .. });
    assert!(!cuts.agent("nominal").events.iter().any(called));
}

//! Supervision, failover, failback, the console.

use crate::lab::{Lab, SETTINGS};
use oxocert_machine::Flow;
use oxocert_sip::ua::{Event, Outside};

fn options(lab: &Lab, name: &str) -> Vec<u64> {
    lab.seen
        .iter()
        .filter(|seen| seen.by == name && seen.message.method() == Some("OPTIONS"))
        .map(|seen| seen.at.0 / 1_000_000)
        .collect()
}

#[test]
fn both_gateways_are_asked_each_period() {
    let mut lab = Lab::new();
    lab.run(10_000);
    for name in ["nominal", "backup"] {
        let times = options(&lab, name);
        assert_eq!(times.len(), 5);
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] == 2000));
    }
}

#[test]
fn options_of_a_gateway_are_answered_with_what_the_box_can() {
    let mut lab = Lab::new();
    let now = lab.now;
    let agent = lab.agent("backup");
    let flow = Flow::udp(agent.address, "127.10.1.10:5060".parse().unwrap());
    let message = Outside {
        method: "OPTIONS".into(),
        target: "sip:127.10.1.10".into(),
        from: "<sip:sbc>".into(),
        to: "<sip:127.10.1.10>".into(),
        contact_user: None,
        headers: Vec::new(),
        body: None,
        credentials: None,
    };
    agent.ua.request(now, flow, message);
    lab.run(50);
    let answer = lab.seen.iter().rev().find(|seen| seen.message.status() == Some(200)).unwrap();
    for name in ["Allow", "Accept", "Supported"] {
        assert_eq!(answer.message.headers(name).len(), 1, "{name}");
    }
    assert_eq!(answer.message.header("Supported"), Some("100rel, timer, from-change"));
}

#[test]
fn a_silent_primary_is_left_and_taken_again() {
    let mut lab = Lab::new();
    lab.agent("nominal").mute = true;
    lab.run(2000 + 3300);
    assert!(lab.say("show").contains("gateway 3 address 127.10.9.1:5060 primary-gw 0 status down"));
    lab.dial("101", "00277123456");
    lab.run(50);
    assert_eq!(lab.ladder("backup"), ["INVITE"]);
    lab.agent("nominal").mute = false;
    lab.run(6000);
    assert!(lab.say("show").contains("primary-gw 0 status up"));
    lab.dial("102", "00277123456");
    lab.run(50);
    assert!(lab.ladder("nominal").contains(&"INVITE".to_owned()));
}

#[test]
fn silence_before_detection_tries_the_backup_after_timer_b() {
    let mut lab = Lab::with(&SETTINGS.replace("invite-timeout-ms = 2000", ""), &[]);
    lab.agent("nominal").mute = true;
    lab.dial("101", "00277123456");
    lab.run(3300);
    assert_eq!(lab.ladder("backup"), ["INVITE"]);
}

#[test]
fn a_failure_code_tries_the_backup_and_busy_does_not() {
    for (code, tried) in [(503, true), (486, false)] {
        let mut lab = Lab::new();
        lab.dial("101", "00277123456");
        lab.run(20);
        let (call, _) = lab.offered("nominal");
        let now = lab.now;
        lab.agent("nominal").ua.reject(now, call, code, &[]);
        lab.run(100);
        let got = lab.agent("backup").events.iter().any(|event| matches!(event, Event::Incoming { .. }));
        assert_eq!(got, tried, "{code}");
    }
}

#[test]
fn the_console_changes_a_gateway_and_speaks_plainly() {
    let mut lab = Lab::new();
    assert_eq!(lab.say("set gateway.primary.address 127.10.9.99:5060"), "ok");
    assert_eq!(lab.say("get gateway.primary.address"), "127.10.9.99:5060");
    assert!(lab.say("set gateway.primary.address nowhere").starts_with("error: `nowhere` is no address"));
    assert!(lab.say("get colour").starts_with("error: `colour` is no setting"));
    assert!(lab.say("reboot").starts_with("error: `reboot` is no command"));
    lab.seen.clear();
    lab.run(6000);
    assert_eq!(options(&lab, "nominal"), [] as [u64; 0]);
    lab.dial("101", "00277123456");
    lab.run(50);
    assert_eq!(lab.ladder("backup"), ["INVITE"]);
}

//! Names of the gateways: found, moved, lost.

use super::lab::{A_PROFILE, Lab, SBC1};
use oxocert_virtual_oxo::Defect;
use std::net::Ipv4Addr;

fn asked(lab: &Lab, name: &str) -> Vec<u64> {
    lab.queries.iter().filter(|(_, _, asked, _)| asked == name).map(|(at, ..)| at.0 / 1_000_000).collect()
}

#[test]
fn a_name_is_asked_for_when_it_expires() {
    let mut lab = Lab::new();
    lab.run(9_000);
    let times = asked(&lab, SBC1);
    // TTL 3 s, keep-alive each 2 s.
    assert_eq!(times.len(), 3, "{times:?}");
    assert!(times.windows(2).all(|pair| (3000..=5100).contains(&(pair[1] - pair[0]))), "{times:?}");
    let mut stubborn = Lab::with(A_PROFILE, &[Defect::DnsIgnoresTtl]);
    stubborn.run(9_000);
    assert_eq!(asked(&stubborn, SBC1).len(), 1);
}

#[test]
fn a_gateway_that_moved_is_followed() {
    let mut lab = Lab::new();
    lab.zone.insert(SBC1.into(), (vec![Ipv4Addr::new(127, 21, 9, 9)], 3));
    lab.run(5_200);
    assert!(lab.lost.iter().any(|flow| flow.remote == lab.at("9.9:5061")));
    assert!(lab.say("show").contains("address 127.21.9.9:5061 primary-gw 0 status down"));
    lab.dial();
    lab.run(50);
    assert_eq!(lab.party("backup").count("INVITE"), 1);
    lab.zone.insert(SBC1.into(), (vec![Ipv4Addr::new(127, 21, 1, 1)], 3));
    lab.run(5_200);
    assert!(lab.say("show").contains("address 127.21.1.1:5061 primary-gw 0 status up"));
}

#[test]
fn the_next_address_is_tried_when_one_refuses() {
    let mut lab = Lab::new();
    lab.zone.insert(SBC1.into(), (vec![Ipv4Addr::new(127, 21, 9, 9), Ipv4Addr::new(127, 21, 1, 1)], 3));
    lab.say("set gateway.primary.fqdn x.example");
    // Until what was found before the change is too old.
    lab.run(4_000);
    lab.say(&format!("set gateway.primary.fqdn {SBC1}"));
    lab.run(5_000);
    assert!(lab.lost.iter().any(|flow| flow.remote == lab.at("9.9:5061")));
    assert!(lab.say("show").contains("address 127.21.1.1:5061 primary-gw 0 status up"));
}

#[test]
fn a_connection_that_stands_needs_no_name_and_a_new_one_does() {
    let mut lab = Lab::new();
    lab.zone.clear();
    lab.run(10_000);
    assert!(lab.say("show").contains("primary-gw 0 status up"));
    lab.party("nominal").close();
    lab.run(2_300);
    assert!(lab.say("show").contains("primary-gw 0 status down"));
    lab.dial();
    lab.run(50);
    assert_eq!(lab.party("backup").count("INVITE"), 1);
}

#[test]
fn the_second_name_server_is_asked() {
    let mut lab = Lab::new();
    let first = lab.at("5.1:10053");
    lab.silent.insert(first);
    lab.party("nominal").close();
    lab.run(6_000);
    assert!(lab.queries.iter().any(|(_, server, ..)| *server == lab.at("5.2:10053")));
    assert!(lab.say("show").contains("primary-gw 0 status up"));
}

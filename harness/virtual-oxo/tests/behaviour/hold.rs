//! Hold and resume, from either side and from both.

use crate::lab::{Lab, SETTINGS};
use oxocert_media::engine::{Command, Source};
use oxocert_sip::sdp::Direction;
use oxocert_virtual_oxo::Defect;

#[test]
fn a_held_far_end_hears_music_of_the_box_until_it_is_resumed() {
    let mut lab = Lab::new();
    let (set, _) = lab.conversation();
    lab.reinvite("101", set, Direction::SendOnly);
    let told = lab.last_audio("nominal");
    assert_eq!((told.address.as_str(), told.direction), ("127.10.1.10", Direction::SendOnly));
    assert!((32000..=32255).contains(&told.port) && told.port.is_multiple_of(2));
    assert_eq!(lab.last_audio("101").direction, Direction::RecvOnly);
    let sending = lab.sends().into_values().next().unwrap();
    assert_eq!((sending.remote.to_string().as_str(), sending.tos), ("127.10.9.1:6000", 184));
    assert!(matches!(sending.source, Source::Music { .. }));
    lab.reinvite("101", set, Direction::SendRecv);
    let told = lab.last_audio("nominal");
    assert_eq!(
        (told.address.as_str(), told.port, told.direction),
        ("127.10.2.1", 20_000, Direction::SendRecv)
    );
    assert_eq!(lab.last_audio("101").direction, Direction::SendRecv);
    assert!(lab.sends().is_empty());
    assert_eq!(lab.open_ports(), 0);
}

#[test]
fn inactive_comes_before_the_music_where_the_settings_say_so() {
    let mut lab = Lab::with(&SETTINGS.replace("[hold]", "[hold]\nmethod = \"reinvite-inactive\""), &[]);
    let (set, _) = lab.conversation();
    lab.reinvite("101", set, Direction::Inactive);
    assert_eq!(lab.ladder("nominal"), ["INVITE", "ACK", "INVITE", "ACK", "INVITE", "ACK"]);
    assert!(matches!(lab.plays_to(6000), Some(Source::Music { .. })));
}

#[test]
fn silent_hold_changes_only_the_sound_of_an_anchored_call() {
    let silent = SETTINGS.replace("[hold]", "[media]\nmode = \"anchored\"\n[hold]\nmethod = \"silent\"");
    let mut lab = Lab::with(&silent, &[]);
    let (set, _) = lab.conversation();
    assert_eq!(lab.last_audio("nominal").address, "127.10.1.10");
    lab.reinvite("101", set, Direction::SendOnly);
    assert_eq!(lab.ladder("nominal"), ["INVITE", "ACK"]);
    assert!(matches!(lab.plays_to(6000), Some(Source::Music { .. })));
    lab.reinvite("101", set, Direction::SendRecv);
    let relays =
        lab.media.iter().rev().take_while(|(_, c)| matches!(c, Command::Relay { to: Some(_), .. })).count();
    assert_eq!(relays, 2);
}

#[test]
fn anchored_media_is_relayed_both_ways() {
    let mut lab = Lab::with(&SETTINGS.replace("[hold]", "[media]\nmode = \"anchored\"\n[hold]"), &[]);
    let (set, _) = lab.conversation();
    let (to_far, to_set) = (lab.last_audio("nominal"), lab.last_audio("101"));
    assert_eq!((to_far.address.as_str(), to_set.address.as_str()), ("127.10.1.10", "127.10.1.10"));
    assert_ne!(to_far.port, to_set.port);
    assert_eq!(lab.sends().len(), 2);
    assert_eq!(lab.media.iter().filter(|(_, c)| matches!(c, Command::Relay { to: Some(_), .. })).count(), 2);
    lab.reinvite("101", set, Direction::SendOnly);
    assert!(matches!(lab.plays_to(6000), Some(Source::Music { .. })));
    lab.reinvite("101", set, Direction::SendRecv);
    assert!(matches!(lab.plays_to(6000), Some(Source::Silence)));
    lab.hang_up("101", set);
    assert_eq!(lab.open_ports(), 0);
}

#[test]
fn a_hold_of_the_far_end_is_passed_to_the_set() {
    let mut lab = Lab::new();
    let (_, far) = lab.conversation();
    lab.reinvite("nominal", far, Direction::SendOnly);
    assert_eq!(lab.last_audio("101").direction, Direction::SendOnly);
    assert_eq!(lab.last_audio("nominal").direction, Direction::RecvOnly);
    lab.reinvite("nominal", far, Direction::Inactive);
    assert_eq!(lab.last_audio("nominal").direction, Direction::Inactive);
    lab.reinvite("nominal", far, Direction::SendRecv);
    assert_eq!(lab.last_audio("nominal").direction, Direction::SendRecv);
    assert!(lab.media.is_empty());
}

#[test]
fn both_sides_hold_and_each_resumes_its_own() {
    let mut lab = Lab::new();
    let (set, far) = lab.conversation();
    lab.reinvite("101", set, Direction::SendOnly);
    lab.reinvite("nominal", far, Direction::SendOnly);
    assert_eq!(lab.last_audio("nominal").direction, Direction::Inactive);
    assert!(lab.sends().is_empty(), "nobody listens");
    lab.reinvite("nominal", far, Direction::SendRecv);
    assert_eq!(lab.last_audio("nominal").direction, Direction::SendOnly);
    assert!(matches!(lab.plays_to(6000), Some(Source::Music { .. })));
    lab.reinvite("101", set, Direction::SendRecv);
    let told = lab.last_audio("nominal");
    assert_eq!((told.port, told.direction), (20_000, Direction::SendRecv));
}

#[test]
fn defects_of_hold_change_what_the_far_end_gets() {
    for (defect, source) in [
        (Defect::MusicMissing, Some(Source::Silence)),
        (Defect::MusicAbsent, None),
        (Defect::HoldUnsignalled, None),
        (Defect::MusicQuiet, Some(Source::Music { dbm0: -60.0 })),
    ] {
        let mut lab = Lab::defective(&[defect]);
        let (set, _) = lab.conversation();
        lab.reinvite("101", set, Direction::SendOnly);
        assert_eq!(lab.plays_to(6000), source, "{defect:?}");
    }
}

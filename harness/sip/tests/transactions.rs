//! The four machines of RFC 3261 §17 and RFC 6026, timer by timer, in virtual time.
#![allow(clippy::unwrap_used)]

use oxocert_machine::At;
use oxocert_sip::transaction::{ClientInvite, ClientOther, Fate, Fired, ServerInvite, ServerOther, Timing};
use oxocert_sip::ua::Timers;
use rstest::rstest;

fn timing(reliable: bool) -> Timing {
    Timing { timers: Timers::default(), reliable }
}

fn ms(millis: u64) -> At {
    At::from_millis(millis)
}

/// Lets a machine fire at its own deadlines; gives each time in ms and what fired.
fn fire(
    mut deadline: impl FnMut() -> Option<At>,
    mut timeout: impl FnMut(At) -> Option<Fired>,
) -> Vec<(u64, Fired)> {
    let mut fired = Vec::new();
    while let Some(at) = deadline() {
        while let Some(what) = timeout(at) {
            fired.push((at.0 / 1_000_000, what));
        }
    }
    fired
}

macro_rules! run {
    ($machine:expr) => {{
        let cell = std::cell::RefCell::new(&mut $machine);
        fire(|| cell.borrow().deadline(), |at| cell.borrow_mut().timeout(at))
    }};
}

fn repeats(times: &[u64]) -> Vec<(u64, Fired)> {
    times.iter().map(|at| (*at, Fired::Retransmit)).collect()
}

#[test]
fn timers_a_and_b_of_an_invite_without_answer() {
    let mut machine = ClientInvite::new(At::ZERO, timing(false));
    let mut expected = repeats(&[500, 1500, 3500, 7500, 15_500, 31_500]);
    expected.push((32_000, Fired::TimedOut));
    assert_eq!(run!(machine), expected);
    assert!(!machine.is_pending());
}

#[test]
fn a_stream_repeats_nothing_but_timer_b_runs() {
    let mut machine = ClientInvite::new(At::ZERO, timing(true));
    assert_eq!(run!(machine), [(32_000, Fired::TimedOut)]);
}

#[test]
fn a_provisional_response_stops_timers_a_and_b_for_good() {
    let mut machine = ClientInvite::new(At::ZERO, timing(false));
    assert_eq!(machine.timeout(ms(500)), Some(Fired::Retransmit));
    assert_eq!(machine.response(ms(600), 100), Fate::Deliver);
    assert_eq!(machine.deadline(), None);
    assert_eq!(machine.response(ms(180_000), 180), Fate::Deliver);
    assert!(machine.is_pending());
}

#[rstest]
#[case(false, 32_000)]
#[case(true, 0)]
fn timer_d_keeps_a_failed_invite_to_repeat_its_ack(#[case] reliable: bool, #[case] wait: u64) {
    let mut machine = ClientInvite::new(At::ZERO, timing(reliable));
    assert_eq!(machine.response(ms(1000), 486), Fate::DeliverAndAck);
    assert_eq!(machine.response(ms(1000), 486), Fate::AckAgain);
    assert_eq!(machine.response(ms(1000), 180), Fate::Absorb);
    assert_eq!(run!(machine), [(1000 + wait, Fired::Terminated)]);
    assert_eq!(machine.response(ms(40_000), 486), Fate::Absorb);
}

#[rstest]
#[case(false)]
#[case(true)]
fn timer_m_lets_every_2xx_through_for_64_t1(#[case] reliable: bool) {
    let mut machine = ClientInvite::new(At::ZERO, timing(reliable));
    machine.response(ms(100), 180);
    assert_eq!(machine.response(ms(1000), 200), Fate::Deliver);
    assert_eq!(machine.response(ms(1500), 200), Fate::Deliver);
    assert_eq!(machine.response(ms(1500), 486), Fate::Absorb);
    assert_eq!(run!(machine), [(33_000, Fired::Terminated)]);
}

#[test]
fn timers_e_and_f_of_a_request_without_answer() {
    let mut machine = ClientOther::new(At::ZERO, timing(false));
    let mut expected = repeats(&[500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expected.push((32_000, Fired::TimedOut));
    assert_eq!(run!(machine), expected);
    let mut machine = ClientOther::new(At::ZERO, timing(true));
    assert_eq!(run!(machine), [(32_000, Fired::TimedOut)]);
}

#[test]
fn in_proceeding_timer_e_is_t2_and_timer_f_runs_on() {
    let mut machine = ClientOther::new(At::ZERO, timing(false));
    assert_eq!(machine.response(ms(100), 100), Fate::Deliver);
    let mut expected = repeats(&[500, 4500, 8500, 12_500, 16_500, 20_500, 24_500, 28_500]);
    expected.push((32_000, Fired::TimedOut));
    assert_eq!(run!(machine), expected);
}

#[rstest]
#[case(false, 5000)]
#[case(true, 0)]
fn timer_k_absorbs_repeated_answers(#[case] reliable: bool, #[case] wait: u64) {
    let mut machine = ClientOther::new(At::ZERO, timing(reliable));
    assert_eq!(machine.response(ms(1000), 200), Fate::Deliver);
    assert_eq!(machine.response(ms(1000), 200), Fate::Absorb);
    assert_eq!(run!(machine), [(1000 + wait, Fired::Terminated)]);
}

#[test]
fn timers_g_and_h_of_a_refusal_without_ack() {
    let mut machine = ServerInvite::new(timing(false));
    assert!(machine.respond(At::ZERO, 100));
    assert!(machine.repeated());
    assert!(machine.respond(At::ZERO, 486));
    let mut expected = repeats(&[500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expected.push((32_000, Fired::TimedOut));
    assert_eq!(run!(machine), expected);

    let mut machine = ServerInvite::new(timing(true));
    machine.respond(At::ZERO, 486);
    assert_eq!(run!(machine), [(32_000, Fired::TimedOut)]);
}

#[rstest]
#[case(false, 5000)]
#[case(true, 0)]
fn timer_i_absorbs_repeated_acks(#[case] reliable: bool, #[case] wait: u64) {
    let mut machine = ServerInvite::new(timing(reliable));
    machine.respond(At::ZERO, 603);
    assert!(!machine.ack(ms(700)));
    assert!(machine.is_confirmed());
    assert!(!machine.repeated());
    assert!(!machine.respond(ms(700), 200));
    assert_eq!(run!(machine), [(700 + wait, Fired::Terminated)]);
}

#[rstest]
#[case(false)]
#[case(true)]
fn timer_l_absorbs_a_repeated_invite_after_a_2xx(#[case] reliable: bool) {
    let mut machine = ServerInvite::new(timing(reliable));
    assert!(machine.respond(At::ZERO, 180));
    assert!(machine.respond(ms(1000), 200));
    assert!(!machine.repeated());
    assert!(machine.respond(ms(1500), 200), "its user repeats the 2xx");
    assert!(!machine.respond(ms(1500), 486));
    assert!(machine.ack(ms(1600)), "an ACK with the branch of the INVITE goes to the user");
    assert_eq!(run!(machine), [(33_000, Fired::Terminated)]);
}

#[rstest]
#[case(false, 32_000)]
#[case(true, 0)]
fn timer_j_repeats_the_answer_to_a_repeated_request(#[case] reliable: bool, #[case] wait: u64) {
    let mut machine = ServerOther::new(timing(reliable));
    assert!(!machine.repeated(), "nothing to repeat in Trying");
    assert_eq!(machine.deadline(), None);
    assert!(machine.respond(ms(10), 100));
    assert!(machine.repeated());
    assert!(machine.respond(ms(1000), 200));
    assert!(machine.repeated());
    assert!(!machine.respond(ms(1000), 500), "there is one final answer");
    assert_eq!(run!(machine), [(1000 + wait, Fired::Terminated)]);
}

#[test]
fn timers_scale_with_t1() {
    let timers = Timers { t1: std::time::Duration::from_millis(50), ..Timers::default() };
    let mut machine = ClientInvite::new(At::ZERO, Timing { timers, reliable: false });
    let fired = run!(machine);
    assert_eq!(fired[0].0, 50);
    assert_eq!(fired.last(), Some(&(3200, Fired::TimedOut)));
}

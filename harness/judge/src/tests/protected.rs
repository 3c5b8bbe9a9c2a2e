//! Counts of protected packets, and descriptions that may be refused.

use super::internet::{internet_plan, secured};
use super::secured::stream;
use super::tape::{Side, message, seen};
use super::{Plan, check, verdict};
use oxocert_record::{Direction, SrtpCounts, Verdict, What};

/// Packets of the DUT by what became of their protection; a port that was never secured takes all of them as clear.
#[test]
fn protected_packets_are_counted() {
    use oxocert_scenario::model::StreamCount as Count;
    let counted = |srtp: Option<SrtpCounts>, what: Count| {
        let mut plan = internet_plan();
        plan.cases[0].measures.push(oxocert_scenario::model::Measure {
            name: "counted".to_owned(),
            of: oxocert_scenario::model::Measurand::Count { step: "4".into(), what },
            max: Some(super::limit(oxocert_scenario::model::Quantity::Number(1000.0))),
            min: None,
            proves: Vec::new(),
            position: oxocert_scenario::model::Position::default(),
        });
        let mut tape = secured();
        let window = stream(&mut tape);
        window.rtcp_packets = 3;
        window.srtp = srtp;
        let result = plan.judge(&tape.events);
        check(&result, "counted").measured.as_ref().map(|measured| measured.value)
    };
    let srtp = SrtpCounts {
        authenticated: 60,
        unauthenticated: 1,
        other_key: 2,
        roll_over: 3,
        clear: 5,
        replayed: 4,
        rtcp_authenticated: 2,
        rtcp_unauthenticated: 1,
        rtcp_unencrypted: 0,
    };
    for (what, secured, in_clear) in [
        (Count::Authenticated, 60.0, 0.0),
        (Count::Unauthenticated, 6.0, 0.0),
        (Count::RollOverErrors, 3.0, 0.0),
        (Count::Replayed, 4.0, 0.0),
        (Count::Clear, 5.0, 71.0),
        (Count::RtcpAuthenticated, 2.0, 0.0),
        (Count::RtcpUnauthenticated, 1.0, 3.0),
    ] {
        assert_eq!(counted(Some(srtp), what), Some(secured), "{what:?}");
        assert_eq!(counted(None, what), Some(in_clear), "{what:?} in clear");
    }
    let silent = SrtpCounts { authenticated: 71, ..SrtpCounts::default() };
    assert_eq!(counted(Some(silent), Count::RtcpUnauthenticated), None, "no RTCP to look at");
}

/// A description that the scenario made odd may be refused; the same refusal without that order is an error of the DUT.
#[test]
fn a_refusal_of_an_odd_description_is_asked_for() {
    let refused = |plan: &Plan| {
        let mut tape = secured();
        let invite =
            message("INVITE sip:+33155501001@127.10.2.1 SIP/2.0", "1 INVITE", "odd", "odd", false, "");
        let end = tape.find(|what| matches!(what, What::CaseEnded { .. }));
        tape.insert(end, 3000, seen(Side::Trunk, Direction::Out, invite));
        let no = message("SIP/2.0 488 Not Acceptable Here", "1 INVITE", "odd", "odd", true, "");
        tape.insert(end + 1, 3001, seen(Side::Trunk, Direction::In, no));
        verdict(plan, &tape, "standing.unexpected-error")
    };
    let mut plan = internet_plan();
    assert_eq!(refused(&plan), Verdict::Fail);
    plan.step("6").verb = oxocert_scenario::model::Verb::Does(oxocert_scenario::model::Action::Describe {
        protocol: Some("RTP/AVP".to_owned()),
        crypto: None,
        lifetime_and_mki: false,
    });
    assert_eq!(refused(&plan), Verdict::Pass);
}

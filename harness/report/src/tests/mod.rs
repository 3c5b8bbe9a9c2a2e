//! What is drawn, and what may never be drawn.

mod sample;
mod secrets;
mod trunk;

use crate::{ReportError, html, junit, summary_text};
use oxocert_record::Verdict;
use sample::{HOSTILE, internet, result, results};

#[test]
fn the_page_holds_what_the_reader_looks_for() {
    let page = html(&results()).unwrap();
    for wanted in [
        "OXO063/011.001",
        "OXO Connect PowerCPU, OXO Connect Evolution (OCE)",
        "SIMULATION",
        "What this report does not say",
        "Requirement matrix",
        "Sizing table",
        "2.3-rainbow-embedded",
        "no scenario of this run proves it",
        "lab proposal: last digit to INVITE",
        "184.213 \u{b1} 1 ms",
        "ka.period",
        "INVITE sip:+33277123456@127.10.1.1",
    ] {
        assert!(page.contains(wanted), "{wanted}");
    }
}

/// A load point: its share with interval, a time whose p95 so few values cannot give, the drawing, the call that missed.
#[test]
fn a_load_point_is_told_call_by_call() {
    let page = html(&results()).unwrap();
    for wanted in [
        "19 of 20: 95 %, with 95 % confidence between 76.387 and 99.112 % (Wilson)",
        "1 of 1 refused as they must be",
        "130.5",
        "\u{2013}",
        "<svg class=\"plot\"",
        "<code>07</code><small>out: pstn.load07 and set.load07</small>",
        "#77",
    ] {
        assert!(page.contains(wanted), "{wanted}");
    }
}

#[test]
fn text_from_the_wire_is_escaped() {
    let page = html(&results()).unwrap();
    assert!(!page.contains("<script"));
    assert!(page.contains("&#60;script&#62;") || page.contains("&lt;script&gt;"));
    assert!(HOSTILE.contains('\u{7}') && !page.contains('\u{7}'));
}

#[test]
fn the_page_needs_no_network_and_no_script() {
    let page = html(&results()).unwrap();
    for forbidden in ["http://", "https://", "<script", "<link", "<img", "url(", "@import", "javascript:"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}

/// The overall box takes the style of the worst architecture: a green box may stand over nothing but passes.
#[test]
fn never_green_over_anything_else() {
    for verdict in
        [Verdict::Fail, Verdict::Error, Verdict::Inconclusive, Verdict::NotRun, Verdict::NotApplicable]
    {
        let page = html(&[
            result("powercpu-bvpn", "OXO Connect PowerCPU", Verdict::Pass),
            result("oce-bvpn", "OCE", verdict),
        ])
        .unwrap();
        assert!(!page.contains("overall o-pass"), "{verdict}");
        assert!(page.contains("Not certified"), "{verdict}");
    }
    let page = html(&[result("powercpu-bvpn", "OXO Connect PowerCPU", Verdict::Pass)]).unwrap();
    assert!(page.contains("overall o-pass o-sim"));
    assert!(page.contains("This is no certificate"));
}

#[test]
fn what_passed_is_closed_and_what_did_not_is_open() {
    let page = html(&results()).unwrap();
    let article = |id: &str| {
        let from = page.find(&format!("id=\"virtual-powercpu-bvpn-{id}\"")).unwrap();
        page[from..].split_once("<summary>").unwrap().0.to_owned()
    };
    assert!(!article("BC-01").contains("<details open>"));
    assert!(article("HR-04").contains("<details open>"));
    assert!(article("FV-02").contains("<details open>"));
}

#[test]
fn same_results_same_bytes() {
    let all = results();
    assert_eq!(html(&all).unwrap(), html(&all).unwrap());
    assert_eq!(junit(&all).unwrap(), junit(&all).unwrap());
    assert_eq!(summary_text(&all), summary_text(&all));
}

#[test]
fn junit_maps_the_verdict_words() {
    let all = results();
    let xml = junit(&all).unwrap();
    let suite = xml.split("<testsuite ").nth(1).unwrap();
    let case = |id: &str| {
        suite.split("<testcase ").find(|case| case.contains(&format!("name=\"{id} "))).unwrap().to_owned()
    };
    assert!(
        !case("BC-01").contains("<failure")
            && !case("BC-01").contains("<error")
            && !case("BC-01").contains("<skipped")
    );
    assert!(!case("KA-02").contains("<failure"));
    assert!(case("HR-04").contains("<failure"));
    assert!(case("FV-02").contains("<error"));
    assert!(case("CL-01").contains("<error"));
    assert!(case("MD-08").contains("<skipped"));
    assert!(case("XF-02").contains("<skipped"));
    assert!(!xml.contains("<script>"));
}

#[test]
fn the_terminal_gets_every_count_and_no_control_character() {
    let text = summary_text(&results());
    assert!(
        text.contains(
            "1 ERROR, 1 FAIL, 1 INCONCLUSIVE, 1 NOT RUN, 1 PASS (marginal), 1 PASS, 1 NOT APPLICABLE"
        )
    );
    assert!(text.contains("simulation, no certificate"));
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    assert!(matches!(html(&[]), Err(ReportError::Empty)));
    let mut old = result("oce-bvpn", "OCE", Verdict::Pass);
    old.schema = 0;
    assert!(matches!(junit(&[old]), Err(ReportError::Schema { found: 0, .. })));
}

#[test]
fn the_encrypted_trunk_is_drawn() {
    let mut all = results();
    all.push(internet("virtual-oce-internet-a"));
    let page = html(&all).unwrap();
    for wanted in [
        "Encrypted trunk",
        "over Business VPN and internet",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "1 call completed, 2 handshakes",
        "not tried",
        "offered, never chosen",
        "C20: the DUT",
        "refused by the DUT with unknown_ca",
        "oce.oxocert.example",
        "AES_CM_128_HMAC_SHA1_80",
        "sbc1.business-talk-ip.orange-business.com",
        "2.0 s to 2.1 s",
        "DUT to sbc.nominal, TCP 5061",
        "not seen",
    ] {
        assert!(page.contains(wanted), "{wanted}");
    }
    assert!(!page.contains("TLS, SRTP, DNS, fax and Rainbow are outside it"));
    assert!(!html(&results()).unwrap().contains("Encrypted trunk"), "a Business VPN has none");
}

/// Two benches of one architecture stand side by side: each with its own column, anchors and suite.
#[test]
fn benches_of_one_architecture_are_told_apart() {
    let all = [internet("virtual-oce-internet-a"), internet("asterisk-internet")];
    let page = html(&all).unwrap();
    let mut ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "an anchor stands twice");
    for target in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(ids.contains(&target), "{target} leads nowhere");
    }
    let header =
        |name: &str| page.contains(&format!("<th scope=\"col\">{name}<small>oce-internet-a</small></th>"));
    assert!(header("virtual-oce-internet-a") && header("asterisk-internet"));
    let xml = junit(&all).unwrap();
    assert!(xml.contains("OXO063/011.001 virtual-oce-internet-a (oce-internet-a)"));
    assert!(xml.contains("asterisk-internet.BC-01"));
    assert!(summary_text(&all).contains("on asterisk-internet, oce-internet-a"));
}

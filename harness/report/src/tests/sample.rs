//! Results of one load, with every verdict word in them and text from the wire that tries to break out.

use oxocert_judge::result::{
    BenchFacts, CaseResult, ChannelCounts, CheckResult, ClauseResult, Counts, Finding, LadderLine,
    LadderMark, LimitUsed, LoadResult, LoadTimes, Measured, MissedCall, Proof, RunFacts, RunResult, Share,
    Shortened, SizingCell, SizingResult, StepLine,
};
use oxocert_judge::{SCHEMA, exit_code};
use oxocert_record::{EventNo, Phase, Verdict};
use std::collections::BTreeMap;

/// Text that would be markup if it were not escaped.
pub(super) const HOSTILE: &str = "<script>alert('sip')</script>&\"\u{7}";

pub(super) fn results() -> Vec<RunResult> {
    vec![
        result("powercpu-bvpn", "OXO Connect PowerCPU", Verdict::Fail),
        result("oce-bvpn", "OXO Connect Evolution (OCE)", Verdict::Pass),
    ]
}

/// A result on a trunk over internet, of this bench.
pub(super) fn internet(bench: &str) -> RunResult {
    let mut result = result("oce-internet-a", "OXO Connect Evolution (OCE)", Verdict::Pass);
    result.bench.name = bench.into();
    result.bench.trunk = "127.21.2.1:5061 over TLS".into();
    result.encrypted = Some(super::trunk::trunk());
    result
}

pub(super) fn result(architecture: &str, product: &str, verdict: Verdict) -> RunResult {
    let bad = verdict == Verdict::Fail;
    let mut cases = vec![case("BC-01", "Outgoing national call, the far end hangs up", Verdict::Pass)];
    cases.push(case(
        "KA-02",
        "OPTIONS toward the backup a-SBC while the nominal one is healthy",
        Verdict::PassMarginal,
    ));
    cases.push(case(
        "XF-02",
        "Attended transfer of a trunk call to another trunk call",
        Verdict::NotApplicable,
    ));
    if bad {
        cases.push(case("HR-04", "A remote-site set holds and resumes an outgoing call", Verdict::Fail));
        cases.push(case(
            "FV-02",
            "The primary's address is wrong, the call leaves through the backup",
            Verdict::Inconclusive,
        ));
        cases.push(case("CL-01", "The call beyond the trunk's admission limit is refused", Verdict::Error));
        cases.push(case("MD-08", "Digits from the network are understood once each", Verdict::NotRun));
    }
    let matrix = vec![
        clause(
            "2.2-offnet-hq",
            "2.2 row 1",
            "off-net call from and to the head quarter: IPBX 1; WAN 1 HQ; BTIP 1 HQ",
            "M",
            "wire",
            Verdict::Pass,
            None,
        ),
        clause(
            "2.2-hold",
            "2.2 row 3",
            "the same remote-site call, put on hold: 2; 1 HQ + 1 RS; 0 HQ + 1 RS (C3)",
            "M",
            "wire",
            if bad { Verdict::Fail } else { Verdict::Pass },
            if bad { Some("HR-04 7") } else { None },
        ),
        clause(
            "5.3-failover",
            "5.3",
            "primary address made wrong, wait for the keep-alive timeout, outgoing calls leave through the backup",
            "M",
            "wire",
            if bad { Verdict::Inconclusive } else { Verdict::Pass },
            if bad { Some("FV-02 4") } else { None },
        ),
        clause(
            "2.3-rainbow-embedded",
            "2.3",
            "calls through the WebRTC gateway embedded in the OCE",
            "M",
            "wire",
            Verdict::NotRun,
            Some("no scenario of this run proves it"),
        ),
        clause(
            "5.3-settings",
            "5.3",
            "PrimaryGW is 0 on the primary gateway and the primary's index on the backup",
            "M",
            "checklist",
            Verdict::NotRun,
            Some("an operator confirms it; nobody did"),
        ),
    ];
    let mut result = RunResult {
        schema: SCHEMA,
        run: RunFacts {
            tool: "oxocert 0.1.0".into(),
            load: "OXO063/011.001".into(),
            loads_seen: vec!["OXO063/011.001 GW_063/011.001".into()],
            started: Some("2026-11-22T15:00:00Z".into()),
            duration_ms: 184_200,
            simulation: true,
            interrupted: false,
            seed: 7,
            dut_parts: Vec::new(),
            events: 18_204,
            greatest_lag_ms: Some(3.41),
        },
        bench: BenchFacts {
            name: format!("virtual-{architecture}"),
            title: format!("Virtual {product} over BVPN"),
            architecture: architecture.into(),
            product: product.into(),
            operator: "btip".into(),
            offer: "BTIP".into(),
            operator_title: "Business Talk IP over BVPN".into(),
            settings: BTreeMap::from([
                ("hold_counts".into(), "reserved".into()),
                ("transfer_mechanism".into(), "reinvite".into()),
            ]),
            trunk: "127.10.2.1:5060 over UDP".into(),
            media: "direct between set and a-SBC".into(),
            lacks: BTreeMap::new(),
            load_floors: vec![
                ("063".into(), "OXO063/011.001".into()),
                ("062".into(), "OXO062/030.001".into()),
            ],
            addresses: BTreeMap::from([
                ("dut".into(), "127.10.2.1".into()),
                ("sbc.nominal".into(), "127.10.1.1:5060".into()),
            ]),
        },
        verdict,
        reasons: if bad {
            vec![
                "FAIL: case HR-04: 7: pstn.a does not hear music, but silence".into(),
                "INCONCLUSIVE: case FV-02: the bench was not ready".into(),
            ]
        } else {
            Vec::new()
        },
        exit_code: exit_code(verdict),
        counts: Counts::default(),
        shortened: vec![Shortened {
            name: "ka.period".into(),
            value: "2 s".into(),
            from: "60 s".into(),
            source: "lab proposal: 60 s seen with an OXO at another French operator".into(),
        }],
        sizing: vec![
            sizing("offnet-rs", "BC-01", 1, Verdict::Pass),
            sizing(
                "hold",
                if bad { "HR-04" } else { "KA-02" },
                if bad { 3 } else { 2 },
                if bad { Verdict::Fail } else { Verdict::Pass },
            ),
        ],
        cases,
        encrypted: None,
        matrix,
        damage: Vec::new(),
    };
    for case in &result.cases {
        *result.counts.cases.entry(case.verdict.word().into()).or_insert(0) += 1;
        for check in &case.checks {
            *result.counts.checks.entry(check.verdict.word().into()).or_insert(0) += 1;
        }
    }
    for clause in &result.matrix {
        *result.counts.clauses.entry(clause.verdict.word().into()).or_insert(0) += 1;
    }
    result
}

fn load() -> LoadResult {
    LoadResult {
        name: "full".into(),
        text: "20 calls, one every 200 ms, all up for 5 s".into(),
        verdict: Verdict::Fail,
        calls: 20,
        passed: 19,
        failed: 1,
        unclear: 0,
        not_made: 0,
        success: Some(Share { value: 95.0, low: 76.387, high: 99.112 }),
        beyond: 1,
        beyond_refused: 1,
        duration_ms: Some(12_345.0),
        times: vec![LoadTimes {
            name: "pdd".into(),
            text: format!("set.load01 dials -> pstn.load01 expects INVITE {HOSTILE}"),
            n: 19,
            min_ms: Some(101.0),
            p50_ms: Some(130.5),
            p95_ms: None,
            p99_ms: None,
            max_ms: Some(410.0),
            curve: (1..=19).map(|rank| (rank, 100.0 + rank as f64)).collect(),
            check: None,
        }],
        streams: None,
        checks: Vec::new(),
        missed: vec![MissedCall {
            channel: "07".into(),
            kind: "out".into(),
            roles: "pstn.load07 and set.load07".into(),
            check: "4".into(),
            verdict: Verdict::Fail,
            required: "set.load07 expects 200 INVITE within 1 s".into(),
            observed: format!("500 came {HOSTILE}"),
            evidence: vec![EventNo(77)],
        }],
    }
}

fn case(id: &str, title: &str, verdict: Verdict) -> CaseResult {
    let ran = !matches!(verdict, Verdict::NotRun | Verdict::NotApplicable);
    let limit = LimitUsed {
        name: Some("pdd.max".into()),
        sense: "at most".into(),
        value: "2 s".into(),
        marginal: Some("1500 ms".into()),
        source: "lab proposal: last digit to INVITE".into(),
        shortened_from: None,
    };
    let check = |id: &str, verdict: Verdict, required: &str, observed: &str| CheckResult {
        id: oxocert_judge::result::CheckId(id.into()),
        verdict,
        observation: false,
        required: required.into(),
        observed: observed.into(),
        limit: if id == "2" { Some(limit.clone()) } else { None },
        measured: if id == "2" {
            Some(Measured { value: 184.213, unit: "ms".into(), uncertainty: Some(1.0), samples: 1 })
        } else {
            None
        },
        evidence: vec![EventNo(1204)],
        clauses: vec![oxocert_judge::result::ClauseId("2.2-hold".into())],
    };
    let line = |event: u64, from: &str, to: &str, text: &str, mark: LadderMark| LadderLine {
        event: EventNo(event),
        at_ms: 12_000.0 + event as f64 * 1.37,
        from: from.into(),
        to: to.into(),
        text: text.into(),
        mark,
    };
    CaseResult {
        id: id.into(),
        scenario: id.into(),
        title: title.into(),
        why: "The far end must hear music while held and speech at once after; row 3 of the sizing table."
            .into(),
        file: format!("scenarios/hold/{id}.toml"),
        verdict,
        blocking: verdict,
        reason: match verdict {
            Verdict::Pass | Verdict::PassMarginal => None,
            Verdict::NotApplicable => Some("the DUT has no primary-gw: Asterisk has no PrimaryGW".into()),
            _ => Some(format!("7: pstn.a does not hear music, but silence {HOSTILE}")),
        },
        started_ms: ran.then_some(12_000.0),
        duration_ms: ran.then_some(6_214.5),
        loads: if id == "CL-01" { vec![load()] } else { Vec::new() },
        steps: vec![
            StepLine {
                id: "s1".into(),
                phase: Phase::Setup,
                text: "dut is idle".into(),
                outcome: "done".into(),
                ended_ms: ran.then_some(12_001.0),
            },
            StepLine {
                id: "1".into(),
                phase: Phase::Flow,
                text: "set.rs1 dials 00277123456".into(),
                outcome: "done".into(),
                ended_ms: ran.then_some(12_010.0),
            },
            StepLine {
                id: "2".into(),
                phase: Phase::Flow,
                text: "pstn.a expects INVITE via sbc.nominal within 2 s".into(),
                outcome: "done".into(),
                ended_ms: ran.then_some(12_194.0),
            },
        ],
        checks: if ran {
            vec![
                check(
                    "2",
                    Verdict::Pass,
                    "pstn.a expects INVITE via sbc.nominal within 2 s",
                    "INVITE after 184.213 ms",
                ),
                check("2.sdp.codecs", Verdict::Pass, "sdp.codecs is PCMA first", "`PCMA, PCMU`"),
                check("7", verdict, "pstn.a hears music for 5 s", HOSTILE),
                check(
                    "standing.ef-media",
                    Verdict::NotApplicable,
                    "RTP of the DUT is marked EF",
                    "no flow that the DUT emits",
                ),
                check(
                    "standing.malformed",
                    Verdict::Pass,
                    "Every SIP message of the DUT can be read",
                    "42 messages of the DUT, all well formed",
                ),
            ]
        } else {
            vec![check("2", verdict, "pstn.a expects INVITE via sbc.nominal within 2 s", "not reached")]
        },
        findings: vec![Finding {
            name: "hold_method".into(),
            value: "pstn.a expects re-INVITE".into(),
            event: Some(EventNo(1204)),
        }],
        lifted: Vec::new(),
        ladder: if ran {
            vec![
                line(1, "", "", "step 1", LadderMark::Step),
                line(
                    2,
                    "set.rs1",
                    "dut",
                    "INVITE sip:00277123456@127.10.2.1 (SDP PCMA,telephone-event 127.10.4.1:30000 sendrecv)",
                    LadderMark::Message,
                ),
                line(
                    3,
                    "dut",
                    "sbc.nominal (pstn.a)",
                    "INVITE sip:+33277123456@127.10.1.1 (SDP PCMA,telephone-event 127.10.4.1:30000 sendrecv) <- step 2",
                    LadderMark::Evidence,
                ),
                line(4, "sbc.nominal (pstn.a)", "dut", HOSTILE, LadderMark::Message),
                line(9, "pstn.a", "", "hears 1550 Hz at -10 dBm0 from 127.10.4.1:30000", LadderMark::Note),
            ]
        } else {
            Vec::new()
        },
    }
}

fn clause(
    id: &str,
    section: &str,
    text: &str,
    weight: &str,
    kind: &str,
    verdict: Verdict,
    reason: Option<&str>,
) -> ClauseResult {
    let proofs = if verdict == Verdict::NotRun {
        Vec::new()
    } else {
        vec![Proof {
            case: "BC-01".into(),
            check: oxocert_judge::result::CheckId("2".into()),
            verdict,
            observation: false,
        }]
    };
    ClauseResult {
        id: oxocert_judge::result::ClauseId(id.into()),
        section: section.into(),
        text: text.into(),
        kind: kind.into(),
        weight: weight.into(),
        basis: "text".into(),
        verdict,
        counts: !proofs.is_empty(),
        reason: reason.map(Into::into),
        proofs,
    }
}

fn sizing(row: &str, case: &str, ipbx: u32, verdict: Verdict) -> SizingResult {
    let expected = ChannelCounts {
        ipbx: if row == "hold" { 2 } else { 1 },
        wan_hq: u32::from(row == "hold"),
        wan_rs: 1,
        btip_hq: 0,
        btip_rs: 1,
    };
    SizingResult {
        row: row.into(),
        title: if row == "hold" {
            "off-net call of a remote site put on hold"
        } else {
            "off-net call from and to a remote site"
        }
        .into(),
        case: case.into(),
        check: oxocert_judge::result::CheckId("channels".into()),
        verdict,
        observation: false,
        expected,
        document: None,
        measured: Some(ChannelCounts { ipbx, ..expected }),
        raw: vec![SizingCell {
            column: "ipbx".into(),
            what: "dialog from the DUT at sbc.nominal, pstn.a, Call-ID 9f1".into(),
        }],
        settings: vec!["hold_counts = reserved".into()],
        observed_at:
            "at the end of step 7: dialogs at the a-SBCs, RTP at the ports of a-SBCs, parties and sets".into(),
    }
}

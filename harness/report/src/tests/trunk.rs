//! What an encrypted trunk showed, with every kind of cell in it.

use oxocert_judge::result::{
    CertificateRow, EncryptedTrunk, FirewallRow, HandshakeRow, NameRow, SrtpRow, SuiteRow, SuiteUse,
};
use oxocert_record::EventNo;

const SBC: &str = "sbc1.business-talk-ip.orange-business.com";
const DUT: &str = "oce.oxocert.example";

pub(super) fn trunk() -> EncryptedTrunk {
    EncryptedTrunk {
        handshakes: vec![
            handshake("dut", Some("0xc030"), "completed", 12, 31),
            handshake("sbc.nominal", Some("0xc02f"), "completed", 3, 402),
            handshake("dut", None, "refused by the DUT with unknown_ca", 1, 977),
        ],
        suites: suites(),
        certificates: vec![
            certificate(0, "L=Generic, O=OmniPCX Office, CN=oce.oxocert.example", "C=FR, O=Lab, CN=Lab TLS RSA SHA256 CA1"),
            certificate(1, "C=FR, O=Lab, CN=Lab TLS RSA SHA256 CA1", "C=FR, O=Lab, CN=Lab Global Root CA"),
        ],
        warnings: vec![
            "C20: the DUT's certificate lacks the extended key usage clientAuth; public CAs stopped issuing clientAuth by 2026, and mutual TLS needs a policy for it.".into(),
        ],
        srtp: vec![
            srtp("AES_CM_128_HMAC_SHA1_80", 18, 0),
            srtp("none", 1, 50),
        ],
        names: vec![NameRow {
            server: "dns.a".into(),
            name: SBC.into(),
            kind: "A".into(),
            count: 41,
            answers: vec!["A 127.21.1.1 ttl 2 s".into(), "NXDOMAIN".into()],
            interval_ms: Some((2003, 2114)),
            first: EventNo(12),
        }],
        firewall: vec![
            flow("Voice Sig TLS", "DUT to sbc.nominal, TCP 5061", Some("12 connections")),
            flow("Voice Sig TLS", "sbc.nominal to DUT, TCP 5061", Some("3 connections")),
            flow("Voice secured RTP", "DUT to sbc.nominal, UDP 6000 to 38000", Some("8204 packets to ports 20000 to 20014")),
            flow("Voice secured RTP", "sbc.nominal to DUT, UDP 6000 to 38000", Some("18 calls to ports 32000 to 32034 that the DUT announced")),
            flow("Voice Sig TLS", "DUT to sbc.backup, TCP 5061", None),
            flow("Public DNS resolution", "DUT to DNS servers, UDP 53", Some("41 queries on port 10053 of this bench")),
            FirewallRow { of_document: false, ..flow("None", "SIP in clear, UDP or TCP, from the DUT", Some("2 messages")) },
        ],
    }
}

fn suites() -> Vec<SuiteRow> {
    let shown = |offered, accepted, handshakes, calls| SuiteUse {
        offered,
        accepted,
        handshakes,
        calls,
        first: (offered.is_some() || accepted.is_some()).then_some(EventNo(31)),
    };
    let row = |number: &str, name: &str, as_client, as_server| SuiteRow {
        number: number.into(),
        name: name.into(),
        of_orange: true,
        as_client,
        as_server,
    };
    vec![
        row(
            "0xc030",
            "ECDHE-RSA-AES256-GCM-SHA384",
            shown(Some(true), Some(true), 2, 1),
            shown(Some(true), Some(true), 3, 0),
        ),
        row(
            "0xc02f",
            "ECDHE-RSA-AES128-GCM-SHA256",
            shown(Some(true), None, 0, 0),
            shown(Some(true), Some(false), 0, 0),
        ),
        row(
            "0xc028",
            "ECDHE-RSA-AES256-SHA384",
            shown(Some(false), None, 0, 0),
            shown(Some(true), None, 0, 0),
        ),
        row("0xc027", "ECDHE-RSA-AES128-SHA256", shown(None, None, 0, 0), shown(None, None, 0, 0)),
        SuiteRow {
            of_orange: false,
            ..row(
                "0x1302",
                "TLS_AES_256_GCM_SHA384",
                shown(Some(true), Some(true), 4, 4),
                shown(None, None, 0, 0),
            )
        },
    ]
}

fn handshake(opened_by: &str, suite: Option<&str>, outcome: &str, count: u64, first: u64) -> HandshakeRow {
    HandshakeRow {
        at: "sbc.nominal".into(),
        opened_by: opened_by.into(),
        version: suite.map(|_| "1.2".into()),
        suite: suite.map(|_| "ECDHE-RSA-AES256-GCM-SHA384".into()),
        sni: Some(SBC.into()),
        flaws: suite.map(|_| vec!["no-client-auth".into()]),
        own_certificate: Some(if suite.is_some() { "good" } else { "unknown-ca" }.into()),
        outcome: outcome.into(),
        count,
        first: EventNo(first),
    }
}

fn certificate(place: u32, subject: &str, issuer: &str) -> CertificateRow {
    CertificateRow {
        place,
        subject: subject.into(),
        issuer: issuer.into(),
        names: if place == 0 { vec![DUT.into()] } else { Vec::new() },
        valid: ("2026-10-23".into(), "2027-11-22".into()),
        key: "RSA 2048".into(),
        uses: (place == 0).then(|| vec!["serverAuth".into()]),
        sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        flaws: if place == 0 { vec!["no-client-auth".into()] } else { Vec::new() },
        count: 15,
        first: EventNo(31),
    }
}

fn srtp(suite: &str, calls: u64, clear: u64) -> SrtpRow {
    SrtpRow {
        suite: suite.into(),
        calls,
        authenticated: if clear > 0 { 0 } else { 8204 },
        unauthenticated: 0,
        other_key: 0,
        roll_over: 0,
        clear,
        replayed: 0,
        rtcp_authenticated: 40,
        rtcp_unauthenticated: 0,
        first_fault: (clear > 0).then_some(EventNo(1820)),
    }
}

fn flow(service: &str, line: &str, seen: Option<&str>) -> FirewallRow {
    FirewallRow {
        service: service.into(),
        line: line.into(),
        seen: seen.map(Into::into),
        first: seen.map(|_| EventNo(31)),
        of_document: true,
    }
}

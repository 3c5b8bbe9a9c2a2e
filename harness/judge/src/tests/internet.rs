//! A trunk over internet: the anchored call of [`super::standing`] over TLS with SRTP, everything as it should be.

use super::tape::{DUT, PARTY_RTP, SBC, Tape, address, healthy, window};
use super::{Plan, plan};
use oxocert_machine::Transport;
use oxocert_record::{Bytes, DnsSeen, Emitter, ProbeSeen, SrtpCounts, TlsEnded, TlsOutcome, TlsSeen, What};
use oxocert_scenario::model::Architecture;
use oxocert_scenario::model::bench::{Internet, MediaAnchor, PkiSource};
use std::collections::{BTreeMap, BTreeSet};

/// RTP port of the DUT.
pub(super) const DUT_RTP: &str = "127.10.2.1:32000";
/// The name in `certificates/dut.der`: CN and SAN.
pub(super) const DUT_NAME: &str = "oce.example.org";
pub(super) const SBC_NAME: &str = "sbc1.example.org";
/// Key and salt of the DUT, and of the a-SBC, as they stand in `inline:`.
pub(super) const DUT_KEY: &str = "ZHV0LWtleS1kdXQta2V5LWR1dC1rZXktZHV0LWtl";
pub(super) const SBC_KEY: &str = "c2JjLWtleS1zYmMta2V5LXNiYy1rZXktc2JjLWtl";

/// Certificates made with `openssl`: RSA 2048, the DUT's with serverAuth only, signed by the intermediate.
pub(super) const DUT_CERTIFICATE: &[u8] = include_bytes!("certificates/dut.der");
pub(super) const INTERMEDIATE: &[u8] = include_bytes!("certificates/intermediate.der");

/// The plan of the same call on a bench over internet, topology A.
pub(super) fn internet_plan() -> Plan {
    over_internet(plan())
}

pub(super) fn over_internet(mut plan: Plan) -> Plan {
    plan.bench.architecture = Architecture::OceInternetA;
    plan.bench.dut.transport = Transport::Tls;
    plan.bench.dut.trunk = "127.10.2.1:5061".parse().unwrap();
    plan.bench.dut.media = MediaAnchor::Dut;
    plan.bench.sbcs.get_mut(&"sbc.nominal".into()).unwrap().fqdn = Some(SBC_NAME.to_owned());
    plan.bench.internet = Some(Internet {
        dns: BTreeMap::from([("dns.a".into(), "127.10.1.53:53".parse().unwrap())]),
        pki: PkiSource::Generated,
        dut_fqdn: DUT_NAME.to_owned(),
        dut_private: Some("10.8.0.2".parse().unwrap()),
        resolves_by: "a".to_owned(),
        tls_versions: ("1.2".to_owned(), "1.3".to_owned()),
        tls_suites: vec![0xc030, 0xc02f, 0xc028, 0xc027],
        forgiven: BTreeSet::from(["no-client-auth".to_owned()]),
        srtp_suites: vec!["AES_CM_128_HMAC_SHA1_80".to_owned()],
    });
    plan.cases[0].architectures.insert(Architecture::OceInternetA);
    plan
}

/// A handshake of the DUT as a client at `sbc.nominal`.
pub(super) fn handshake() -> TlsSeen {
    TlsSeen {
        role: "sbc.nominal".into(),
        peer: Emitter::Dut,
        local: address(SBC),
        remote: address(DUT),
        opened_by_peer: true,
        from: oxocert_machine::At::from_millis(900),
        outcome: TlsOutcome::Completed,
        offered_versions: vec!["1.2".to_owned()],
        offered_suites: vec![0xc030, 0xc02f, 0xc028, 0xc027, 0x00ff],
        sni: Some(SBC_NAME.to_owned()),
        version: Some("1.2".to_owned()),
        suite: Some(0xc030),
        chain: vec![Bytes(DUT_CERTIFICATE.to_vec()), Bytes(INTERMEDIATE.to_vec())],
        flaws: Some(vec!["no-client-auth".to_owned()]),
        subject: Some("L=Generic, O=OmniPCX Office, CN=oce.example.org".to_owned()),
        issuer: Some("CN=Test Root".to_owned()),
        names: vec![DUT_NAME.to_owned()],
        client_asked: Some(true),
        own_certificate: Some("good".to_owned()),
        resumed: false,
    }
}

pub(super) fn completed(handshake: TlsSeen) -> What {
    What::Tls(Box::new(handshake))
}

/// The end of that connection, by the DUT.
pub(super) fn end(peer_spoke: bool) -> TlsEnded {
    TlsEnded {
        role: "sbc.nominal".into(),
        peer: Emitter::Dut,
        local: address(SBC),
        remote: address(DUT),
        by_peer: true,
        alert: None,
        peer_spoke,
        why: "closed".to_owned(),
    }
}

pub(super) fn query(kind: &str) -> DnsSeen {
    DnsSeen {
        role: "dns.a".into(),
        emitter: Emitter::Dut,
        remote: "127.10.2.1:40000".parse().unwrap(),
        local: "127.10.1.53:53".parse().unwrap(),
        id: 7,
        name: SBC_NAME.to_owned(),
        kind: kind.to_owned(),
        answer: "A 127.10.1.1 ttl 2 s".to_owned(),
    }
}

pub(super) fn probe(outcome: &str) -> ProbeSeen {
    ProbeSeen {
        role: "sbc.nominal".into(),
        probe: "tls1.0".to_owned(),
        remote: "127.10.2.1:5061".parse().unwrap(),
        outcome: outcome.to_owned(),
        alert: (outcome == "alert").then_some(70),
        version: None,
        suite: None,
        note: String::new(),
    }
}

/// The crypto line of a key.
pub(super) fn crypto(key: &str) -> String {
    format!("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{key}")
}

/// The healthy call, the DUT between the two sides, over TLS with SRTP.
pub(super) fn secured() -> Tape {
    let mut tape = healthy();
    let trunk: Vec<usize> = (0..tape.events.len())
        .filter(|index| {
            matches!(&tape.events[*index].what, What::Sip(seen) if seen.point.as_str() == "sbc.nominal")
        })
        .collect();
    for index in trunk {
        let seen = tape.sip_at(index);
        seen.transport = Transport::Tls;
        let text = String::from_utf8(seen.bytes.0.clone()).unwrap();
        let key = if seen.emitter == Emitter::Dut { DUT_KEY } else { SBC_KEY };
        let text = text
            .replace("SIP/2.0/UDP", "SIP/2.0/TLS")
            .replace("<sip:127.10.2.1:5060>", "<sip:127.10.2.1:5061;transport=tls>")
            .replace("c=IN IP4 127.10.3.1", "c=IN IP4 127.10.2.1")
            .replace("o=- 1 1 IN IP4 127.10.3.1", "o=- 1 1 IN IP4 127.10.2.1")
            .replace("audio 30000", "audio 32000")
            .replace("RTP/AVP", "RTP/SAVP")
            .replace("a=ptime:20\r\n", &format!("a=ptime:20\r\n{}\r\n", crypto(key)));
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let lines = head.lines().map(|line| match line.strip_prefix("Content-Length:") {
            Some(_) => format!("Content-Length: {}", body.len()),
            None => line.to_owned(),
        });
        let head = lines.collect::<Vec<_>>().join("\r\n");
        seen.bytes = Bytes(format!("{head}\r\n\r\n{body}").into_bytes());
    }
    let begun = tape.find(|what| matches!(what, What::CaseStarted { .. }));
    tape.insert(begun + 1, 11, completed(handshake()));
    let index = tape.done("4");
    let mut stream = window("pstn.a", PARTY_RTP, DUT_RTP, Emitter::Dut, 1200, 2600);
    stream.srtp = Some(SrtpCounts { authenticated: stream.packets, ..SrtpCounts::default() });
    stream.payload_sizes = vec![(170, stream.packets)];
    tape.insert(index, 2110, What::Stream(stream));
    tape
}

//! Fields of a matched handshake, of the end of a connection, of a query, and of what came to a probe.

use super::event::is_late_refusal;
use crate::model::Bench;
use oxocert_record::{DnsSeen, ProbeSeen, TlsEnded, TlsOutcome, TlsSeen, What};
use oxocert_sip::message::fingerprint;

/// Every field name with one line on what it gives.
pub const EVENT_FIELDS: &[(&str, &str)] = &[
    ("tls.outcome", "completed, refused, closed"),
    ("tls.opened_by", "who opened the connection: dut or sbc"),
    ("tls.version", "the version agreed on: 1.2, 1.3"),
    ("tls.suite", "the suite agreed on: 0xc030"),
    ("tls.sni", "server_name of the ClientHello"),
    ("tls.offered_versions", "versions of the DUT's ClientHello"),
    ("tls.offered_suites", "suites of the DUT's ClientHello in its order"),
    ("tls.flaws", "what is wrong with the DUT's certificates and not forgiven by the bench, or none"),
    ("tls.subject", "subject of the DUT's certificate"),
    ("tls.issuer", "issuer of the last certificate that the DUT sent"),
    ("tls.names", "DNS names of its subjectAltName"),
    ("tls.certificate", "what tells the DUT's certificate from others: 16 hexadecimal digits of its SHA-256"),
    ("tls.chain_length", "number of certificates that the DUT sent"),
    ("tls.client_asked", "whether the server asked for a client certificate: yes or no"),
    ("tls.resumed", "whether a session was resumed: yes or no"),
    ("tls.alert", "the DUT's fatal alert by its name: bad_certificate"),
    ("tls.refused_by", "who refused: dut or sbc"),
    ("tls.closed_by", "who closed a connection that had been made: dut or sbc"),
    ("tls.own_certificate", "what the a-SBC presented, by its name in the lab"),
    ("dns.name", "the name asked for, lower case, without its last dot"),
    ("dns.type", "the type asked for: A, SRV"),
    ("dns.answer", "what the name server answered, in words"),
    ("probe.outcome", "accepted, alert, closed, silent, unreadable"),
    ("probe.alert", "the alert by its name"),
    ("probe.version", "the version that was accepted"),
    ("probe.suite", "the suite that was accepted"),
];

/// The values of a field, `None` where the event has none, or where no event of this kind has it.
pub fn event_field(what: &What, field: &str) -> Option<Vec<String>> {
    match what {
        What::Tls(seen) => of_handshake(seen, field),
        What::TlsEnded(ended) => of_end(ended, field).map(|value| vec![value]),
        What::Dns(query) => of_query(query, field).map(|value| vec![value]),
        What::Probe(seen) => of_probe(seen, field).map(|value| vec![value]),
        _ => None,
    }
}

/// The same as a verdict looks at it: flaws that the bench forgives are left out of `tls.flaws`.
pub fn judged_field(bench: &Bench, what: &What, field: &str) -> Option<Vec<String>> {
    let mut values = event_field(what, field)?;
    if field == "tls.flaws" {
        let forgiven = bench.internet.as_ref().map(|internet| &internet.forgiven);
        values.retain(|flaw| !forgiven.is_some_and(|forgiven| forgiven.contains(flaw)));
        if values.is_empty() {
            values.push(NONE.to_owned());
        }
    }
    Some(values)
}

/// `tls.flaws` of a chain that is as it should be.
const NONE: &str = "none";

fn of_handshake(seen: &TlsSeen, field: &str) -> Option<Vec<String>> {
    let one = |text: &str| Some(vec![text.to_owned()]);
    let many = |values: Vec<String>| (!values.is_empty()).then_some(values);
    let refusal = match &seen.outcome {
        TlsOutcome::Completed => None,
        TlsOutcome::Refused { by_peer, alert, .. } => Some((*by_peer, *alert)),
    };
    match field {
        "tls.outcome" => one(if refusal.is_some() { "refused" } else { "completed" }),
        "tls.opened_by" => one(end(seen.opened_by_peer)),
        "tls.version" => seen.version.clone().map(|version| vec![version]),
        "tls.suite" => seen.suite.map(|suite| vec![suite_name(suite)]),
        "tls.sni" => seen.sni.clone().map(|name| vec![name]),
        "tls.offered_versions" => many(seen.offered_versions.clone()),
        "tls.offered_suites" => many(seen.offered_suites.iter().copied().map(suite_name).collect()),
        "tls.flaws" => match seen.flaws.as_ref()?.as_slice() {
            [] => one(NONE),
            flaws => Some(flaws.to_vec()),
        },
        "tls.subject" => seen.subject.clone().map(|subject| vec![subject]),
        "tls.issuer" => seen.issuer.clone().map(|issuer| vec![issuer]),
        "tls.names" => many(seen.names.clone()),
        "tls.certificate" => seen.chain.first().map(|der| vec![fingerprint(&der.0)]),
        // Where the handshake did not get to the certificates, their number is unknown, not 0.
        "tls.chain_length" => {
            let reached = seen.flaws.is_some() || !seen.chain.is_empty();
            reached.then(|| vec![seen.chain.len().to_string()])
        }
        "tls.client_asked" => seen.client_asked.map(|asked| vec![yes(asked).to_owned()]),
        "tls.resumed" => one(yes(seen.resumed)),
        "tls.alert" => match refusal? {
            (true, alert) => alert.map(|alert| vec![alert_name(alert)]),
            (false, _) => None,
        },
        "tls.refused_by" => refusal.and_then(|(by_peer, _)| one(end(by_peer))),
        "tls.own_certificate" => seen.own_certificate.clone().map(|name| vec![name]),
        _ => None,
    }
}

fn of_end(ended: &TlsEnded, field: &str) -> Option<String> {
    let refused = is_late_refusal(ended);
    match field {
        "tls.outcome" => Some(if refused { "refused" } else { "closed" }.to_owned()),
        "tls.alert" => ended.alert.map(alert_name),
        "tls.refused_by" => refused.then(|| end(true).to_owned()),
        "tls.closed_by" => Some(end(ended.by_peer).to_owned()),
        _ => None,
    }
}

fn of_query(query: &DnsSeen, field: &str) -> Option<String> {
    match field {
        "dns.name" => Some(query.name.clone()),
        "dns.type" => Some(query.kind.clone()),
        "dns.answer" => Some(query.answer.clone()),
        _ => None,
    }
}

fn of_probe(seen: &ProbeSeen, field: &str) -> Option<String> {
    match field {
        "probe.outcome" => Some(seen.outcome.clone()),
        "probe.alert" => seen.alert.map(alert_name),
        "probe.version" => seen.version.clone(),
        "probe.suite" => seen.suite.map(suite_name),
        _ => None,
    }
}

fn end(of_peer: bool) -> &'static str {
    if of_peer { "dut" } else { "sbc" }
}

fn yes(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}

fn suite_name(suite: u16) -> String {
    format!("0x{suite:04x}")
}

/// The name of an alert (RFC 8446 §6, RFC 5246 §7.2); one that has none is told by its number.
pub fn alert_name(alert: u8) -> String {
    let name = match alert {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        21 => "decryption_failed",
        22 => "record_overflow",
        30 => "decompression_failure",
        40 => "handshake_failure",
        41 => "no_certificate",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        60 => "export_restriction",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        111 => "certificate_unobtainable",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        114 => "bad_certificate_hash_value",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        120 => "no_application_protocol",
        other => return other.to_string(),
    };
    name.to_owned()
}

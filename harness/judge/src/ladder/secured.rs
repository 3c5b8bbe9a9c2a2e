//! Handshakes, ends of connections, probes and queries as lines of a ladder.

use crate::suites;
use oxocert_record::{DnsSeen, Emitter, ProbeSeen, TlsEnded, TlsOutcome, TlsSeen};
use oxocert_scenario::satisfies::alert_name;

/// From, to and text of a line.
pub(crate) type Line = (String, String, String);

/// A handshake: the line goes from who opened the connection to who took it.
pub(crate) fn handshake(seen: &TlsSeen) -> Line {
    let (role, peer) = (seen.role.to_string(), far_end(seen.peer, &seen.remote.to_string()));
    let (from, to) = if seen.opened_by_peer { (peer, role) } else { (role, peer) };
    (from, to, format!("TLS {}", handshake_words(seen)))
}

/// `1.2 ECDHE-RSA-AES256-GCM-SHA384, SNI sbc1.example.org, certificate of the DUT ok`.
fn handshake_words(seen: &TlsSeen) -> String {
    let mut parts = Vec::new();
    let version = seen.version.clone().unwrap_or_default();
    let suite = seen.suite.map(suites::name).unwrap_or_default();
    let agreed = [version, suite].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
    if !agreed.is_empty() {
        parts.push(agreed);
    }
    if let TlsOutcome::Refused { by_peer, alert, why } = &seen.outcome {
        let who = if *by_peer { far_end(seen.peer, &seen.remote.to_string()) } else { seen.role.to_string() };
        let alert = alert.map(|alert| format!(" with alert {}", alert_name(alert))).unwrap_or_default();
        parts.push(format!("REFUSED by {who}{alert}: {why}"));
    }
    if let Some(sni) = &seen.sni {
        parts.push(format!("SNI {sni}"));
    }
    if seen.resumed {
        parts.push("session resumed".to_owned());
    }
    match &seen.flaws {
        Some(flaws) if flaws.is_empty() => parts.push("certificate of the peer ok".to_owned()),
        Some(flaws) => parts.push(format!("certificate of the peer: {}", flaws.join(", "))),
        None => {}
    }
    if seen.client_asked == Some(false) {
        parts.push("no client certificate asked for".to_owned());
    }
    if let Some(own) = seen.own_certificate.as_ref().filter(|own| *own != "good") {
        parts.push(format!("{} presents `{own}`", seen.role));
    }
    parts.join(", ")
}

/// The end of a connection.
pub(crate) fn end(ended: &TlsEnded) -> Line {
    let (role, peer) = (ended.role.to_string(), far_end(ended.peer, &ended.remote.to_string()));
    let alert = ended.alert.map(|alert| format!(" with alert {}", alert_name(alert))).unwrap_or_default();
    let silent = if ended.by_peer && !ended.peer_spoke { ", without having spoken" } else { "" };
    let text = format!("TLS connection closed{alert}{silent}: {}", ended.why);
    if ended.by_peer { (peer, role, text) } else { (role, peer, text) }
}

/// A probe and what came to it.
pub(crate) fn probe(seen: &ProbeSeen) -> Line {
    let mut text = format!("probe {}: {}", seen.probe, seen.outcome);
    if let Some(alert) = seen.alert {
        text.push_str(&format!(" {}", alert_name(alert)));
    }
    if let Some(version) = &seen.version {
        text.push_str(&format!(" {version}"));
    }
    if let Some(suite) = seen.suite {
        text.push_str(&format!(" {}", suites::name(suite)));
    }
    if !seen.note.is_empty() {
        text.push_str(&format!(" ({})", seen.note));
    }
    (seen.role.to_string(), "dut".to_owned(), text)
}

/// A query and its answer.
pub(crate) fn query(seen: &DnsSeen) -> Line {
    let text = format!("DNS {} {} -> {}", seen.kind, seen.name, seen.answer);
    (far_end(seen.emitter, &seen.remote.to_string()), seen.role.to_string(), text)
}

fn far_end(emitter: Emitter, remote: &str) -> String {
    match emitter {
        Emitter::Dut => "dut".to_owned(),
        Emitter::Harness | Emitter::Foreign => remote.to_owned(),
    }
}

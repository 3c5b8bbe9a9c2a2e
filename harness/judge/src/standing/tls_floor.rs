//! `tls-floor`: TLS with the DUT is 1.2 or above with a suite of Orange's list, and its ClientHello offers nothing weaker (Orange
//! §2.4.6). That an OCE does TLS 1.3 is no failure (the document only says that it does not yet).

use super::{Outcome, StandingCheck};
use crate::context::Context;
use crate::handshakes::Handshake;
use crate::suites::{self, ORANGE};
use crate::words::fixed_limit;
use oxocert_record::TlsOutcome;
use std::collections::BTreeSet;

pub(super) const CHECK: StandingCheck = StandingCheck::new("tls-floor", judge);

/// How many weak suites of one ClientHello are named.
const NAMED: usize = 4;

fn judge(context: &Context<'_, '_>) -> Outcome {
    let mut found = Vec::new();
    let mut agreed: BTreeSet<String> = BTreeSet::new();
    let mut looked_at = 0u64;
    for handshake in context.handshakes() {
        let completed = handshake.seen.outcome == TlsOutcome::Completed;
        let has_hello = !handshake.seen.offered_suites.is_empty();
        if !completed && !has_hello {
            continue;
        }
        looked_at += 1;
        if completed {
            agreed.insert(words(handshake));
            found.extend(below(handshake).map(|text| (handshake.n, text)));
        }
        if handshake.seen.opened_by_peer {
            found.extend(weak_hello(handshake).map(|text| (handshake.n, text)));
        }
    }
    if looked_at == 0 {
        return Outcome::without_subject("no handshake with the DUT stands behind this case");
    }
    let limit =
        Some(fixed_limit("at least", "TLS 1.2 with a suite of the document".to_owned(), "Orange §2.4.6"));
    let agreed = agreed.into_iter().collect::<Vec<_>>().join(", ");
    let agreed = if agreed.is_empty() { "none completed".to_owned() } else { agreed };
    Outcome { limit, ..Outcome::of(found, format!("{looked_at} handshakes of the DUT: {agreed}")) }
}

fn words(handshake: &Handshake<'_>) -> String {
    let version = handshake.seen.version.as_deref().unwrap_or("of unknown version");
    let suite = handshake.seen.suite.map_or_else(|| "unknown suite".to_owned(), suites::name);
    format!("TLS {version} {suite}")
}

/// What is below the floor in what was agreed on.
fn below(handshake: &Handshake<'_>) -> Option<String> {
    match (handshake.seen.version.as_deref(), handshake.seen.suite) {
        (Some("1.3"), _) => None,
        (Some("1.2"), Some(suite)) if ORANGE.contains(&suite) => None,
        (Some("1.2"), _) => Some(format!("{}, which is no suite of Orange's list", words(handshake))),
        _ => Some(format!("{}, where at least 1.2 is asked for", words(handshake))),
    }
}

/// What is too weak in a ClientHello of the DUT.
fn weak_hello(handshake: &Handshake<'_>) -> Option<String> {
    let seen = handshake.seen;
    let old = seen.offered_versions.iter().find(|version| !matches!(version.as_str(), "1.2" | "1.3"));
    if let Some(old) = old {
        return Some(format!("the DUT's ClientHello offers TLS {old}"));
    }
    let weak: Vec<(u16, &str)> =
        seen.offered_suites.iter().filter_map(|suite| Some((*suite, suites::weakness(*suite)?))).collect();
    if weak.is_empty() {
        return None;
    }
    let named: Vec<String> =
        weak.iter().take(NAMED).map(|(suite, why)| format!("0x{suite:04x} ({why})")).collect();
    Some(format!("the DUT's ClientHello offers {} weak suites: {}", weak.len(), named.join(", ")))
}

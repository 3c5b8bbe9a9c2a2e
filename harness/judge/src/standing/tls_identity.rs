//! `tls-identity`: who the DUT is and whom it asks for: its certificate is good and names its public FQDN (Orange §2.4.1, §5.2.1),
//! it asks its clients for theirs, and as a client it names the a-SBC it wants (§2.4.3).

use super::{Outcome, StandingCheck};
use crate::certificate;
use crate::context::Context;
use crate::handshakes::Handshake;
use oxocert_record::TlsOutcome;
use oxocert_scenario::model::bench::Internet;

pub(super) const CHECK: StandingCheck = StandingCheck::new("tls-identity", judge);

/// Flaws of a name: decided here against the DUT's own name, because an a-SBC may be told to want another one.
const OF_NAME: [&str; 3] = ["name-mismatch", "name-in-common-name-only", "wildcard"];

fn judge(context: &Context<'_, '_>) -> Outcome {
    let Some(internet) = context.bench.internet.as_ref() else {
        return Outcome::without_subject("the trunk is not over internet");
    };
    let mut found = Vec::new();
    let (mut presented, mut looked_at) = (0u64, 0u64);
    for handshake in context.handshakes() {
        let mut problems = Vec::new();
        let completed = handshake.seen.outcome == TlsOutcome::Completed;
        let has_certificate = handshake.seen.flaws.is_some() || !handshake.seen.chain.is_empty();
        looked_at += u64::from(completed || has_certificate);
        if has_certificate {
            presented += 1;
            problems.extend(certificate_problem(handshake, internet));
        } else if completed && !handshake.seen.resumed {
            problems.push("the DUT presented no certificate".to_owned());
        }
        if handshake.seen.opened_by_peer {
            problems.extend(name_problem(context, handshake));
        } else if completed && !handshake.seen.resumed && handshake.seen.client_asked != Some(true) {
            problems.push("the DUT as a server asked for no client certificate".to_owned());
        }
        found.extend(problems.into_iter().map(|text| (handshake.n, text)));
    }
    if looked_at == 0 && found.is_empty() {
        return Outcome::without_subject("no handshake with the DUT stands behind this case");
    }
    Outcome::of(
        found,
        format!(
            "{looked_at} handshakes, {presented} certificates of the DUT, each good and for {}",
            internet.dut_fqdn
        ),
    )
}

fn certificate_problem(handshake: &Handshake<'_>, internet: &Internet) -> Option<String> {
    let flaws = handshake.seen.flaws.iter().flatten();
    let bad: Vec<&str> = flaws
        .map(String::as_str)
        .filter(|flaw| !internet.forgiven.contains(*flaw) && !OF_NAME.contains(flaw))
        .collect();
    if !bad.is_empty() {
        return Some(format!("the DUT's certificate: {}", bad.join(", ")));
    }
    let first = handshake.seen.chain.first()?;
    let Some(own) = certificate::read(&first.0) else {
        return Some("the DUT's certificate cannot be read".to_owned());
    };
    let wanted = &internet.dut_fqdn;
    if !own.names.iter().any(|name| name.eq_ignore_ascii_case(wanted)) {
        let names = if own.names.is_empty() { "no DNS name".to_owned() } else { own.names.join(", ") };
        return Some(format!("the subjectAltName of the DUT's certificate has {names}, not {wanted}"));
    }
    match own.common_name {
        Some(name) if name.eq_ignore_ascii_case(wanted) => None,
        Some(name) => Some(format!("the common name of the DUT's certificate is `{name}`, not {wanted}")),
        None => Some("the DUT's certificate has no common name".to_owned()),
    }
}

fn name_problem(context: &Context<'_, '_>, handshake: &Handshake<'_>) -> Option<String> {
    let wanted = context.bench.sbcs.get(&handshake.seen.role)?.fqdn.as_ref()?;
    // Where no ClientHello could be read, nothing is known of its SNI.
    if handshake.seen.offered_suites.is_empty() && handshake.seen.sni.is_none() {
        return None;
    }
    match &handshake.seen.sni {
        Some(sni) if sni.eq_ignore_ascii_case(wanted) => None,
        Some(sni) => Some(format!("the DUT asked {} for `{sni}`, not {wanted}", handshake.seen.role)),
        None => {
            Some(format!("the DUT named nobody to {} (no SNI), where {wanted} is due", handshake.seen.role))
        }
    }
}

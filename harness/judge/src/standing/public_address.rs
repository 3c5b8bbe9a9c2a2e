//! `public-address`: Via, Contact and SDP of the DUT on the trunk carry its public address and port (Orange §2.4 A, §2.4 B, §5.2.2).

use super::{Outcome, StandingCheck};
use crate::context::Context;
use crate::timeline::Seen;
use crate::words::fixed_limit;
use oxocert_scenario::model::bench::Internet;
use oxocert_sip::message::{NameAddr, Uri};
use std::net::IpAddr;

pub(super) const CHECK: StandingCheck = StandingCheck::new("public-address", judge);

fn judge(context: &Context<'_, '_>) -> Outcome {
    let Some(internet) = context.bench.internet.as_ref() else {
        return Outcome::without_subject("the trunk is not over internet");
    };
    let public = context.bench.dut.trunk;
    let mut found = Vec::new();
    let mut looked_at = 0u64;
    for seen in context.on_trunk() {
        let written = written(seen);
        looked_at += u64::from(!written.is_empty());
        for (place, host) in written {
            if let Some(problem) = host_problem(&host, public.ip(), internet) {
                found.push((seen.n, format!("{place} carries {host}, {problem}")));
            }
        }
        if let Some(port) = contact(seen).map(|contact| port(&contact.uri))
            && port != public.port()
        {
            found.push((seen.n, format!("Contact carries port {port} where {} is due", public.port())));
        }
    }
    if looked_at == 0 {
        return Outcome::without_subject("the DUT wrote no address of its own in this case");
    }
    let limit = Some(fixed_limit(
        "equal to",
        format!("{public} or {}", internet.dut_fqdn),
        "Orange §2.4 A, §2.4 B, §5.2.2; the bench's trunk address",
    ));
    Outcome {
        limit,
        ..Outcome::of(found, format!("{looked_at} messages of the DUT, all with its public address"))
    }
}

/// Where the DUT wrote an address of its own, and what it wrote there.
fn written(seen: &Seen<'_>) -> Vec<(&'static str, String)> {
    let mut written = Vec::new();
    let Some(message) = seen.sip() else { return written };
    // The Via of a response is that of the request.
    if let Some(via) = message.via().filter(|_| message.is_request()) {
        written.push(("Via", via.host));
    }
    if let Some(contact) = contact(seen) {
        written.push(("Contact", contact.uri.host));
    }
    if seen.sdp.is_some() {
        written.extend(sdp_addresses(message.body()));
    }
    written
}

/// The Contact by which the DUT wants to be reached; that of a redirection is somebody else's.
fn contact(seen: &Seen<'_>) -> Option<NameAddr> {
    let redirection = seen.status().is_some_and(|code| (300..400).contains(&code));
    seen.sip()?.contact().filter(|_| !redirection)
}

/// The port of a URI; where none is written, the default of its transport (RFC 3261 §19.1.2).
fn port(uri: &Uri) -> u16 {
    let is_tls = uri.scheme == "sips"
        || uri.params.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case("transport")
                && value.as_ref().is_some_and(|value| value.eq_ignore_ascii_case("tls"))
        });
    uri.port.unwrap_or(if is_tls { 5061 } else { 5060 })
}

/// The addresses of the `o=` and `c=` lines; the unspecified one of a hold is none (RFC 3264 §8.4).
fn sdp_addresses(body: &[u8]) -> Vec<(&'static str, String)> {
    let text = String::from_utf8_lossy(body);
    let mut addresses = Vec::new();
    for line in text.lines() {
        let place = match line.get(..2) {
            Some("o=") => "the o= line",
            Some("c=") => "the c= line",
            _ => continue,
        };
        let last = line.split_whitespace().next_back().unwrap_or_default();
        let address = last.split('/').next().unwrap_or_default();
        let unspecified = address.parse().is_ok_and(|ip: IpAddr| ip.is_unspecified());
        if !unspecified {
            addresses.push((place, address.to_owned()));
        }
    }
    addresses
}

/// Why a host is not the DUT's public one.
fn host_problem(host: &str, public: IpAddr, internet: &Internet) -> Option<String> {
    if host.eq_ignore_ascii_case(&internet.dut_fqdn) {
        return None;
    }
    let ip: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    match ip {
        Some(ip) if ip == public => None,
        Some(ip) if internet.dut_private == Some(ip) => {
            Some(format!("the private address behind the NAT, not {public}"))
        }
        Some(IpAddr::V4(ip)) if ip.is_private() => {
            Some(format!("a private address (RFC 1918), not {public}"))
        }
        _ => Some(format!("which is not the public address {public}")),
    }
}

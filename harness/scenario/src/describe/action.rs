//! Actions in words.

use crate::model::Action;
use crate::model::step::{HoldStyle, Service};
use std::fmt;
use std::net::IpAddr;

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Dial { to } => write!(f, "dials {to}"),
            Action::Call { to, anonymous, sips } => {
                let scheme = if *sips { " by a sips URI" } else { "" };
                let hidden = if *anonymous { " without showing its number" } else { "" };
                write!(f, "calls {to}{scheme}{hidden}")
            }
            Action::Ring => f.write_str("rings"),
            Action::Answer => f.write_str("answers"),
            Action::Reject { code } => write!(f, "rejects with {code}"),
            Action::HangUp => f.write_str("hangs up"),
            Action::Hold { how: HoldStyle::SendOnly } => f.write_str("holds"),
            Action::Hold { how: HoldStyle::Inactive } => f.write_str("holds (inactive)"),
            Action::Hold { how: HoldStyle::ZeroAddress } => f.write_str("holds (c=0.0.0.0)"),
            Action::Hold { how: HoldStyle::RecvOnly } => f.write_str("holds (recvonly)"),
            Action::Resume => f.write_str("resumes"),
            Action::Consult { to } => write!(f, "consults {to}"),
            Action::TransferAttended => f.write_str("transfers to the one it consulted"),
            Action::TransferBlind { to } => write!(f, "transfers to {to}"),
            Action::SendDigits { digits, loss_percent: 0 } => write!(f, "sends the digits {digits}"),
            Action::SendDigits { digits, loss_percent } => {
                write!(f, "sends the digits {digits}, {loss_percent} % lost")
            }
            Action::Talk { lasting } => write!(f, "talk for {} ms", lasting.as_millis()),
            Action::StayUp { at_least } if at_least.is_zero() => f.write_str("stay up"),
            Action::StayUp { at_least } => write!(f, "stay up for {} ms", at_least.as_millis()),
            Action::Wait { lasting } => write!(f, "waits {} ms", lasting.as_millis()),
            Action::Mute => f.write_str("answers nothing any more"),
            Action::Restore => f.write_str("works normally again"),
            Action::Refuse { code, methods } => write!(f, "answers {} with {code}", methods.join(" and ")),
            Action::Admit { channels, code } => write!(f, "admits {channels} channels, then {code}"),
            Action::SendOptions => f.write_str("sends OPTIONS"),
            Action::Configure { setting, value } => write!(f, "is configured: {setting} = {value}"),
            Action::Raw { text } => write!(f, "sends raw: {}", text.lines().next().unwrap_or_default()),
            Action::Misbehave { how } => write!(f, "misbehaves: {how}"),
            Action::Present { certificate } if certificate == "none" => {
                f.write_str("presents no certificate")
            }
            Action::Present { certificate } => write!(f, "presents the certificate \"{certificate}\""),
            Action::LimitTls { versions, suites, resumes, peer_name } => {
                limits(f, versions.as_ref(), suites, *resumes, peer_name.as_deref())
            }
            Action::Connect => f.write_str("opens a connection"),
            Action::DropConnection => f.write_str("closes its connections"),
            Action::Probe { with, from: None } => write!(f, "probes with {with}"),
            Action::Probe { with, from: Some(from) } => write!(f, "probes with {with} from {from}"),
            Action::Resolve { name, addresses, services, ttl } => {
                resolves(f, name, addresses, services)?;
                write!(f, ", ttl {} s", ttl.as_secs())
            }
            Action::FailDns { how } => write!(f, "fails: {how}"),
            Action::Describe { protocol, crypto, lifetime_and_mki } => {
                describes(f, protocol.as_deref(), crypto.as_deref(), *lifetime_and_mki)
            }
            Action::TroubleMedia { how, packets } => write!(f, "sends {packets} packets with trouble: {how}"),
            Action::StartMediaAt { sequence } => {
                write!(f, "starts its next media at sequence number {sequence}")
            }
        }
    }
}

/// `does TLS 1.2 to 1.3 only, with 0xc02f, without resuming, as name.example`.
fn limits(
    f: &mut fmt::Formatter<'_>,
    versions: Option<&(String, String)>,
    suites: &[u16],
    resumes: Option<bool>,
    peer_name: Option<&str>,
) -> fmt::Result {
    let mut parts = Vec::new();
    match versions {
        Some((low, high)) if low == high => parts.push(format!("TLS {low} only")),
        Some((low, high)) => parts.push(format!("TLS {low} to {high}")),
        None => {}
    }
    if !suites.is_empty() {
        let suites: Vec<String> = suites.iter().map(|suite| format!("0x{suite:04x}")).collect();
        parts.push(format!("with {}", suites.join(", ")));
    }
    match resumes {
        Some(true) => parts.push("resuming sessions".to_owned()),
        Some(false) => parts.push("without resuming sessions".to_owned()),
        None => {}
    }
    if let Some(name) = peer_name {
        parts.push(format!("toward the name {name}"));
    }
    write!(f, "speaks {}", parts.join(", "))
}

/// `answers sbc1.example with A 127.0.0.1`; without records that there is no such name.
fn resolves(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    addresses: &[IpAddr],
    services: &[Service],
) -> fmt::Result {
    let kind = |address: &IpAddr| if address.is_ipv4() { "A" } else { "AAAA" };
    let addresses = addresses.iter().map(|address| format!("{} {address}", kind(address)));
    let services = services.iter().map(|service| {
        let Service { priority, weight, port, target } = service;
        format!("SRV {priority} {weight} {port} {target}")
    });
    let records: Vec<String> = addresses.chain(services).collect();
    match records.as_slice() {
        [] => write!(f, "answers {name} without records"),
        records => write!(f, "answers {name} with {}", records.join(", ")),
    }
}

/// `describes its media as RTP/SAVP, with AES_CM_128_HMAC_SHA1_80, with lifetime and MKI`.
fn describes(
    f: &mut fmt::Formatter<'_>,
    protocol: Option<&str>,
    crypto: Option<&[String]>,
    lifetime_and_mki: bool,
) -> fmt::Result {
    let mut parts = Vec::new();
    parts.extend(protocol.map(|protocol| format!("as {protocol}")));
    match crypto {
        Some([]) => parts.push("without a crypto line".to_owned()),
        Some(suites) => parts.push(format!("with {}", suites.join(", "))),
        None => {}
    }
    if lifetime_and_mki {
        parts.push("with lifetime and MKI".to_owned());
    }
    if parts.is_empty() {
        parts.push("as usual".to_owned());
    }
    write!(f, "describes its media {}", parts.join(", "))
}

//! The actions of the secured trunk, and what each takes: certificates, TLS, probes, names, keys of media.

use super::context::{Context, RoleKind};
use crate::lab;
use crate::load::reader::{Node, Table};
use crate::load::secured::{suite, version_range, word_in};
use crate::model::Action;
use crate::model::step::Service;
use std::net::IpAddr;

/// Each action as it is written, with the kinds of roles that can do it.
pub const ACTIONS: [(&str, &[RoleKind]); 10] = {
    use RoleKind::{NameServer, Party, Sbc};
    [
        ("present", &[Sbc]),
        ("limit-tls", &[Sbc]),
        ("connect", &[Sbc]),
        ("drop-connection", &[Sbc]),
        ("probe", &[Sbc]),
        ("resolve", &[NameServer]),
        ("fail", &[NameServer]),
        ("describe", &[Party]),
        ("trouble", &[Party]),
        ("start-media-at", &[Party]),
    ]
};

/// Fields that belong to one of them.
pub(super) const OWN_FIELDS: [&str; 16] = [
    "certificate",
    "versions",
    "suites",
    "resumes",
    "peer-name",
    "with",
    "from",
    "name",
    "addresses",
    "services",
    "ttl",
    "protocol",
    "crypto",
    "lifetime-and-mki",
    "packets",
    "sequence",
];

/// Reads one of [`ACTIONS`] and its own fields; `None` where something is wrong with them, or where it is another action.
pub(super) fn action(context: &Context<'_>, word: &str, step: &Table<'_>) -> Option<Action> {
    let known = |key, words: &[&str]| step.need(key).and_then(|node| known(context, &node, words));
    Some(match word {
        "present" => Action::Present { certificate: known("certificate", &lab::CERTIFICATES)? },
        "limit-tls" => limits(context, step)?,
        "connect" => Action::Connect,
        "drop-connection" => Action::DropConnection,
        "probe" => {
            let (with, from) = (known("with", &lab::PROBES), stranger(context, step));
            Action::Probe { with: with?, from: from? }
        }
        "resolve" => resolves(context, step)?,
        "fail" => Action::FailDns { how: known("how", &lab::DNS_FAILURES)? },
        "describe" => describes(context, step)?,
        "trouble" => {
            let how = known("how", &lab::MEDIA_TROUBLES);
            let packets = step.need("packets").and_then(|node| packets(context, &node));
            Action::TroubleMedia { how: how?, packets: packets? }
        }
        "start-media-at" => Action::StartMediaAt {
            sequence: step
                .need("sequence")
                .and_then(|node| context.count(&node, "a sequence number from 0 to 65535"))?,
        },
        _ => return None,
    })
}

/// One of the words, with names put in.
fn known(context: &Context<'_>, node: &Node<'_>, words: &[&str]) -> Option<String> {
    let text = context.text(node)?;
    if context.elsewhere && text.contains("${") {
        return Some(text);
    }
    word_in(node, &text, words)
}

/// `from = "192.0.2.9"`: the address that a ClientHello comes from, where it is not the a-SBC's. `Some(None)`: nothing is written.
fn stranger(context: &Context<'_>, step: &Table<'_>) -> Option<Option<IpAddr>> {
    let Some(node) = step.get("from") else { return Some(None) };
    let with = step.get("with").and_then(|node| context.text(&node)).unwrap_or_default();
    if lab::PROBES_OF_AN_SBC.contains(&with.as_str()) {
        node.problem(format!(
            "`{with}` comes from the a-SBC itself: only a ClientHello can come from elsewhere"
        ));
        return None;
    }
    match context.text(&node)?.parse() {
        Ok(address) => Some(Some(address)),
        Err(_) if context.elsewhere => Some(None),
        Err(_) => {
            node.problem("expected an IP address without port");
            None
        }
    }
}

/// `versions = ["1.2", "1.2"], suites = ["0xc02f"], resumes = false, peer-name = ".."`: one of them at least.
fn limits(context: &Context<'_>, step: &Table<'_>) -> Option<Action> {
    let versions = step.get("versions").map(|node| version_range(&node));
    let suites = step.get("suites").map(|node| -> Option<Vec<u16>> {
        node.list()?.iter().map(|node| suite(node, &context.text(node)?)).collect()
    });
    let resumes = step.get("resumes").map(|node| node.flag());
    let peer_name = step.get("peer-name").map(|node| context.text(&node));
    if versions.is_none() && suites.is_none() && resumes.is_none() && peer_name.is_none() {
        step.problem("`limit-tls` needs one of `versions`, `suites`, `resumes`, `peer-name`");
        return None;
    }
    // `Some(None)`: it is written and could not be read.
    Some(Action::LimitTls {
        versions: read(versions)?,
        suites: read(suites)?.unwrap_or_default(),
        resumes: read(resumes)?,
        peer_name: read(peer_name)?,
    })
}

fn read<T>(written: Option<Option<T>>) -> Option<Option<T>> {
    match written {
        None => Some(None),
        Some(value) => value.map(Some),
    }
}

/// `name = "..", addresses = [".."], services = [{ .. }], ttl = "60 s"`.
fn resolves(context: &Context<'_>, step: &Table<'_>) -> Option<Action> {
    let name = step.need("name").and_then(|node| context.text(&node));
    let ttl = step.need("ttl").and_then(|node| context.duration(&node));
    if !step.has("addresses") && !step.has("services") {
        step.problem(
            "`resolve` needs `addresses` or `services`; `addresses = []` says that the name has no records",
        );
    }
    let mut whole = true;
    let mut addresses: Vec<IpAddr> = Vec::new();
    for node in step.get("addresses").and_then(|node| node.list()).unwrap_or_default() {
        match context.text(&node).map(|text| text.parse()) {
            Some(Ok(address)) => addresses.push(address),
            Some(Err(_)) if context.elsewhere => {}
            Some(Err(_)) => {
                node.problem("expected an IP address without port");
                whole = false;
            }
            None => whole = false,
        }
    }
    let mut services = Vec::new();
    for node in step.get("services").and_then(|node| node.list()).unwrap_or_default() {
        match service(context, &node) {
            Some(service) => services.push(service),
            None => whole = false,
        }
    }
    let name = name?.trim_end_matches('.').to_lowercase();
    whole.then_some(Action::Resolve { name, addresses, services, ttl: ttl? })
}

fn service(context: &Context<'_>, node: &Node<'_>) -> Option<Service> {
    let table = node.table("a service")?;
    let number =
        |key| table.need(key).and_then(|node| context.count::<u16>(&node, "a number from 0 to 65535"));
    let (priority, weight, port) = (number("priority"), number("weight"), number("port"));
    let target = table.need("target").and_then(|node| context.text(&node));
    table.finish();
    Some(Service { priority: priority?, weight: weight?, port: port?, target: target? })
}

/// `protocol = "RTP/SAVP", crypto = [".."], lifetime-and-mki = true`: one of them at least.
fn describes(context: &Context<'_>, step: &Table<'_>) -> Option<Action> {
    let protocol = step.get("protocol").map(|node| known(context, &node, &lab::MEDIA_PROTOCOLS));
    let crypto = step.get("crypto").map(|node| -> Option<Vec<String>> {
        node.list()?.iter().map(|node| known(context, node, &lab::SRTP_SUITES)).collect()
    });
    let lifetime_and_mki = step.get("lifetime-and-mki").map(|node| node.flag());
    if protocol.is_none() && crypto.is_none() && lifetime_and_mki.is_none() {
        step.problem("`describe` needs one of `protocol`, `crypto`, `lifetime-and-mki`");
        return None;
    }
    Some(Action::Describe {
        protocol: read(protocol)?,
        crypto: read(crypto)?,
        lifetime_and_mki: read(lifetime_and_mki)?.unwrap_or(false),
    })
}

fn packets(context: &Context<'_>, node: &Node<'_>) -> Option<u32> {
    let packets: u32 = context.count(node, "a number of packets")?;
    if packets == 0 {
        node.problem("trouble in no packets is none: at least 1");
        return None;
    }
    Some(packets)
}

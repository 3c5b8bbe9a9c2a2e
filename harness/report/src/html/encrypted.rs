//! The encrypted trunk of Orange \u{a7}2.4: suites, handshakes, certificates, protected media, names, flows.

use super::{BenchName, printable};
use oxocert_judge::RunResult;
use oxocert_judge::result::{
    CertificateRow, EncryptedTrunk, FirewallRow, HandshakeRow, NameRow, SrtpRow, SuiteRow, SuiteUse,
};
use oxocert_record::EventNo;

/// The trunk of one bench.
pub(super) struct Trunk {
    pub name: BenchName,
    pub warnings: Vec<String>,
    pub suites: Vec<Suite>,
    pub handshakes: Vec<Handshake>,
    pub certificates: Vec<Certificate>,
    pub srtp: Vec<Srtp>,
    pub names: Vec<Name>,
    pub firewall: Vec<Flow>,
}

/// One suite.
pub(super) struct Suite {
    pub name: String,
    pub number: String,
    pub as_client: Role,
    pub as_server: Role,
}

/// A suite in one role of the DUT.
pub(super) struct Role {
    pub text: String,
    pub event: String,
}

/// Handshakes that are alike.
pub(super) struct Handshake {
    pub at: String,
    pub opened_by: String,
    pub version: String,
    pub suite: String,
    pub sni: String,
    pub flaws: String,
    pub own: String,
    pub outcome: String,
    pub count: u64,
    pub event: String,
}

/// One certificate.
pub(super) struct Certificate {
    pub place: String,
    pub subject: String,
    pub issuer: String,
    pub names: String,
    pub from: String,
    pub to: String,
    pub key: String,
    pub uses: String,
    pub sha256: String,
    pub flaws: String,
    pub count: u64,
    pub event: String,
}

/// SRTP with one suite.
pub(super) struct Srtp {
    pub suite: String,
    pub cells: Vec<Figure>,
    pub fault: String,
}

/// A count, and whether it should be zero and is not.
pub(super) struct Figure {
    pub text: String,
    pub bad: bool,
}

/// Queries for one name.
pub(super) struct Name {
    pub name: String,
    pub kind: String,
    pub server: String,
    pub answers: String,
    pub count: u64,
    pub interval: String,
    pub event: String,
}

/// One line of the firewall table.
pub(super) struct Flow {
    pub service: String,
    pub line: String,
    pub seen: String,
    pub event: String,
    /// Something was seen that the document does not open.
    pub alarm: bool,
    /// Nothing was seen.
    pub void: bool,
}

pub(super) fn trunk(result: &RunResult) -> Option<Trunk> {
    let trunk: &EncryptedTrunk = result.encrypted.as_ref()?;
    Some(Trunk {
        name: BenchName::of(result),
        warnings: trunk.warnings.iter().map(|warning| printable(warning)).collect(),
        suites: trunk.suites.iter().map(suite).collect(),
        handshakes: trunk.handshakes.iter().map(handshake).collect(),
        certificates: trunk.certificates.iter().map(certificate).collect(),
        srtp: trunk.srtp.iter().map(srtp).collect(),
        names: trunk.names.iter().map(name).collect(),
        firewall: trunk.firewall.iter().map(flow).collect(),
    })
}

fn event(n: Option<EventNo>) -> String {
    n.map(|n| format!("#{}", n.0)).unwrap_or_default()
}

fn suite(row: &SuiteRow) -> Suite {
    let note = if row.of_orange { "" } else { ", not in the document\u{2019}s list for TLS 1.2" };
    Suite {
        name: row.name.clone(),
        number: format!("{}{note}", row.number),
        as_client: Role {
            text: used(&row.as_client, "offered, never chosen"),
            event: event(row.as_client.first),
        },
        as_server: Role {
            text: used(&row.as_server, "asked for, no answer that tells"),
            event: event(row.as_server.first),
        },
    }
}

/// How far a suite got: the furthest of call, handshake, refusal, offer.
fn used(used: &SuiteUse, only_offered: &str) -> String {
    let handshakes = match used.handshakes {
        0 => String::new(),
        1 => ", 1 handshake".to_owned(),
        many => format!(", {many} handshakes"),
    };
    match (used.offered, used.accepted) {
        _ if used.calls > 0 => {
            let calls = if used.calls == 1 { "1 call".to_owned() } else { format!("{} calls", used.calls) };
            format!("{calls} completed{handshakes}")
        }
        (_, Some(true)) => format!("accepted{handshakes}"),
        (_, Some(false)) => "refused".to_owned(),
        (Some(true), None) => only_offered.to_owned(),
        (Some(false), None) => "not offered".to_owned(),
        (None, None) => "not tried".to_owned(),
    }
}

fn handshake(row: &HandshakeRow) -> Handshake {
    let nothing = || "\u{2013}".to_owned();
    Handshake {
        at: row.at.clone(),
        opened_by: row.opened_by.clone(),
        version: row.version.as_ref().map_or_else(nothing, |version| format!("TLS {version}")),
        suite: row.suite.clone().unwrap_or_default(),
        sni: row.sni.as_deref().map_or_else(nothing, printable),
        flaws: row.flaws.as_ref().map_or_else(nothing, |flaws| flaws_of(flaws)),
        own: row.own_certificate.clone().unwrap_or_else(|| "none".to_owned()),
        outcome: printable(&row.outcome),
        count: row.count,
        event: event(Some(row.first)),
    }
}

fn flaws_of(flaws: &[String]) -> String {
    if flaws.is_empty() { "no flaw".to_owned() } else { flaws.join(", ") }
}

fn certificate(row: &CertificateRow) -> Certificate {
    let none = |text: String, none: &str| if text.is_empty() { none.to_owned() } else { text };
    Certificate {
        place: if row.place == 0 { "own".to_owned() } else { format!("issuer {}", row.place) },
        subject: printable(&row.subject),
        issuer: printable(&row.issuer),
        names: none(printable(&row.names.join(", ")), "\u{2013}"),
        from: row.valid.0.clone(),
        to: row.valid.1.clone(),
        key: row.key.clone(),
        uses: row
            .uses
            .as_ref()
            .map_or_else(|| "any use".to_owned(), |uses| none(uses.join(", "), "another use")),
        sha256: row.sha256.clone(),
        flaws: if row.place == 0 { flaws_of(&row.flaws) } else { String::new() },
        count: row.count,
        event: event(Some(row.first)),
    }
}

fn srtp(row: &SrtpRow) -> Srtp {
    let good = |count: u64| Figure { text: count.to_string(), bad: false };
    let bad = |count: u64| Figure { text: count.to_string(), bad: count > 0 };
    Srtp {
        suite: printable(&row.suite),
        cells: vec![
            good(row.calls),
            good(row.authenticated),
            bad(row.unauthenticated),
            bad(row.other_key),
            bad(row.roll_over),
            bad(row.clear),
            bad(row.replayed),
            good(row.rtcp_authenticated),
            bad(row.rtcp_unauthenticated),
        ],
        fault: row.first_fault.map_or_else(|| "none".to_owned(), |n| event(Some(n))),
    }
}

fn name(row: &NameRow) -> Name {
    let seconds = |ms: u64| format!("{:.1} s", ms as f64 / 1000.0);
    Name {
        name: printable(&row.name),
        kind: row.kind.clone(),
        server: row.server.clone(),
        answers: printable(&row.answers.join("; ")),
        count: row.count,
        interval: row.interval_ms.map_or_else(
            || "\u{2013}".to_owned(),
            |(shortest, longest)| {
                let (shortest, longest) = (seconds(shortest), seconds(longest));
                if shortest == longest { shortest } else { format!("{shortest} to {longest}") }
            },
        ),
        event: event(Some(row.first)),
    }
}

fn flow(row: &FirewallRow) -> Flow {
    let service = if row.of_document { row.service.clone() } else { "not opened".to_owned() };
    Flow {
        service,
        line: row.line.clone(),
        seen: row.seen.as_deref().map_or_else(|| "not seen".to_owned(), printable),
        event: event(row.first),
        alarm: !row.of_document && row.seen.is_some(),
        void: row.seen.is_none(),
    }
}

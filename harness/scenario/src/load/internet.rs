//! The trunk over internet: `[secured]` of an operator profile, `[internet]` of a hw-profile, and what must agree (Orange §2.4, §5.2).

use super::reader::{Node, Table};
use super::secured::{suite, version_range, word_in};
use crate::lab;
use crate::model::bench::{Bench, DutDriver, Internet, MediaAnchor, PkiSource};
use crate::model::{Architecture, Platform};
use oxocert_machine::Transport;
use oxocert_record::RoleName;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

/// The port of SIP over TLS (Orange §2.4.4, RFC 3261 §19.1.2).
const PORT: u16 = 5061;

/// Why anything but a stand-alone OCE is refused.
pub(super) const STANDALONE_ONLY: &str = "only a stand-alone OCE is supported over internet, no PowerCPU and no OCE FrontEnd (clause 2.4-oce-standalone-only, Orange §2.4)";

/// What an offer over internet asks of TLS and SRTP; each value with its source.
#[derive(Debug, Clone)]
pub(super) struct Security {
    tls_versions: (String, String),
    tls_suites: Vec<u16>,
    srtp_suites: Vec<String>,
    forgiven: BTreeSet<String>,
    /// Each in words with its source, for the report.
    printed: BTreeMap<String, String>,
}

/// `[secured]`: `tls_versions = { value = ["1.2", "1.3"], source = ".." }`, ...
pub(super) fn security(node: &Node<'_>) -> Option<Security> {
    let table = node.table("[secured]")?;
    let mut printed = BTreeMap::new();
    let versions = sourced(&table, "tls_versions", &mut printed, version_range);
    let suites = sourced(&table, "tls_suites", &mut printed, |node| {
        node.list()?.iter().map(|node| suite(node, node.text()?)).collect::<Option<Vec<u16>>>()
    });
    let words = |node: &Node<'_>, known: &[&str]| -> Option<Vec<String>> {
        node.list()?.iter().map(|node| word_in(node, node.text()?, known)).collect()
    };
    let srtp = sourced(&table, "srtp_suites", &mut printed, |node| words(node, &lab::SRTP_SUITES));
    let forgiven = sourced(&table, "forgiven", &mut printed, |node| words(node, &lab::FLAWS));
    table.finish();
    Some(Security {
        tls_versions: versions?,
        tls_suites: suites?,
        srtp_suites: srtp?,
        forgiven: forgiven?.into_iter().collect(),
        printed,
    })
}

/// One value with its source; both are noted for the report.
fn sourced<T>(
    table: &Table<'_>,
    key: &'static str,
    printed: &mut BTreeMap<String, String>,
    read: impl Fn(&Node<'_>) -> Option<T>,
) -> Option<T> {
    let fields = table.need(key)?.table("a value with its source")?;
    let node = fields.need("value");
    let source = fields.need("source").and_then(|node| node.text());
    fields.finish();
    let node = node?;
    let value = read(&node)?;
    let written = node.texts()?.join(", ");
    printed.insert(
        key.to_owned(),
        format!("{} ({})", if written.is_empty() { "none" } else { &written }, source?),
    );
    Some(value)
}

/// `[internet]` as it stands in a hw-profile.
pub(super) struct InternetFile {
    dns: BTreeMap<RoleName, SocketAddr>,
    pki: PkiSource,
    dut_fqdn: String,
    dut_private: Option<IpAddr>,
    resolves_by: String,
}

pub(super) fn internet(node: &Node<'_>) -> Option<InternetFile> {
    let table = node.table("[internet]")?;
    let mut dns = BTreeMap::new();
    if let Some(servers) = table.need("dns").and_then(|node| node.table("the name servers")) {
        for (name, node) in servers.entries() {
            if let Some(address) = node.parsed("an address with its port, such as \"192.0.2.53:53\"") {
                if dns.values().any(|known| *known == address) {
                    node.problem(format!("two name servers have the address {address}"));
                }
                dns.insert(RoleName(format!("dns.{name}")), address);
            }
        }
        if !servers.has("a") {
            servers.problem("the first name server is called `a`");
        }
    }
    let pki = table.need("pki").and_then(|node| node.text()).map(|text| match text {
        "generated" => PkiSource::Generated,
        folder => PkiSource::Folder(folder.to_owned()),
    });
    let dut_fqdn = table.need("dut_fqdn").and_then(|node| fqdn(&node));
    let dut_private = table.get("dut_private").map(|node| node.parsed("an address without port"));
    let resolves_by = table.need("resolves_by").and_then(|node| word_in(&node, node.text()?, &["a", "srv"]));
    table.finish();
    Some(InternetFile {
        dns,
        pki: pki?,
        dut_fqdn: dut_fqdn?,
        // `Some(None)`: it is written and could not be read.
        dut_private: match dut_private {
            Some(read) => Some(read?),
            None => None,
        },
        resolves_by: resolves_by?,
    })
}

/// A name of two labels at least, in lower case.
pub(super) fn fqdn(node: &Node<'_>) -> Option<String> {
    let text = node.text()?;
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let labels: Vec<&str> = text.split('.').collect();
    let is_address = text.parse::<IpAddr>().is_ok();
    if is_address || labels.len() < 2 || text.len() > 253 || !labels.iter().all(|text| label(text)) {
        node.problem(format!("expected a full name such as \"oce.customer.example\", found \"{text}\""));
        return None;
    }
    Some(text.to_ascii_lowercase())
}

/// Puts both halves together: what the bench says and what the offer asks.
pub(super) fn joined(
    root: &Table<'_>,
    architecture: Architecture,
    file: Option<InternetFile>,
    security: Option<Security>,
    settings: &mut BTreeMap<String, String>,
) -> Option<Internet> {
    if !architecture.is_over_internet() {
        if root.has("internet") {
            root.problem(format!(
                "[internet] belongs to an architecture over internet, and {} is none",
                architecture.name()
            ));
        }
        return None;
    }
    let Some(security) = security else {
        root.problem("the operator profile has no [secured]: over internet it must say what TLS and SRTP do");
        return None;
    };
    if !root.has("internet") {
        root.problem("a bench over internet needs [internet]");
    }
    let InternetFile { dns, pki, dut_fqdn, dut_private, resolves_by } = file?;
    settings.extend(security.printed);
    let Security { tls_versions, tls_suites, srtp_suites, forgiven, .. } = security;
    Some(Internet {
        dns,
        pki,
        dut_fqdn,
        dut_private,
        resolves_by,
        tls_versions,
        tls_suites,
        forgiven,
        srtp_suites,
    })
}

/// What must agree over internet, and what may not be over BVPN. Ports other than 5061 are noted for the report.
pub(super) fn agree(root: &Table<'_>, bench: &mut Bench) {
    if !bench.architecture.is_over_internet() {
        if bench.dut.transport == Transport::Tls {
            root.problem("TLS is spoken over internet: over BVPN the trunk is udp or tcp (Orange §2.2)");
        }
        return;
    }
    if bench.dut.transport != Transport::Tls {
        root.problem("over internet the trunk is encrypted: `transport = \"tls\"` (Orange §2.4)");
    }
    if bench.dut.media != MediaAnchor::Dut {
        root.problem("over internet media is anchored by the OCE: `media = \"dut\"` (Orange §2.4)");
    }
    if bench.dut.platform == Some(Platform::PowerCpu) {
        root.problem(STANDALONE_ONLY);
    }
    let mut names = BTreeSet::new();
    for (role, sbc) in &bench.sbcs {
        match &sbc.fqdn {
            None => root.problem(format!(
                "{role} needs `fqdn`: over internet it is reached by its name only (Orange §2.4.3)"
            )),
            Some(name) if !names.insert(name.clone()) => {
                root.problem(format!("two a-SBCs have the name {name}"))
            }
            Some(_) => {}
        }
    }
    let others: Vec<String> = std::iter::once(("the trunk of the DUT".to_owned(), bench.dut.trunk))
        .chain(bench.sbcs.iter().map(|(role, sbc)| (role.to_string(), sbc.address)))
        .filter(|(_, address)| address.port() != PORT)
        .map(|(role, address)| format!("{role} {}", address.port()))
        .collect();
    if !others.is_empty() {
        let note = format!("{} instead of {PORT} (Orange §2.4.4)", others.join(", "));
        bench.operator.settings.insert("tls_port".to_owned(), note);
    }
    let Some(internet) = &bench.internet else { return };
    // Whether the DUT can ask for SRV records is a property that scenarios may require.
    if internet.resolves_by == "srv" {
        bench.dut.properties.insert("dns-srv".to_owned());
    } else if !bench.dut.properties.contains("dns-srv") {
        let why = "it is told to resolve by A records (Orange §5.2.5)".to_owned();
        bench.dut.lacks.entry("dns-srv".to_owned()).or_insert(why);
    }
    if names.contains(&internet.dut_fqdn) {
        root.problem(format!("the DUT and an a-SBC have the same name, {}", internet.dut_fqdn));
    }
    if internet.pki == PkiSource::Generated && bench.dut.driver == DutDriver::Operator {
        root.problem("only where the harness starts the DUT itself may its certificates be \"generated\": name a folder made by `oxocert pki init`");
    }
    match (bench.architecture, internet.dut_private) {
        (Architecture::OceInternetB, None) => {
            root.problem(
                "topology B needs `dut_private`, the address of the OCE behind the NAT (Orange §5.2.2)",
            );
        }
        (Architecture::OceInternetA, Some(_)) => {
            root.problem(
                "in topology A the OCE has its public address itself: no `dut_private` (Orange §5.2.1)",
            );
        }
        (_, Some(private)) if bench.dut.trunk.ip() == private => {
            root.problem("`dut_private` is hidden by the NAT, and `trunk` is the public address");
        }
        _ => {}
    }
}

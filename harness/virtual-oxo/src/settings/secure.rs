//! The trunk over internet: certificates, SRTP, names, and the address behind a firewall.

use super::SettingsError;
use oxocert_media::srtp::Suite;
use oxocert_pki::{Flaw, Identity};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

/// TLS of the trunk (Orange §2.4.5-6, "Security" tab).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tls {
    /// Name of the box: CN and SAN of its certificate (Orange §5.2.1-2).
    pub fqdn: String,
    /// PEM file of its certificate, end entity first; read by whoever starts the box, not here.
    #[serde(default)]
    pub certificate: Option<String>,
    /// PEM file of the private key.
    #[serde(default)]
    pub key: Option<String>,
    /// PEM file of the imported CA certificates.
    #[serde(default)]
    pub trusted: Option<String>,
    /// Asks for a client certificate and refuses a peer without one.
    #[serde(default = "yes")]
    pub mutual: bool,
    /// Flaws of a peer's chain that it does not mind, by name (`no-client-auth`).
    #[serde(default)]
    pub forgiven: BTreeSet<Flaw>,
    /// TLS 1.2 suites by IANA number, in order of preference; empty: the four of Orange §2.4.6.
    #[serde(default)]
    pub suites: Vec<u16>,
    /// The longest handshake in milliseconds; none: 60 s.
    #[serde(default)]
    pub handshake_ms: Option<u64>,
    /// Seconds by which its clock is ahead of the true time.
    #[serde(default)]
    pub clock_ahead: i64,
}

/// Certificates and keys of a box, which do not stand in its settings. Its `Debug` shows no key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsMaterial {
    /// What it can present, by name: `good`, and what the console and defects ask for (`renewed`, `expired`...).
    pub identities: BTreeMap<String, Identity>,
    /// CA certificates it can import, DER, by name: `good`, and what the console asks for (`with-g2`).
    pub trusted: BTreeMap<String, Vec<Vec<u8>>>,
}

impl TlsMaterial {
    /// One certificate and what is trusted, under the name `good`.
    pub fn new(identity: Identity, trusted: Vec<Vec<u8>>) -> TlsMaterial {
        TlsMaterial {
            identities: BTreeMap::from([("good".to_owned(), identity)]),
            trusted: BTreeMap::from([("good".to_owned(), trusted)]),
        }
    }

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        if self.identities.get("good").is_none_or(|identity| identity.chain.is_empty()) {
            return Err(SettingsError::Invalid("the box has no certificate called `good`".into()));
        }
        if self.trusted.get("good").is_none_or(Vec::is_empty) {
            return Err(SettingsError::Invalid("the box has no CA certificate that it trusts".into()));
        }
        Ok(())
    }
}

/// SRTP on the trunk; it is there with TLS and only with it (Orange §2.4.7).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Srtp {
    /// Crypto suites by their names in `a=crypto`, in order of preference.
    pub suites: Vec<String>,
}

impl Default for Srtp {
    fn default() -> Self {
        let order =
            [Suite::AesCm128Sha1_80, Suite::AesCm256Sha1_80, Suite::AesCm128Sha1_32, Suite::AesCm256Sha1_32];
        Srtp { suites: order.map(|suite| suite.name().to_owned()).to_vec() }
    }
}

impl Srtp {
    /// The suites, those with an unknown name left out; the settings are refused where there is one.
    pub(crate) fn suites(&self) -> Vec<Suite> {
        self.suites.iter().filter_map(|name| Suite::named(name)).collect()
    }

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        if let Some(unknown) = self.suites.iter().find(|name| Suite::named(name).is_none()) {
            let known = Suite::ALL.map(Suite::name).join(", ");
            return Err(SettingsError::Invalid(format!(
                "srtp.suites: `{unknown}` is no crypto suite; there are {known}"
            )));
        }
        if self.suites.is_empty() {
            return Err(SettingsError::Invalid("srtp.suites is empty".into()));
        }
        Ok(())
    }
}

/// How a name becomes an address ("DNS" tab, Orange §5.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DnsMode {
    /// Address records of the name itself.
    A,
    /// Service records `_sips._tcp`, then address records of their targets (RFC 3263 §4.1).
    Srv,
}

impl DnsMode {
    /// Its name in settings and on the console.
    pub fn name(self) -> &'static str {
        match self {
            DnsMode::A => "a",
            DnsMode::Srv => "srv",
        }
    }

    /// The mode of this name.
    pub fn named(name: &str) -> Option<DnsMode> {
        [DnsMode::A, DnsMode::Srv].into_iter().find(|mode| mode.name() == name)
    }
}

/// Name servers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dns {
    /// Asked in this order; the next one where one does not answer.
    pub servers: Vec<SocketAddr>,
    /// `a` or `srv`.
    #[serde(default = "by_address")]
    pub mode: DnsMode,
    /// Milliseconds that one server has to answer.
    #[serde(default = "two_seconds")]
    pub attempt_ms: u64,
    /// How often the list of servers is gone through.
    #[serde(default = "twice")]
    pub rounds: u32,
    /// Milliseconds for which a name that has no address is not asked for again.
    #[serde(default = "half_a_minute")]
    pub negative_ms: u64,
    /// UDP port it asks from, on the trunk's address.
    #[serde(default = "source_port")]
    pub source_port: u16,
}

/// A firewall that gives the trunk interface another address ("Topology" tab, Orange §5.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Nat {
    /// The address of the interface where the trunk is bound to the public one (a bench on loopback).
    pub private: Option<IpAddr>,
    /// The address outside where the trunk is bound to the private one.
    pub public: Option<IpAddr>,
    /// SIP static NAT: the box writes the address outside into what it sends.
    #[serde(rename = "static")]
    pub is_static: bool,
}

impl Nat {
    /// The address behind the firewall, of a trunk that is bound to `bound`.
    pub(crate) fn inside(&self, bound: IpAddr) -> IpAddr {
        self.private.unwrap_or(bound)
    }

    /// The address that is written into Via, Contact and descriptions.
    pub(crate) fn written(&self, bound: IpAddr) -> IpAddr {
        if self.is_static { self.public.unwrap_or(bound) } else { self.inside(bound) }
    }
}

fn yes() -> bool {
    true
}

fn by_address() -> DnsMode {
    DnsMode::A
}

fn two_seconds() -> u64 {
    2000
}

fn twice() -> u32 {
    2
}

fn half_a_minute() -> u64 {
    30_000
}

fn source_port() -> u16 {
    10_054
}

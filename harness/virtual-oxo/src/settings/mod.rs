//! What a virtual OXO is configured with: the TOML file a bench gives it.
//!
//! Names are in kebab-case, unknown names are refused, and what public knowledge leaves open about the real box
//! (hold method, transfer mechanism, forward mechanism...) is a setting with a default.

mod features;
mod media;
mod numbering;
mod secure;
mod trunk;
mod validate;

pub use features::{
    Attendant, Cac, Forward, ForwardMechanism, Hold, HoldMethod, Identity, Sets, Tones, Transfer,
    TransferMechanism,
};
pub use media::{Media, MediaMode};
pub use numbering::{Numbering, User, UserRange};
pub use secure::{Dns, DnsMode, Nat, Srtp, Tls, TlsMaterial};
pub use trunk::{Failover, Gateway, KeepAlive, Lan, Session, Sip, TimerSettings, Trunk};

use crate::defects::{Defect, Defects};
use oxocert_machine::Transport;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// What is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// OXO Connect PowerCPU EE: 16 voice channels without an Armada card.
    PowerCpu,
    /// OXO Connect Evolution ("IP box"): 120 simultaneous trunk calls.
    Oce,
}

impl Platform {
    /// How many trunk calls the hardware carries where no setting says less.
    pub fn max_trunk_calls(self) -> u32 {
        match self {
            Platform::PowerCpu => 16,
            Platform::Oce => 120,
        }
    }
}

/// One virtual OXO.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// `powercpu` or `oce`.
    pub platform: Platform,
    /// The software load, `OXO063/011.001`.
    pub load: String,
    /// The trunk interface.
    pub trunk: Trunk,
    /// The LAN interface: registrar of the sets.
    pub lan: Lan,
    /// Where the console listens (UDP, one line a datagram); absent: no console.
    #[serde(default)]
    pub console: Option<SocketAddr>,
    /// SIP gateways (a-SBCs).
    #[serde(rename = "gateway")]
    pub gateways: Vec<Gateway>,
    /// Name servers; absent: gateways have addresses.
    #[serde(default)]
    pub dns: Option<Dns>,
    /// TLS of the trunk; there exactly where its transport is `tls`.
    #[serde(default)]
    pub tls: Option<Tls>,
    /// Certificates and keys, which come apart: [`Settings::with_tls`].
    #[serde(skip)]
    pub tls_material: TlsMaterial,
    /// SRTP of a trunk under TLS.
    #[serde(default)]
    pub srtp: Srtp,
    /// A firewall that gives the trunk another address; absent: none.
    #[serde(default)]
    pub nat: Nat,
    /// Supervision of the gateways.
    #[serde(default)]
    pub keep_alive: KeepAlive,
    /// What makes an outgoing call try the other gateway.
    #[serde(default)]
    pub failover: Failover,
    /// SIP timers.
    #[serde(default)]
    pub timers: TimerSettings,
    /// Session timer on the trunk; absent: none.
    #[serde(default)]
    pub session: Option<Session>,
    /// Spelling of SIP messages.
    #[serde(default)]
    pub sip: Sip,
    /// The sets.
    #[serde(rename = "user")]
    pub users: Vec<User>,
    /// Many sets at once; each is one of `users` once the file is read.
    #[serde(default, rename = "user-range")]
    pub user_ranges: Vec<UserRange>,
    /// Prefixes, emergency numbers, feature codes.
    #[serde(default)]
    pub numbering: Numbering,
    /// Voice mailbox or automatic attendant; absent: none.
    #[serde(default)]
    pub attendant: Option<Attendant>,
    /// Call budget of the trunk.
    #[serde(default)]
    pub cac: Cac,
    /// Codecs, ports, marking.
    #[serde(default)]
    pub media: Media,
    /// Hold.
    #[serde(default)]
    pub hold: Hold,
    /// Transfer.
    #[serde(default)]
    pub transfer: Transfer,
    /// Call forwarding to outside.
    #[serde(default)]
    pub forward: Forward,
    /// Which number is shown.
    #[serde(default)]
    pub identity: Identity,
    /// Tones to local sets.
    #[serde(default)]
    pub tones: Tones,
    /// Behaviour of sets as lines.
    #[serde(default)]
    pub sets: Sets,
}

/// Why a file is no configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Not TOML, an unknown name, a value of the wrong kind; the text names line and column.
    #[error("{0}")]
    Syntax(String),
    /// Understood, but contradictory or out of range.
    #[error("{0}")]
    Invalid(String),
}

impl Settings {
    /// Reads a TOML text.
    ///
    /// # Errors
    /// [`SettingsError`] where it is no legal configuration.
    pub fn from_toml(text: &str) -> Result<Settings, SettingsError> {
        let mut settings: Settings =
            toml::from_str(text).map_err(|error| SettingsError::Syntax(error.to_string()))?;
        for range in std::mem::take(&mut settings.user_ranges) {
            settings.users.extend(range.users().map_err(SettingsError::Invalid)?);
        }
        settings.validate()?;
        Ok(settings)
    }

    /// The same with passwords of sets, by directory number; they need not stand in the file.
    #[must_use]
    pub fn with_passwords(mut self, passwords: &BTreeMap<String, String>) -> Settings {
        for user in &mut self.users {
            if let Some(password) = passwords.get(&user.number) {
                user.password = Some(password.clone());
            }
        }
        self
    }

    /// The same with certificates and keys, which never stand in the file.
    ///
    /// # Errors
    /// [`SettingsError::Invalid`] where there is no certificate or no CA called `good`.
    pub fn with_tls(mut self, material: TlsMaterial) -> Result<Settings, SettingsError> {
        material.check()?;
        self.tls_material = material;
        Ok(self)
    }

    /// Whether the trunk is secured: TLS, and with it SRTP.
    pub fn is_secured(&self) -> bool {
        self.trunk.transport == Transport::Tls
    }

    /// Where a box with these settings and defects listens: trunk, LAN, console, and the port it asks name servers from.
    /// `Tls` is a TCP port behind which TLS is spoken.
    pub fn listening(&self, defects: &Defects) -> Vec<(Transport, SocketAddr)> {
        let mut all = vec![(Transport::Udp, self.lan.address), (Transport::Tcp, self.lan.address)];
        if self.is_secured() {
            all.push((Transport::Tls, self.trunk.address));
            if defects.has(Defect::SaysItInClearToo) {
                all.push((Transport::Udp, self.clear_sip()));
            }
            if defects.has(Defect::AnswersClearSip) {
                all.extend([Transport::Udp, Transport::Tcp].map(|transport| (transport, self.clear_sip())));
            }
        } else {
            all.extend([Transport::Udp, Transport::Tcp].map(|transport| (transport, self.trunk.address)));
        }
        all.extend(self.dns_source().map(|source| (Transport::Udp, source)));
        all.extend(self.console.map(|console| (Transport::Udp, console)));
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Where clear SIP would be on the trunk's interface.
    pub(crate) fn clear_sip(&self) -> SocketAddr {
        SocketAddr::new(self.trunk.address.ip(), 5060)
    }

    /// Where name servers are asked from.
    pub(crate) fn dns_source(&self) -> Option<SocketAddr> {
        let dns = self.dns.as_ref()?;
        Some(SocketAddr::new(self.trunk.address.ip(), dns.source_port))
    }

    /// What the box writes as its own address toward the trunk.
    pub(crate) fn written_trunk(&self) -> SocketAddr {
        let bound = self.trunk.address;
        SocketAddr::new(self.nat.written(bound.ip()), bound.port())
    }

    /// `User-Agent` and `Server`: call-server load, blank, load of the VoIP gateway.
    pub fn product(&self) -> String {
        product(&self.load)
    }

    /// How many trunk calls are let through.
    pub fn max_trunk_calls(&self) -> u32 {
        self.cac.max_trunk_calls.unwrap_or(self.platform.max_trunk_calls())
    }
}

/// The product string of a load: `OXO063/011.001 GW_063/011.001`.
pub(crate) fn product(load: &str) -> String {
    format!("{load} GW_{}", load.trim_start_matches("OXO"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const TEXT: &str = include_str!("../../tests/settings/powercpu.toml");

    #[test]
    fn the_sample_is_legal_and_names_its_load() {
        let settings = Settings::from_toml(TEXT).unwrap();
        assert_eq!(settings.product(), "OXO063/011.001 GW_063/011.001");
        assert_eq!(settings.max_trunk_calls(), 16);
        assert_eq!(settings.media.rtp_range, [32000, 32255]);
    }

    #[rstest]
    #[case("load = \"OXO063/011.001\"", "load = \"ABC\"", "not of the form")]
    #[case("primary-gw = 3", "primary-gw = 9", "index of no gateway")]
    #[case("platform =", "plattform =", "plattform")]
    #[case("[hold]", "[hold]\nmethod = \"silent\"", "anchored")]
    fn a_wrong_value_is_told(#[case] from: &str, #[case] to: &str, #[case] told: &str) {
        let error = Settings::from_toml(&TEXT.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }

    #[test]
    fn passwords_may_come_apart() {
        let passwords = BTreeMap::from([("101".to_owned(), "secret".to_owned())]);
        let settings = Settings::from_toml(TEXT).unwrap().with_passwords(&passwords);
        assert_eq!(settings.users[0].password.as_deref(), Some("secret"));
    }
}

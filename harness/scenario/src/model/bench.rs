//! One bench: DUT, sites, addresses, sets, drivers, and the operator profile in force.

use super::{Case, ChannelCounts, Limit, Quantity};
use oxocert_machine::Transport;
use oxocert_record::RoleName;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

/// What is certified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    /// OXO Connect PowerCPU.
    PowerCpu,
    /// OXO Connect Evolution ("IP box").
    Oce,
}

/// The architectures of the Orange document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Architecture {
    /// `powercpu-bvpn` (P), §2.2.
    PowerCpuBvpn,
    /// `oce-bvpn` (E), §2.2.
    OceBvpn,
    /// `oce-internet-a` (A), §2.4.
    OceInternetA,
    /// `oce-internet-b` (B), §2.4.
    OceInternetB,
}

impl Architecture {
    /// All of them.
    pub const ALL: [Architecture; 4] = [
        Architecture::PowerCpuBvpn,
        Architecture::OceBvpn,
        Architecture::OceInternetA,
        Architecture::OceInternetB,
    ];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Architecture::PowerCpuBvpn => "powercpu-bvpn",
            Architecture::OceBvpn => "oce-bvpn",
            Architecture::OceInternetA => "oce-internet-a",
            Architecture::OceInternetB => "oce-internet-b",
        }
    }

    /// Whether the trunk crosses the internet: TLS, SRTP and names (Orange §2.4).
    pub fn is_over_internet(self) -> bool {
        matches!(self, Architecture::OceInternetA | Architecture::OceInternetB)
    }

    /// The letter of the register.
    pub fn letter(self) -> char {
        match self {
            Architecture::PowerCpuBvpn => 'P',
            Architecture::OceBvpn => 'E',
            Architecture::OceInternetA => 'A',
            Architecture::OceInternetB => 'B',
        }
    }
}

/// One bench with its operator profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Bench {
    /// The name: the file without folder and ending.
    pub name: String,
    /// One line.
    pub title: String,
    /// Whether the DUT is no real box: parameters may be shortened, no certificate.
    pub simulation: bool,
    /// The architecture.
    pub architecture: Architecture,
    /// The operator profile.
    pub operator: Operator,
    /// The DUT.
    pub dut: Dut,
    /// a-SBCs: `sbc.nominal`, `sbc.backup`.
    pub sbcs: BTreeMap<RoleName, Sbc>,
    /// Sets: `set.hq1`, `set.rs1`, ...
    pub sets: BTreeMap<RoleName, SetPhone>,
    /// PSTN parties: `pstn.a`, ...
    pub parties: BTreeMap<RoleName, Party>,
    /// Pools: `set.load` with its members `set.load01`, ..., which stand among the sets or the parties.
    pub pools: BTreeMap<RoleName, Vec<RoleName>>,
    /// Every parameter and limit in force, by name.
    pub limits: BTreeMap<String, Limit>,
    /// Text values that scenarios may use: `dut.outside`, `dut.load`, `dut.codes.forward`, numbers of roles, ...
    pub texts: BTreeMap<String, String>,
    /// SIP timers of the harness.
    pub timers: Timers,
    /// The lab's own internet; there exactly where the architecture is over internet.
    pub internet: Option<Internet>,
    /// Expected verdicts that are not PASS come from `<name>.expected.toml`, where there is one.
    pub expected_file: Option<String>,
}

/// Names, certificates and policies of a trunk over internet (Orange §2.4, §5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Internet {
    /// Name servers that the DUT asks: `dns.a`, and `dns.b` where there is a second one.
    pub dns: BTreeMap<RoleName, SocketAddr>,
    /// Where certificates and keys come from.
    pub pki: PkiSource,
    /// The name of the DUT: CN and SAN of its certificate (§5.2.1-2).
    pub dut_fqdn: String,
    /// The address behind the NAT, in topology B: it must not be seen.
    pub dut_private: Option<IpAddr>,
    /// `a` or `srv` (C11): how the DUT is told to resolve.
    pub resolves_by: String,
    /// Lowest and highest version of TLS that the a-SBCs speak.
    pub tls_versions: (String, String),
    /// TLS 1.2 suites of the a-SBCs in order of preference, IANA numbers (§2.4.6).
    pub tls_suites: Vec<u16>,
    /// Flaws of the DUT's certificate that are no failure (policy `mtls.eku`: C20), by the names of `oxocert_pki::Flaw`.
    pub forgiven: BTreeSet<String>,
    /// SRTP suites of the a-SBCs in order of preference (§2.4.7).
    pub srtp_suites: Vec<String>,
}

/// Where the certificates of a bench come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PkiSource {
    /// Made for the run: only where the harness starts the DUT itself.
    Generated,
    /// A folder made by `oxocert pki init`, relative to the profile.
    Folder(String),
}

/// SIP timers (RFC 3261 table 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timers {
    /// T1 in milliseconds.
    pub t1_ms: u64,
    /// T2 in milliseconds.
    pub t2_ms: u64,
    /// T4 in milliseconds.
    pub t4_ms: u64,
}

/// What Orange sells, as the bench runs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Operator {
    /// The name: the file without folder and ending.
    pub name: String,
    /// `BTIP`, `BTalk`, ...
    pub offer: String,
    /// One line.
    pub title: String,
    /// Load floors: (release `063`, load `OXO063/011.001`).
    pub load_floors: Vec<(String, String)>,
    /// Rows of the sizing table: expected counts with the settings applied.
    pub sizing: BTreeMap<String, SizingRow>,
    /// Settings C3-C6 and their values, for the report.
    pub settings: BTreeMap<String, String>,
    /// Audio codec names in order of preference.
    pub codecs: Vec<String>,
    /// Destination ports of media, both included (§2.4.4).
    pub rtp_range: (u16, u16),
    /// DSCP of media (§2.1).
    pub dscp_media: u8,
    /// Status codes of an OPTIONS answer that mean "alive".
    pub options_alive: Vec<u16>,
    /// Emergency numbers, dialled bare.
    pub emergency: Vec<String>,
}

/// One row of the sizing table.
#[derive(Debug, Clone, PartialEq)]
pub struct SizingRow {
    /// Its text in the Orange document.
    pub title: String,
    /// Expected counts.
    pub expected: ChannelCounts,
    /// What the Orange document itself prints for the row; `None` for a row of ours.
    pub document: Option<ChannelCounts>,
    /// Whether a difference fails.
    pub strict: bool,
    /// Settings that shaped it.
    pub settings: Vec<String>,
}

/// How the DUT is started and configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DutDriver {
    /// The virtual OXO as a process of its own; the path of its settings file relative to the profile.
    VirtualOxo {
        /// The settings file.
        settings: String,
    },
    /// Asterisk out of the project's own root, configured from templates.
    Asterisk {
        /// The folder of templates, relative to the profile.
        templates: String,
    },
    /// A real box: a person is asked to configure it.
    Operator,
}

/// Where the media of sets on the trunk goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaAnchor {
    /// Between set and a-SBC.
    Direct,
    /// Through the DUT.
    Dut,
}

/// How a public number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberFormat {
    /// `+33277123456`.
    E164,
    /// `0277123456`.
    National,
}

/// The device under test.
#[derive(Debug, Clone, PartialEq)]
pub struct Dut {
    /// The platform; `None` for a PBX that is no OXO.
    pub platform: Option<Platform>,
    /// How it is started and configured.
    pub driver: DutDriver,
    /// The network namespace in which the harness starts it; `None`: its own.
    pub namespace: Option<String>,
    /// Where the a-SBC sends to (trunk).
    pub trunk: SocketAddr,
    /// Transport on the trunk.
    pub transport: Transport,
    /// Where sets register.
    pub registrar: SocketAddr,
    /// Management console (virtual OXO: UDP lines; Asterisk: AMI on TCP), where there is one.
    pub console: Option<SocketAddr>,
    /// The address its console is spoken to from; `None`: any.
    pub console_from: Option<IpAddr>,
    /// Every address the DUT emits from.
    pub addresses: BTreeSet<IpAddr>,
    /// Direct or anchored.
    pub media: MediaAnchor,
    /// How it writes numbers toward the trunk.
    pub numbers: NumberFormat,
    /// Its own RTP ports, both included.
    pub rtp_range: (u16, u16),
    /// What it declares: `oxo-load-string`, `primary-gw`, `moh`, ...
    pub properties: BTreeSet<String>,
    /// Reasons for properties, and for roles of the bench, that it does not have, for the report.
    pub lacks: BTreeMap<String, String>,
    /// Digest realm of its registrar.
    pub realm: Option<String>,
}

/// An access SBC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sbc {
    /// Its address.
    pub address: SocketAddr,
    /// Its name.
    pub fqdn: Option<String>,
    /// Media ports, both included.
    pub rtp_range: (u16, u16),
}

/// Where a set stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Site {
    /// The main site (head quarter).
    Hq,
    /// A remote site.
    Rs,
}

/// A telephone on the DUT, played by the harness as a SIP phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetPhone {
    /// Its site.
    pub site: Site,
    /// Its address.
    pub address: SocketAddr,
    /// Its directory number.
    pub number: String,
    /// Its public number in E.164 (`+33155501001`).
    pub ddi: String,
    /// Where its password comes from.
    pub password: PasswordSource,
    /// Media ports, both included.
    pub rtp_range: (u16, u16),
    /// The frequency of its identity tone, Hz.
    pub tone_hz: u16,
}

/// Where a password comes from; never the profile itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordSource {
    /// An environment variable.
    Env(String),
    /// A file, relative to the profile; first line.
    File(String),
    /// Drawn from the run's seed: only where the harness starts the DUT itself.
    Generated,
}

/// Somebody in the PSTN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The number in E.164.
    pub number: String,
    /// The frequency of the identity tone, Hz.
    pub tone_hz: u16,
}

impl Bench {
    /// Every role of the harness on this bench.
    pub fn roles(&self) -> impl Iterator<Item = &RoleName> {
        let dns = self.internet.iter().flat_map(|internet| internet.dns.keys());
        self.sbcs.keys().chain(self.sets.keys()).chain(self.parties.keys()).chain(dns)
    }

    /// Whether the bench has this role.
    pub fn has_role(&self, role: &RoleName) -> bool {
        self.roles().any(|known| known == role)
    }

    /// The pool that it is a member of.
    pub fn pool_of(&self, role: &RoleName) -> Option<&RoleName> {
        self.pools.iter().find(|(_, members)| members.binary_search(role).is_ok()).map(|(pool, _)| pool)
    }

    /// Leaves out the members of pools that none of these cases needs: they would be registered for nothing.
    #[must_use]
    pub fn with_pools_for(mut self, cases: &[Case]) -> Bench {
        let needed: BTreeSet<&RoleName> = cases.iter().flat_map(|case| &case.needs).collect();
        let idle: BTreeSet<RoleName> =
            self.pools.values().flatten().filter(|member| !needed.contains(member)).cloned().collect();
        self.sets.retain(|role, _| !idle.contains(role));
        self.parties.retain(|role, _| !idle.contains(role));
        for members in self.pools.values_mut() {
            members.retain(|member| !idle.contains(member));
        }
        self
    }

    /// The site of an address: a set's own site; every address of the DUT belongs to the main site.
    pub fn site_of(&self, address: IpAddr) -> Option<Site> {
        if self.dut.addresses.contains(&address) {
            return Some(Site::Hq);
        }
        self.sets.values().find(|set| set.address.ip() == address).map(|set| set.site)
    }

    /// The value of a duration parameter.
    pub fn duration(&self, name: &str) -> Option<std::time::Duration> {
        match self.limits.get(name)?.value {
            Quantity::Time(value) => Some(value),
            _ => None,
        }
    }

    /// The value of a number parameter.
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.limits.get(name)?.value {
            Quantity::Number(value) => Some(value),
            _ => None,
        }
    }
}

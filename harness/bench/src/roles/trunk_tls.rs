//! TLS of the a-SBCs: what each presents and accepts, its connections, and what a step changes of them.

use super::actions::Refused;
use super::probe::CLEAR_PORT;
use crate::BenchEvent;
use crate::stage::Stage;
use oxocert_machine::{At, Flow};
use oxocert_pki::{Identity, lab::Lab};
use oxocert_record::RoleName;
use oxocert_tls::{Backend, Command, Endpoint, PeerPolicy, Version};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// What a server of the years of TLS 1.0 and 1.1 had: ECDHE-RSA with AES and SHA-1, and AES alone.
const BELOW_TLS12: [u16; 4] = [0xc014, 0xc013, 0x0035, 0x002f];

/// The certificate that an a-SBC presents where no step says otherwise.
const GOOD: &str = "good";
/// No certificate as a client.
const NONE: &str = "none";
/// Suites that only OpenSSL still does: CBC (0xc028, 0xc027).
const CBC: [u16; 2] = [0xc028, 0xc027];

/// Bounds that a step set; what is `None` or empty is as the bench says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Bounds {
    /// Lowest and highest version.
    pub(crate) versions: Option<(String, String)>,
    /// TLS 1.2 suites.
    pub(crate) suites: Vec<u16>,
    /// Whether it resumes sessions as a client.
    pub(crate) resumes: Option<bool>,
    /// The name of the peer.
    pub(crate) peer_name: Option<String>,
}

/// One a-SBC's TLS.
#[derive(Debug)]
struct End {
    certificate: String,
    /// What it presented before, and from when on.
    presented: Vec<(At, String)>,
    bounds: Bounds,
    /// Connections whose handshake completed, and whether the DUT opened them.
    connections: BTreeMap<Flow, bool>,
}

/// TLS of all a-SBCs.
#[derive(Debug, Default)]
pub(crate) struct TrunkTls {
    lab: Option<Lab>,
    ends: BTreeMap<RoleName, End>,
}

impl TrunkTls {
    /// The a-SBCs `roles` with the certificates of `lab`.
    pub(crate) fn new(roles: impl Iterator<Item = RoleName>, lab: Option<Lab>) -> TrunkTls {
        let end = |role| {
            let end = End {
                certificate: GOOD.into(),
                presented: vec![(At::ZERO, GOOD.into())],
                bounds: Bounds::default(),
                connections: BTreeMap::new(),
            };
            (role, end)
        };
        TrunkTls { lab, ends: roles.map(end).collect() }
    }

    /// What the role presented in a handshake that began at `from`; `None`: nothing.
    pub(crate) fn presented_at(&self, role: &RoleName, from: At) -> Option<String> {
        let presented = &self.ends.get(role)?.presented;
        let name = &presented.iter().rev().find(|(since, _)| *since <= from).or(presented.first())?.1;
        (name != NONE).then(|| name.clone())
    }

    /// A handshake completed.
    pub(crate) fn connected(&mut self, role: &RoleName, flow: Flow, opened_by_peer: bool) {
        if let Some(end) = self.ends.get_mut(role) {
            end.connections.insert(flow, opened_by_peer);
        }
    }

    /// A connection ended; whether the DUT had opened it.
    pub(crate) fn ended(&mut self, role: &RoleName, flow: Flow) -> bool {
        self.ends.get_mut(role).and_then(|end| end.connections.remove(&flow)).unwrap_or(false)
    }

    fn identity(&self, role: &RoleName, certificate: &str) -> Option<Identity> {
        // `sbc.nominal/good`: the certificate of another a-SBC, for a name that moves.
        let (owner, name) = certificate.split_once('/').unwrap_or((role.as_str(), certificate));
        self.lab.as_ref()?.identity(owner, name).cloned()
    }
}

impl Stage {
    /// Tells the TLS layer how every a-SBC behaves.
    pub(crate) fn order_endpoints(&mut self) {
        for (role, sbc) in self.bench.sbcs.clone() {
            self.order_endpoint(&role, true);
            if self.bench.internet.is_some() {
                let local = SocketAddr::new(sbc.address.ip(), CLEAR_PORT);
                self.order_tls(Command::Plain { local });
            }
        }
    }

    /// Tells the TLS layer how an a-SBC behaves from now on; without identity where a probe wants none.
    pub(crate) fn order_endpoint(&mut self, role: &RoleName, with_identity: bool) {
        let Some(sbc) = self.bench.sbcs.get(role) else { return };
        let local = sbc.address.ip();
        let Some(mut endpoint) = self.endpoint(role) else { return };
        if !with_identity {
            endpoint.identity = None;
        }
        self.order_tls(Command::Endpoint { local, endpoint: Box::new(endpoint) });
    }

    /// An order for the TLS layer.
    pub(crate) fn order_tls(&mut self, command: Command) {
        self.out.emit(BenchEvent::Tls(command));
    }

    /// How an a-SBC does TLS at the moment; `None` on a bench in clear.
    fn endpoint(&self, role: &RoleName) -> Option<Endpoint> {
        let internet = self.bench.internet.as_ref()?;
        let end = self.trunk_tls.ends.get(role)?;
        let versions = end.bounds.versions.as_ref().unwrap_or(&internet.tls_versions);
        let (lowest, highest) = (version(&versions.0)?, version(&versions.1)?);
        let suites = match &end.bounds.suites {
            chosen if !chosen.is_empty() => chosen,
            _ if highest < Version::Tls12 => &BELOW_TLS12.to_vec(),
            _ => &internet.tls_suites,
        };
        let only_cbc = !suites.is_empty() && suites.iter().all(|suite| CBC.contains(suite));
        // A weak key is one that rustls will not sign with.
        let old = only_cbc || lowest < Version::Tls12 || end.certificate.ends_with("weak-key");
        Some(Endpoint {
            identity: self.trunk_tls.identity(role, &end.certificate),
            trusted: self.trunk_tls.lab.as_ref().map(Lab::trusted_of_sbc).unwrap_or_default(),
            lowest,
            highest,
            suites: suites.clone(),
            backend: if old { Backend::OpenSsl } else { Backend::Rustls },
            peer: PeerPolicy::Record,
            asks_client: true,
            peer_name: Some(end.bounds.peer_name.clone().unwrap_or_else(|| internet.dut_fqdn.clone())),
            clock_ahead: 0,
            resumes: end.bounds.resumes.unwrap_or(false),
        })
    }

    /// Presents another certificate of the lab from now on.
    pub(crate) fn present(&mut self, role: &RoleName, certificate: &str) -> Result<(), Refused> {
        self.needs_tls(role)?;
        if certificate != NONE && self.trunk_tls.identity(role, certificate).is_none() {
            return Err(Refused::Bench(format!("the lab has no certificate `{certificate}` for {role}")));
        }
        let now = self.now;
        if let Some(end) = self.trunk_tls.ends.get_mut(role) {
            end.certificate = certificate.to_owned();
            end.presented.push((now, certificate.to_owned()));
        }
        self.order_endpoint(role, true);
        self.trunk_changed(role, &format!("presents the certificate `{certificate}`"));
        Ok(())
    }

    /// Does TLS within other bounds from now on.
    pub(crate) fn limit_tls(&mut self, role: &RoleName, bounds: Bounds) -> Result<(), Refused> {
        self.needs_tls(role)?;
        if let Some((low, high)) = &bounds.versions {
            match (version(low), version(high)) {
                (Some(low), Some(high)) if low <= high => {}
                _ => return Err(Refused::Bench(format!("there are no TLS versions {low} to {high}"))),
            }
        }
        let mut words = Vec::new();
        if let Some((low, high)) = &bounds.versions {
            words.push(if low == high {
                format!("version {low}")
            } else {
                format!("versions {low} to {high}")
            });
        }
        if !bounds.suites.is_empty() {
            let names: Vec<String> = bounds.suites.iter().map(|suite| format!("0x{suite:04x}")).collect();
            words.push(format!("suites {}", names.join(", ")));
        }
        words.extend(
            bounds.resumes.map(|resumes| if resumes { "resumption" } else { "no resumption" }.to_owned()),
        );
        words.extend(bounds.peer_name.as_ref().map(|name| format!("the name {name}")));
        if let Some(end) = self.trunk_tls.ends.get_mut(role) {
            end.bounds = bounds;
        }
        self.order_endpoint(role, true);
        self.trunk_changed(role, &format!("does TLS with {}", words.join(", ")));
        Ok(())
    }

    /// Opens a connection to the DUT.
    pub(crate) fn connect(&mut self, role: &RoleName) -> Result<(), Refused> {
        self.needs_tls(role)?;
        let Some(agent) = self.agents.get(role) else { return Ok(()) };
        let flow = agent.flow;
        self.order_tls(Command::Connect { flow });
        self.out.role_state(self.now, role, "opens a connection");
        Ok(())
    }

    /// Closes every connection with the DUT, whoever opened it.
    pub(crate) fn drop_connection(&mut self, role: &RoleName) -> Result<(), Refused> {
        self.needs_tls(role)?;
        let Some(sbc) = self.bench.sbcs.get(role) else { return Ok(()) };
        let local = sbc.address.ip();
        self.order_tls(Command::CloseAll { local });
        self.trunk_changed(role, "closes its connections");
        Ok(())
    }

    /// Presents the good certificate and does TLS as the bench says. Connections that were made otherwise are closed, so that the
    /// next case finds none of them.
    pub(crate) fn restore_tls(&mut self, role: &RoleName) {
        let now = self.now;
        let Some(end) = self.trunk_tls.ends.get_mut(role) else { return };
        if end.certificate == GOOD && end.bounds == Bounds::default() {
            return;
        }
        end.certificate = GOOD.into();
        end.presented.push((now, GOOD.into()));
        end.bounds = Bounds::default();
        let local = self.bench.sbcs.get(role).map(|sbc| sbc.address.ip());
        self.order_endpoint(role, true);
        if let Some(local) = local {
            self.order_tls(Command::CloseAll { local });
        }
        self.trunk_changed(role, "does TLS as usual");
    }

    fn needs_tls(&self, role: &RoleName) -> Result<(), Refused> {
        if self.bench.internet.is_some() && self.trunk_tls.ends.contains_key(role) {
            return Ok(());
        }
        Err(Refused::Bench(format!("{role} is no a-SBC with a secured trunk")))
    }
}

fn version(name: &str) -> Option<Version> {
    let all = [Version::Ssl3, Version::Tls10, Version::Tls11, Version::Tls12, Version::Tls13];
    all.into_iter().find(|version| version.name() == name)
}

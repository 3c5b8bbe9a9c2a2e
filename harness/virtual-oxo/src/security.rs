//! How the trunk does TLS: what it presents, whom it takes, as client and as server.

use crate::defects::Defect;
use crate::gateway::GatewayNo;
use crate::oxo::VirtualOxo;
use oxocert_machine::{Flow, Transport};
use oxocert_pki::{Flaw, Identity};
use oxocert_tls::{
    Backend, Command, Endpoint, Event, Handshake, Outcome, PeerPolicy, Side as Opener, Version,
};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The TLS 1.2 suites of Orange §2.4.6, in its order.
const SUITES: [u16; 4] = [0xc030, 0xc02f, 0xc028, 0xc027];

/// Suites without forward secrecy: AES128-SHA, AES256-SHA, 3DES, RC4, NULL; the library takes those it still knows.
const WEAK: [u16; 5] = [0x002f, 0x0035, 0x000a, 0x0005, 0x003b];

/// Suites that TLS 1.0 and 1.1 know too: ECDHE-RSA with AES and SHA-1, AES128-SHA.
const OLD: [u16; 3] = [0xc014, 0xc013, 0x002f];

/// Two years in seconds.
const TWO_YEARS: i64 = 2 * 365 * 86_400;

/// How long a box is deaf that was upset by a handshake.
const DEAF: Duration = Duration::from_secs(60);

/// Which end of a connection an endpoint is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Client,
    Server,
}

/// Defects that show another certificate, by its name in the material.
const PRESENTED: [(Defect, &str); 8] = [
    (Defect::PresentsExpiredCertificate, "expired"),
    (Defect::PresentsNotYetValidCertificate, "not-yet-valid"),
    (Defect::PresentsUnknownCa, "unknown-ca"),
    (Defect::PresentsSelfSigned, "self-signed"),
    (Defect::PresentsWrongName, "wrong-name"),
    (Defect::PresentsCommonNameOnly, "cn-only"),
    (Defect::PresentsWildcard, "wildcard"),
    (Defect::PresentsServerOnly, "server-only"),
];

impl VirtualOxo {
    fn tls(&mut self, command: Command) {
        self.out.push_back(oxocert_machine::Output::Event(crate::oxo::OxoEvent::Tls(command)));
    }

    /// From now on connections are made and taken as the settings say.
    pub(crate) fn secure_trunk(&mut self) {
        if !self.settings.is_secured() {
            return;
        }
        if let Some(longest) = self.patience() {
            self.tls(Command::Patience(longest));
        }
        let local = self.settings.trunk.address.ip();
        let endpoint = Box::new(self.endpoint(None, End::Server));
        self.tls(Command::Endpoint { local, endpoint });
        if self.has(Defect::DeafToHandshakes) {
            let local = self.settings.trunk.address;
            self.tls(Command::Plain { local });
        }
        for local in [self.settings.lan.address, self.settings.clear_sip()] {
            self.tls(Command::Plain { local });
        }
        for number in self.gateways.numbers() {
            let places = self.gateways.get(number).map(|gateway| gateway.places.clone()).unwrap_or_default();
            for place in places {
                self.secure_toward(number, place.ip());
            }
        }
    }

    /// The longest handshake, where it is not the usual one.
    fn patience(&self) -> Option<Duration> {
        if self.has(Defect::WaitsForEver) {
            return Some(Duration::from_secs(86_400));
        }
        self.settings.tls.as_ref()?.handshake_ms.map(Duration::from_millis)
    }

    /// Every connection of the trunk is closed; the next request makes a new one.
    pub(crate) fn close_all(&mut self) {
        if self.settings.is_secured() {
            let local = self.settings.trunk.address.ip();
            self.tls(Command::CloseAll { local });
        }
    }

    /// Connections from and to this address are those of this gateway.
    pub(crate) fn secure_toward(&mut self, number: GatewayNo, remote: IpAddr) {
        if self.settings.is_secured() {
            self.toward(number, remote, End::Server);
        }
    }

    fn toward(&mut self, number: GatewayNo, remote: IpAddr, end: End) {
        let local = self.settings.trunk.address.ip();
        let endpoint = Box::new(self.endpoint(Some(number), end));
        self.tls(Command::Toward { local, remote, endpoint });
    }

    /// A box with a defect of one end alone changes its mind for the connection it is about to open.
    pub(crate) fn before_connecting(&mut self, flow: Flow) {
        if flow.transport != Transport::Tls || !self.ends_differ() || self.is_connected(flow.remote) {
            return;
        }
        if let Some(number) = self.gateways.at(flow.remote) {
            self.toward(number, flow.remote.ip(), End::Client);
        }
    }

    /// The connection is made, or cannot be: it serves again as it did.
    pub(crate) fn after_connecting(&mut self, remote: SocketAddr) {
        if self.settings.is_secured()
            && self.ends_differ()
            && let Some(number) = self.gateways.at(remote)
        {
            self.toward(number, remote.ip(), End::Server);
        }
    }

    fn ends_differ(&self) -> bool {
        let of_one_end = [
            Defect::PresentsNoClientCertificate,
            Defect::NoSni,
            Defect::OffersTls10,
            Defect::AcceptsTls10,
            Defect::OffersWeakSuites,
            Defect::AcceptsWeakSuites,
            Defect::RefusesGoodPeer,
            Defect::StrangerAnswered,
        ];
        of_one_end.iter().any(|defect| self.has(*defect))
    }

    fn endpoint(&self, gateway: Option<GatewayNo>, end: End) -> Endpoint {
        let tls = self.settings.tls.as_ref();
        // A caller at an address that no name gave must still be a gateway: the first one.
        let number = gateway.or_else(|| self.gateways.primary());
        let name = number.and_then(|number| self.gateways.get(number)?.gateway.fqdn.clone());
        let old = self.speaks_old(end);
        let asks = tls.is_none_or(|tls| tls.mutual) && !self.has(Defect::NoClientCertificateAsked);
        let stranger = end == End::Server && self.has(Defect::StrangerAnswered);
        Endpoint {
            identity: self
                .presented()
                .filter(|_| end == End::Server || !self.has(Defect::PresentsNoClientCertificate)),
            trusted: self.trusted(end),
            lowest: if old { Version::Tls10 } else { Version::Tls12 },
            // An OCE speaks TLS 1.2 only (Orange §2.4.6).
            highest: Version::Tls12,
            suites: self.suites(end),
            backend: Backend::OpenSsl,
            peer: if stranger {
                PeerPolicy::Record
            } else {
                PeerPolicy::Refuse { forgiven: self.forgiven() }
            },
            asks_client: asks && !stranger,
            peer_name: name.filter(|_| end == End::Server || !self.has(Defect::NoSni)),
            clock_ahead: self.clock_ahead + if self.has(Defect::ClockWrong) { TWO_YEARS } else { 0 },
            resumes: self.has(Defect::ResumesSessions),
        }
    }

    /// Whether this end speaks TLS 1.0 and 1.1.
    fn speaks_old(&self, end: End) -> bool {
        match end {
            End::Client => self.has(Defect::OffersTls10),
            End::Server => self.has(Defect::AcceptsTls10),
        }
    }

    /// The certificate in use, or what a defect puts in its place.
    fn presented(&self) -> Option<Identity> {
        let identities = &self.settings.tls_material.identities;
        let name = if self.has(Defect::RenewalIgnored) { "good" } else { self.certificate.as_str() };
        let mut identity = identities.get(name).or_else(|| identities.get("good"))?.clone();
        for (defect, name) in PRESENTED.into_iter().chain([(Defect::PresentsWeakKey, "weak-key")]) {
            if self.has(defect)
                && let Some(other) = identities.get(name)
            {
                identity = other.clone();
            }
        }
        if self.has(Defect::OmitsIntermediate) {
            identity.chain.truncate(1);
        }
        Some(identity)
    }

    fn trusted(&self, end: End) -> Vec<Vec<u8>> {
        if end == End::Server && self.has(Defect::RefusesGoodPeer) {
            return Vec::new();
        }
        let trusted = &self.settings.tls_material.trusted;
        let name = if self.has(Defect::RefusesSuccessorRoot) { "good" } else { self.trusts.as_str() };
        trusted.get(name).or_else(|| trusted.get("good")).cloned().unwrap_or_default()
    }

    fn suites(&self, end: End) -> Vec<u16> {
        let configured = self.settings.tls.as_ref().map(|tls| tls.suites.clone()).unwrap_or_default();
        let mut suites = if configured.is_empty() { SUITES.to_vec() } else { configured };
        let cbc = |suite: &u16| matches!(suite, 0xc027 | 0xc028);
        suites.retain(|suite| {
            !(cbc(suite) && self.has(Defect::NoCbcSuites)
                || !cbc(suite) && self.has(Defect::OnlyCbcSuites)
                || *suite == 0xc030 && self.has(Defect::RefusesAes256Gcm)
                || *suite == 0xc02f && self.has(Defect::RefusesAes128Gcm))
        });
        if self.has(Defect::PrefersWeakestSuite) {
            suites.reverse();
        }
        let weak = match end {
            End::Client => self.has(Defect::OffersWeakSuites),
            End::Server => self.has(Defect::AcceptsWeakSuites),
        };
        if weak {
            suites.extend(WEAK);
        }
        if self.speaks_old(end) {
            suites.extend(OLD);
        }
        suites
    }

    fn forgiven(&self) -> BTreeSet<Flaw> {
        let mut forgiven = self.settings.tls.as_ref().map(|tls| tls.forgiven.clone()).unwrap_or_default();
        let by_defect: [(Defect, &[Flaw]); 9] = [
            (Defect::AcceptsAnyCa, &[Flaw::UnknownCa, Flaw::BadSignature]),
            (Defect::AcceptsMissingIntermediate, &[Flaw::MissingIntermediate]),
            (Defect::IgnoresPeerName, &[Flaw::NameMismatch, Flaw::NameInCommonNameOnly, Flaw::Wildcard]),
            (Defect::AcceptsCommonName, &[Flaw::NameInCommonNameOnly]),
            (Defect::AcceptsWildcardPeer, &[Flaw::Wildcard]),
            (Defect::AcceptsExpiredPeer, &[Flaw::Expired]),
            (Defect::AcceptsNotYetValidPeer, &[Flaw::NotYetValid]),
            (Defect::AcceptsServerOnlyPeer, &[Flaw::NoClientAuth]),
            (Defect::AcceptsWeakKey, &[Flaw::WeakKey]),
        ];
        for (defect, flaws) in by_defect {
            if self.has(defect) {
                forgiven.extend(flaws);
            }
        }
        forgiven
    }

    /// What the TLS layer tells.
    pub(crate) fn on_tls(&mut self, event: Event) {
        match event {
            Event::Handshake(handshake) => self.shaken_hands(&handshake),
            Event::Ended(ended) => self.log(format!("{} ended: {}", ended.flow, ended.why)),
            Event::Finding { flow, note } => self.log(format!("{flow}: {note}")),
            Event::Secret { .. } | Event::Probed { .. } => {}
        }
    }

    fn shaken_hands(&mut self, handshake: &Handshake) {
        let remote = handshake.flow.remote;
        if handshake.opened_by == Opener::Own {
            self.after_connecting(remote);
        }
        match &handshake.outcome {
            Outcome::Completed => {
                let proven = handshake.presented.is_some();
                if proven || self.gateways.at(remote).is_some() || self.has(Defect::StrangerAnswered) {
                    self.welcome.insert(handshake.flow);
                }
            }
            Outcome::Refused { why, .. } => {
                self.log(format!("no TLS with {remote}: {why}"));
                if self.has(Defect::DeafAfterRefusedHandshake) && handshake.opened_by == Opener::Peer {
                    self.deaf_until = self.now + DEAF;
                }
            }
        }
    }
}

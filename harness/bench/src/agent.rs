//! The user agent of one SIP address of the bench: an a-SBC or a set.

use oxocert_machine::{Flow, Seed, Transport};
use oxocert_record::RoleName;
use oxocert_scenario::model::bench::Bench;
use oxocert_sip::ua::{Config, Timers, UserAgent};
use std::net::SocketAddr;
use std::time::Duration;

/// What stands at the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An access SBC.
    Sbc,
    /// A telephone.
    Set,
}

/// One SIP address and its user agent.
#[derive(Debug)]
pub(crate) struct Agent {
    /// What it is.
    pub(crate) kind: Kind,
    /// Its address.
    pub(crate) address: SocketAddr,
    /// Where it sends requests that begin something.
    pub(crate) flow: Flow,
    /// The SIP brain.
    pub(crate) ua: UserAgent,
}

impl Agent {
    /// The a-SBC at `address`: it talks to the trunk of the DUT over the trunk's transport.
    pub(crate) fn sbc(bench: &Bench, role: &RoleName, address: SocketAddr, seed: Seed) -> Agent {
        let mut allow = vec!["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "UPDATE", "PRACK"];
        // REFER is announced only where the offer lets the network do the transfer (setting C4).
        if bench.operator.settings.get("transfer_mechanism").is_some_and(|how| how == "refer") {
            allow.extend(["REFER", "NOTIFY"]);
        }
        Agent::new(bench, role, Kind::Sbc, address, bench.dut.transport, bench.dut.trunk, &allow, seed)
    }

    /// The set at `address`: it talks to the registrar of the DUT over UDP.
    pub(crate) fn set(bench: &Bench, role: &RoleName, address: SocketAddr, seed: Seed) -> Agent {
        let allow = ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "UPDATE", "PRACK", "REFER", "NOTIFY"];
        Agent::new(bench, role, Kind::Set, address, Transport::Udp, bench.dut.registrar, &allow, seed)
    }

    #[allow(clippy::too_many_arguments)]
    fn new(
        bench: &Bench,
        role: &RoleName,
        kind: Kind,
        address: SocketAddr,
        transport: Transport,
        remote: SocketAddr,
        allow: &[&str],
        seed: Seed,
    ) -> Agent {
        // A stream is connected from a port of the system's choice.
        let flow = match transport {
            Transport::Udp => Flow::udp(address, remote),
            Transport::Tcp => Flow::tcp(SocketAddr::new(address.ip(), 0), remote),
            Transport::Tls => Flow::tls(SocketAddr::new(address.ip(), 0), remote),
        };
        let product = match kind {
            Kind::Sbc => concat!("oxocert-sbc/", env!("CARGO_PKG_VERSION")),
            Kind::Set => concat!("oxocert-set/", env!("CARGO_PKG_VERSION")),
        };
        let timers = &bench.timers;
        let ua = UserAgent::new(Config {
            address,
            transport,
            product: Some(product.into()),
            allow: allow.iter().map(|method| (*method).to_owned()).collect(),
            supported: vec!["timer".into(), "replaces".into()],
            timers: Timers {
                t1: Duration::from_millis(timers.t1_ms),
                t2: Duration::from_millis(timers.t2_ms),
                t4: Duration::from_millis(timers.t4_ms),
            },
            session: None,
            auto_trying: true,
            first_cseq: None,
            contact_params: match transport {
                Transport::Udp => String::new(),
                Transport::Tcp => ";transport=tcp".into(),
                Transport::Tls => ";transport=tls".into(),
            },
            seed: seed.child(role.as_str()),
            tos: 0,
        });
        Agent { kind, address, flow, ua }
    }

    /// Host and port of its URIs.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }
}

//! A name server of the lab: answers the DUT's queries on its own address, or misbehaves as a step says.

mod answer;
mod zone;

use crate::stage::Stage;
use answer::{Answer, Misbehaviour, Query};
use hickory_proto::op::ResponseCode;
use oxocert_machine::{At, Flow, Transport};
use oxocert_record::{DnsSeen, Emitter, RoleName, What};
use oxocert_scenario::model::bench::Bench;
use oxocert_scenario::model::step::Service;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use zone::{Records, Zone};

/// How long after the true answer the second one of `late-second` comes.
const LATE: Duration = Duration::from_millis(50);
/// Second answers that may wait at once; beyond, no more are made.
const WAITING_AT_MOST: usize = 1_000;

/// One name server.
#[derive(Debug)]
struct Server {
    address: SocketAddr,
    zone: Zone,
    misbehaviour: Option<Misbehaviour>,
}

/// The name servers of the bench.
#[derive(Debug)]
pub(crate) struct Dns {
    servers: BTreeMap<RoleName, Server>,
    /// What they know when nothing is ordered.
    usual: Zone,
    /// Second answers and when they are due, in order.
    waiting: Vec<(At, Flow, Vec<u8>)>,
    /// The longest time to live that a step ordered since the last [`Dns::settling`].
    longest: Duration,
}

/// What a server does with a datagram.
#[derive(Debug, Default)]
pub(crate) struct Served {
    /// For the timeline.
    pub(crate) records: Vec<What>,
    /// For the network.
    pub(crate) answers: Vec<Vec<u8>>,
}

impl Dns {
    /// The name servers of `bench`.
    pub(crate) fn new(bench: &Bench) -> Dns {
        let usual = Zone::of(bench);
        let addresses = bench.internet.iter().flat_map(|internet| internet.dns.clone());
        let servers = addresses
            .map(|(role, address)| (role, Server { address, zone: usual.clone(), misbehaviour: None }))
            .collect();
        Dns { servers, usual, waiting: Vec::new(), longest: Duration::ZERO }
    }

    /// Their addresses.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.servers.values().map(|server| server.address)
    }

    /// Whether a name server listens at the flow's local end.
    pub(crate) fn owns(&self, flow: Flow) -> bool {
        flow.transport == Transport::Udp && self.addresses().any(|address| address == flow.local)
    }

    /// Serves a datagram of `emitter`.
    pub(crate) fn received(&mut self, at: At, flow: Flow, emitter: Emitter, bytes: &[u8]) -> Served {
        let mut served = Served::default();
        let Some((role, server)) = self.servers.iter().find(|(_, server)| server.address == flow.local)
        else {
            return served;
        };
        let query = match Query::read(bytes) {
            Ok(query) => query,
            Err(why) => {
                let note = format!("{} sent {why}", flow.remote);
                served.records.push(What::Finding { role: role.clone(), emitter, note });
                return served;
            }
        };
        let truth = || query.truth(&server.zone);
        // Nobody is behind it, and nothing leaves the lab.
        let wrong = server.address.ip();
        let mut late = None;
        let answers = match server.misbehaviour {
            None => vec![truth()],
            Some(Misbehaviour::Silent) => Vec::new(),
            Some(Misbehaviour::NxDomain) => vec![query.refuse(ResponseCode::NXDomain, "NXDOMAIN")],
            Some(Misbehaviour::ServFail) => vec![query.refuse(ResponseCode::ServFail, "SERVFAIL")],
            Some(Misbehaviour::Truncated) => vec![query.truncated(&server.zone)],
            Some(Misbehaviour::WrongId) => {
                query.lie(&server.zone, wrong, true).into_iter().chain([truth()]).collect()
            }
            Some(Misbehaviour::LateSecond) => {
                late = query.lie(&server.zone, wrong, false);
                vec![truth()]
            }
        };
        let words = answers.iter().chain(&late).map(|answer| answer.words.as_str()).collect::<Vec<_>>();
        served.records.push(What::Dns(DnsSeen {
            role: role.clone(),
            emitter,
            remote: flow.remote,
            local: flow.local,
            id: query.id,
            name: query.name.clone(),
            kind: query.kind.clone(),
            answer: if words.is_empty() { "nothing".to_owned() } else { words.join("; ") },
        }));
        served.answers = answers.into_iter().map(|answer| answer.bytes).collect();
        if let Some(Answer { bytes, .. }) = late
            && self.waiting.len() < WAITING_AT_MOST
        {
            self.waiting.push((at + LATE, flow, bytes));
        }
        served
    }

    /// When a second answer is due.
    pub(crate) fn deadline(&self) -> Option<At> {
        self.waiting.iter().map(|(at, ..)| *at).min()
    }

    /// The second answers that are due.
    pub(crate) fn due(&mut self, now: At) -> Vec<(Flow, Vec<u8>)> {
        let due = |waiting: &mut (At, Flow, Vec<u8>)| waiting.0 <= now;
        self.waiting.extract_if(.., due).map(|(_, flow, bytes)| (flow, bytes)).collect()
    }

    /// Other records for a name from now on.
    ///
    /// # Errors
    /// In words, where the role is no name server.
    pub(crate) fn resolve(
        &mut self,
        role: &RoleName,
        name: &str,
        addresses: &[IpAddr],
        services: &[Service],
        ttl: Duration,
    ) -> Result<(), String> {
        self.longest = self.longest.max(ttl);
        let records = Records { addresses: addresses.to_vec(), services: services.to_vec(), ttl };
        self.server(role)?.zone.set(name, records);
        Ok(())
    }

    /// Misbehaves from now on.
    ///
    /// # Errors
    /// In words, where the role is no name server, or the way is not known.
    pub(crate) fn fail(&mut self, role: &RoleName, how: &str) -> Result<(), String> {
        let server = self.server(role)?;
        let how = Misbehaviour::named(how).ok_or_else(|| format!("a name server cannot fail as `{how}`"))?;
        server.misbehaviour = Some(how);
        Ok(())
    }

    /// Answers the truth of the bench again; whether it did not before.
    pub(crate) fn restore(&mut self, role: &RoleName) -> bool {
        let usual = self.usual.clone();
        let Ok(server) = self.server(role) else { return false };
        let changed = server.misbehaviour.is_some() || server.zone != usual;
        server.misbehaviour = None;
        server.zone = usual;
        changed
    }

    /// All of them.
    pub(crate) fn roles(&self) -> Vec<RoleName> {
        self.servers.keys().cloned().collect()
    }

    /// How long the DUT may rightly go on with records that a step ordered; asked once.
    pub(crate) fn settling(&mut self) -> Duration {
        std::mem::take(&mut self.longest)
    }

    fn server(&mut self, role: &RoleName) -> Result<&mut Server, String> {
        self.servers.get_mut(role).ok_or_else(|| format!("{role} is no name server of this bench"))
    }
}

impl Stage {
    /// A datagram came to a name server.
    pub(crate) fn dns_received(&mut self, at: At, flow: Flow, bytes: &[u8]) {
        let emitter = self.emitter(flow.remote.ip());
        let served = self.dns.received(self.now, flow, emitter, bytes);
        for what in served.records {
            self.happened(at, what);
        }
        for bytes in served.answers {
            self.out.transmit(flow, 0, bytes);
        }
    }

    /// Second answers that are due leave.
    pub(crate) fn dns_timeout(&mut self) {
        for (flow, bytes) in self.dns.due(self.now) {
            self.out.transmit(flow, 0, bytes);
        }
    }

    /// A name server knows other records for a name from now on.
    pub(crate) fn resolve(
        &mut self,
        role: &RoleName,
        name: &str,
        addresses: &[IpAddr],
        services: &[Service],
        ttl: Duration,
    ) -> Result<(), String> {
        self.dns.resolve(role, name, addresses, services, ttl)?;
        let addresses = addresses.iter().map(IpAddr::to_string);
        let services = services.iter().map(|service| format!("{}:{}", service.target, service.port));
        let words: Vec<String> = addresses.chain(services).collect();
        let words = if words.is_empty() { "nothing".to_owned() } else { words.join(", ") };
        let ttl = ttl.as_secs();
        self.out.role_state(self.now, role, format!("answers {words} for {name}, ttl {ttl} s"));
        self.gateways_unknown();
        Ok(())
    }

    /// A name server misbehaves from now on.
    pub(crate) fn fail_dns(&mut self, role: &RoleName, how: &str) -> Result<(), String> {
        self.dns.fail(role, how)?;
        self.out.role_state(self.now, role, format!("fails: {how}"));
        self.gateways_unknown();
        Ok(())
    }
}

#[cfg(test)]
mod tests;

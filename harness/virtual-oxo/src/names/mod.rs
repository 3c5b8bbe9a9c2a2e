//! Names to addresses: the resolver of the box (RFC 1035, RFC 3263 §4), sans-IO over UDP.
//!
//! [`Resolver::find`] says what is known, and asks for what is not. Each question goes to one name server after the other; its
//! answer must come from the server that was asked, with the identifier and the question that were sent (RFC 5452 §9).

mod cache;
mod message;
mod question;

use crate::defects::{Defect, Defects};
use crate::settings::{Dns, DnsMode};
use cache::{Cache, Entry};
use message::{Data, Kind, Reading};
use oxocert_machine::{At, Seed};
use question::Question;
use rand::Rng;
use rand::rngs::SmallRng;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

/// Service name of SIP over TLS (RFC 3263 §4.1).
const SERVICE: &str = "_sips._tcp.";

/// Most addresses that one name is given.
const MOST: usize = 16;

/// What is known of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// Where it is, in the order in which the places are to be tried; never empty.
    At(Vec<SocketAddr>),
    /// The name servers are asked.
    UnderWay,
    /// It has no address, or no name server says so.
    Nowhere,
}

/// The resolver.
#[derive(Debug)]
pub(crate) struct Resolver {
    dns: Dns,
    defects: Defects,
    dice: SmallRng,
    cache: Cache,
    /// What once had no answer.
    failed: BTreeSet<(String, Kind)>,
    questions: BTreeMap<(String, Kind), Question>,
    out: VecDeque<(SocketAddr, Vec<u8>)>,
    /// A question ended since this was last asked.
    ended: bool,
}

impl Resolver {
    pub(crate) fn new(dns: &Dns, defects: &Defects, seed: Seed) -> Resolver {
        let mut dns = dns.clone();
        if defects.has(Defect::DnsNoSecondServer) {
            dns.servers.truncate(1);
        }
        Resolver {
            dns,
            defects: defects.clone(),
            dice: seed.generator("names"),
            cache: Cache::default(),
            failed: BTreeSet::new(),
            questions: BTreeMap::new(),
            out: VecDeque::new(),
            ended: false,
        }
    }

    /// Which records it asks for.
    pub(crate) fn mode(&self) -> DnsMode {
        self.dns.mode
    }

    /// Asks for other records from now on; what is known of a name stays known until it expires.
    pub(crate) fn set_mode(&mut self, mode: DnsMode) {
        self.dns.mode = mode;
    }

    /// What is known of `fqdn`; what has expired is asked for. `port` is that of addresses without service record.
    pub(crate) fn find(&mut self, now: At, fqdn: &str, port: u16) -> Found {
        if self.dns.mode == DnsMode::A {
            return self.addresses(now, fqdn, port);
        }
        let services = match self.known(now, &format!("{SERVICE}{fqdn}"), Kind::Service) {
            None => return Found::UnderWay,
            Some(data) => data,
        };
        let mut places = Vec::new();
        let mut under_way = false;
        let mut none = true;
        for service in services {
            let Data::Service { port, target, .. } = service else { continue };
            none = false;
            match self.addresses(now, &target, port) {
                Found::At(found) => places.extend(found),
                Found::UnderWay => under_way = true,
                Found::Nowhere => {}
            }
        }
        if none {
            // No service record: the name itself, at the port of the settings (RFC 3263 §4.2).
            return self.addresses(now, fqdn, port);
        }
        if under_way {
            return Found::UnderWay;
        }
        places.truncate(MOST);
        if places.is_empty() { Found::Nowhere } else { Found::At(places) }
    }

    fn addresses(&mut self, now: At, name: &str, port: u16) -> Found {
        if self.defects.has(Defect::DnsUsesAaaa) {
            match self.known(now, name, Kind::Address6) {
                None => return Found::UnderWay,
                Some(data) if data.is_empty() => {}
                Some(data) => return places(&data, port),
            }
        }
        match self.known(now, name, Kind::Address) {
            None => Found::UnderWay,
            Some(data) if self.defects.has(Defect::DnsFirstAddressOnly) => {
                places(data.get(..1).unwrap_or(&[]), port)
            }
            Some(data) => places(&data, port),
        }
    }

    /// The records of a name, empty where it has none; `None` while they are asked for.
    fn known(&mut self, now: At, name: &str, kind: Kind) -> Option<Vec<Data>> {
        let key = (name.trim_end_matches('.').to_ascii_lowercase(), kind);
        if let Some(data) = self.cache.get(now, &key) {
            return Some(data);
        }
        if !self.questions.contains_key(&key) {
            let question = Question::new();
            self.ask(now, key, question);
        }
        None
    }

    /// Sends a question to its next server, or ends it where all had their turns.
    fn ask(&mut self, now: At, key: (String, Kind), mut question: Question) {
        let turns = self.dns.servers.len().saturating_mul(self.dns.rounds as usize);
        let server = self.dns.servers.get(question.turn % self.dns.servers.len().max(1)).copied();
        let id = self.dice.random();
        let (Some(server), true, Some(bytes)) =
            (server, question.turn < turns, message::query(id, &key.0, key.1))
        else {
            let negative = Duration::from_millis(self.dns.negative_ms);
            self.failed.insert(key.clone());
            self.cache.put(key, Entry::failed(now + negative));
            self.ended = true;
            return;
        };
        let patience = if self.defects.has(Defect::DnsSlowSecondServer) { 6 } else { 1 };
        question.sent(id, server, now + Duration::from_millis(self.dns.attempt_ms) * patience);
        self.questions.insert(key, question);
        self.out.push_back((server, bytes));
    }

    /// A datagram from `from`.
    pub(crate) fn receive(&mut self, now: At, from: SocketAddr, bytes: &[u8]) {
        let Some(reading) = message::read(bytes) else { return };
        let Some(question) = self.questions.get(&reading.question) else { return };
        let genuine = question.was_sent(reading.id, from);
        if !genuine && !self.defects.has(Defect::DnsTakesAnyId) {
            return;
        }
        let Some(question) = self.questions.remove(&reading.question) else { return };
        if reading.failed || (reading.truncated && reading.data.is_empty()) {
            self.ask(now, reading.question, question);
            return;
        }
        self.keep(now, reading);
        self.ended = true;
    }

    fn keep(&mut self, now: At, reading: Reading) {
        let Reading { question: key, mut data, ttl, .. } = reading;
        data.truncate(MOST);
        if self.defects.has(Defect::DnsDeafAfterFailure) && self.failed.contains(&key) {
            data.clear();
        }
        if data.is_empty() {
            self.failed.insert(key.clone());
        }
        let until = if data.is_empty() {
            now + Duration::from_millis(self.dns.negative_ms)
        } else if self.defects.has(Defect::DnsAsksEachTime) {
            now + cache::SHORTEST
        } else {
            now + Duration::from_secs(u64::from(ttl)).max(cache::SHORTEST)
        };
        let for_ever = if data.is_empty() {
            self.defects.has(Defect::DnsGivesUp)
        } else {
            self.defects.has(Defect::DnsIgnoresTtl)
        };
        if !self.defects.has(Defect::DnsIgnoresPriority) {
            message::order(&mut data, &mut self.dice);
        }
        self.cache.put(key, Entry { data, until: if for_ever { At(u64::MAX) } else { until } });
    }

    /// The network said that a name server cannot be reached: the next one is asked.
    pub(crate) fn unreachable(&mut self, now: At, server: SocketAddr) {
        self.again(now, |question| question.server == Some(server));
    }

    /// Servers that did not answer in time are given up for the next one.
    pub(crate) fn timeout(&mut self, now: At) {
        self.again(now, |question| question.until <= now);
    }

    fn again(&mut self, now: At, which: impl Fn(&Question) -> bool) {
        let keys: Vec<_> =
            self.questions.iter().filter(|(_, q)| which(q)).map(|(key, _)| key.clone()).collect();
        for key in keys {
            if let Some(question) = self.questions.remove(&key) {
                self.ask(now, key, question);
            }
        }
    }

    pub(crate) fn deadline(&self) -> Option<At> {
        self.questions.values().map(|question| question.until).min()
    }

    /// The next datagram, with the server it goes to.
    pub(crate) fn poll(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        self.out.pop_front()
    }

    /// Whether a question ended since this was last asked: what was under way is worth another look.
    pub(crate) fn take_ended(&mut self) -> bool {
        std::mem::take(&mut self.ended)
    }
}

fn places(data: &[Data], port: u16) -> Found {
    let found: Vec<SocketAddr> = data
        .iter()
        .filter_map(|data| match data {
            Data::Address(ip) => Some(SocketAddr::new(*ip, port)),
            Data::Service { .. } => None,
        })
        .collect();
    if found.is_empty() { Found::Nowhere } else { Found::At(found) }
}

#[cfg(test)]
mod tests;

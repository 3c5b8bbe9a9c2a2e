//! Queries and answers as bytes.

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use rand::Rng;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// A kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    /// A.
    Address,
    /// AAAA: only a box with a defect asks for it.
    Address6,
    /// SRV.
    Service,
}

impl Kind {
    fn of(kind: RecordType) -> Option<Kind> {
        match kind {
            RecordType::A => Some(Kind::Address),
            RecordType::AAAA => Some(Kind::Address6),
            RecordType::SRV => Some(Kind::Service),
            _ => None,
        }
    }

    fn record_type(self) -> RecordType {
        match self {
            Kind::Address => RecordType::A,
            Kind::Address6 => RecordType::AAAA,
            Kind::Service => RecordType::SRV,
        }
    }
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Data {
    /// An address.
    Address(IpAddr),
    /// A service (RFC 2782).
    Service { priority: u16, weight: u16, port: u16, target: String },
}

/// An answer that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) id: u16,
    /// Name in lower case without the last dot, and kind.
    pub(super) question: (String, Kind),
    /// The server cannot say (SERVFAIL, REFUSED...): another may. A name that does not exist has no data and has not failed.
    pub(super) failed: bool,
    /// It did not fit a datagram (TC).
    pub(super) truncated: bool,
    pub(super) data: Vec<Data>,
    /// Smallest time to live of what was used, s.
    pub(super) ttl: u32,
}

/// The bytes of a query; `None` where the name cannot be written.
pub(super) fn query(id: u16, name: &str, kind: Kind) -> Option<Vec<u8>> {
    let name = Name::from_ascii(format!("{name}.")).ok()?;
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name, kind.record_type()));
    message.to_vec().ok()
}

/// Reads an answer; `None` where the bytes are none, or answer no single question of ours.
pub(super) fn read(bytes: &[u8]) -> Option<Reading> {
    let message = Message::from_vec(bytes).ok()?;
    let [query] = message.queries.as_slice() else { return None };
    if message.metadata.message_type != MessageType::Response || query.query_class() != DNSClass::IN {
        return None;
    }
    let kind = Kind::of(query.query_type())?;
    let (data, ttl) = records(&message.answers, query.name(), kind);
    let code = message.metadata.response_code;
    Some(Reading {
        id: message.metadata.id,
        question: (plain(query.name()), kind),
        failed: !matches!(code, ResponseCode::NoError | ResponseCode::NXDomain),
        truncated: message.metadata.truncation,
        data: if code == ResponseCode::NoError { data } else { Vec::new() },
        ttl,
    })
}

/// The records of this name and kind, also through aliases.
fn records(answers: &[Record], name: &Name, kind: Kind) -> (Vec<Data>, u32) {
    let mut names = BTreeSet::from([plain(name)]);
    let mut ttl = u32::MAX;
    // Each pass follows the aliases one step further; an answer has no more steps than records.
    for _ in 0..answers.len() {
        let before = names.len();
        for record in answers.iter().filter(|record| names.contains(&plain(&record.name))).collect::<Vec<_>>()
        {
            if let RData::CNAME(alias) = &record.data {
                ttl = ttl.min(record.ttl);
                names.insert(plain(&alias.0));
            }
        }
        if names.len() == before {
            break;
        }
    }
    let mut data = Vec::new();
    for record in answers.iter().filter(|record| names.contains(&plain(&record.name))) {
        let found = match (&record.data, kind) {
            (RData::A(address), Kind::Address) => Data::Address(IpAddr::V4(address.0)),
            (RData::AAAA(address), Kind::Address6) => Data::Address(IpAddr::V6(address.0)),
            (RData::SRV(service), Kind::Service) => Data::Service {
                priority: service.priority,
                weight: service.weight,
                port: service.port,
                target: plain(&service.target),
            },
            _ => continue,
        };
        ttl = ttl.min(record.ttl);
        data.push(found);
    }
    (data, ttl)
}

fn plain(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_ascii_lowercase()
}

/// Puts services in the order in which they are tried: by priority, within one by chance in proportion to weight (RFC 2782).
pub(super) fn order(data: &mut Vec<Data>, dice: &mut impl Rng) {
    let is_service = |data: &Data| matches!(data, Data::Service { .. });
    if !data.iter().any(is_service) {
        return;
    }
    let rank = |data: &Data| match data {
        Data::Service { priority, weight, .. } => (*priority, u64::from(*weight)),
        Data::Address(_) => (u16::MAX, 0),
    };
    // Weight zero first, so that it is chosen seldom but can be.
    data.sort_by_key(rank);
    let mut ordered = Vec::new();
    while let Some(priority) = data.first().map(|data| rank(data).0) {
        let same = data.iter().take_while(|data| rank(data).0 == priority).count();
        let total: u64 = data.iter().take(same).map(|data| rank(data).1).sum();
        let mark = dice.random_range(0..=total);
        let mut sum = 0;
        let chosen = data.iter().take(same).position(|data| {
            sum += rank(data).1;
            sum >= mark
        });
        ordered.push(data.remove(chosen.unwrap_or(0)));
    }
    *data = ordered;
}

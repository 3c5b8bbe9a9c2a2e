//! Queries read and answers written (RFC 1035 §4), without time and without addresses of anybody.

use super::zone::{Records, Zone, canonical};
use hickory_proto::op::{Edns, Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, SRV};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use std::net::IpAddr;

/// What is answered in place of the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Misbehaviour {
    /// The name does not exist.
    NxDomain,
    /// The server failed.
    ServFail,
    /// Nothing.
    Silent,
    /// TC is set; of several records the first stands there, of one none. The lab answers over UDP alone, as Orange §2.4.4
    /// opens no other way.
    Truncated,
    /// Before the true answer comes one with another id and a wrong address (RFC 5452 §3).
    WrongId,
    /// 50 ms after the true answer comes a second one with a wrong address.
    LateSecond,
}

impl Misbehaviour {
    /// By its name in the vocabulary.
    pub(super) fn named(name: &str) -> Option<Misbehaviour> {
        Some(match name {
            "nxdomain" => Misbehaviour::NxDomain,
            "servfail" => Misbehaviour::ServFail,
            "silent" => Misbehaviour::Silent,
            "truncated" => Misbehaviour::Truncated,
            "wrong-id" => Misbehaviour::WrongId,
            "late-second" => Misbehaviour::LateSecond,
            _ => return None,
        })
    }
}

/// A query, as far as it could be read.
#[derive(Debug)]
pub(super) struct Query {
    message: Message,
    /// Its id.
    pub(super) id: u16,
    /// The name, lower case, without the last dot; empty where there is no question.
    pub(super) name: String,
    /// `A`, `SRV`, ...
    pub(super) kind: String,
}

/// One answer: its bytes, and what it says in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) bytes: Vec<u8>,
    pub(super) words: String,
}

impl Query {
    /// Reads a datagram.
    ///
    /// # Errors
    /// In words, where it is no query.
    pub(super) fn read(bytes: &[u8]) -> Result<Query, String> {
        let message = Message::from_vec(bytes).map_err(|error| format!("no DNS message: {error}"))?;
        if message.metadata.message_type == MessageType::Response {
            return Err("a DNS answer, which nobody asked for".into());
        }
        let question = message.queries.first();
        let name = question.map(|question| canonical(&question.name().to_ascii())).unwrap_or_default();
        let kind = question.map(|question| question.query_type().to_string()).unwrap_or_default();
        Ok(Query { id: message.metadata.id, message, name, kind })
    }

    /// What `zone` says.
    pub(super) fn truth(&self, zone: &Zone) -> Answer {
        let Some(question) = self.message.queries.first() else {
            return self.refuse(ResponseCode::FormErr, "FORMERR: no question");
        };
        if self.message.metadata.op_code != OpCode::Query {
            return self.refuse(ResponseCode::NotImp, "NOTIMP: no standard query");
        }
        // "All types" need not be answered (RFC 8482), zone transfers are none of a client's business.
        if matches!(question.query_type(), RecordType::ANY | RecordType::AXFR | RecordType::IXFR) {
            return self.refuse(ResponseCode::NotImp, &format!("NOTIMP: {}", self.kind));
        }
        match zone.get(&self.name) {
            None => self.refuse(ResponseCode::NXDomain, "NXDOMAIN"),
            Some(known) => self.with(&self.records(known)),
        }
    }

    /// A code without records.
    pub(super) fn refuse(&self, code: ResponseCode, words: &str) -> Answer {
        let mut response = self.response();
        response.metadata.response_code = code;
        finished(&response, words.to_owned())
    }

    /// What `zone` says, cut short: TC is set.
    pub(super) fn truncated(&self, zone: &Zone) -> Answer {
        let mut records = zone.get(&self.name).map(|known| self.records(known)).unwrap_or_default();
        records.truncate(if records.len() > 1 { 1 } else { 0 });
        let mut response = self.response();
        response.metadata.truncation = true;
        let words = format!("truncated: {}", in_words(&records));
        response.answers = records;
        finished(&response, words)
    }

    /// An answer with a wrong address (or, to SRV, a wrong target's); `None` where the question asks for neither. With
    /// another id than the query's where `other_id`.
    pub(super) fn lie(&self, zone: &Zone, wrong: IpAddr, other_id: bool) -> Option<Answer> {
        let known = zone.get(&self.name)?;
        let addresses = vec![wrong];
        let records = self.records(&Records { addresses, services: Vec::new(), ttl: known.ttl });
        if records.is_empty() {
            return None;
        }
        let mut response = self.response();
        if other_id {
            response.metadata.id = self.id ^ 0x5555;
        }
        let words = in_words(&records);
        response.answers = records;
        let answer = finished(&response, words);
        let how = if other_id { "with another id" } else { "a second time" };
        Some(Answer { words: format!("{how}: {}", answer.words), ..answer })
    }

    fn with(&self, records: &[Record]) -> Answer {
        let mut response = self.response();
        response.answers = records.to_vec();
        finished(&response, in_words(records))
    }

    /// The records of the question's type.
    fn records(&self, known: &Records) -> Vec<Record> {
        let Some(question) = self.message.queries.first() else { return Vec::new() };
        let ttl = u32::try_from(known.ttl.as_secs()).unwrap_or(u32::MAX);
        let record = |data| Record::from_rdata(question.name().clone(), ttl, data);
        let addresses = known.addresses.iter();
        match question.query_type() {
            RecordType::A => addresses
                .filter_map(|address| match address {
                    IpAddr::V4(address) => Some(record(RData::A(A(*address)))),
                    IpAddr::V6(_) => None,
                })
                .collect(),
            RecordType::AAAA => addresses
                .filter_map(|address| match address {
                    IpAddr::V6(address) => Some(record(RData::AAAA(AAAA(*address)))),
                    IpAddr::V4(_) => None,
                })
                .collect(),
            RecordType::SRV => known
                .services
                .iter()
                .filter_map(|service| {
                    let mut target = Name::from_ascii(&service.target).ok()?;
                    target.set_fqdn(true);
                    let srv = SRV::new(service.priority, service.weight, service.port, target);
                    Some(record(RData::SRV(srv)))
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    fn response(&self) -> Message {
        let asked = &self.message;
        let mut response = Message::response(self.id, asked.metadata.op_code);
        response.metadata.recursion_desired = asked.metadata.recursion_desired;
        response.metadata.recursion_available = true;
        response.metadata.authoritative = true;
        response.queries = asked.queries.iter().take(1).cloned().collect();
        // Who asks with EDNS is answered with it (RFC 6891 §6.1.1).
        if asked.edns.is_some() {
            response.edns = Some(Edns::new());
        }
        response
    }
}

fn finished(response: &Message, words: String) -> Answer {
    // What was read can be written again: only a name beyond 255 bytes could fail, and reading refuses it.
    Answer { bytes: response.to_vec().unwrap_or_default(), words }
}

fn in_words(records: &[Record]) -> String {
    if records.is_empty() {
        return "no record".to_owned();
    }
    let one = |record: &Record| match &record.data {
        RData::A(address) => format!("A {} ttl {} s", address.0, record.ttl),
        RData::AAAA(address) => format!("AAAA {} ttl {} s", address.0, record.ttl),
        RData::SRV(srv) => {
            let target = canonical(&srv.target.to_ascii());
            format!("SRV {} {} {} {target} ttl {} s", srv.priority, srv.weight, srv.port, record.ttl)
        }
        other => format!("{} ttl {} s", other.record_type(), record.ttl),
    };
    records.iter().map(one).collect::<Vec<_>>().join(", ")
}

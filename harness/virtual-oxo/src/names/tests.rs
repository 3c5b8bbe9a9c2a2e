//! The resolver against answers that are right, late, broken and forged.

use super::*;
use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::{A, CNAME, SRV};
use hickory_proto::rr::{Name, RData, Record};

const FIRST: &str = "127.21.5.1:10053";
const SECOND: &str = "127.21.5.2:10053";
const NAME: &str = "sbc1.business-talk-ip.orange-business.com";

fn server(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn resolver(mode: DnsMode, defects: &[Defect]) -> Resolver {
    let dns = Dns {
        servers: vec![server(FIRST), server(SECOND)],
        mode,
        attempt_ms: 2000,
        rounds: 2,
        negative_ms: 30_000,
        source_port: 10_054,
    };
    Resolver::new(&dns, &defects.iter().copied().collect(), Seed(3))
}

fn reply(query: &[u8], alter: impl FnOnce(&mut Message)) -> Vec<u8> {
    let mut message = Message::from_vec(query).unwrap();
    message.metadata.message_type = MessageType::Response;
    alter(&mut message);
    message.to_vec().unwrap()
}

fn a(name: &str, ttl: u32, last: u8) -> Record {
    Record::from_rdata(Name::from_ascii(format!("{name}.")).unwrap(), ttl, RData::A(A::new(127, 21, 1, last)))
}

fn at(lasts: &[u8]) -> Found {
    Found::At(lasts.iter().map(|last| server(&format!("127.21.1.{last}:5061"))).collect())
}

fn asks(resolver: &mut Resolver, now: At) -> (SocketAddr, Vec<u8>) {
    assert_eq!(resolver.find(now, NAME, 5061), Found::UnderWay);
    resolver.poll().unwrap()
}

#[test]
fn an_answer_is_kept_for_its_time_to_live() {
    let mut resolver = resolver(DnsMode::A, &[]);
    let (to, query) = asks(&mut resolver, At::ZERO);
    assert_eq!(to, server(FIRST));
    resolver.receive(At::ZERO, to, &reply(&query, |m| m.answers.extend([a(NAME, 60, 1), a(NAME, 60, 3)])));
    assert!(resolver.take_ended());
    assert_eq!(resolver.find(At::from_secs(59), NAME, 5061), at(&[1, 3]));
    asks(&mut resolver, At::from_secs(60));
    assert_eq!(resolver.poll(), None);
}

#[test]
fn an_alias_is_followed() {
    let mut resolver = resolver(DnsMode::A, &[]);
    let (to, query) = asks(&mut resolver, At::ZERO);
    let alias = Name::from_ascii("x.orange-business.com.").unwrap();
    let alias =
        Record::from_rdata(Name::from_ascii(format!("{NAME}.")).unwrap(), 9, RData::CNAME(CNAME(alias)));
    let records = [a("x.orange-business.com", 60, 1), a("other.example", 60, 9), alias];
    resolver.receive(At::ZERO, to, &reply(&query, |m| m.answers.extend(records)));
    assert_eq!(resolver.find(At::from_secs(8), NAME, 5061), at(&[1]));
    asks(&mut resolver, At::from_secs(9));
}

#[test]
fn forged_late_and_strange_answers_change_nothing() {
    let mut resolver = resolver(DnsMode::A, &[]);
    let (to, query) = asks(&mut resolver, At::ZERO);
    let forged = reply(&query, |m| {
        m.metadata.id = m.metadata.id.wrapping_add(1);
        m.answers.push(a(NAME, 60, 66));
    });
    resolver.receive(At::ZERO, to, &forged);
    let right = reply(&query, |m| m.answers.push(a(NAME, 60, 66)));
    resolver.receive(At::ZERO, server(SECOND), &right);
    resolver.receive(At::ZERO, to, b"no message");
    resolver.receive(At::ZERO, to, &query);
    assert_eq!(resolver.find(At::ZERO, NAME, 5061), Found::UnderWay);
    resolver.receive(At::ZERO, to, &reply(&query, |m| m.answers.push(a(NAME, 60, 1))));
    resolver.receive(At::ZERO, to, &right);
    assert_eq!(resolver.find(At::ZERO, NAME, 5061), at(&[1]));
}

#[test]
fn the_next_server_is_asked_after_two_seconds_or_a_failure() {
    let mut resolver = resolver(DnsMode::A, &[]);
    asks(&mut resolver, At::ZERO);
    assert_eq!(resolver.deadline(), Some(At::from_secs(2)));
    resolver.timeout(At::from_secs(2));
    let (to, query) = resolver.poll().unwrap();
    assert_eq!(to, server(SECOND));
    let failed = reply(&query, |m| m.metadata.response_code = ResponseCode::ServFail);
    resolver.receive(At::from_secs(2), to, &failed);
    assert_eq!(resolver.poll().unwrap().0, server(FIRST));
    resolver.unreachable(At::from_secs(2), server(FIRST));
    resolver.timeout(At::from_secs(4));
    assert_eq!(resolver.find(At::from_secs(4), NAME, 5061), Found::Nowhere);
    assert_eq!(resolver.find(At::from_secs(33), NAME, 5061), Found::Nowhere);
    resolver.poll();
    asks(&mut resolver, At::from_secs(34));
}

#[test]
fn a_name_that_does_not_exist_is_not_asked_elsewhere() {
    let mut resolver = resolver(DnsMode::A, &[]);
    let (to, query) = asks(&mut resolver, At::ZERO);
    resolver.receive(At::ZERO, to, &reply(&query, |m| m.metadata.response_code = ResponseCode::NXDomain));
    assert_eq!(resolver.find(At::ZERO, NAME, 5061), Found::Nowhere);
    assert_eq!(resolver.poll(), None);
}

#[test]
fn a_truncated_answer_is_used_as_far_as_it_goes() {
    let mut resolver = resolver(DnsMode::A, &[]);
    let (to, query) = asks(&mut resolver, At::ZERO);
    resolver.receive(At::ZERO, to, &reply(&query, |m| m.metadata.truncation = true));
    let (to, query) = resolver.poll().unwrap();
    assert_eq!(to, server(SECOND));
    let partial = reply(&query, |m| {
        m.metadata.truncation = true;
        m.answers.push(a(NAME, 60, 1));
    });
    resolver.receive(At::ZERO, to, &partial);
    assert_eq!(resolver.find(At::ZERO, NAME, 5061), at(&[1]));
}

#[test]
fn services_are_tried_by_priority_at_their_ports() {
    let mut resolver = resolver(DnsMode::Srv, &[]);
    let (to, query) = asks(&mut resolver, At::ZERO);
    let owner = Message::from_vec(&query).unwrap().queries[0].name().clone();
    assert_eq!(owner.to_ascii(), format!("_sips._tcp.{NAME}."));
    let service = |priority, port, target: &str| {
        let target = Name::from_ascii(target).unwrap();
        Record::from_rdata(owner.clone(), 60, RData::SRV(SRV::new(priority, 1, port, target)))
    };
    let services = [service(20, 5063, "b.example."), service(10, 5062, "a.example.")];
    resolver.receive(At::ZERO, to, &reply(&query, |m| m.answers.extend(services)));
    assert_eq!(resolver.find(At::ZERO, NAME, 5061), Found::UnderWay);
    for last in [1, 2] {
        let (to, query) = resolver.poll().unwrap();
        let name = Message::from_vec(&query).unwrap().queries[0].name().to_ascii();
        resolver.receive(
            At::ZERO,
            to,
            &reply(&query, |m| m.answers.push(a(name.trim_end_matches('.'), 60, last))),
        );
    }
    let places = vec![server("127.21.1.1:5062"), server("127.21.1.2:5063")];
    assert_eq!(resolver.find(At::ZERO, NAME, 5061), Found::At(places));
}

#[test]
fn each_defect_of_the_resolver_shows() {
    let answered = |defect, lasts: &[u8]| {
        let mut resolver = resolver(DnsMode::A, &[defect]);
        let (to, query) = asks(&mut resolver, At::ZERO);
        let records: Vec<_> = lasts.iter().map(|last| a(NAME, 60, *last)).collect();
        resolver.receive(At::ZERO, to, &reply(&query, |m| m.answers.extend(records)));
        resolver
    };
    let mut for_ever = answered(Defect::DnsIgnoresTtl, &[1]);
    assert_eq!(for_ever.find(At::from_secs(100_000), NAME, 5061), at(&[1]));
    let mut each_time = answered(Defect::DnsAsksEachTime, &[1]);
    asks(&mut each_time, At::from_secs(2));
    let mut first = answered(Defect::DnsFirstAddressOnly, &[1, 2]);
    assert_eq!(first.find(At::ZERO, NAME, 5061), at(&[1]));
    let mut aaaa = resolver(DnsMode::A, &[Defect::DnsUsesAaaa]);
    let (_, query) = asks(&mut aaaa, At::ZERO);
    assert_eq!(Message::from_vec(&query).unwrap().queries[0].query_type().to_string(), "AAAA");
    let mut alone = resolver(DnsMode::A, &[Defect::DnsNoSecondServer]);
    asks(&mut alone, At::ZERO);
    alone.timeout(At::from_secs(2));
    assert_eq!(alone.poll().unwrap().0, server(FIRST));
}

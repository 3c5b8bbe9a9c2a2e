//! What a client of a name server sees.

use super::*;
use hickory_proto::op::{Message, MessageType, OpCode, Query as Question};
use hickory_proto::rr::{Name, RData, RecordType};
use rstest::rstest;

const SBC1: &str = "sbc1.business-talk-ip.orange-business.com";
const SERVER: &str = "127.21.5.1:10053";

fn zone() -> Zone {
    let mut zone = Zone::default();
    let ttl = Duration::from_secs(2);
    let address = |text: &str| text.parse().unwrap();
    let records = |addresses: Vec<IpAddr>, services| Records { addresses, services, ttl };
    zone.set(SBC1, records(vec![address("127.21.1.1")], Vec::new()));
    zone.set("two.example", records(vec![address("127.21.1.1"), address("127.21.1.2")], Vec::new()));
    let service = Service { priority: 10, weight: 100, port: 5061, target: SBC1.into() };
    zone.set("_sips._tcp.example", records(Vec::new(), vec![service]));
    zone
}

fn dns() -> Dns {
    let server = Server { address: SERVER.parse().unwrap(), zone: zone(), misbehaviour: None };
    Dns {
        servers: [("dns.a".into(), server)].into(),
        usual: zone(),
        waiting: Vec::new(),
        longest: Duration::ZERO,
    }
}

fn flow() -> Flow {
    Flow::udp(SERVER.parse().unwrap(), "127.21.2.1:40000".parse().unwrap())
}

fn asked(name: &str, kind: RecordType) -> Vec<u8> {
    let mut message = Message::new(0x1234, MessageType::Query, OpCode::Query);
    message.add_query(Question::query(Name::from_ascii(name).unwrap(), kind));
    message.to_vec().unwrap()
}

fn serve(dns: &mut Dns, name: &str, kind: RecordType) -> (Vec<Message>, String) {
    let served = dns.received(At::ZERO, flow(), Emitter::Dut, &asked(name, kind));
    let [What::Dns(seen)] = &served.records[..] else { panic!("one query is seen") };
    let answers = served.answers.iter().map(|bytes| Message::from_vec(bytes).unwrap()).collect();
    (answers, seen.answer.clone())
}

fn addresses(message: &Message) -> Vec<String> {
    let address = |data: &RData| match data {
        RData::A(address) => Some(address.0.to_string()),
        _ => None,
    };
    message.answers.iter().filter_map(|record| address(&record.data)).collect()
}

#[rstest]
#[case(SBC1, RecordType::A, ResponseCode::NoError, 1, "A 127.21.1.1 ttl 2 s")]
#[case(
    "SBC1.Business-Talk-IP.orange-business.com.",
    RecordType::A,
    ResponseCode::NoError,
    1,
    "A 127.21.1.1 ttl 2 s"
)]
#[case(SBC1, RecordType::AAAA, ResponseCode::NoError, 0, "no record")]
#[case(SBC1, RecordType::NAPTR, ResponseCode::NoError, 0, "no record")]
#[case(SBC1, RecordType::ANY, ResponseCode::NotImp, 0, "NOTIMP: ANY")]
#[case("two.example", RecordType::A, ResponseCode::NoError, 2, "A 127.21.1.1 ttl 2 s, A 127.21.1.2 ttl 2 s")]
#[case("nobody.example", RecordType::A, ResponseCode::NXDomain, 0, "NXDOMAIN")]
#[case(
    "_sips._tcp.example",
    RecordType::SRV,
    ResponseCode::NoError,
    1,
    "SRV 10 100 5061 sbc1.business-talk-ip.orange-business.com ttl 2 s"
)]
fn questions_are_answered(
    #[case] name: &str,
    #[case] kind: RecordType,
    #[case] code: ResponseCode,
    #[case] records: usize,
    #[case] words: &str,
) {
    let (answers, told) = serve(&mut dns(), name, kind);
    let [answer] = &answers[..] else { panic!("one answer") };
    assert_eq!((answer.metadata.id, answer.metadata.response_code), (0x1234, code));
    assert_eq!((answer.answers.len(), told.as_str()), (records, words));
    assert_eq!(answer.queries.len(), 1, "the question is repeated");
}

#[rstest]
#[case("nxdomain", 1, "NXDOMAIN")]
#[case("servfail", 1, "SERVFAIL")]
#[case("silent", 0, "nothing")]
#[case("truncated", 1, "truncated: no record")]
#[case("wrong-id", 2, "with another id: A 127.21.5.1 ttl 2 s; A 127.21.1.1 ttl 2 s")]
#[case("late-second", 1, "A 127.21.1.1 ttl 2 s; a second time: A 127.21.5.1 ttl 2 s")]
fn it_fails_as_told_until_it_is_restored(#[case] how: &str, #[case] at_once: usize, #[case] words: &str) {
    let mut dns = dns();
    let role = RoleName::from("dns.a");
    dns.fail(&role, how).unwrap();
    let (answers, told) = serve(&mut dns, SBC1, RecordType::A);
    assert_eq!((answers.len(), told.as_str()), (at_once, words));
    assert!(dns.restore(&role));
    assert!(!dns.restore(&role), "it is as it was");
    assert_eq!(serve(&mut dns, SBC1, RecordType::A).1, "A 127.21.1.1 ttl 2 s");
}

#[test]
fn a_spoofed_answer_has_another_id_and_comes_first() {
    let mut dns = dns();
    dns.fail(&"dns.a".into(), "wrong-id").unwrap();
    let (answers, _) = serve(&mut dns, SBC1, RecordType::A);
    assert_ne!(answers[0].metadata.id, 0x1234);
    assert_eq!(addresses(&answers[0]), ["127.21.5.1"]);
    assert_eq!((answers[1].metadata.id, addresses(&answers[1])), (0x1234, vec!["127.21.1.1".to_owned()]));
}

#[test]
fn a_second_answer_comes_50_ms_later() {
    let mut dns = dns();
    dns.fail(&"dns.a".into(), "late-second").unwrap();
    serve(&mut dns, SBC1, RecordType::A);
    assert_eq!(dns.deadline(), Some(At::from_millis(50)));
    assert!(dns.due(At::from_millis(49)).is_empty());
    let due = dns.due(At::from_millis(50));
    let [(to, bytes)] = &due[..] else { panic!("one second answer") };
    let second = Message::from_vec(bytes).unwrap();
    assert_eq!(
        (*to, second.metadata.id, addresses(&second)),
        (flow(), 0x1234, vec!["127.21.5.1".to_owned()])
    );
    assert_eq!(dns.deadline(), None);
}

#[test]
fn a_truncated_answer_says_so_and_holds_a_part() {
    let mut dns = dns();
    dns.fail(&"dns.a".into(), "truncated").unwrap();
    let (answers, _) = serve(&mut dns, "two.example", RecordType::A);
    assert!(answers[0].metadata.truncation);
    assert_eq!(addresses(&answers[0]), ["127.21.1.1"]);
}

#[test]
fn records_change_and_come_back() {
    let mut dns = dns();
    let role = RoleName::from("dns.a");
    let elsewhere: IpAddr = "127.21.1.9".parse().unwrap();
    dns.resolve(&role, SBC1, &[elsewhere], &[], Duration::from_secs(7)).unwrap();
    assert_eq!(serve(&mut dns, SBC1, RecordType::A).1, "A 127.21.1.9 ttl 7 s");
    assert_eq!((dns.settling(), dns.settling()), (Duration::from_secs(7), Duration::ZERO));
    dns.restore(&role);
    assert_eq!(serve(&mut dns, SBC1, RecordType::A).1, "A 127.21.1.1 ttl 2 s");
    assert!(dns.resolve(&"dns.b".into(), SBC1, &[], &[], Duration::ZERO).is_err());
    assert!(dns.fail(&role, "sulking").is_err());
}

#[rstest]
#[case(b"INVITE sip:x SIP/2.0")]
#[case(b"")]
#[case(&[0; 600])]
fn what_is_no_query_is_a_finding_or_refused_and_never_more(#[case] bytes: &[u8]) {
    let served = dns().received(At::ZERO, flow(), Emitter::Foreign, bytes);
    assert_eq!(served.records.len(), 1);
    assert!(served.answers.len() <= 1);
}

//! A laboratory with an internet of its own: the box under TLS, two a-SBCs, a set, a name server; everything arrives after 1 ms.

use super::party::Party;
use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{RData, Record};
use oxocert_machine::{At, Flow, Input, Machine, Output, Seed, Transport};
use oxocert_media::engine;
use oxocert_pki::lab::{DUT, Names};
use oxocert_pki::{UtcSeconds, lab as pki};
use oxocert_sip::ua::{CallId, Credentials, Invite, Outside};
use oxocert_tls::{Backend, Endpoint, PeerPolicy, Version, WithTls};
use oxocert_virtual_oxo::{Defect, Defects, OxoEvent, Settings, TlsMaterial, VirtualOxo};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::LazyLock;
use std::time::Duration;

pub const A_PROFILE: &str =
    include_str!("../../../../../hw-profiles/virtual-oxo/virtual-oce-internet-a.toml");
pub const B_PROFILE: &str =
    include_str!("../../../../../hw-profiles/virtual-oxo/virtual-oce-internet-b.toml");
pub const SBC1: &str = "sbc1.business-talk-ip.orange-business.com";
const SBC2: &str = "sbc2.business-talk-ip.orange-business.com";
const NOW: UtcSeconds = UtcSeconds(1_780_272_000);

static PKI: LazyLock<pki::Lab> = LazyLock::new(|| {
    let names = Names {
        sbcs: vec![("nominal".into(), SBC1.into()), ("backup".into(), SBC2.into())],
        dut_fqdn: "oce.customer.example".into(),
    };
    pki::Lab::new(NOW, &names).unwrap()
});

/// One thing on its way; the flow as its receiver sees it.
enum Way {
    Bytes(Vec<u8>),
    Connected,
    Closed,
}

pub struct Lab {
    pub now: At,
    net: &'static str,
    pub oxo: WithTls<VirtualOxo>,
    pub parties: BTreeMap<&'static str, WithTls<Party>>,
    pub media: Vec<engine::Command>,
    /// Queries: when, to which server, name, kind.
    pub queries: Vec<(At, SocketAddr, String, String)>,
    /// Addresses by name, TTL in seconds; a name that is not there does not exist.
    pub zone: BTreeMap<String, (Vec<Ipv4Addr>, u32)>,
    /// Name servers that do not answer.
    pub silent: BTreeSet<SocketAddr>,
    /// Where streams are taken.
    pub listening: BTreeSet<SocketAddr>,
    streams: BTreeSet<Flow>,
    /// Streams that are over: what is still sent on them is lost.
    over: BTreeSet<Flow>,
    on_the_way: VecDeque<(At, Flow, Way)>,
    pub console: Vec<String>,
    /// Datagrams and streams of the box that nobody took: where to.
    pub lost: Vec<Flow>,
    /// Clear bytes from the box to whom: only for who is no party.
    pub other: Vec<(Flow, Vec<u8>)>,
}

/// How an a-SBC does TLS, with the certificate of that name.
pub fn endpoint(role: &str, certificate: &str) -> Endpoint {
    Endpoint {
        identity: PKI.identity(role, certificate).cloned(),
        trusted: PKI.trusted_of_sbc(),
        lowest: Version::Tls12,
        highest: Version::Tls13,
        suites: Vec::new(),
        backend: Backend::Rustls,
        peer: PeerPolicy::Record,
        asks_client: true,
        peer_name: Some("oce.customer.example".into()),
        clock_ahead: 0,
        resumes: false,
    }
}

impl Lab {
    pub fn new() -> Lab {
        Lab::with(A_PROFILE, &[])
    }

    pub fn with(settings: &str, defects: &[Defect]) -> Lab {
        Lab::with_sbc(settings, defects, "good")
    }

    /// The nominal a-SBC presents the certificate of this name.
    pub fn with_sbc(text: &str, defects: &[Defect], certificate: &str) -> Lab {
        let net = if text.contains("127.22.") { "127.22" } else { "127.21" };
        let settings = Settings::from_toml(text).unwrap();
        let settings = settings.with_passwords(&BTreeMap::from([("101".to_owned(), "secret".to_owned())]));
        let names = pki::CERTIFICATES.iter().filter_map(|name| Some((*name, PKI.identity(DUT, name)?)));
        let mut material = TlsMaterial::default();
        for (name, identity) in names {
            material.identities.insert(name.to_owned(), identity.clone());
        }
        material.trusted.insert("good".into(), PKI.trusted_of_dut());
        material.trusted.insert("with-g2".into(), PKI.trusted_of_dut_with_g2());
        let settings = settings.with_tls(material).unwrap();
        let defects: Defects = defects.iter().copied().collect();
        let reliable = |(transport, at): (Transport, SocketAddr)| transport.is_reliable().then_some(at);
        let mut listening: BTreeSet<SocketAddr> =
            settings.listening(&defects).into_iter().filter_map(reliable).collect();
        let oxo = WithTls::new(VirtualOxo::new(settings, defects, Seed(1)), NOW, Seed(2));
        let at = |last: &str| -> SocketAddr { format!("{net}.{last}").parse().unwrap() };
        let mut parties = BTreeMap::new();
        for (name, last, certificate) in
            [("nominal", "1.1:5061", certificate), ("backup", "1.2:5061", "good")]
        {
            let party = Party::new(name, at(last), Some(endpoint(name, certificate)));
            listening.insert(party.address);
            parties.insert(name, WithTls::new(party, NOW, Seed(3).child(name)));
        }
        parties.insert("101", WithTls::new(Party::new("101", at("3.1:5060"), None), NOW, Seed(4)));
        let address = |last| vec![Ipv4Addr::new(127, if net == "127.22" { 22 } else { 21 }, 1, last)];
        let zone = BTreeMap::from([(SBC1.to_owned(), (address(1), 3)), (SBC2.to_owned(), (address(2), 3))]);
        let mut lab = Lab {
            now: At::ZERO,
            net,
            oxo,
            parties,
            media: Vec::new(),
            queries: Vec::new(),
            zone,
            silent: BTreeSet::new(),
            listening,
            streams: BTreeSet::new(),
            over: BTreeSet::new(),
            on_the_way: VecDeque::new(),
            console: Vec::new(),
            lost: Vec::new(),
            other: Vec::new(),
        };
        lab.register();
        lab.run(300);
        lab
    }

    pub fn at(&self, last: &str) -> SocketAddr {
        format!("{}.{last}", self.net).parse().unwrap()
    }

    pub fn party(&mut self, name: &str) -> &mut Party {
        self.parties.get_mut(name).unwrap().owner_mut()
    }

    fn register(&mut self) {
        let lan = self.at("2.1:5059");
        let set = self.party("101");
        let uri = format!("<sip:101@{lan}>");
        let credentials = Some(Credentials { user: "101".into(), password: "secret".into() });
        let message = Outside {
            method: "REGISTER".into(),
            target: format!("sip:{lan}"),
            from: uri.clone(),
            to: uri,
            contact_user: Some("101".into()),
            headers: vec![("Expires".into(), "600".into())],
            body: None,
            credentials,
        };
        let flow = Flow::udp(set.address, lan);
        set.ua.request(At::ZERO, flow, message);
    }

    /// The set dials a number outside.
    pub fn dial(&mut self) -> CallId {
        let (now, lan) = (self.now, self.at("2.1:5059"));
        let set = self.party("101");
        let target = format!("sip:00277123456@{lan}");
        let invite = Invite {
            flow: Flow::udp(set.address, lan),
            to: format!("<{target}>"),
            target,
            from: format!("<sip:101@{lan}>"),
            contact_user: "101".into(),
            headers: Vec::new(),
            body: Some(set.offer()),
            credentials: None,
        };
        set.ua.call(now, invite)
    }

    /// An a-SBC calls the set; `target` in place of the usual Request-URI.
    pub fn call_in(&mut self, via: &'static str, target: Option<&str>) -> CallId {
        let (now, trunk) = (self.now, self.at("2.1:5061"));
        let party = self.party(via);
        let target = target.map_or_else(|| format!("sip:+33155501001@{trunk};user=phone"), str::to_owned);
        let flow = Flow::tls(SocketAddr::new(party.address.ip(), 0), trunk);
        let invite = Invite {
            flow,
            to: format!("<{target}>"),
            target,
            from: "<sip:+33277123456@orange-business.com;user=phone>".into(),
            contact_user: "+33277123456".into(),
            headers: Vec::new(),
            body: Some(party.offer()),
            credentials: None,
        };
        party.ua.call(now, invite)
    }

    pub fn say(&mut self, line: &str) -> String {
        let flow = Flow::udp(self.at("9.1:7"), self.at("2.9:2300"));
        self.on_the_way.push_back((self.now, flow.reversed(), Way::Bytes(line.as_bytes().to_vec())));
        self.run(10);
        self.console.pop().unwrap()
    }

    /// Somebody who is no party sends to the box.
    pub fn throw(&mut self, flow: Flow, bytes: &[u8]) {
        self.on_the_way.push_back((self.now, flow.reversed(), Way::Bytes(bytes.to_vec())));
        self.run(20);
    }

    /// Lets time go on.
    pub fn run(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        self.drain();
        loop {
            let due = self.parties.values().filter_map(Machine::deadline);
            let due = due.chain(self.oxo.deadline()).chain(self.on_the_way.front().map(|(at, ..)| *at)).min();
            let Some(next) = due.filter(|at| *at <= end) else { break };
            self.now = self.now.max(next);
            let now = self.now;
            while self.on_the_way.front().is_some_and(|(at, ..)| *at <= now) {
                let (_, flow, way) = self.on_the_way.pop_front().unwrap();
                self.deliver(flow, way);
                self.drain();
            }
            if self.oxo.deadline().is_some_and(|at| at <= now) {
                self.oxo.handle(now, Input::Timeout);
            }
            for party in self.parties.values_mut() {
                if party.deadline().is_some_and(|at| at <= now) {
                    party.handle(now, Input::Timeout);
                }
            }
            self.drain();
        }
        self.now = end;
    }

    fn deliver(&mut self, flow: Flow, way: Way) {
        let now = self.now;
        let to = flow.local;
        let box_at = [self.at("2.1:0").ip(), self.at("2.9:0").ip()];
        if box_at.contains(&to.ip()) {
            self.oxo.handle(now, input(flow, way));
        } else if let Some(party) =
            self.parties.values_mut().find(|party| party.owner().address.ip() == to.ip())
        {
            party.handle(now, input(flow, way));
        } else if let Way::Bytes(bytes) = way {
            if to.port() == 10_053 {
                self.resolve(flow, &bytes);
            } else if to.port() == 7 {
                self.console.push(String::from_utf8(bytes).unwrap());
            } else {
                self.other.push((flow, bytes));
            }
        }
    }

    fn resolve(&mut self, flow: Flow, bytes: &[u8]) {
        let mut message = Message::from_vec(bytes).unwrap();
        let query = message.queries[0].clone();
        let name = query.name().to_ascii().trim_end_matches('.').to_owned();
        self.queries.push((self.now, flow.local, name.clone(), query.query_type().to_string()));
        if self.silent.contains(&flow.local) {
            return;
        }
        message.metadata.message_type = MessageType::Response;
        match self.zone.get(&name) {
            Some((addresses, ttl)) => message.answers.extend(
                addresses.iter().map(|ip| Record::from_rdata(query.name().clone(), *ttl, RData::A(A(*ip)))),
            ),
            None => message.metadata.response_code = ResponseCode::NXDomain,
        }
        let answer = message.to_vec().unwrap();
        self.on_the_way.push_back((self.now + Duration::from_millis(1), flow.reversed(), Way::Bytes(answer)));
    }

    fn drain(&mut self) {
        let mut sent = Vec::new();
        while let Some(output) = self.oxo.poll() {
            match output {
                Output::Event(OxoEvent::Media(command)) => self.media.push(command),
                Output::Event(_) => {}
                Output::Transmit { flow, bytes, .. } => sent.push((flow, Some(bytes))),
                Output::Close { flow } => sent.push((flow, None)),
            }
        }
        for party in self.parties.values_mut() {
            while let Some(output) = party.poll() {
                match output {
                    Output::Event(_) => {}
                    Output::Transmit { flow, bytes, .. } => sent.push((flow, Some(bytes))),
                    Output::Close { flow } => sent.push((flow, None)),
                }
            }
        }
        for (flow, bytes) in sent {
            self.carry(flow, bytes);
        }
    }

    /// Carries a datagram or a piece of a stream; `None` is the end of a stream.
    fn carry(&mut self, flow: Flow, bytes: Option<Vec<u8>>) {
        let arrival = self.now + Duration::from_millis(1);
        let there = flow.reversed();
        if flow.transport == Transport::Tcp {
            let known = self.streams.contains(&flow);
            if bytes.is_none() {
                if self.streams.remove(&flow) {
                    self.streams.remove(&there);
                    self.over.extend([flow, there]);
                    self.on_the_way.push_back((arrival, there, Way::Closed));
                }
                return;
            }
            if self.over.contains(&flow) {
                return;
            }
            if !known && !self.listening.contains(&flow.remote) {
                self.lost.push(flow);
                self.on_the_way.push_back((arrival, flow, Way::Closed));
                return;
            }
            if !known {
                self.streams.extend([flow, there]);
                self.on_the_way.push_back((arrival, flow, Way::Connected));
                self.on_the_way.push_back((arrival, there, Way::Connected));
            }
        }
        if let Some(bytes) = bytes {
            self.on_the_way.push_back((arrival, there, Way::Bytes(bytes)));
        }
    }
}

fn input<C>(flow: Flow, way: Way) -> Input<C> {
    match way {
        Way::Bytes(bytes) => Input::Received { flow, tos: None, bytes },
        Way::Connected => Input::Connected { flow },
        Way::Closed => Input::Closed { flow, reason: "closed".into() },
    }
}

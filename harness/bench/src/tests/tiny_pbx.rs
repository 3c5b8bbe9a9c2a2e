//! A DUT of a few lines: registrar and back-to-back user agent, media direct. Only what the bench's own tests need.

use oxocert_machine::{At, Flow, Input, Machine, Output, Seed, Transport};
use oxocert_scenario::model::bench::Bench;
use oxocert_sip::message::{Message, Uri};
use oxocert_sip::ua::{self, CallId, Config, Event, Invite, Outside, Timers, UserAgent};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Trunk,
    Lan,
}

type Leg = (Side, CallId);

/// What it does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// Calls to the trunk go nowhere.
    NoTrunk,
    /// The trunk's BYE does not reach the set.
    ForgetsSet,
    /// The console refuses every change.
    ConsoleRefuses,
    /// No fault: its calls to the trunk go over TCP.
    SwitchesToTcp,
    /// Its calls to the trunk are for a number that nobody has.
    CallsNobody,
}

pub(super) struct TinyPbx {
    bench: Bench,
    fault: Fault,
    agents: BTreeMap<Side, UserAgent>,
    contacts: BTreeMap<String, SocketAddr>,
    peers: BTreeMap<Leg, Leg>,
    modifying: BTreeMap<(Side, ua::RequestId), (Leg, ua::RequestId)>,
    next_options: At,
    queue: Vec<Output<()>>,
}

fn agent(address: SocketAddr, name: &str) -> UserAgent {
    UserAgent::new(Config {
        address,
        transport: Transport::Udp,
        product: Some("tiny".into()),
        allow: vec!["INVITE".into(), "ACK".into(), "BYE".into(), "CANCEL".into(), "OPTIONS".into()],
        supported: Vec::new(),
        timers: Timers::default(),
        session: None,
        auto_trying: true,
        first_cseq: None,
        contact_params: String::new(),
        seed: Seed(7).child(name),
        tos: 0,
    })
}

impl TinyPbx {
    pub(super) fn new(bench: Bench, fault: Fault) -> TinyPbx {
        let agents =
            [(Side::Trunk, agent(bench.dut.trunk, "trunk")), (Side::Lan, agent(bench.dut.registrar, "lan"))];
        TinyPbx {
            bench,
            fault,
            agents: agents.into(),
            contacts: BTreeMap::new(),
            peers: BTreeMap::new(),
            modifying: BTreeMap::new(),
            next_options: At::ZERO,
            queue: Vec::new(),
        }
    }

    fn ua(&mut self, side: Side) -> &mut UserAgent {
        self.agents.get_mut(&side).unwrap()
    }

    fn drain(&mut self, at: At) {
        for side in [Side::Trunk, Side::Lan, Side::Trunk, Side::Lan] {
            while let Some(output) = self.ua(side).poll() {
                match output {
                    ua::Output::Transmit { flow, bytes, .. } => {
                        self.queue.push(Output::Transmit { flow, tos: 0, bytes });
                    }
                    ua::Output::Event(event) => self.event(at, side, event),
                    ua::Output::Received { .. } | ua::Output::Close { .. } => {}
                }
            }
        }
    }

    fn event(&mut self, at: At, side: Side, event: Event) {
        match event {
            Event::Outside { request_id, request, flow } => {
                let contact = request.contact().map(|contact| (contact.uri.user.unwrap(), flow.remote));
                if request.method() == Some("REGISTER") {
                    self.contacts.extend(contact);
                }
                self.ua(side).respond(at, request_id, 200, &[], None);
            }
            Event::Incoming { call, request, .. } => self.incoming(at, side, call, &request),
            Event::Progress { call, response } if response.status() == Some(180) => {
                if let Some((side, call)) = self.peers.get(&(side, call)).copied() {
                    self.ua(side).ring(at, call, 180, &[], None);
                }
            }
            Event::Answered { call, response } => {
                if let Some((side, call)) = self.peers.get(&(side, call)).copied() {
                    self.ua(side).answer(at, call, &[], sdp(&response));
                }
            }
            Event::Failed { call, response: Some(response) } => {
                if let Some((side, call)) = self.peers.get(&(side, call)).copied() {
                    self.ua(side).reject(at, call, response.status().unwrap(), &[]);
                }
            }
            Event::Ended { call, .. } | Event::Cancelled { call, .. } => {
                if self.fault == Fault::ForgetsSet && side == Side::Trunk {
                    return;
                }
                if let Some((side, call)) = self.peers.get(&(side, call)).copied() {
                    self.ua(side).hang_up(at, call, &[]);
                }
            }
            Event::Modify { call, request_id, request, answered: false } => {
                let (to, peer) = self.peers[&(side, call)];
                let sent = self.ua(to).reinvite(at, peer, &[], sdp(&request));
                self.modifying.insert((to, sent), ((side, call), request_id));
            }
            Event::Modified { request_id, response, .. } => {
                if let Some(((to, _), asked)) = self.modifying.remove(&(side, request_id)) {
                    let response = response.unwrap();
                    self.ua(to).respond(at, asked, response.status().unwrap(), &[], sdp(&response));
                }
            }
            _ => {}
        }
    }

    fn incoming(&mut self, at: At, side: Side, call: CallId, request: &Message) {
        let user = Uri::parse(request.uri().unwrap()).unwrap().user.unwrap();
        let out = match side {
            Side::Lan => Side::Trunk,
            Side::Trunk => Side::Lan,
        };
        let (to, remote) = match side {
            Side::Lan if self.fault == Fault::NoTrunk => return,
            Side::Lan if self.fault == Fault::CallsNobody => {
                ("+33999999999".into(), self.bench.sbcs[&"sbc.nominal".into()].address)
            }
            Side::Lan => {
                let number =
                    user.strip_prefix("00").map_or(user.clone(), |national| format!("+33{national}"));
                (number, self.bench.sbcs[&"sbc.nominal".into()].address)
            }
            Side::Trunk => {
                let Some(set) = self.bench.sets.values().find(|set| set.ddi == user) else {
                    return self.ua(side).reject(at, call, 404, &[]);
                };
                (set.number.clone(), self.contacts[&set.number])
            }
        };
        let local = self.ua(out).config().address;
        let flow = match (self.fault, out) {
            (Fault::SwitchesToTcp, Side::Trunk) => Flow::tcp(SocketAddr::new(local.ip(), 0), remote),
            _ => Flow::udp(local, remote),
        };
        let peer = self.ua(out).call(
            at,
            Invite {
                flow,
                target: format!("sip:{to}@{remote}"),
                from: format!("<sip:+33155501001@{}>", local.ip()),
                to: format!("<sip:{to}@{}>", remote.ip()),
                contact_user: "tiny".into(),
                headers: Vec::new(),
                body: sdp(request),
                credentials: None,
            },
        );
        self.peers.insert((side, call), (out, peer));
        self.peers.insert((out, peer), (side, call));
    }

    fn options(&mut self, at: At) {
        let trunk = self.bench.dut.trunk;
        for sbc in self.bench.sbcs.clone().into_values() {
            let request = Outside {
                method: "OPTIONS".into(),
                target: format!("sip:{}", sbc.address),
                from: format!("<sip:{trunk}>"),
                to: format!("<sip:{}>", sbc.address),
                contact_user: Some("tiny".into()),
                headers: Vec::new(),
                body: None,
                credentials: None,
            };
            self.ua(Side::Trunk).request(at, Flow::udp(trunk, sbc.address), request);
        }
    }
}

fn sdp(message: &Message) -> Option<ua::Body> {
    (!message.body().is_empty())
        .then(|| ua::Body { content_type: "application/sdp".into(), bytes: message.body().to_vec() })
}

impl Machine for TinyPbx {
    type Command = ();
    type Event = ();

    fn handle(&mut self, at: At, input: Input<()>) {
        match input {
            Input::Received { flow, bytes, .. } if Some(flow.local) == self.bench.dut.console => {
                let line = String::from_utf8(bytes).unwrap();
                let answer = match (line.starts_with("get"), self.fault) {
                    (true, _) => "127.0.0.1:5060",
                    (false, Fault::ConsoleRefuses) => "error: no",
                    (false, _) => "ok",
                };
                self.queue.push(Output::Transmit { flow, tos: 0, bytes: answer.into() });
            }
            Input::Received { flow, bytes, .. } => {
                let of_trunk = flow.local == self.bench.dut.trunk || flow.transport == Transport::Tcp;
                let side = if of_trunk { Side::Trunk } else { Side::Lan };
                self.ua(side).receive(at, flow, &bytes);
            }
            Input::Timeout => {
                self.ua(Side::Trunk).timeout(at);
                self.ua(Side::Lan).timeout(at);
                if at >= self.next_options {
                    self.next_options = at + Duration::from_secs(2);
                    self.options(at);
                }
            }
            _ => {}
        }
        self.drain(at);
    }

    fn poll(&mut self) -> Option<Output<()>> {
        (!self.queue.is_empty()).then(|| self.queue.remove(0))
    }

    fn deadline(&self) -> Option<At> {
        let agents = self.agents.values().filter_map(UserAgent::deadline);
        agents.chain([self.next_options]).min()
    }
}

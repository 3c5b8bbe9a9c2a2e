//! The virtual-time driver on a machine that answers.

use crate::virtual_time::{MachineNode, Simulation, Stuck, Weather};
use crate::{At, Flow, Input, Machine, Output, Seed};
use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Sends a counter each second on its flow and reports what comes back.
struct Beacon {
    flow: Option<Flow>,
    next: Option<At>,
    out: VecDeque<Output<(At, Vec<u8>)>>,
    answers: bool,
}

impl Machine for Beacon {
    type Command = Flow;
    type Event = (At, Vec<u8>);

    fn handle(&mut self, at: At, input: Input<Flow>) {
        match input {
            Input::Command(flow) => {
                self.flow = Some(flow);
                self.next = Some(at);
            }
            Input::Timeout if self.next.is_some_and(|next| next <= at) => {
                if let Some(flow) = self.flow {
                    self.out.push_back(Output::Transmit { flow, tos: 0, bytes: vec![1] });
                }
                self.next = Some(at + Duration::from_secs(1));
            }
            Input::Received { flow, bytes, .. } => {
                if self.answers {
                    self.out.push_back(Output::Transmit { flow, tos: 0, bytes: bytes.clone() });
                }
                self.out.push_back(Output::Event((at, bytes)));
            }
            Input::Unreachable { .. } => self.out.push_back(Output::Event((at, b"unreachable".to_vec()))),
            Input::Closed { reason, .. } => self.out.push_back(Output::Event((at, reason.into_bytes()))),
            _ => {}
        }
    }

    fn poll(&mut self) -> Option<Output<(At, Vec<u8>)>> {
        self.out.pop_front()
    }

    fn deadline(&self) -> Option<At> {
        self.next
    }
}

fn beacon(answers: bool) -> Beacon {
    Beacon { flow: None, next: None, out: VecDeque::new(), answers }
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn ip(text: &str) -> BTreeSet<IpAddr> {
    BTreeSet::from([text.parse().expect("an ip")])
}

fn echoes(flow: Flow, weather: Weather, seed: u64, seconds: u64) -> Vec<(At, Vec<u8>)> {
    let seen = RefCell::new(Vec::new());
    let mut simulation = Simulation::new(weather, Seed(seed));
    simulation.add(MachineNode::new(beacon(false), ip("127.0.0.1"), vec![flow], |_, event| {
        seen.borrow_mut().push(event);
        vec![]
    }));
    simulation.add(MachineNode::new(beacon(true), ip("127.0.0.2"), vec![], |_, _| vec![]));
    simulation.run(At::from_secs(seconds), || false).expect("the run goes on");
    drop(simulation);
    seen.into_inner()
}

#[test]
fn an_hour_of_echoes_takes_two_delays_each() {
    let flow = Flow::udp(address("127.0.0.1:1"), address("127.0.0.2:1"));
    let seen = echoes(flow, Weather::default(), 1, 3600);
    assert_eq!(seen.len(), 3600);
    assert_eq!(seen[1].0, At::from_secs(1) + Duration::from_micros(200));
}

#[test]
fn a_stream_connects_by_itself_and_keeps_order() {
    let flow = Flow::tcp(address("127.0.0.1:0"), address("127.0.0.2:1"));
    assert_eq!(echoes(flow, Weather::default(), 1, 10).len(), 10);
}

#[test]
fn nobody_at_the_address_is_unreachable_and_refused() {
    let udp = Flow::udp(address("127.0.0.1:1"), address("127.0.0.9:1"));
    assert_eq!(echoes(udp, Weather::default(), 1, 1)[0].1, b"unreachable");
    let tcp = Flow::tcp(address("127.0.0.1:0"), address("127.0.0.9:1"));
    assert_eq!(echoes(tcp, Weather::default(), 1, 1)[0].1, b"connection refused");
}

#[test]
fn the_same_seed_loses_the_same_datagrams() {
    let flow = Flow::udp(address("127.0.0.1:1"), address("127.0.0.2:1"));
    let storm =
        Weather { jitter: Duration::from_millis(5), loss: 0.3, duplication: 0.2, ..Weather::default() };
    let first = echoes(flow, storm, 7, 200);
    assert_eq!(first, echoes(flow, storm, 7, 200));
    assert_ne!(first, echoes(flow, storm, 8, 200));
    assert_ne!(first.len(), 200);
}

#[test]
fn a_machine_whose_deadline_never_moves_is_named() {
    struct Stubborn;
    impl Machine for Stubborn {
        type Command = ();
        type Event = ();
        fn handle(&mut self, _: At, _: Input<()>) {}
        fn poll(&mut self) -> Option<Output<()>> {
            None
        }
        fn deadline(&self) -> Option<At> {
            Some(At::from_secs(1))
        }
    }
    let mut simulation = Simulation::new(Weather::default(), Seed(1));
    simulation.add(MachineNode::new(Stubborn, ip("127.0.0.1"), vec![], |_, ()| vec![]));
    let stuck = simulation.run(At::from_secs(2), || false);
    assert_eq!(stuck, Err(Stuck::Spinning { node: 0, at: At::from_secs(1) }));
}

/// Does as it is told and reports all that comes, from which flow.
#[derive(Default)]
struct Obedient {
    out: VecDeque<Output<(Flow, String)>>,
}

type Heard = Vec<(Flow, String)>;

enum Do {
    Say(Flow, &'static str),
    Hang(Flow),
}

impl Machine for Obedient {
    type Command = Do;
    type Event = (Flow, String);

    fn handle(&mut self, _: At, input: Input<Do>) {
        self.out.push_back(match input {
            Input::Command(Do::Say(flow, text)) => {
                Output::Transmit { flow, tos: 0, bytes: text.as_bytes().to_vec() }
            }
            Input::Command(Do::Hang(flow)) => Output::Close { flow },
            Input::Received { flow, bytes, .. } => {
                Output::Event((flow, String::from_utf8_lossy(&bytes).into_owned()))
            }
            Input::Connected { flow } => Output::Event((flow, "connected".into())),
            Input::Closed { flow, reason } => Output::Event((flow, reason)),
            Input::Unreachable { .. } | Input::Timeout => return,
        });
    }

    fn poll(&mut self) -> Option<Output<(Flow, String)>> {
        self.out.pop_front()
    }

    fn deadline(&self) -> Option<At> {
        None
    }
}

/// What two nodes heard: `.1` orders at the beginning, `.2` listens at port 5061, answers "x" and hangs up at "bye".
fn heard(orders: Vec<Do>) -> (Heard, Heard) {
    let (one, other) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let mut simulation = Simulation::new(Weather::default(), Seed(1));
    simulation.add(MachineNode::new(Obedient::default(), ip("127.0.0.1"), orders, |_, event| {
        one.borrow_mut().push(event);
        vec![]
    }));
    let listening = BTreeSet::from([address("127.0.0.2:5061")]);
    let node = MachineNode::new(Obedient::default(), ip("127.0.0.2"), vec![], |_, (flow, text)| {
        other.borrow_mut().push((flow, text.clone()));
        match text.as_str() {
            "x" => vec![Do::Say(flow, "yes")],
            "bye" => vec![Do::Say(flow, "last words"), Do::Hang(flow)],
            _ => vec![],
        }
    });
    simulation.add(node.listening_at(listening));
    // Nothing is due any more once all is said.
    let _ = simulation.run(At::from_secs(1), || false);
    drop(simulation);
    (one.into_inner(), other.into_inner())
}

fn own(port: u16) -> Flow {
    Flow::tcp(SocketAddr::new("127.0.0.1".parse().expect("an ip"), port), address("127.0.0.2:5061"))
}

#[test]
fn a_port_of_ones_own_is_a_connection_of_ones_own() {
    let (first, second) = (*Flow::OWN_PORTS.start(), *Flow::OWN_PORTS.end());
    let (one, other) =
        heard(vec![Do::Say(own(first), "a"), Do::Say(own(second), "b"), Do::Say(own(first), "c")]);
    let connected = |port| (own(port), "connected".to_owned());
    assert_eq!(one, [connected(first), connected(second)]);
    let said: Vec<_> = other
        .iter()
        .filter(|(_, text)| text.len() == 1)
        .map(|(flow, text)| (flow.remote.port(), text.as_str()))
        .collect();
    assert_eq!(said, [(first, "a"), (second, "b"), (first, "c")]);
}

#[test]
fn data_before_a_close_arrives_and_the_close_comes_once() {
    let (one, other) = heard(vec![Do::Say(own(0), "bye")]);
    let texts: Vec<&str> = one.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["connected", "last words", "closed by the other end"]);
    assert_eq!(other.len(), 2, "an end that was closed hears nothing more: {other:?}");
}

#[test]
fn nothing_comes_over_an_end_that_was_closed() {
    let flow = own(61_000);
    let (one, other) = heard(vec![Do::Say(flow, "x"), Do::Hang(flow)]);
    assert_eq!(one, [], "closed before it was connected");
    let texts: Vec<&str> = other.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["connected", "x", "closed by the other end"]);
}

#[test]
fn nobody_listens_there_and_what_is_gone_stays_gone() {
    let clear = Flow::tcp(address("127.0.0.1:61000"), address("127.0.0.2:5060"));
    let gone = own(41_000);
    let (one, other) = heard(vec![Do::Say(clear, "x"), Do::Say(gone, "y")]);
    assert_eq!(one, [(clear, "connection refused".to_owned()), (gone, "the connection is gone".to_owned())]);
    assert_eq!(other, []);
}

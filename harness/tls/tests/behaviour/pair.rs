//! Two machines on TLS layers, joined by the network of virtual time.

use crate::lab::NOW;
use oxocert_machine::virtual_time::{MachineNode, Simulation, Weather};
use oxocert_machine::{At, Flow, Input, Machine, Output, Seed};
use oxocert_tls::{Command, Endpoint, Event, Handshake, TlsOwner, WithTls};
use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::rc::Rc;

/// The address of the one that the tests begin with.
pub const A: &str = "127.0.0.1:5061";
/// The other.
pub const B: &str = "127.0.0.2:5061";

/// An address.
pub fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// A `Tls` flow from `A` to `B` that has no port yet.
pub fn a_to_b() -> Flow {
    Flow::tls(SocketAddr::new(address(A).ip(), 0), address(B))
}

/// An order for a machine of the tests.
#[derive(Debug, Clone)]
pub enum Do {
    /// For its layer.
    Tls(Command),
    /// Send.
    Send(Flow, Vec<u8>),
    /// Close.
    Close(Flow),
    /// From the layer.
    Heard(Event),
}

/// What a machine of the tests tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saw {
    /// Its layer told it.
    Tls(Event),
    /// A connection is there.
    Connected(Flow),
    /// Bytes came.
    Received(Flow, Vec<u8>),
    /// A connection is over.
    Closed(Flow, String),
}

/// What goes out of an owner's event queue.
#[derive(Debug, Clone)]
pub enum Told {
    /// To its layer.
    Order(Command),
    /// To the test.
    Saw(Saw),
}

/// A machine that sends what it is told, tells what it sees, and answers a ping.
#[derive(Debug, Default)]
pub struct Owner {
    out: VecDeque<Output<Told>>,
}

impl Machine for Owner {
    type Command = Do;
    type Event = Told;

    fn handle(&mut self, _: At, input: Input<Do>) {
        let saw = match input {
            Input::Command(Do::Tls(command)) => {
                return self.out.push_back(Output::Event(Told::Order(command)));
            }
            Input::Command(Do::Send(flow, bytes)) => {
                return self.out.push_back(Output::Transmit { flow, tos: 0x68, bytes });
            }
            Input::Command(Do::Close(flow)) => return self.out.push_back(Output::Close { flow }),
            Input::Command(Do::Heard(event)) => Saw::Tls(event),
            Input::Connected { flow } => Saw::Connected(flow),
            Input::Received { flow, bytes, .. } => {
                if bytes == b"ping" {
                    self.out.push_back(Output::Transmit { flow, tos: 0, bytes: b"pong".to_vec() });
                }
                Saw::Received(flow, bytes)
            }
            Input::Closed { flow, reason } => Saw::Closed(flow, reason),
            Input::Timeout | Input::Unreachable { .. } => return,
        };
        self.out.push_back(Output::Event(Told::Saw(saw)));
    }

    fn poll(&mut self) -> Option<Output<Told>> {
        self.out.pop_front()
    }

    fn deadline(&self) -> Option<At> {
        None
    }
}

impl TlsOwner for Owner {
    fn tls_command(event: Told) -> Result<Command, Told> {
        match event {
            Told::Order(command) => Ok(command),
            other => Err(other),
        }
    }

    fn tls_event(event: Event) -> Do {
        Do::Heard(event)
    }
}

/// An owner on a layer with one endpoint, not driven yet.
pub fn machine(local: &str, endpoint: Endpoint, seed: u64) -> WithTls<Owner> {
    let mut machine = WithTls::new(Owner::default(), NOW, Seed(seed));
    let order = Command::Endpoint { local: address(local).ip(), endpoint: Box::new(endpoint) };
    machine.handle(At::ZERO, Input::Command(Do::Tls(order)));
    assert!(machine.poll().is_none());
    machine
}

type Seen = Rc<RefCell<Vec<(At, Saw)>>>;
/// What a test answers to what a machine saw.
pub type Answer = Box<dyn FnMut(&Saw) -> Vec<Do>>;

/// Both machines and what they saw.
pub struct Pair {
    simulation: Simulation<'static>,
    a: Seen,
    b: Seen,
}

impl Pair {
    /// `A` with orders, and `B`, which listens.
    pub fn new(a: Endpoint, b: Endpoint, orders: Vec<Do>) -> Pair {
        Pair::answering(a, b, orders, Box::new(|_| vec![]), Box::new(|_| vec![]))
    }

    /// The same, each answering what it sees.
    pub fn answering(a: Endpoint, b: Endpoint, orders: Vec<Do>, on_a: Answer, on_b: Answer) -> Pair {
        let mut simulation = Simulation::new(Weather::default(), Seed(1));
        let seen_by_a = node(&mut simulation, A, a, orders, on_a);
        let seen_by_b = node(&mut simulation, B, b, vec![], on_b);
        Pair { simulation, a: seen_by_a, b: seen_by_b }
    }

    /// `A` sends a ping to `B`, and ten minutes pass.
    pub fn ping(a: Endpoint, b: Endpoint) -> Pair {
        let mut pair = Pair::new(a, b, vec![Do::Send(a_to_b(), b"ping".to_vec())]);
        pair.run(600);
        pair
    }

    /// Runs to this second; it may end earlier where nothing is due.
    pub fn run(&mut self, until: u64) {
        // `Idle` is how a run without timers ends.
        let _ = self.simulation.run(At::from_secs(until), || false);
    }

    /// What `A` saw.
    pub fn seen_by_a(&self) -> Vec<Saw> {
        self.a.borrow().iter().map(|(_, saw)| saw.clone()).collect()
    }

    /// What `B` saw.
    pub fn seen_by_b(&self) -> Vec<Saw> {
        self.b.borrow().iter().map(|(_, saw)| saw.clone()).collect()
    }
}

fn node(
    simulation: &mut Simulation<'static>,
    local: &str,
    endpoint: Endpoint,
    orders: Vec<Do>,
    mut answer: Answer,
) -> Seen {
    let seen = Seen::default();
    let told = Rc::clone(&seen);
    let machine = machine(local, endpoint, u64::from(address(local).port()) + orders.len() as u64);
    let owned = BTreeSet::from([address(local).ip()]);
    simulation.add(MachineNode::new(machine, owned, orders, move |at, event| match event {
        Told::Saw(saw) => {
            let answers = answer(&saw);
            told.borrow_mut().push((at, saw));
            answers
        }
        Told::Order(_) => vec![],
    }));
    seen
}

/// The handshakes among what was seen.
pub fn handshakes(seen: &[Saw]) -> Vec<Handshake> {
    seen.iter()
        .filter_map(|saw| match saw {
            Saw::Tls(Event::Handshake(handshake)) => Some((**handshake).clone()),
            _ => None,
        })
        .collect()
}

/// The only handshake.
pub fn handshake(seen: &[Saw]) -> Handshake {
    let [one] =
        handshakes(seen).try_into().unwrap_or_else(|all| panic!("not one handshake: {all:?} of {seen:#?}"));
    one
}

/// Whether a pong came back.
pub fn ponged(seen: &[Saw]) -> bool {
    seen.iter().any(|saw| matches!(saw, Saw::Received(_, bytes) if bytes == b"pong"))
}

/// The findings among what was seen.
pub fn findings(seen: &[Saw]) -> Vec<String> {
    seen.iter()
        .filter_map(|saw| match saw {
            Saw::Tls(Event::Finding { note, .. }) => Some(note.clone()),
            _ => None,
        })
        .collect()
}

//! The SIP driver with a machine that says what it saw.

use crate::clock::RunClock;
use crate::sip::{Host, SipDriver, Sockets, Timing};
use oxocert_machine::{At, Flow, Input, Machine, Output, Transport};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;

/// Reports every input; sends what it is ordered to; answers "ping" with "pong".
#[derive(Default)]
struct Parrot {
    outputs: VecDeque<Output<(At, Input<Order>)>>,
    deadline: Option<At>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Order {
    Send { flow: Flow, tos: u8, bytes: Vec<u8> },
    WakeAt(At),
    Late(Duration),
}

impl Machine for Parrot {
    type Command = Order;
    type Event = (At, Input<Order>);

    fn handle(&mut self, at: At, input: Input<Order>) {
        match &input {
            Input::Command(Order::Send { flow, tos, bytes }) => {
                self.outputs.push_back(Output::Transmit { flow: *flow, tos: *tos, bytes: bytes.clone() });
            }
            Input::Command(Order::WakeAt(due)) => self.deadline = Some(*due),
            Input::Timeout => self.deadline = None,
            Input::Received { flow, bytes, .. } if bytes == b"ping" => {
                self.outputs.push_back(Output::Transmit { flow: *flow, tos: 0, bytes: b"pong".to_vec() });
            }
            _ => {}
        }
        self.outputs.push_back(Output::Event((at, input)));
    }

    fn poll(&mut self) -> Option<Output<Self::Event>> {
        self.outputs.pop_front()
    }

    fn deadline(&self) -> Option<At> {
        self.deadline
    }
}

/// Collects until what is waited for was seen.
struct Until<F> {
    seen: Vec<(At, Input<Order>)>,
    wanted: F,
}

impl<F: Fn(&Input<Order>) -> bool> Host<Parrot> for Until<F> {
    fn event(&mut self, _: At, event: (At, Input<Order>)) {
        self.seen.push(event);
    }

    fn lag(&mut self, by: Duration) -> Option<Order> {
        Some(Order::Late(by))
    }

    fn done(&mut self) -> bool {
        self.seen.iter().any(|(_, input)| (self.wanted)(input))
    }
}

fn on_a_runtime<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        tokio::time::timeout(Duration::from_secs(20), test).await.expect("nothing came in 20 s")
    })
}

fn free_udp(ip: &str) -> SocketAddr {
    std::net::UdpSocket::bind((ip, 0)).unwrap().local_addr().unwrap()
}

fn free_tcp(ip: &str) -> SocketAddr {
    std::net::TcpListener::bind((ip, 0)).unwrap().local_addr().unwrap()
}

async fn run_until(
    addresses: &[(Transport, SocketAddr)],
    orders: Vec<Order>,
    wanted: impl Fn(&Input<Order>) -> bool,
) -> Vec<(At, Input<Order>)> {
    let clock = RunClock::start();
    let driver = SipDriver::new(Parrot::default(), Sockets::bind(clock, addresses).unwrap(), Timing::Stamp);
    let (commands, inbox) = mpsc::unbounded_channel();
    for order in orders {
        commands.send(order).unwrap();
    }
    let mut host = Until { seen: Vec::new(), wanted };
    driver.run(inbox, &mut host).await;
    host.seen
}

#[test]
fn a_datagram_comes_with_stamp_and_tos_and_is_answered() {
    on_a_runtime(async {
        let local = free_udp("127.0.9.1");
        let peer = UdpSocket::bind("127.0.9.2:0").await.unwrap();
        let remote = peer.local_addr().unwrap();
        socket2::SockRef::from(&peer).set_tos_v4(0xb8).unwrap();
        let asked = tokio::spawn(async move {
            peer.send_to(b"ping", local).await.unwrap();
            let mut answer = [0; 16];
            let (length, from) = peer.recv_from(&mut answer).await.unwrap();
            (answer[..length].to_vec(), from)
        });
        let seen =
            run_until(&[(Transport::Udp, local)], vec![], |input| matches!(input, Input::Received { .. }))
                .await;
        let (at, Input::Received { flow, tos, bytes }) = &seen[0] else { panic!("{seen:?}") };
        assert_eq!(
            (*flow, *tos, bytes.as_slice()),
            (Flow::udp(local, remote), Some(0xb8), b"ping".as_slice())
        );
        assert!(*at > At::ZERO && *at < At::from_secs(20), "the stamp is on the run's clock: {at}");
        assert_eq!(asked.await.unwrap(), (b"pong".to_vec(), local));
    });
}

#[test]
fn a_closed_port_is_unreachable() {
    on_a_runtime(async {
        let (local, nobody) = (free_udp("127.0.9.1"), free_udp("127.0.9.3"));
        let flow = Flow::udp(local, nobody);
        let order = Order::Send { flow, tos: 0, bytes: b"hello".to_vec() };
        let seen = run_until(&[(Transport::Udp, local)], vec![order], |input| {
            matches!(input, Input::Unreachable { .. })
        })
        .await;
        assert!(seen.iter().any(|(_, input)| *input == Input::Unreachable { flow }), "{seen:?}");
    });
}

#[test]
fn an_address_in_use_names_itself_and_its_holder() {
    on_a_runtime(async {
        let taken = std::net::UdpSocket::bind("127.0.9.4:0").unwrap();
        let address = taken.local_addr().unwrap();
        let error = Sockets::bind(RunClock::start(), &[(Transport::Udp, address)]).err().unwrap();
        let text = error.to_string();
        assert!(text.contains(&address.to_string()), "{text}");
        assert!(text.contains(&format!("pid {}", std::process::id())), "{text}");
        let foreign = "203.0.113.7:5060".parse().unwrap();
        let error = Sockets::bind(RunClock::start(), &[(Transport::Tcp, foreign)]).err().unwrap();
        assert!(error.to_string().contains("not on this machine"), "{error}");
    });
}

#[test]
fn a_stream_is_made_on_demand_from_the_right_address() {
    on_a_runtime(async {
        let listener = TcpListener::bind("127.0.9.5:0").await.unwrap();
        let remote = listener.local_addr().unwrap();
        let local = SocketAddr::from(([127, 0, 9, 1], 0));
        let order =
            |bytes: &[u8]| Order::Send { flow: Flow::tcp(local, remote), tos: 0x60, bytes: bytes.to_vec() };
        let other_end = tokio::spawn(async move {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let (mut stream, from) = listener.accept().await.unwrap();
            let mut bytes = [0; 6];
            stream.read_exact(&mut bytes).await.unwrap();
            stream.write_all(b"thanks").await.unwrap();
            (bytes, from)
        });
        let seen =
            run_until(&[], vec![order(b"one"), order(b"two")], |input| matches!(input, Input::Closed { .. }))
                .await;
        let (bytes, from) = other_end.await.unwrap();
        assert_eq!((&bytes, from.ip()), (b"onetwo", local.ip()));
        let flow = Flow::tcp(from, remote);
        assert!(seen.iter().any(|(_, input)| *input == Input::Connected { flow }), "{seen:?}");
        let got = Input::Received { flow, tos: None, bytes: b"thanks".to_vec() };
        assert!(seen.iter().any(|(_, input)| *input == got), "{seen:?}");
    });
}

#[test]
fn a_stream_that_nobody_takes_is_closed_with_a_reason() {
    on_a_runtime(async {
        let flow = Flow::tcp("127.0.9.1:0".parse().unwrap(), free_tcp("127.0.9.6"));
        let order = Order::Send { flow, tos: 0, bytes: b"hello".to_vec() };
        let seen = run_until(&[], vec![order], |input| matches!(input, Input::Closed { .. })).await;
        let refused = |input: &Input<Order>| matches!(input, Input::Closed { flow: closed, reason } if *closed == flow && reason.contains("refused"));
        assert!(seen.iter().any(|(_, input)| refused(input)), "{seen:?}");
    });
}

#[test]
fn an_accepted_stream_is_answered_on_itself() {
    on_a_runtime(async {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let local = free_tcp("127.0.9.1");
        let asked = tokio::spawn(async move {
            // The listener is there before the driver runs, but this task may run first.
            let mut stream = loop {
                match tokio::net::TcpStream::connect(local).await {
                    Ok(stream) => break stream,
                    Err(_) => tokio::task::yield_now().await,
                }
            };
            stream.write_all(b"ping").await.unwrap();
            let mut answer = [0; 4];
            stream.read_exact(&mut answer).await.unwrap();
            answer
        });
        run_until(&[(Transport::Tcp, local)], vec![], |input| matches!(input, Input::Closed { .. })).await;
        assert_eq!(&asked.await.unwrap(), b"pong");
    });
}

#[test]
fn deadlines_are_served_and_lag_is_told() {
    on_a_runtime(async {
        let due = At::from_millis(40);
        let seen = run_until(&[], vec![Order::WakeAt(due)], |input| *input == Input::Timeout).await;
        let (at, _) = seen.iter().find(|(_, input)| *input == Input::Timeout).unwrap();
        assert!(*at >= due, "served at {at}, before it was due");
        // A deadline that lies in the past when it is set was missed by as much.
        let due = Order::WakeAt(At::ZERO);
        let clock = RunClock::start();
        let driver = SipDriver::new(Parrot::default(), Sockets::bind(clock, &[]).unwrap(), Timing::Stamp);
        tokio::time::sleep_until(tokio::time::Instant::from_std(clock.instant(At::from_millis(30)))).await;
        let (commands, inbox) = mpsc::unbounded_channel();
        commands.send(due).unwrap();
        let late = |input: &Input<Order>| matches!(input, Input::Command(Order::Late(by)) if *by >= Duration::from_millis(30));
        let mut host = Until { seen: Vec::new(), wanted: late };
        driver.run(inbox, &mut host).await;
        assert!(host.seen.iter().any(|(_, input)| late(input)));
    });
}

#[test]
fn a_port_of_ones_own_is_a_connection_of_ones_own() {
    on_a_runtime(async {
        let listener = TcpListener::bind("127.0.9.7:0").await.unwrap();
        let remote = listener.local_addr().unwrap();
        // Other tests and what ended lately use other ports: these depend on the process.
        let first = 61_000 + (std::process::id() % 4_000) as u16;
        let own = |port| Flow::tcp(SocketAddr::from(([127, 0, 9, 1], port)), remote);
        let order = |port, bytes: &[u8]| Order::Send { flow: own(port), tos: 0, bytes: bytes.to_vec() };
        let orders = vec![order(first, b"one"), order(first + 1, b"other"), order(first, b"more")];
        let other_end = tokio::spawn(async move {
            use tokio::io::AsyncReadExt;
            let mut said = std::collections::BTreeMap::new();
            for _ in 0..2 {
                let (mut stream, from) = listener.accept().await.unwrap();
                let mut bytes = [0; 7];
                let length = if from.port() == first { 7 } else { 5 };
                stream.read_exact(&mut bytes[..length]).await.unwrap();
                said.insert(from.port(), bytes[..length].to_vec());
            }
            said
        });
        let seen = run_until(
            &[],
            orders,
            |input| matches!(input, Input::Closed { flow, .. } if flow.local.port() == first),
        )
        .await;
        let said = other_end.await.unwrap();
        assert_eq!(
            (said[&first].as_slice(), said[&(first + 1)].as_slice()),
            (&b"onemore"[..], &b"other"[..])
        );
        for port in [first, first + 1] {
            let connected = Input::Connected { flow: own(port) };
            assert!(seen.iter().any(|(_, input)| *input == connected), "{seen:?}");
        }
    });
}

#[test]
fn a_connection_that_came_in_is_not_made_from_here() {
    on_a_runtime(async {
        let flow = Flow::tcp("127.0.9.1:5061".parse().unwrap(), "127.0.9.8:40000".parse().unwrap());
        let order = Order::Send { flow, tos: 0, bytes: b"late answer".to_vec() };
        let seen = run_until(&[], vec![order], |input| matches!(input, Input::Closed { .. })).await;
        let gone = Input::Closed { flow, reason: "the connection is gone".to_owned() };
        assert!(seen.iter().any(|(_, input)| *input == gone), "{seen:?}");
    });
}

//! A signalling machine and an engine as one node.

use crate::wire::{address, millis, sending, tone};
use oxocert_machine::{At, Flow, Input, Machine, Output, Seed};
use oxocert_media::engine::{self, PortId, Sound};
use oxocert_media::with_media::{MediaOwner, WithMedia};
use std::collections::VecDeque;

#[derive(Debug, Default)]
struct Owner {
    out: VecDeque<Output<Report>>,
    signalling: Vec<Vec<u8>>,
    timeouts: Vec<At>,
}

#[derive(Debug)]
enum Order {
    Talk,
    Media(Box<engine::Event>),
}

#[derive(Debug, PartialEq)]
enum Report {
    Media(engine::Command),
    Heard(Sound),
}

impl Machine for Owner {
    type Command = Order;
    type Event = Report;

    fn handle(&mut self, at: At, input: Input<Order>) {
        match input {
            Input::Received { bytes, .. } => self.signalling.push(bytes),
            Input::Command(Order::Talk) => {
                let port = PortId(1);
                let orders = [
                    engine::Command::Open { port, local: address(1) },
                    engine::Command::Send { port, sending: sending(2, tone(600)) },
                ];
                self.out.extend(orders.map(|order| Output::Event(Report::Media(order))));
            }
            Input::Command(Order::Media(event)) => {
                let engine::Event::Heard { port, sound, .. } = *event else { return };
                self.out.push_back(Output::Event(Report::Heard(sound)));
                // What is heard makes a new order: it must reach the engine in the same drain.
                self.out.push_back(Output::Event(Report::Media(engine::Command::Stop { port })));
            }
            Input::Timeout => self.timeouts.push(at),
            _ => {}
        }
    }

    fn poll(&mut self) -> Option<Output<Report>> {
        self.out.pop_front()
    }

    fn deadline(&self) -> Option<At> {
        self.timeouts.is_empty().then_some(At::from_millis(500))
    }
}

impl MediaOwner for Owner {
    fn media_command(event: Report) -> Result<engine::Command, Report> {
        match event {
            Report::Media(command) => Ok(command),
            other => Err(other),
        }
    }

    fn media_event(event: engine::Event) -> Order {
        Order::Media(Box::new(event))
    }
}

/// Runs to `end`, sending each RTP packet back to its port; the outputs come back.
fn run(node: &mut WithMedia<Owner>, end: At) -> Vec<Output<Report>> {
    let mut outputs = Vec::new();
    while let Some(deadline) = node.deadline().filter(|deadline| *deadline <= end) {
        node.handle(deadline, Input::Timeout);
        let mut echoes = Vec::new();
        while let Some(output) = node.poll() {
            if let Output::Transmit { flow, tos, bytes } = &output
                && flow.local == address(1)
            {
                echoes.push(Input::Received { flow: *flow, tos: Some(*tos), bytes: bytes.clone() });
            }
            outputs.push(output);
        }
        for echo in echoes {
            node.handle(deadline, echo);
            outputs.extend(std::iter::from_fn(|| node.poll()));
        }
    }
    outputs
}

#[test]
fn media_goes_to_the_engine_and_signalling_to_its_owner() {
    let mut node = WithMedia::new(Owner::default(), Seed(1));
    node.handle(At::ZERO, Input::Command(Order::Talk));
    assert_eq!(node.poll(), None);
    assert!(node.engine().owns(address(1)));
    let flow = Flow::udp(([127, 0, 0, 1], 5060).into(), address(2));
    node.handle(At::ZERO, Input::Received { flow, tos: None, bytes: b"OPTIONS".to_vec() });
    let outputs = run(&mut node, At::ZERO + millis(800));
    let heard: Vec<_> = outputs.iter().filter(|output| matches!(output, Output::Event(_))).collect();
    assert_eq!(heard[0], &Output::Event(Report::Heard(Sound::Tone { hz: 600 })));
    // Two packets until the tone is known, then the owner stops it.
    let rtp = outputs
        .iter()
        .filter(|output| matches!(output, Output::Transmit { flow, .. } if flow.local == address(1)));
    assert_eq!(rtp.count(), 2);
    assert_eq!(node.owner().signalling, [b"OPTIONS".to_vec()]);
    assert_eq!(node.owner().timeouts, [At::from_millis(500)]);
}

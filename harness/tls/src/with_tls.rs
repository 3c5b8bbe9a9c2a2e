//! A machine on its TLS layer.

use crate::layer::{Layer, Out};
use crate::{Command, Event};
use oxocert_machine::{At, Input, Machine, Output, Seed, Transport};
use oxocert_media::engine;
use oxocert_media::with_media::MediaOwner;
use oxocert_pki::UtcSeconds;

/// A machine that speaks over flows of transport `Tls`.
pub trait TlsOwner: Machine {
    /// The TLS order in an event; any other event comes back.
    fn tls_command(event: Self::Event) -> Result<Command, Self::Event>;

    /// What the layer reports, as a command for this machine.
    fn tls_event(event: Event) -> Self::Command;
}

/// A [`TlsOwner`] with its layer; to the outside a machine with the owner's commands and events, whose flows are `Udp` and `Tcp`.
///
/// The owner sends on a flow of transport `Tls` as it would on `Tcp` ([`oxocert_machine::Flow`]): local port 0 takes the
/// connection there is or makes one. It is told [`Input::Connected`] when the handshake is complete, [`Input::Received`] with
/// plaintext, and [`Input::Closed`] when the connection is over, or was never made (then with port 0 where it had asked with
/// port 0). What it sends meanwhile waits. All that is no TLS passes untouched.
pub struct WithTls<M> {
    owner: M,
    layer: Layer,
    now: At,
}

impl<M: TlsOwner> WithTls<M> {
    /// Puts `owner` on a new layer without endpoints. `utc_at_zero`: UTC at [`At::ZERO`], by which certificates are judged.
    /// `seed`: from which local ports and the randoms of probes are drawn.
    pub fn new(owner: M, utc_at_zero: UtcSeconds, seed: Seed) -> WithTls<M> {
        WithTls { owner, layer: Layer::new(utc_at_zero, seed), now: At::ZERO }
    }

    /// The machine above.
    pub fn owner(&self) -> &M {
        &self.owner
    }

    /// The machine above, for the one who drives it.
    pub fn owner_mut(&mut self) -> &mut M {
        &mut self.owner
    }
}

impl<M: TlsOwner> Machine for WithTls<M> {
    type Command = M::Command;
    type Event = M::Event;

    fn handle(&mut self, at: At, input: Input<M::Command>) {
        self.now = self.now.max(at);
        self.layer.at(self.now);
        let rest = match input {
            Input::Connected { flow } if flow.transport == Transport::Tcp && self.layer.connected(flow) => {
                return;
            }
            Input::Received { flow, tos, bytes } if self.layer.owns(flow) => {
                return self.layer.received(flow, tos, &bytes);
            }
            Input::Closed { flow, reason } if self.layer.owns(flow) => {
                return self.layer.closed(flow, &reason);
            }
            Input::Timeout => {
                // Each of the two gets only the wake-ups it asked for.
                if self.layer.deadline().is_some_and(|deadline| deadline <= self.now) {
                    self.layer.timeout();
                }
                if self.owner.deadline().is_none_or(|deadline| deadline > self.now) {
                    return;
                }
                Input::Timeout
            }
            rest => rest,
        };
        self.owner.handle(at, rest);
    }

    fn poll(&mut self) -> Option<Output<M::Event>> {
        // The owner first: it is drained before it is given anything more.
        loop {
            while let Some(output) = self.owner.poll() {
                match output {
                    Output::Event(event) => match M::tls_command(event) {
                        Ok(command) => self.layer.command(command),
                        Err(event) => return Some(Output::Event(event)),
                    },
                    Output::Transmit { flow, tos, bytes } if flow.transport == Transport::Tls => {
                        self.layer.send(flow, tos, &bytes);
                    }
                    Output::Close { flow } if flow.transport == Transport::Tls => self.layer.close(flow),
                    Output::Transmit { flow, tos, bytes } => {
                        if flow.transport == Transport::Tcp {
                            self.layer.goes_in_clear(flow);
                        }
                        return Some(Output::Transmit { flow, tos, bytes });
                    }
                    Output::Close { flow } => return Some(Output::Close { flow }),
                }
            }
            let input = match self.layer.poll()? {
                Out::Transmit { flow, tos, bytes } => return Some(Output::Transmit { flow, tos, bytes }),
                Out::Close(flow) => return Some(Output::Close { flow }),
                Out::Event(event) => Input::Command(M::tls_event(event)),
                Out::Connected(flow) => Input::Connected { flow },
                Out::Received { flow, tos, bytes } => Input::Received { flow, tos, bytes },
                Out::Closed { flow, reason } => Input::Closed { flow, reason },
            };
            self.owner.handle(self.now, input);
        }
    }

    fn deadline(&self) -> Option<At> {
        self.owner.deadline().into_iter().chain(self.layer.deadline()).min()
    }
}

impl<M: TlsOwner + MediaOwner> MediaOwner for WithTls<M> {
    fn media_command(event: Self::Event) -> Result<engine::Command, Self::Event> {
        M::media_command(event)
    }

    fn media_event(event: engine::Event) -> Self::Command {
        M::media_event(event)
    }
}

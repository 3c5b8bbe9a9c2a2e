//! The ports of all streams, and what goes through them.

use super::incoming::{Arrived, Incoming};
use super::outgoing::{Hands, Outgoing};
use super::port::Port;
use super::prefetch::prefetch;
use super::{Finding, Findings, Kind, Observer, Second, TransmitStamps};
use crate::card::Card;
use crate::clock::{RunClock, StampMapping};
use crate::receive::{Batch, Datagram};
use oxocert_machine::At;

/// Datagrams taken in one call from one port.
const SLOTS: usize = 16;

/// Longer than any RTP or RTCP packet of an Ethernet.
const LARGEST: usize = 2048;

/// Stamps of sent packets taken in one call.
const ANSWERS: usize = 32;

/// Bytes of a sent packet that come back with its stamp: none (`OPT_TSONLY`), but a buffer must have a size.
const ECHO: usize = 64;

/// What a packet needs of its stream's state lies at the beginning.
const STATE_BYTES: usize = 192;

/// One port with what is sent and let in there.
pub(super) struct Lane {
    stream: u32,
    /// In the order in which the plan sends.
    place: usize,
    port: Port,
    pub(super) outgoing: Option<Box<Outgoing>>,
    pub(super) incoming: Option<Box<Incoming>>,
    /// Stamps of sent packets asked for before the stream that is sent now.
    asked: u32,
    /// Datagrams the socket has dropped so far; a 32-bit counter.
    dropped: u32,
}

/// What all lanes share.
pub(super) struct Desk<O> {
    pub(super) clock: RunClock,
    pub(super) stamps: StampMapping,
    pub(super) card: Card,
    pub(super) transmit: TransmitStamps,
    pub(super) observer: O,
    pub(super) findings: Findings,
    pub(super) second: Second,
    batch: Batch,
    answers: Batch,
    packet: Vec<u8>,
    clear: Vec<u8>,
}

impl<O: Observer> Desk<O> {
    pub(super) fn new(
        clock: RunClock,
        card: Card,
        transmit: TransmitStamps,
        observer: O,
        streams: usize,
    ) -> Desk<O> {
        Desk {
            clock,
            stamps: StampMapping::new(clock),
            card,
            transmit,
            observer,
            findings: Findings::new(streams),
            second: Second::none(clock.now()),
            batch: Batch::new(SLOTS, LARGEST),
            answers: Batch::new(ANSWERS, ECHO),
            packet: Vec::with_capacity(Outgoing::room(LARGEST)),
            clear: Vec::with_capacity(LARGEST),
        }
    }

    /// The stamp of a datagram on the timeline: the card's, else the kernel's.
    fn stamp(&self, datagram: &Datagram<'_>) -> Option<At> {
        let card = datagram.ancillary.hardware_ns.and_then(|card_ns| self.card.at(card_ns));
        card.or_else(|| datagram.stamp_ns.map(|stamp_ns| self.stamps.at(stamp_ns)))
    }
}

impl Lane {
    pub(super) fn new(stream: u32, place: usize, port: Port) -> Lane {
        Lane { stream, place, port, outgoing: None, incoming: None, asked: 0, dropped: 0 }
    }

    /// The number of its stream.
    pub(super) fn stream(&self) -> u32 {
        self.stream
    }

    /// Begins another stream; the one before is handed back.
    pub(super) fn begin(&mut self, outgoing: Box<Outgoing>) -> Option<Box<Outgoing>> {
        let before = self.quiet();
        self.outgoing.insert(outgoing).attach(&self.port.rtp, self.asked);
        before
    }

    /// Ends sending; the stream is handed back.
    pub(super) fn quiet(&mut self) -> Option<Box<Outgoing>> {
        let before = self.outgoing.take();
        self.asked = before.as_ref().map_or(self.asked, |before| before.asked());
        before
    }

    /// Whether something is to be sent.
    pub(super) fn is_sending(&self) -> bool {
        self.outgoing.as_ref().is_some_and(|outgoing| !outgoing.is_over())
    }

    /// Asks for what the next packet needs: first for the stream's state, and once that is there for the packet.
    #[inline]
    pub(super) fn fetch(&self, is_state_there: bool) {
        match &self.outgoing {
            Some(outgoing) if is_state_there => outgoing.fetch(),
            Some(outgoing) => prefetch(&**outgoing, STATE_BYTES),
            None => {}
        }
    }

    /// Sends the next packet of the stream, where there is one; tells when.
    pub(super) fn send<O: Observer>(&mut self, round: u64, due: At, desk: &mut Desk<O>) -> Option<At> {
        let outgoing = self.outgoing.as_mut().filter(|outgoing| !outgoing.is_over())?;
        let hands = Hands {
            clock: desk.clock,
            transmit: desk.transmit,
            has_card: desk.card.is_stamping(),
            turn: round.wrapping_add(self.place as u64),
            scratch: &mut desk.packet,
            observer: &mut desk.observer,
        };
        let sent = outgoing.send(self.stream, &self.port.rtp, due, hands);
        match sent {
            Some(at) => desk.second.sent(at.0.saturating_sub(due.0)),
            None => desk.second.unsent += 1,
        }
        sent
    }

    /// Takes what the RTP port holds. Returns how many datagrams that were.
    pub(super) fn receive<O: Observer>(&mut self, desk: &mut Desk<O>) -> usize {
        // What is left after one batch comes round again; an error means that there is nothing.
        let count = desk.batch.receive(&self.port.rtp).unwrap_or(0);
        let at = desk.clock.now();
        for datagram in desk.batch.datagrams() {
            if let Some(drops) = datagram.ancillary.drops {
                desk.second.drops += u64::from(drops.wrapping_sub(self.dropped));
                self.dropped = drops;
            }
            let arrived = arrived(&datagram, desk.stamp(&datagram), at);
            let let_in = match &mut self.incoming {
                Some(incoming) => incoming.rtp(
                    self.stream,
                    arrived,
                    &mut desk.clear,
                    &mut desk.observer,
                    &mut desk.findings,
                ),
                None => {
                    desk.findings.note(Finding {
                        at: arrived.stamp.unwrap_or(at),
                        stream: self.stream,
                        remote: arrived.remote,
                        kind: Kind::Uncalled,
                        refusal: None,
                    });
                    false
                }
            };
            desk.second.received += u64::from(let_in);
            desk.second.unstamped += u64::from(let_in && arrived.stamp.is_none());
        }
        count
    }

    /// Takes what the RTCP port holds.
    pub(super) fn receive_control<O: Observer>(&mut self, desk: &mut Desk<O>) {
        let Some(socket) = &self.port.rtcp else { return };
        let count = desk.batch.receive(socket).unwrap_or(0);
        let at = desk.clock.now();
        for datagram in desk.batch.datagrams().take(count) {
            let arrived = arrived(&datagram, desk.stamp(&datagram), at);
            if let Some(incoming) = &mut self.incoming {
                incoming.rtcp(self.stream, arrived, &mut desk.clear, &mut desk.observer, &mut desk.findings);
            }
        }
    }

    /// Takes the kernel's answers to when packets left.
    pub(super) fn take_answers<O: Observer>(&mut self, desk: &mut Desk<O>) {
        let Some(outgoing) = &self.outgoing else { return };
        if desk.transmit == TransmitStamps::None {
            return;
        }
        let _ = desk.answers.receive_errors(&self.port.rtp);
        for answer in desk.answers.datagrams() {
            let packet = answer.ancillary.sent.and_then(|number| outgoing.packet_of(number));
            // A card and the kernel both answer: the card's is the one that counts where there is one.
            let is_second_best = desk.card.is_stamping() && answer.ancillary.hardware_ns.is_none();
            if let (Some(packet), Some(at), false) = (packet, desk.stamp(&answer), is_second_best) {
                desk.observer.left(self.stream, packet, at);
            }
        }
    }
}

fn arrived<'a>(datagram: &Datagram<'a>, stamp: Option<At>, at: At) -> Arrived<'a> {
    Arrived {
        remote: datagram.remote,
        stamp,
        at,
        cut: datagram.bytes.len() >= LARGEST,
        bytes: datagram.bytes,
    }
}

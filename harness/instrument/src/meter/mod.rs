//! What is noted of one RTP stream, packet by packet.

mod packet;
mod samples;

pub use packet::{Packet, Taken};
pub use samples::{Sample, Samples, SsrcChange, WINDOW_NS};

use oxocert_media::estimate::{Arrival, Sequence};

/// One RTP stream in one direction: tells apart what belongs to it and writes one [`Sample`] a packet.
///
/// It allocates nothing. The notes of one window of 10 s lie in [`Samples`]; when [`StreamMeter::is_over`] says so, the owner
/// takes them with [`StreamMeter::swap`], gives an empty one of the same size, and has them read elsewhere.
#[derive(Debug)]
pub struct StreamMeter {
    current: Option<Current>,
    /// The SSRC and the next number of a stranger whose packet was the last one that came.
    candidate: Option<(u32, u16)>,
    samples: Samples,
}

#[derive(Debug)]
struct Current {
    ssrc: u32,
    sequence: Sequence,
}

impl StreamMeter {
    /// A meter that has seen nothing. The first packet decides which SSRC is its own.
    pub fn new(samples: Samples) -> StreamMeter {
        StreamMeter { current: None, candidate: None, samples }
    }

    /// Whether something at `at` belongs to a later window, so that the notes are to be taken first.
    pub fn is_over(&self, at: oxocert_machine::At) -> bool {
        self.samples.is_over(at)
    }

    /// Takes the notes so far and goes on with `spare`, which is emptied.
    pub fn swap(&mut self, mut spare: Samples) -> Samples {
        spare.clear();
        std::mem::replace(&mut self.samples, spare)
    }

    /// The SSRC that is measured; `None` before the first packet.
    pub fn ssrc(&self) -> Option<u32> {
        self.current.as_ref().map(|current| current.ssrc)
    }

    /// Takes the next packet in the order of arrival.
    ///
    /// A packet of another SSRC is a stranger. A second one in a row that continues it means that the stream has a new SSRC.
    #[inline]
    pub fn packet(&mut self, packet: &Packet) -> Taken {
        self.samples.begin(packet.moment());
        let taken = match &mut self.current {
            Some(current) if current.ssrc == packet.ssrc => {
                self.candidate = None;
                Taken::Own(current.sequence.packet(packet.sequence))
            }
            Some(_) if self.candidate != Some((packet.ssrc, packet.sequence)) => {
                self.candidate = Some((packet.ssrc, packet.sequence.wrapping_add(1)));
                Taken::Foreign
            }
            _ => {
                let before = self.current.as_ref().map(|current| current.ssrc);
                self.candidate = None;
                self.current = Some(Current { ssrc: packet.ssrc, sequence: Sequence::new(packet.sequence) });
                match before {
                    Some(from) => {
                        self.samples.ssrc_changed(SsrcChange { at: packet.moment(), from, to: packet.ssrc });
                        Taken::NewSsrc
                    }
                    None => Taken::Own(Arrival::InOrder { step: 1 }),
                }
            }
        };
        let highest = self.current.as_ref().map_or(0, |current| current.sequence.extended_highest());
        self.samples.note(packet, taken, highest);
        taken
    }
}

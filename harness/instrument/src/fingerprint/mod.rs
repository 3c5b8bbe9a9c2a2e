//! Payloads that are known again: A-law samples that the harness chose, different in each packet.
//!
//! The first eight bytes say which packet it is, in a permutation that depends on the run's seed; the rest follows from it. To
//! recognise one is to read the claim, make the payload again and compare every byte: nothing is looked up, and what a DUT regenerated is never taken
//! for what was sent. A payload of another of the harness's streams is recognised as that one: crossed media is seen.

mod sent_times;
mod words;

pub use sent_times::SentTimes;

use oxocert_machine::Seed;

/// The shortest payload that can be recognised, in bytes.
pub const SHORTEST: usize = 24;

/// What a recognised payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// The number of the stream, chosen by the harness.
    pub stream: u16,
    /// The number of the packet in it, from 0 on.
    pub packet: u32,
}

/// Makes and recognises payloads, of all streams of a run. Both cost some tens of nanoseconds for 160 bytes and allocate nothing.
#[derive(Debug, Clone, Copy)]
pub struct Fingerprints {
    key: u64,
}

impl Fingerprints {
    /// Those of a run.
    pub fn new(seed: Seed) -> Fingerprints {
        Fingerprints { key: seed.child("fingerprint").0 }
    }

    /// Writes the payload of one packet: white noise at about -27 dBm0. Where `out` has fewer than [`SHORTEST`] bytes it will not be
    /// recognised.
    pub fn fill(&self, mark: Mark, out: &mut [u8]) {
        let (claim, mut words) = words::of(self.key, mark);
        let (begin, out) = out.split_at_mut(out.len().min(claim.len()));
        begin.iter_mut().zip(claim).for_each(|(byte, word)| *byte = word);
        let (whole, rest) = out.as_chunks_mut::<8>();
        for eight in whole {
            *eight = words.next_word();
        }
        let last = words.next_word();
        rest.iter_mut().zip(last).for_each(|(byte, word)| *byte = word);
    }

    /// Which packet it is: `None` unless every byte is that of the packet which the first eight claim.
    pub fn recognise(&self, payload: &[u8]) -> Option<Mark> {
        let (claim, follows) = payload.split_first_chunk::<8>().filter(|_| payload.len() >= SHORTEST)?;
        let mark = words::claimed(self.key, *claim)?;
        let (_, mut words) = words::of(self.key, mark);
        let (whole, rest) = follows.as_chunks::<8>();
        let same = whole.iter().all(|eight| *eight == words.next_word());
        (same && words.next_word().starts_with(rest)).then_some(mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxocert_media::g711;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn payload(of: Fingerprints, stream: u16, packet: u32, length: usize) -> Vec<u8> {
        let mut out = vec![0; length];
        of.fill(Mark { stream, packet }, &mut out);
        out
    }

    #[test]
    fn no_two_packets_of_many_are_alike() {
        let prints = Fingerprints::new(Seed(3));
        let all: BTreeSet<Vec<u8>> = (0..20u16)
            .flat_map(|stream| (0..500).map(move |packet| payload(prints, stream, packet, 16)))
            .collect();
        assert_eq!(all.len(), 10_000);
    }

    #[test]
    fn it_is_quiet_noise() {
        let prints = Fingerprints::new(Seed(3));
        let second: Vec<u8> = (0..50).flat_map(|packet| payload(prints, 1, packet, 160)).collect();
        let level = g711::level_of(g711::mean_square(&second));
        assert!((-29.0..-25.0).contains(&level), "{level}");
    }

    #[test]
    fn silence_and_short_payloads_are_no_packet() {
        let prints = Fingerprints::new(Seed(3));
        assert_eq!(prints.recognise(&[g711::SILENCE; 160]), None);
        assert_eq!(prints.recognise(&payload(prints, 1, 1, SHORTEST - 1)), None);
        assert!(prints.recognise(&payload(prints, 1, 1, SHORTEST)).is_some());
        assert_eq!(prints.recognise(&[]), None);
    }

    proptest! {
        #[test]
        fn what_was_made_is_recognised(
            seed in any::<u64>(), stream in any::<u16>(), packet in any::<u32>(), length in SHORTEST..500,
        ) {
            let prints = Fingerprints::new(Seed(seed));
            let bytes = payload(prints, stream, packet, length);
            prop_assert_eq!(prints.recognise(&bytes), Some(Mark { stream, packet }));
            prop_assert_eq!(Fingerprints::new(Seed(seed ^ 1)).recognise(&bytes), None);
        }

        #[test]
        fn one_changed_bit_is_another_payload(
            packet in any::<u32>(), length in SHORTEST..200, place in any::<prop::sample::Index>(), bit in 0u32..8,
        ) {
            let prints = Fingerprints::new(Seed(3));
            let mut bytes = payload(prints, 7, packet, length);
            bytes[place.index(length)] ^= 1 << bit;
            prop_assert_eq!(prints.recognise(&bytes), None);
        }

        #[test]
        fn strangers_are_not_recognised(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(Fingerprints::new(Seed(3)).recognise(&bytes), None);
        }
    }
}

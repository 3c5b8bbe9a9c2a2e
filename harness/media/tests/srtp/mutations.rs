//! Whatever is done to a packet, it never authenticates; whatever comes, nothing panics.

use crate::oracle::Oracle;
use crate::{key, rtcp, rtp, with_mki};
use oxocert_media::srtp::{Key, Opener, RtcpSeen, Suite};
use proptest::prelude::*;

fn any_key() -> impl Strategy<Value = Key> {
    (0..Suite::ALL.len(), 0..20usize).prop_map(|(suite, mki)| {
        let key = key(Suite::ALL[suite], 3);
        if mki == 0 { key } else { with_mki(&key, &vec![7; mki]) }
    })
}

/// What happens to a packet on its way.
#[derive(Debug, Clone)]
enum Mutation {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Grow(Vec<u8>),
    Insert(prop::sample::Index, u8),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        (any::<prop::sample::Index>(), 1..=255u8).prop_map(|(at, bits)| Mutation::Flip(at, bits)),
        any::<prop::sample::Index>().prop_map(Mutation::Cut),
        prop::collection::vec(any::<u8>(), 1..20).prop_map(Mutation::Grow),
        (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Insert(at, byte)),
    ]
}

fn mutated(mut packet: Vec<u8>, mutation: &Mutation) -> Vec<u8> {
    match mutation {
        Mutation::Flip(at, bits) => {
            let at = at.index(packet.len());
            packet[at] ^= bits;
        }
        Mutation::Cut(at) => packet.truncate(at.index(packet.len())),
        Mutation::Grow(more) => packet.extend(more),
        Mutation::Insert(at, byte) => packet.insert(at.index(packet.len()), *byte),
    }
    packet
}

proptest! {
    #[test]
    fn a_mutated_packet_never_authenticates(key in any_key(), number: u16, mutation in mutation()) {
        let bad = mutated(Oracle::new(&key).rtp(&rtp(number), 0), &mutation);
        let mut clear = Vec::new();
        prop_assert!(Opener::new(&key).unwrap().rtp(&bad, false, &mut clear).is_err());
        prop_assert!(clear.is_empty());
    }

    #[test]
    fn a_mutated_report_never_authenticates(key in any_key(), encrypted: bool, mutation in mutation()) {
        let bad = mutated(Oracle::new(&key).rtcp(&rtcp(), 5, encrypted), &mutation);
        let mut clear = Vec::new();
        prop_assert_eq!(Opener::new(&key).unwrap().rtcp(&bad, &mut clear), RtcpSeen::Unauthenticated);
    }

    #[test]
    fn no_bytes_are_too_odd(key in any_key(), packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..120), 0..8)) {
        let mut opener = Opener::new(&key).unwrap();
        let mut clear = Vec::new();
        for mut packet in packets {
            for first in [None, Some(0x80), Some(0x9f), Some(0xbf)] {
                if let (Some(byte), Some(first)) = (packet.first_mut(), first) {
                    *byte = first;
                }
                prop_assert!(opener.rtp(&packet, false, &mut clear).is_err());
                opener.rtp_unchecked(&packet, &mut clear);
                prop_assert_eq!(opener.rtcp(&packet, &mut clear), RtcpSeen::Unauthenticated);
            }
        }
    }
}

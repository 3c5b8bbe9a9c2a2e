//! Whatever comes off the wire, an agent neither panics nor loses its call to it.
#![allow(clippy::unwrap_used)]

mod wire;

use oxocert_machine::{At, Transport};
use oxocert_sip::sdp::{Readdress, read, readdress};
use oxocert_sip::stream::Framer;
use proptest::prelude::*;
use wire::{ANSWER, OFFER, Side, Wire, sdp};

/// Everything that a call, its hold and its end put on the wire.
fn talk(transport: Transport) -> Vec<(Side, Vec<u8>)> {
    let mut wire = Wire::with(transport, |_, _| {});
    let mut invite = wire.invite(sdp(OFFER));
    invite.headers.push(("Require".to_string(), "100rel".to_string()));
    let a = wire.a.call(At::ZERO, invite);
    wire.run_for(10);
    let b = wire.incoming();
    wire.b.ring(wire.now, b, 183, &[], sdp(ANSWER));
    wire.run_for(10);
    wire.b.answer(wire.now, b, &[], sdp(ANSWER));
    wire.run_for(10);
    wire.a.reinvite(wire.now, a, &[], sdp(OFFER));
    wire.run_for(10);
    wire.a.hang_up(wire.now, a, &[]);
    wire.run_for(10);
    wire.log.into_iter().map(|line| (line.from, line.message.raw().to_vec())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn mutated_messages_in_the_middle_of_a_call_never_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        chunk in 1_usize..200,
    ) {
        for transport in [Transport::Udp, Transport::Tcp] {
            let mut wire = Wire::with(transport, |_, _| {});
            wire.established();
            let (to_b, to_a) = (wire.flow().reversed(), wire.flow());
            for (from, mut bytes) in talk(transport) {
                for (index, byte) in &changes {
                    let at = index.index(bytes.len());
                    bytes[at] = *byte;
                }
                let (side, flow) = if from == Side::A { (Side::B, to_b) } else { (Side::A, to_a) };
                let chunk = if transport == Transport::Tcp { chunk } else { bytes.len() };
                for part in bytes.chunks(chunk) {
                    let now = wire.now;
                    wire.agent(side).receive(now, flow, part);
                }
                while wire.agent(side).poll().is_some() {}
            }
            for _ in 0..200 {
                for side in [Side::A, Side::B] {
                    if let Some(at) = wire.agent(side).deadline() {
                        wire.agent(side).timeout(at);
                        while wire.agent(side).poll().is_some() {}
                        prop_assert!(wire.agent(side).deadline().is_none_or(|next| next > at), "no progress");
                    }
                }
            }
        }
    }

    #[test]
    fn any_stream_is_framed_without_panic_and_with_bounded_memory(
        chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..20),
    ) {
        let mut framer = Framer::new();
        for chunk in &chunks {
            framer.push(chunk);
            while framer.poll().is_some() {}
        }
    }

    #[test]
    fn any_description_is_read_without_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
    ) {
        let mut bytes = OFFER.to_vec();
        for (index, byte) in &changes {
            let at = index.index(bytes.len());
            bytes[at] = *byte;
        }
        let _ = read(&bytes);
        let change = Readdress { port: Some(9), address: Some("::1".parse().unwrap()), ..Readdress::default() };
        let _ = readdress(&bytes, &change);
    }
}

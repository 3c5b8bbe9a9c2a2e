//! Bytes of any kind: no panic, and no altered certificate passes.

use crate::{LAB, NOW, SBC};
use oxocert_pki::inspect::{facts, objects, warnings};
use oxocert_pki::{Flaw, Request, Usage, UtcSeconds, examine};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, prop_assert, proptest};
use std::slice::from_ref;

fn good() -> &'static [Vec<u8>] {
    &LAB.identity("sbc.nominal", "good").unwrap().chain
}

fn judged(chain: &[Vec<u8>]) -> Vec<Flaw> {
    examine(chain, &LAB.trusted_of_sbc(), Some(SBC), Usage::Server, NOW)
}

/// The whole surface that takes bytes from outside.
fn everything(bytes: &[u8]) {
    let one = bytes.to_vec();
    let _ = facts(bytes);
    let _ = objects(bytes);
    let _ = warnings(from_ref(&one));
    let _ = Request::read(bytes)
        .map(|request| (request.subject(), request.names(), oxocert_pki::request::judge(&request, SBC)));
    let _ = examine(from_ref(&one), from_ref(&one), Some(SBC), Usage::Client, UtcSeconds(i64::MIN));
    let _ = examine(&[good()[0].clone(), one.clone()], &[one], None, Usage::Server, UtcSeconds(i64::MAX));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..600)) {
        everything(&bytes);
    }

    #[test]
    fn bytes_that_begin_like_der_never_panic(bytes in vec(any::<u8>(), 0..120), length in any::<u8>()) {
        everything(&[&[0x30, 0x82, 0x00, length, 0x30, 0x51, 0xa0, 0x03, 0x02, 0x01, 0x02][..], &bytes].concat());
    }

    #[test]
    fn pem_around_anything_never_panics(text in "\\PC{0,200}", label in "[A-Z ]{0,20}") {
        everything(format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n").as_bytes());
    }

    #[test]
    fn a_good_certificate_with_a_hole_is_no_good_one(
        at in 0usize..1000, length in 0usize..40, filling in vec(any::<u8>(), 0..40)
    ) {
        let mut leaf = good()[0].clone();
        let start = at % leaf.len();
        let end = (start + length).min(leaf.len());
        leaf.splice(start..end, filling);
        everything(&leaf);
        if leaf != good()[0] {
            prop_assert!(!judged(&[leaf, good()[1].clone()]).is_empty());
        }
    }

    #[test]
    fn a_truncated_chain_is_no_good_one(at in 0usize..1000) {
        let mut leaf = good()[0].clone();
        leaf.truncate(at % leaf.len());
        everything(&leaf);
        prop_assert!(!judged(&[leaf, good()[1].clone()]).is_empty());
    }
}

#[test]
fn no_flipped_bit_goes_unseen() {
    for which in [0, 1] {
        for index in 0..good()[which].len() {
            let mut chain = good().to_vec();
            chain[which][index] ^= 1 << (index % 8);
            assert!(!judged(&chain).is_empty(), "certificate {which}, byte {index}");
        }
    }
}

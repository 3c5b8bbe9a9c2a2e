//! The marker is found to the sample, or not at all.

use super::*;
use oxocert_machine::Seed;
use rand::Rng;

/// A second and a half of noise at this peak, with the marker at `at` scaled and filtered.
fn heard(at: usize, gain: f64, noise: f64, mut alter: impl FnMut(f64) -> f64) -> Vec<u8> {
    let marker = Marker::new();
    let mut generator = Seed(5).generator("noise");
    (0..12_000usize)
        .map(|n| {
            let marked = n.checked_sub(at).and_then(|n| marker.codes().get(n));
            let clean = marked.map_or(0.0, |code| f64::from(g711::decode(*code)) * gain);
            g711::encode((alter(clean) + noise * generator.random_range(-1.0..1.0)) as i16)
        })
        .collect()
}

#[test]
fn it_is_found_to_the_sample() {
    let marker = Marker::new();
    for at in [0, 1, 159, 160, 4321, 12_000 - LENGTH] {
        let found = marker.find(&heard(at, 1.0, 0.0, |sample| sample)).unwrap();
        assert_eq!((found.sample, found.inverted), (at, false));
        assert!(found.correlation > 0.999 && found.margin > 3.0, "{found:?}");
    }
}

#[test]
fn quieter_turned_and_noisy_it_is_found_all_the_same() {
    let marker = Marker::new();
    let found = marker.find(&heard(777, -0.2, 0.0, |sample| sample)).unwrap();
    assert_eq!((found.sample, found.inverted), (777, true));
    let noisy = marker.find(&heard(777, 1.0, 8000.0, |sample| sample)).unwrap();
    assert_eq!(noisy.sample, 777);
    assert!((0.4..0.9).contains(&noisy.correlation), "{noisy:?}");
}

/// A first-order low-pass, as a worn analog line would be, shifts the peak by less than a sample.
#[test]
fn a_dull_line_does_not_shift_it() {
    let mut state = 0.0;
    let dull = heard(2000, 1.0, 50.0, |sample| {
        state += 0.6 * (sample - state);
        state
    });
    let found = Marker::new().find(&dull).unwrap();
    assert!(found.sample.abs_diff(2000) <= 1, "{found:?}");
}

#[test]
fn where_it_is_not_sure_it_says_nothing() {
    let marker = Marker::new();
    assert_eq!(marker.find(&[]), None);
    assert_eq!(marker.find(&[g711::SILENCE; 12_000]), None);
    assert_eq!(marker.find(&heard(20_000, 1.0, 3000.0, |sample| sample)), None, "noise");
    assert_eq!(marker.find(&heard(700, 0.1, 8000.0, |sample| sample)), None, "drowned");
    assert_eq!(marker.find(marker.codes()), None, "no other place to compare with");
    let tone: Vec<u8> =
        (0..12_000).map(|n| g711::encode((8000.0 * (f64::from(n) * 0.7).sin()) as i16)).collect();
    assert_eq!(marker.find(&tone), None);
    let mut twice = heard(1000, 1.0, 0.0, |sample| sample);
    twice[6000..6000 + LENGTH].copy_from_slice(marker.codes());
    assert_eq!(marker.find(&twice), None, "which of the two?");
    let cut = &heard(11_000, 1.0, 100.0, |sample| sample);
    assert_eq!(marker.find(cut), None, "only its beginning is there");
}

#[test]
fn delay_is_counted_in_samples_within_packets() {
    let sent = Place { packet: At::from_millis(100), sample: 0 };
    let received = Place { packet: At::from_millis(120), sample: 56 };
    assert_eq!(delay_ns(sent, received), 27_000_000);
    assert_eq!(delay_ns(received, sent), -27_000_000);
}

//! The log written and read back, by us and by HdrHistogram's own code.

use super::*;
use crate::{RANGE_END_NS, Statistic};
use base64::prelude::{BASE64_STANDARD, Engine};
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer, V2Serializer};
use proptest::prelude::*;

fn window(tag: &str, start_ns: u64, values: &[u64]) -> Window {
    let mut histogram = Histogram::new();
    values.iter().for_each(|value| histogram.record(*value));
    Window { tag: Tag::new(tag).unwrap(), start_ns, length_ns: 10_000_000_000, histogram }
}

fn log(windows: &[Window]) -> String {
    windows.iter().fold(header("a test"), |text, window| text + &window.to_string() + "\n")
}

fn steps(histogram: &Histogram) -> Vec<(u64, u64)> {
    histogram.steps().collect()
}

#[test]
fn what_was_written_is_read_back() {
    let windows = [
        window("delay", 1_234_567_891, &[0, 1, 2047, 2048, 7_000_123, 7_000_123, RANGE_END_NS]),
        window("pdv", 20_000_000_000, &[]),
        window("delay", u64::MAX, &[u64::MAX, u64::MAX, 5]),
    ];
    let again = read(&log(&windows)).unwrap();
    assert_eq!(again.len(), 3);
    for (before, after) in windows.iter().zip(&again) {
        assert_eq!((&before.tag, before.length_ns), (&after.tag, after.length_ns));
        assert_eq!(steps(&before.histogram), steps(&after.histogram));
        assert_eq!(before.histogram.max(), after.histogram.max());
        assert_eq!(before.histogram.beyond(), after.histogram.beyond());
    }
    assert_eq!((again[0].start_ns, again[2].start_ns), (1_234_567_891, LAST_NS));
    assert_eq!(merged(&again, &again[0].tag).n(), 10);
    assert_eq!(log(&again), log(&read(&log(&again)).unwrap()));
}

#[test]
fn the_code_of_hdrhistogram_reads_the_log() {
    let values: Vec<u64> = (0..5000u64).map(|n| n * n * 37).collect();
    let text = log(&[window("7/out/pdv", 1_500_000_000, &values)]);
    let entries: Vec<_> = IntervalLogIterator::new(text.as_bytes()).map(Result::unwrap).collect();
    let interval = entries
        .iter()
        .find_map(|entry| match entry {
            LogEntry::Interval(interval) => Some(interval),
            _ => None,
        })
        .unwrap();
    assert_eq!(interval.tag().map(|tag| tag.as_str()), Some("7/out/pdv"));
    assert_eq!(interval.start_timestamp().as_nanos(), 1_500_000_000);
    assert_eq!(interval.duration().as_secs(), 10);
    let bytes = BASE64_STANDARD.decode(interval.encoded_histogram()).unwrap();
    let theirs: hdrhistogram::Histogram<u64> = Deserializer::new().deserialize(&mut &bytes[..]).unwrap();
    let mut plain = hdrhistogram::Histogram::<u64>::new_with_bounds(1, RANGE_END_NS, 3).unwrap();
    values.iter().for_each(|value| plain.record(*value).unwrap());
    assert_eq!(theirs, plain);
}

#[test]
fn plain_counts_that_hdrhistogram_wrote_are_read_and_compressed_ones_refused() {
    let ours = window("x", 0, &[3, 3, 900, 1_000_000]).histogram;
    let mut theirs = hdrhistogram::Histogram::<u64>::new_with_bounds(1, RANGE_END_NS, 3).unwrap();
    [3, 3, 900, 1_000_000].into_iter().for_each(|value| theirs.record(value).unwrap());
    let mut bytes = Vec::new();
    V2Serializer::new().serialize(&theirs, &mut bytes).unwrap();
    assert_eq!(steps(&payload::decode(&bytes, 1_000_000, 0).unwrap()), steps(&ours));
    bytes.clear();
    V2DeflateSerializer::new().serialize(&theirs, &mut bytes).unwrap();
    assert_eq!(payload::decode(&bytes, 1_000_000, 0).unwrap_err(), PayloadError::Compressed);
}

#[test]
fn each_trouble_names_its_line() {
    let good = log(&[window("x", 0, &[1])]);
    let line = good.lines().last().unwrap();
    let trouble = |damaged: String| {
        let error = read(&good.replace(line, &damaged)).unwrap_err();
        assert_eq!(error.line, 5, "{error}");
        error.trouble
    };
    assert_eq!(trouble(line.replace("Tag=", "")), Trouble::Fields);
    assert_eq!(trouble(format!("{line},1")), Trouble::Fields);
    assert_eq!(trouble(line.replace("10.000000000", "1e1")), Trouble::Number("1e1".into(), 9));
    assert_eq!(trouble(line.replace("HIST", "H!ST").replace(['=', '+'], "!")), Trouble::Fields);
    assert_eq!(trouble(format!("{line}!")), Trouble::Base64);
    assert_eq!(trouble(line.replace("0.000001", "0.000002")), Trouble::Payload(PayloadError::Greatest));
}

#[test]
fn more_beyond_than_counted_is_refused() {
    let line = window("x", 0, &[1]).to_string();
    let error = read(&format!("#[Beyond: 2]\n{line}")).unwrap_err();
    assert_eq!((error.line, error.trouble), (2, Trouble::Payload(PayloadError::Range)));
}

#[test]
fn a_tag_is_one_word() {
    assert!(["", "a b", "a,b", "a\nb", "é"].iter().all(|text| Tag::new(text).is_none()));
    assert_eq!(Tag::new("7/out/pdv").unwrap().as_str(), "7/out/pdv");
}

proptest! {
    #[test]
    fn any_counts_come_back(
        values in prop::collection::vec((any::<u64>(), 0u32..64), 0..200),
        start_ns in 0..LAST_NS,
    ) {
        let values: Vec<u64> = values.iter().map(|(value, shift)| value >> shift).collect();
        let before = window("t", start_ns, &values);
        let after = &read(&log(std::slice::from_ref(&before))).unwrap()[0];
        prop_assert_eq!(steps(&before.histogram), steps(&after.histogram));
        prop_assert_eq!(before.histogram.max(), after.histogram.max());
        prop_assert_eq!((before.start_ns, before.histogram.beyond()), (after.start_ns, after.histogram.beyond()));
        for statistic in Statistic::ALL {
            let (one, other) = (before.histogram.value(statistic), after.histogram.value(statistic));
            prop_assert_eq!(one.is_some(), other.is_some());
            prop_assert!(one.unwrap_or(0).abs_diff(other.unwrap_or(0)) <= one.unwrap_or(0) / 1000 + 1);
        }
    }

    #[test]
    fn no_damage_is_too_odd(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut text = log(&[window("t", 5, &[1, 2000, 1_000_000])]).into_bytes();
        let place = place.index(text.len());
        text[place] = byte;
        let _ = read(&String::from_utf8_lossy(&text));
    }

    #[test]
    fn no_payload_is_too_odd(mut bytes in prop::collection::vec(any::<u8>(), 0..120), cookie in any::<bool>()) {
        let begin = if cookie { 0x1c84_9313u32 } else { 0x1c84_9314 };
        for (byte, right) in bytes.iter_mut().zip(begin.to_be_bytes()) {
            *byte = right;
        }
        let _ = payload::decode(&bytes, 0, 0);
    }
}

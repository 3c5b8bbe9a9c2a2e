//! Which values HdrHistogram counts as one, with three digits from 1 on: each of 0 to 2047 for itself, then 1024 counts for each
//! doubling.

/// Half of the bits that tell values of one bucket apart: 2048 of them, half of which are new in each bucket.
const HALF_BITS: u32 = 10;

/// Where a value is counted.
pub(crate) fn index_of(value: u64) -> u64 {
    let bucket = (value | 2047).ilog2() - HALF_BITS;
    (u64::from(bucket) << HALF_BITS) + (value >> bucket)
}

/// The least value that is counted there.
pub(crate) fn least_of(index: u64) -> u64 {
    let bucket = (index >> HALF_BITS).saturating_sub(1);
    (index - (bucket << HALF_BITS)) << bucket
}

/// The greatest value that counts as `value` does.
pub(crate) fn greatest_of(value: u64) -> u64 {
    value | (width(value) - 1)
}

/// The value in the middle of those that count as `value` does.
pub(crate) fn middle_of(value: u64) -> u64 {
    let width = width(value);
    (value & !(width - 1)) + width / 2
}

fn width(value: u64) -> u64 {
    1 << ((value | 2047).ilog2() - HALF_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RANGE_END_NS;

    #[test]
    fn an_index_is_that_of_its_values() {
        for index in 0..=index_of(RANGE_END_NS) {
            assert_eq!(index_of(least_of(index)), index);
            assert_eq!(index_of(least_of(index + 1) - 1), index);
        }
    }

    #[test]
    fn hdrhistogram_counts_the_same_values_as_one() {
        let theirs = hdrhistogram::Histogram::<u64>::new_with_bounds(1, RANGE_END_NS, 3).unwrap();
        for value in (0..42).flat_map(|bit| [(1u64 << bit) - 1, 1 << bit, (1 << bit) * 5 / 3]) {
            assert_eq!(greatest_of(value), theirs.highest_equivalent(value), "{value}");
            assert_eq!(middle_of(value), theirs.median_equivalent(value), "{value}");
            assert_eq!(least_of(index_of(value)), theirs.lowest_equivalent(value), "{value}");
        }
    }
}

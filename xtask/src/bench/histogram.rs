//! Latencies, counted without allocation: each bucket is at most 1/64 wider than the last.

use std::time::Duration;

/// How often each latency occurred.
#[derive(Debug, Clone)]
pub(crate) struct Histogram {
    buckets: Box<[u64]>,
}

impl Histogram {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self { buckets: vec![0; BUCKETS].into() }
    }

    /// Counts `times` lookups that took `latency` each.
    pub(crate) fn add(&mut self, latency: Duration, times: u64) {
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get_mut(bucket_of(nanos)) {
            *bucket += times;
        }
    }

    /// Adds what another one counted.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (bucket, more) in self.buckets.iter_mut().zip(&other.buckets) {
            *bucket += more;
        }
    }

    /// How many lookups there were.
    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// What `percent` of all lookups did not exceed; zero of none.
    pub(crate) fn percentile(&self, percent: u64) -> Duration {
        let rank = (self.count() * percent).div_ceil(100);
        let mut passed = 0;
        for (index, times) in self.buckets.iter().enumerate() {
            passed += times;
            if passed >= rank && passed > 0 {
                return Duration::from_nanos(largest_in(index));
            }
        }
        Duration::ZERO
    }
}

/// The first 64 buckets are a nanosecond wide; then come 64 for each power of two.
fn bucket_of(nanos: u64) -> usize {
    let Some(above) = nanos.checked_ilog2().and_then(|log| log.checked_sub(SUB_BITS)) else {
        return usize::try_from(nanos).unwrap_or_default();
    };
    // Between 64 and 127: the leading bits.
    let leading = usize::try_from(nanos >> above).unwrap_or_default();
    usize::try_from(above).unwrap_or_default() * SUB_BUCKETS + leading
}

fn largest_in(index: usize) -> u64 {
    let Some(above) = (index / SUB_BUCKETS).checked_sub(1) else {
        return u64::try_from(index).unwrap_or_default();
    };
    let leading = u64::try_from(index - above * SUB_BUCKETS).unwrap_or_default();
    ((leading + 1) << above) - 1
}

const SUB_BITS: u32 = 6;
const SUB_BUCKETS: usize = 1 << SUB_BITS;

/// Up to 2⁴⁰ ns, which is 18 minutes: more than any client waits.
const BUCKETS: usize = (40 - 6 + 1) * SUB_BUCKETS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_latency_lands_in_a_bucket_hardly_wider_than_itself() {
        for nanos in (0..70_000).chain([1_000_000_007, (1 << 40) - 1]) {
            let largest = largest_in(bucket_of(nanos));
            assert!(largest >= nanos && largest - nanos <= nanos / 64, "{nanos}: {largest}");
        }
        assert_eq!(bucket_of((1 << 40) - 1), BUCKETS - 1);
    }

    #[test]
    fn percentiles_are_of_all_lookups() {
        let mut histogram = Histogram::new();
        assert_eq!(histogram.percentile(99), Duration::ZERO);
        histogram.add(Duration::from_nanos(10), 98);
        histogram.add(Duration::from_nanos(20), 1);
        let mut other = Histogram::new();
        other.add(Duration::from_nanos(30), 1);
        histogram.merge(&other);
        for (percent, nanos) in [(50, 10), (98, 10), (99, 20), (100, 30)] {
            assert_eq!(histogram.percentile(percent), Duration::from_nanos(nanos), "{percent}");
        }
    }
}

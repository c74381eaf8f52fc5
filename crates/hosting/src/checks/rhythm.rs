//! When what is done again and again is due: not for all domains at once.

use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::hosting::DomainId;
use std::time::Duration;

/// The span, a tenth shorter to a tenth longer: as the domain and the hour have it, so that what
/// was begun together drifts apart.
pub(crate) fn jittered(span: Duration, domain: DomainId, now: Timestamp) -> Duration {
    // splitmix64: neighbours come out far apart.
    let mut seed = domain.0.unsigned_abs() ^ now.as_millis().rotate_left(32);
    seed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    seed = (seed ^ (seed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    seed ^= seed >> 31;
    let permille = u32::try_from(seed % 201).unwrap_or_default();
    span.saturating_mul(900 + permille) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn spans_are_spread_over_a_fifth() {
        let now = Timestamp::from_millis(1_750_000_000_000);
        let span = Duration::from_hours(1);
        let spans: Vec<_> = (0..1000).map(|n| jittered(span, DomainId(n), now)).collect();
        let (least, most) = (span * 9 / 10, span * 11 / 10);
        assert!(spans.iter().all(|span| (least..=most).contains(span)));
        let minutes: HashSet<_> = spans.iter().map(|span| span.as_secs() / 30).collect();
        assert!(minutes.len() >= 20, "{minutes:?}");
    }
}

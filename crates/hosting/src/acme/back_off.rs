//! How long to wait after failures in a row. `fraction` is drawn from 0 up to 1, so that those who
//! failed together do not come back together.

use std::time::Duration;

/// Of a CA, for the whole installation: half a minute, doubled up to an hour.
pub(super) fn of_ca(failures: u32, fraction: f64) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    spread(Duration::from_secs(30).saturating_mul(1 << doublings).min(MAX_CA), fraction)
}

/// Of a domain: what DNS does not show yet it mostly shows within minutes. Let's Encrypt allows a
/// name five proofs that fail within an hour; here are four.
pub(super) fn of_domain(failures: u32, fraction: f64) -> Duration {
    let place = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    let minutes = DOMAIN_MINUTES.get(place).copied().unwrap_or(MAX_DOMAIN_MINUTES);
    spread(Duration::from_mins(minutes), fraction)
}

/// Up to a quarter longer.
pub(super) fn spread(pause: Duration, fraction: f64) -> Duration {
    pause + (pause / 4).mul_f64(fraction.clamp(0.0, 1.0))
}

const MAX_CA: Duration = Duration::from_hours(1);
const DOMAIN_MINUTES: [u64; 6] = [1, 5, 20, 40, 60, 120];
const MAX_DOMAIN_MINUTES: u64 = 240;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_their_limits() {
        let minutes = |pause: Duration| pause.as_secs_f64() / 60.0;
        let ca: Vec<_> = (0..10).map(|failures| minutes(of_ca(failures, 0.0))).collect();
        assert_eq!(ca, [0.5, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]);
        let domain: Vec<_> = (1..9).map(|failures| minutes(of_domain(failures, 0.0))).collect();
        assert_eq!(domain, [1.0, 5.0, 20.0, 40.0, 60.0, 120.0, 240.0, 240.0]);
        assert_eq!(of_ca(u32::MAX, 1.0), Duration::from_mins(75));
        assert_eq!(of_domain(u32::MAX, 0.5), Duration::from_mins(270));
    }

    #[test]
    fn no_hour_sees_five_failures_of_a_name() {
        let mut moment = Duration::ZERO;
        let mut tries = vec![moment];
        for failures in 1..20 {
            moment += of_domain(failures, 0.0);
            tries.push(moment);
        }
        for five in tries.windows(5) {
            assert!(five[4] >= five[0] + Duration::from_hours(1), "{five:?}");
        }
    }
}

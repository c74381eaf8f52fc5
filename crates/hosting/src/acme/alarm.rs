//! When a certificate that is not renewed calls for somebody.

use super::renewal::lifetime;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::hosting::certificates::StoredCertificate;
use std::time::Duration;

/// How near the end of a certificate is that should have been renewed; the worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Alarm {
    /// The window in which its CA wants it renewed is over (RFC 9773).
    AriWindowMissed,
    /// Less than a third of its lifetime is left.
    ThirdLeft,
    /// Less than a sixth.
    SixthLeft,
    /// 48 hours; a twelfth of the lifetime where that is shorter.
    TwoDaysLeft,
}

/// What there is to say of a certificate. A renewal that takes place at the last moment it may has
/// some time to finish before anybody hears of it: an hour, or a hundredth of a short lifetime.
pub fn alarm(stored: &StoredCertificate, now: Timestamp) -> Option<Alarm> {
    let lifetime = lifetime(stored);
    let grace = GRACE.min(lifetime / 100);
    let left = stored.not_after.since(now);
    let missed = |(_, end): (Timestamp, Timestamp)| now > end.after(grace);
    if left <= TWO_DAYS.min(lifetime / 12) {
        Some(Alarm::TwoDaysLeft)
    } else if left + grace < lifetime / 6 {
        Some(Alarm::SixthLeft)
    } else if left + grace < lifetime / 3 {
        Some(Alarm::ThirdLeft)
    } else {
        stored.renewal.window.is_some_and(missed).then_some(Alarm::AriWindowMissed)
    }
}

const TWO_DAYS: Duration = Duration::from_hours(48);
const GRACE: Duration = Duration::from_hours(1);

#[cfg(test)]
mod tests {
    use super::*;
    use ironpost_store::hosting::certificates::Renewal;

    fn stored(hours: u64, window: Option<(u64, u64)>) -> StoredCertificate {
        let window = window.map(|(start, end)| (at(start), at(end)));
        StoredCertificate {
            chain: Vec::new(),
            sealed_key: Vec::new(),
            directory: String::new(),
            not_before: at(0),
            not_after: at(hours),
            renewal: Renewal { window, ..Renewal::unasked(at(0)) },
        }
    }

    fn at(hours: u64) -> Timestamp {
        Timestamp::from_millis(hours * 3_600_000)
    }

    #[test]
    fn alarms_follow_each_other() {
        let ninety = stored(2_160, Some((1_300, 1_400)));
        let table = [
            (1_400, None, "the end of the window"),
            (1_401, None, "within the grace"),
            (1_402, Some(Alarm::AriWindowMissed), "the window is missed"),
            (1_440, Some(Alarm::AriWindowMissed), "a third is left to the hour"),
            (1_442, Some(Alarm::ThirdLeft), "less than a third"),
            (1_802, Some(Alarm::SixthLeft), "less than a sixth"),
            (2_111, Some(Alarm::SixthLeft), "49 hours"),
            (2_112, Some(Alarm::TwoDaysLeft), "48 hours"),
            (2_161, Some(Alarm::TwoDaysLeft), "it has expired"),
        ];
        for (hour, expected, reason) in table {
            assert_eq!(alarm(&ninety, at(hour)), expected, "{reason}");
        }
        assert_eq!(alarm(&stored(2_160, None), at(1_402)), None, "nobody named a window");
    }

    #[test]
    fn a_certificate_of_days_has_its_own_last_hours() {
        let six_days = stored(144, None);
        let table = [
            (95, None, "more than a third"),
            (98, Some(Alarm::ThirdLeft), "less than a third"),
            (122, Some(Alarm::SixthLeft), "less than a sixth"),
            (132, Some(Alarm::TwoDaysLeft), "a twelfth"),
        ];
        for (hour, expected, reason) in table {
            assert_eq!(alarm(&six_days, at(hour)), expected, "{reason}");
        }
    }
}

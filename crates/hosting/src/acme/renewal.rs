//! When a certificate is renewed: within the window that its CA names (RFC 9773), otherwise when a
//! third of its lifetime is left.

use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::hosting::certificates::{Renewal, StoredCertificate};
use std::time::Duration;

/// What a CA said of when to renew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// Within this window.
    Window {
        start: Timestamp,
        end: Timestamp,
        explanation: Option<String>,
        retry_after: Option<Duration>,
    },
    /// It names no windows.
    NotOffered,
    /// Nothing for now: a timeout, an outage, a limit.
    Nothing { retry_after: Option<Duration> },
    /// Something that no window can be read from.
    Nonsense,
}

/// What is made of it. `fraction` is drawn from 0 up to 1.
pub(super) fn heard(old: &Renewal, said: Said, now: Timestamp, fraction: f64) -> Renewal {
    match said {
        // RFC 9773 §4.2: such an answer counts as none.
        Said::Window { start, end, .. } if end <= start => {
            heard(old, Said::Nonsense, now, fraction)
        }
        Said::Window { start, end, explanation, retry_after } => {
            let window = Some((start, end));
            // The moment stays unless the window moves.
            let at = old.at.filter(|_| old.window == window);
            let at = at.or_else(|| Some(start.after(end.since(start).mul_f64(fraction))));
            // RFC 9773 §4.3.2: within bounds of the client's.
            let pause = retry_after.unwrap_or(ASK_AGAIN).clamp(ASK_AT_MOST, ASK_AT_LEAST);
            Renewal { window, at, explanation, ask_at: now.after(pause), unanswered: 0 }
        }
        Said::NotOffered => Renewal::unasked(now.after(ASK_AT_LEAST)),
        Said::Nothing { retry_after } => {
            // RFC 9773 §4.3.3: exponential back-off, and then as for lasting errors.
            let doublings = old.unanswered.min(16);
            let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(LASTING);
            let pause = pause.max(retry_after.unwrap_or_default().min(ASK_AT_LEAST));
            let unanswered = old.unanswered.saturating_add(1);
            Renewal { ask_at: now.after(pause), unanswered, ..old.clone() }
        }
        // RFC 9773 §4.3.3: lasting errors, six hours.
        Said::Nonsense => Renewal {
            ask_at: now.after(LASTING),
            unanswered: old.unanswered.saturating_add(1),
            ..old.clone()
        },
    }
}

/// When a certificate is to be renewed.
pub(super) fn due(stored: &StoredCertificate) -> Timestamp {
    let lifetime = lifetime(stored);
    match stored.renewal.at {
        // A window may lie anywhere; that alarms begin before it is of no use to anybody.
        Some(at) => at.min(stored.not_after.before(lifetime / 6)),
        None => stored.not_after.before(lifetime / 3),
    }
}

/// When it is to be looked at again.
pub(super) fn look_again(stored: &StoredCertificate, now: Timestamp) -> Timestamp {
    let next = due(stored).min(stored.renewal.ask_at).min(now.after(ASK_AT_LEAST));
    next.max(now.after(Duration::from_secs(1)))
}

/// How long a certificate is valid.
pub(super) fn lifetime(stored: &StoredCertificate) -> Duration {
    stored.not_after.since(stored.not_before)
}

/// RFC 9773 §4.3.2 asks for a limit: not more often than this …
const ASK_AT_MOST: Duration = Duration::from_mins(1);
/// … and not more seldom.
const ASK_AT_LEAST: Duration = Duration::from_hours(24);
/// Where the CA does not say. RFC 9773 §4.3.2 recommends six hours to servers.
const ASK_AGAIN: Duration = Duration::from_hours(6);
/// After the first question without an answer.
const FIRST_PAUSE: Duration = Duration::from_mins(1);
/// RFC 9773 §4.3.3.
const LASTING: Duration = Duration::from_hours(6);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: u64 = 3_600_000;

    fn at(hours: u64) -> Timestamp {
        Timestamp::from_millis(hours * HOUR)
    }

    fn window(start: u64, end: u64, retry_after: Option<u64>) -> Said {
        Said::Window {
            start: at(start),
            end: at(end),
            explanation: None,
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    fn stored(renewal: Renewal) -> StoredCertificate {
        StoredCertificate {
            chain: Vec::new(),
            sealed_key: Vec::new(),
            directory: String::new(),
            not_before: at(0),
            not_after: at(2_160),
            renewal,
        }
    }

    #[test]
    fn the_moment_is_drawn_once() {
        let first = heard(&Renewal::unasked(at(0)), window(100, 200, None), at(1), 0.25);
        assert_eq!(first.at, Some(at(125)));
        let second = heard(&first, window(100, 200, None), at(7), 0.75);
        assert_eq!(second.at, Some(at(125)), "the same window");
        let moved = heard(&second, window(100, 300, None), at(13), 0.75);
        assert_eq!(moved.at, Some(at(250)), "another window");
        assert_eq!(due(&stored(moved)), at(250));
    }

    #[test]
    fn a_window_that_is_past_means_now() {
        let renewal = heard(&Renewal::unasked(at(0)), window(10, 20, None), at(500), 0.5);
        assert!(due(&stored(renewal)) <= at(500));
    }

    #[test]
    fn a_window_near_the_end_is_not_waited_for() {
        let renewal = heard(&Renewal::unasked(at(0)), window(3_000, 4_000, None), at(1), 0.5);
        assert_eq!(due(&stored(renewal)), at(1_800), "a sixth is left");
    }

    #[test]
    fn without_a_window_it_is_a_third() {
        for said in [Said::NotOffered, Said::Nonsense, window(20, 20, None), window(21, 20, None)] {
            let renewal = heard(&Renewal::unasked(at(0)), said, at(1), 0.5);
            assert_eq!(due(&stored(renewal)), at(1_440));
        }
    }

    #[test]
    fn an_answer_that_makes_no_sense_changes_nothing_for_six_hours() {
        let known = heard(&Renewal::unasked(at(0)), window(100, 200, None), at(1), 0.5);
        for said in [Said::Nonsense, window(9, 9, Some(60))] {
            let after = heard(&known, said, at(2), 0.9);
            assert_eq!((after.window, after.at), (known.window, known.at));
            assert_eq!(after.ask_at, at(8));
        }
    }

    #[test]
    fn how_soon_it_is_asked_again_has_bounds() {
        let table = [
            (Some(0), 60, "not at once"),
            (Some(600), 600, "as it says"),
            (Some(10_000_000), 86_400, "within a day"),
            (None, 21_600, "it does not say"),
        ];
        for (said, seconds, reason) in table {
            let renewal = heard(&Renewal::unasked(at(0)), window(100, 200, said), at(1), 0.5);
            assert_eq!(renewal.ask_at.since(at(1)), Duration::from_secs(seconds), "{reason}");
        }
    }

    #[test]
    fn a_silent_ca_is_asked_more_and_more_seldom() {
        let mut renewal = Renewal::unasked(at(0));
        let mut pauses = Vec::new();
        for _ in 0..11 {
            renewal = heard(&renewal, Said::Nothing { retry_after: None }, at(1), 0.5);
            pauses.push(renewal.ask_at.since(at(1)).as_secs() / 60);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]);
        let limited = Said::Nothing { retry_after: Some(Duration::from_hours(9)) };
        assert_eq!(heard(&Renewal::unasked(at(0)), limited, at(1), 0.5).ask_at, at(10));
    }

    proptest! {
        #[test]
        fn the_moment_lies_within_the_window(
            start in 0_u64..4_000, length in 1_u64..4_000, fraction in 0.0_f64..1.0, now in 0_u64..9_000,
        ) {
            let said = window(start, start + length, None);
            let renewal = heard(&Renewal::unasked(at(0)), said, at(now), fraction);
            let moment = renewal.at.unwrap();
            prop_assert!(moment >= at(start) && moment < at(start + length));
        }
    }
}

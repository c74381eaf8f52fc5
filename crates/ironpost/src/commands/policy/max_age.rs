//! A lifetime as people write it.

use ironpost_proto::mta_sts::policy::MaxAge;
use std::str::FromStr;

/// Seconds, or a number of hours, days or weeks: `1209600`, `336h`, `14d`, `2w`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MaxAgeArg(pub(crate) MaxAge);

/// A text that is no lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MaxAgeArgError {
    #[error("expected seconds, or a number with h, d or w, like 1209600, 14d or 2w")]
    Form,
    #[error("a policy lives at most {} seconds (about a year, RFC 8461 §3.2)", MaxAge::MAX.as_secs())]
    Range,
}

impl FromStr for MaxAgeArg {
    type Err = MaxAgeArgError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (digits, unit) = match text.char_indices().last() {
            Some((at, 'h')) => (text.get(..at), HOUR),
            Some((at, 'd')) => (text.get(..at), 24 * HOUR),
            Some((at, 'w')) => (text.get(..at), 7 * 24 * HOUR),
            _ => (Some(text), 1),
        };
        let digits = digits
            .filter(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
            .ok_or(MaxAgeArgError::Form)?;
        let seconds = digits
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(unit))
            .filter(|seconds| *seconds <= MaxAge::MAX.as_secs().into())
            .ok_or(MaxAgeArgError::Range)?;
        Ok(Self(MaxAge::from_secs(seconds)))
    }
}

const HOUR: u64 = 60 * 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_seconds_or_carry_a_unit() {
        let table = [
            ("0", Ok(0)),
            ("1209600", Ok(1_209_600)),
            ("12h", Ok(43_200)),
            ("14d", Ok(1_209_600)),
            ("2w", Ok(1_209_600)),
            ("31557600", Ok(31_557_600)),
            ("31557601", Err(MaxAgeArgError::Range)),
            ("53w", Err(MaxAgeArgError::Range)),
            ("99999999999999999999", Err(MaxAgeArgError::Range)),
            ("", Err(MaxAgeArgError::Form)),
            ("w", Err(MaxAgeArgError::Form)),
            ("+1", Err(MaxAgeArgError::Form)),
            ("2 w", Err(MaxAgeArgError::Form)),
            ("2m", Err(MaxAgeArgError::Form)),
            ("2ü", Err(MaxAgeArgError::Form)),
        ];
        for (text, expected) in table {
            let got = text.parse::<MaxAgeArg>().map(|MaxAgeArg(age)| age.as_secs());
            assert_eq!(got, expected, "{text}");
        }
    }
}

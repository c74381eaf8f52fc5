//! The cache file of postfix-tlspol: a gzipped map of Go structs.
//!
//! It has the policy as far as Postfix is told it for TLS reports, which is all of it, for mode
//! enforce alone; and when the policy expires there. It has neither the id nor the time of the
//! fetch. The id is made up, so that the next look at the record fetches the policy under its own;
//! the time of the fetch is such that the policy expires when it would have expired there.

use super::gob::{self, Value};
use super::{Contents, Fault, ImportError, Imported, Source};
use flate2::read::GzDecoder;
use ironpost_proto::mta_sts::discovery::{CachedPolicy, Timestamp};
use ironpost_proto::mta_sts::policy::{self, Policy};
use ironpost_proto::visible::Visible;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// Reads every entry of `file`, which is gzipped.
pub(super) fn read(path: &Path, file: &[u8], now: Timestamp) -> Result<Contents, ImportError> {
    let unusable = |detail: String| ImportError::Tlspol { path: path.to_owned(), detail };
    let mut plain = Vec::new();
    let mut unzipped = GzDecoder::new(file).take(MAX_PLAIN);
    unzipped.read_to_end(&mut plain).map_err(|error| unusable(error.to_string()))?;
    if u64::try_from(plain.len()).is_ok_and(|octets| octets >= MAX_PLAIN) {
        return Err(ImportError::TooLarge { path: path.to_owned() });
    }
    let value = gob::decode(&plain).map_err(|error| unusable(error.to_string()))?;
    let Value::Map(entries) = value else {
        return Err(unusable("it holds no map of domains".to_owned()));
    };
    let mut contents = Contents::new(Source::Tlspol);
    for (key, entry) in &entries {
        let Some(branch) = Branch::of(entry) else { continue };
        let domain = String::from_utf8_lossy(key.octets().unwrap_or_default());
        contents.push(&domain, imported(&domain, branch), now);
    }
    // A map of Go comes in any order.
    contents.policies.sort_by(|a, b| a.domain.as_str().cmp(b.domain.as_str()));
    contents.left_out.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(contents)
}

/// What MTA-STS says of a domain.
#[derive(Debug, Clone, Copy)]
struct Branch<'a> {
    report: &'a [u8],
    expires: &'a [u8],
    /// Seconds.
    ttl: u64,
}

impl<'a> Branch<'a> {
    /// `None` if it says nothing, or what applies is not of MTA-STS.
    fn of(entry: &Value<'a>) -> Option<Self> {
        let octets = |of: &Value<'a>, name| of.field(name).and_then(Value::octets);
        let ttl = |of: &Value<'a>| of.field("TTL").and_then(Value::unsigned).unwrap_or_default();
        if let Some(branch) = entry.field("MtaSts")
            && let Some(report) = octets(branch, "Report")
        {
            let expires = octets(branch, "ExpiresAt").unwrap_or_default();
            return Some(Self { report, expires, ttl: ttl(branch) });
        }
        // As versions before 1.10 wrote it: what applies, and its report if it is of MTA-STS.
        let report = octets(entry, "Report")?;
        let expires = octets(entry.field("Expirable")?, "ExpiresAt").unwrap_or_default();
        Some(Self { report, expires, ttl: ttl(entry) })
    }
}

fn imported(domain: &str, branch: Branch<'_>) -> Result<Imported, Fault> {
    let policy = policy(branch.report)?;
    let expires = moment(branch.expires).ok_or(Fault::Time)?;
    let age = policy.max_age.duration().max(Duration::from_secs(branch.ttl));
    let age = u64::try_from(age.as_millis()).map_err(|_| Fault::Time)?;
    let fetched = expires.checked_sub(age).ok_or(Fault::Time)?;
    Ok(Imported {
        domain: domain.parse().map_err(|_| Fault::Domain)?,
        cached: CachedPolicy {
            policy,
            id: UNKNOWN_ID.parse().map_err(|_| Fault::Id)?,
            fetched_at: Timestamp::from_millis(fetched),
        },
    })
}

/// The policy file, from the lines of it that are reported: `{ policy_string = mode: enforce }`.
fn policy(report: &[u8]) -> Result<Policy, Fault> {
    let report = str::from_utf8(report).map_err(|_| Fault::Entry(Visible::from_bytes(report)))?;
    let lines = report.split("{ policy_string = ").skip(1);
    let lines: Option<Vec<_>> = lines.map(|line| line.trim_end().strip_suffix(" }")).collect();
    let file = lines.unwrap_or_default().join("\n");
    let parsed = policy::parse(file.as_bytes());
    parsed.verdict.map_err(|fault| Fault::Entry(Visible::from(&*fault.to_string())))
}

/// A moment as Go's time.Time writes itself: a version, seconds since the year 1, nanoseconds, and
/// an offset that changes nothing; in milliseconds since the epoch.
fn moment(octets: &[u8]) -> Option<u64> {
    let (version, rest) = octets.split_first()?;
    let (seconds, rest) = rest.split_first_chunk::<8>()?;
    let (nanoseconds, _) = rest.split_first_chunk::<4>()?;
    if ![1, 2].contains(version) {
        return None;
    }
    let seconds = u64::from_be_bytes(*seconds).checked_sub(EPOCH)?;
    let millis = u64::from(u32::from_be_bytes(*nanoseconds)) / 1_000_000;
    seconds.checked_mul(1000)?.checked_add(millis)
}

/// Unlike any id that a domain publishes, or at worst the same as one.
const UNKNOWN_ID: &str = "unknown";
/// Seconds from the year 1 to 1970.
const EPOCH: u64 = 62_135_596_800;
/// A cache of some hundred thousand domains.
const MAX_PLAIN: u64 = 1 << 28;

#[cfg(test)]
mod tests {
    use super::super::{LeftOut, Reason};
    use super::*;

    /// Written by Go 1.19 from the structs of postfix-tlspol 1.11: one domain of max_age 10 days,
    /// one of 30 that is kept for a day, one with DANE alone, one that was only counted.
    const CACHE: &[u8] = include_bytes!("tlspol/cache.gob.gz");
    /// When the policies in it expire, in milliseconds.
    const EXPIRES: u64 = 1_768_089_600_000;

    fn contents(now: u64) -> Contents {
        read(Path::new("cache"), CACHE, Timestamp::from_millis(now)).unwrap()
    }

    #[test]
    fn policies_expire_when_they_would_have_expired_there() {
        let contents = contents(EXPIRES - 3_600_000);
        assert_eq!(contents.left_out, []);
        let [a, zone] = contents.policies.as_slice() else { panic!("{contents:?}") };
        assert_eq!((a.domain.as_str(), zone.domain.as_str()), ("a.example", "zone.example"));
        assert_eq!(
            a.cached.policy.to_string(),
            "version: STSv1\nmode: enforce\nmx: mx.a.example\nmx: *.b.example\nmax_age: 864000\nx: y z\n"
        );
        assert_eq!(a.cached.expires_at(), Timestamp::from_millis(EXPIRES + 500));
        assert_eq!(zone.cached.expires_at(), Timestamp::from_millis(EXPIRES));
    }

    #[test]
    fn versions_before_1_10_are_read_too() {
        let cache = include_bytes!("tlspol/cache-1.9.gob.gz");
        let contents = read(Path::new("cache"), cache, Timestamp::from_millis(EXPIRES)).unwrap();
        let [a] = contents.policies.as_slice() else { panic!("{contents:?}") };
        assert_eq!((a.domain.as_str(), a.cached.policy.mx.len()), ("a.example", 1));
        assert_eq!(a.cached.expires_at(), Timestamp::from_millis(EXPIRES + 500));
    }

    #[test]
    fn what_has_expired_is_left_out() {
        let contents = contents(EXPIRES);
        assert_eq!(contents.policies.len(), 1);
        let expired = LeftOut { name: Visible::from("zone.example"), reason: Reason::Expired };
        assert_eq!(contents.left_out, [expired]);
    }

    #[test]
    fn no_cut_makes_it_panic() {
        for end in 0..CACHE.len() {
            let cut = read(Path::new("cache"), &CACHE[..end], Timestamp::from_millis(0));
            assert!(cut.is_err(), "{end}");
        }
    }

    #[test]
    fn a_report_that_is_no_policy_is_refused() {
        for report in [
            "",
            "policy_type=sts",
            "{ policy_string = mode: enforce }",
            "{ policy_string = mode: enforce",
        ] {
            assert!(matches!(policy(report.as_bytes()), Err(Fault::Entry(_))), "{report}");
        }
    }
}

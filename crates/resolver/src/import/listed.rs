//! What `ironpost resolver list --format jsonl` writes: an object a line.

use super::{Contents, Fault, Imported, Source};
use crate::admin::ListedPolicy;
use ironpost_proto::mta_sts::discovery::{CachedPolicy, Timestamp};
use ironpost_proto::mta_sts::mx_pattern::MxPattern;
use ironpost_proto::mta_sts::policy::{MaxAge, Mode, Policy};
use ironpost_proto::visible::Visible;

/// Reads every line.
pub(super) fn read(text: &[u8], now: Timestamp) -> Contents {
    let mut contents = Contents::new(Source::Listed);
    for (index, line) in text.split(|octet| *octet == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice::<ListedPolicy>(line) {
            Ok(listed) => contents.push(&listed.domain, imported(&listed), now),
            Err(error) => {
                let fault = Fault::Entry(Visible::from(&*error.to_string()));
                contents.push(&format!("line {}", index + 1), Err(fault), now);
            }
        }
    }
    contents
}

fn imported(listed: &ListedPolicy) -> Result<Imported, Fault> {
    let mode = listed.mode.parse().map_err(|_| Fault::Mode)?;
    let policy = Policy {
        mode,
        max_age: MaxAge::from_secs(listed.max_age.into()),
        mx: patterns(mode, listed.mx.iter().map(String::as_str))?,
        extensions: Vec::new(),
    };
    let fetched: jiff::Timestamp = listed.fetched.parse().map_err(|_| Fault::Time)?;
    let millis = u64::try_from(fetched.as_millisecond()).map_err(|_| Fault::Time)?;
    Ok(Imported {
        domain: listed.domain.parse().map_err(|_| Fault::Domain)?,
        cached: CachedPolicy {
            policy,
            id: listed.id.parse().map_err(|_| Fault::Id)?,
            fetched_at: Timestamp::from_millis(millis),
        },
    })
}

/// The patterns of a policy; RFC 8461 §3.2 wants one at least, unless the mode is none.
pub(super) fn patterns<'a>(
    mode: Mode,
    mx: impl Iterator<Item = &'a str>,
) -> Result<Vec<MxPattern>, Fault> {
    let patterns: Vec<_> = mx
        .map(|mx| {
            mx.parse().map_err(|_| Fault::Mx(Visible::excerpt(mx.as_bytes(), super::MAX_SHOWN)))
        })
        .collect::<Result<_, _>>()?;
    match mode {
        Mode::Enforce | Mode::Testing if patterns.is_empty() => Err(Fault::NoMx),
        Mode::Enforce | Mode::Testing | Mode::None => Ok(patterns),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Reason;
    use super::*;

    const NOW: &str = "2026-01-02T00:00:00Z";

    fn now() -> Timestamp {
        let now: jiff::Timestamp = NOW.parse().unwrap();
        Timestamp::from_millis(now.as_millisecond().unsigned_abs())
    }

    fn listed() -> ListedPolicy {
        ListedPolicy {
            domain: "example.com".into(),
            mode: "enforce".into(),
            id: "20260101".into(),
            mx: vec!["mx.example.com".into(), "*.example.net".into()],
            max_age: 604_800,
            fetched: "2026-01-01T00:00:00Z".into(),
            expires: "2026-01-08T00:00:00Z".into(),
            recheck: "2026-01-01T01:00:00Z".into(),
            failure: None,
        }
    }

    fn read_one(listed: &ListedPolicy) -> Contents {
        read(format!("{}\n", serde_json::to_string(listed).unwrap()).as_bytes(), now())
    }

    #[test]
    fn what_was_listed_is_taken_as_it_was() {
        let contents = read_one(&listed());
        assert_eq!(contents.left_out, []);
        let Imported { domain, cached } = &contents.policies[0];
        assert_eq!((domain.as_str(), cached.id.as_str()), ("example.com", "20260101"));
        assert_eq!(
            cached.policy.to_string(),
            "version: STSv1\nmode: enforce\nmx: mx.example.com\nmx: *.example.net\nmax_age: 604800\n"
        );
        assert_eq!(now().as_millis() - cached.fetched_at.as_millis(), 86_400_000);
    }

    #[test]
    fn nothing_is_made_to_last_longer() {
        let ahead = ListedPolicy { fetched: "2027-01-01T00:00:00Z".into(), ..listed() };
        assert_eq!(read_one(&ahead).policies[0].cached.fetched_at, now());
        let old = ListedPolicy { fetched: "2025-12-20T00:00:00Z".into(), ..listed() };
        let contents = read_one(&old);
        assert_eq!((contents.policies.len(), &contents.left_out[0].reason), (0, &Reason::Expired));
        let endless = ListedPolicy { max_age: u32::MAX, ..listed() };
        assert_eq!(read_one(&endless).policies[0].cached.policy.max_age, MaxAge::MAX);
    }

    #[test]
    fn what_could_not_be_applied_is_left_out_with_the_reason() {
        let table = [
            (ListedPolicy { domain: "a b".into(), ..listed() }, Fault::Domain),
            (ListedPolicy { id: "a=b".into(), ..listed() }, Fault::Id),
            (ListedPolicy { mode: "Enforce".into(), ..listed() }, Fault::Mode),
            (ListedPolicy { mx: Vec::new(), ..listed() }, Fault::NoMx),
            (
                ListedPolicy { mx: vec!["mx servername=evil".into()], ..listed() },
                Fault::Mx(Visible::from("mx servername=evil")),
            ),
            (ListedPolicy { fetched: "yesterday".into(), ..listed() }, Fault::Time),
            (ListedPolicy { fetched: "1960-01-01T00:00:00Z".into(), ..listed() }, Fault::Time),
        ];
        for (listed, fault) in table {
            let contents = read_one(&listed);
            assert_eq!(contents.policies, []);
            assert_eq!(contents.left_out[0].reason, Reason::Unusable(fault));
        }
        let contents = read(b"{}\n\n{\"domain\":\"\x1b\"}\n[1]", now());
        assert_eq!(contents.left_out.len(), 3);
        assert_eq!(contents.left_out[2].name.as_str(), "line 4");
    }
}

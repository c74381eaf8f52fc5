//! The caches of postfix-mta-sts-resolver; here the SQLite one: a row for each domain, the policy as
//! a JSON object in it.
//!
//! Its time stamp is that of the last fetch or of the last time that the id was seen again,
//! whichever came later. A policy taken over thus lasts as long as it would have lasted there; the
//! refresh that comes within a day puts it on a fetch of our own.

pub(super) mod in_redis;

use super::listed::patterns;
use super::{Contents, Fault, ImportError, Imported, Source};
use ironpost_proto::mta_sts::discovery::{CachedPolicy, Timestamp};
use ironpost_proto::mta_sts::policy::{Extension, MaxAge, Mode, Policy};
use ironpost_proto::visible::Visible;
use ironpost_store::foreign::{self, Row};
use serde_json::{Map, Value};
use std::path::Path;

/// Reads every row.
pub(super) async fn read(path: &Path, now: Timestamp) -> Result<Contents, ImportError> {
    let rows = foreign::mta_sts_resolver(path).await;
    let rows = rows.map_err(|source| ImportError::Database { path: path.to_owned(), source })?;
    let mut contents = Contents::new(Source::MtaStsResolver);
    for row in rows {
        contents.push(&row.domain, imported(&row), now);
    }
    Ok(contents)
}

fn imported(row: &Row) -> Result<Imported, Fault> {
    let seconds = u64::try_from(row.seconds).map_err(|_| Fault::Time)?;
    let body: Map<String, Value> = serde_json::from_str(&row.policy)
        .map_err(|error| Fault::Entry(Visible::from(&*error.to_string())))?;
    Ok(Imported {
        domain: row.domain.parse().map_err(|_| Fault::Domain)?,
        cached: CachedPolicy {
            policy: policy(&body)?,
            id: row.id.parse().map_err(|_| Fault::Id)?,
            fetched_at: Timestamp::from_millis(seconds.saturating_mul(1000)),
        },
    })
}

fn policy(body: &Map<String, Value>) -> Result<Policy, Fault> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let mode: Mode = text("mode").and_then(|mode| mode.parse().ok()).ok_or(Fault::Mode)?;
    let max_age = body.get("max_age").and_then(Value::as_u64).ok_or(Fault::MaxAge)?;
    let mx = match body.get("mx") {
        None => Vec::new(),
        Some(Value::Array(list)) => {
            let list: Option<Vec<_>> = list.iter().map(Value::as_str).collect();
            list.ok_or(Fault::NoMx)?
        }
        Some(_) => return Err(Fault::NoMx),
    };
    let extension = |(name, value): (&String, &Value)| Extension::new(name, value.as_str()?);
    Ok(Policy {
        mode,
        max_age: MaxAge::from_secs(max_age),
        mx: patterns(mode, mx.into_iter())?,
        extensions: body.iter().filter_map(extension).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(policy: &str) -> Row {
        Row {
            domain: "example.com".into(),
            seconds: 1_700_000_000,
            id: "20260101".into(),
            policy: policy.into(),
        }
    }

    #[test]
    fn a_row_is_a_policy() {
        let body = r#"{"version": "STSv1", "mode": "testing", "mx": ["*.example.net", "mx.example.com"], "max_age": 86400, "x": "y z"}"#;
        let Imported { domain, cached } = imported(&row(body)).unwrap();
        assert_eq!(domain.as_str(), "example.com");
        assert_eq!(cached.fetched_at, Timestamp::from_millis(1_700_000_000_000));
        assert_eq!(
            cached.policy.to_string(),
            "version: STSv1\nmode: testing\nmx: *.example.net\nmx: mx.example.com\nmax_age: 86400\nx: y z\n"
        );
    }

    #[test]
    fn its_lenient_parser_is_not_ours() {
        let table = [
            (
                r#"{"mode": "enforce", "mx": ["a b"], "max_age": 1}"#,
                Fault::Mx(Visible::from("a b")),
            ),
            (r#"{"mode": "enforce", "mx": [], "max_age": 1}"#, Fault::NoMx),
            (r#"{"mode": "enforce", "mx": [1], "max_age": 1}"#, Fault::NoMx),
            (r#"{"mode": "enforce", "max_age": 1}"#, Fault::NoMx),
            (r#"{"mode": "ENFORCE", "mx": ["a.b"], "max_age": 1}"#, Fault::Mode),
            (r#"{"mode": "enforce", "mx": ["a.b"], "max_age": -1}"#, Fault::MaxAge),
            (r#"{"mode": "enforce", "mx": ["a.b"]}"#, Fault::MaxAge),
        ];
        for (body, fault) in table {
            assert_eq!(imported(&row(body)).unwrap_err(), fault, "{body}");
        }
        assert!(matches!(imported(&row("[]")).unwrap_err(), Fault::Entry(_)));
        let early = Row { seconds: -1, ..row("{}") };
        assert_eq!(imported(&early).unwrap_err(), Fault::Time);
    }

    #[test]
    fn an_extension_that_could_not_be_read_back_is_dropped() {
        let body =
            "{\"mode\": \"none\", \"max_age\": 1, \"a\": \"b\\nmode: none\", \"c d\": \"e\"}";
        assert_eq!(imported(&row(body)).unwrap().cached.policy.extensions, []);
    }
}

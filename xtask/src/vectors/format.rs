//! The four formats of vectors, and what the protocol core makes of each.

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::mta_sts::mx_pattern::MxPattern;
use ironpost_proto::mta_sts::policy::{self, Policy};
use ironpost_proto::mta_sts::record as sts_record;
use ironpost_proto::tls_rpt::record::{self as tls_rpt_record, ReportUri, Target};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The formats, each a file of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    TxtRecord,
    PolicyParse,
    MxMatch,
    TlsRptRecord,
}

/// The input of a vector: one of three, by format.
#[derive(Debug, Deserialize)]
pub(super) struct Source {
    input: Option<Value>,
    input_b64: Option<String>,
    input_gen: Option<Generated>,
}

/// A body of `total_bytes`: the prefix, then `fill` as often as it takes.
#[derive(Debug, Deserialize)]
struct Generated {
    prefix: String,
    fill: String,
    total_bytes: usize,
}

#[derive(Debug, Deserialize)]
struct Pair {
    pattern: String,
    host: String,
}

impl Format {
    /// The format of a file by its name, which may have more to it than the format's.
    pub(super) fn of_file(name: &str) -> Option<Self> {
        let formats = [
            ("tlsrpt_record", Self::TlsRptRecord),
            ("txt_record", Self::TxtRecord),
            ("policy_parse", Self::PolicyParse),
            ("mx_match", Self::MxMatch),
        ];
        formats.into_iter().find(|(part, _)| name.contains(part)).map(|(_, format)| format)
    }

    /// What the protocol core makes of the input, in the shape of `expect`.
    pub(super) fn evaluate(self, source: &Source) -> Result<Value> {
        match self {
            Self::TxtRecord => Ok(sts_outcome(&source.rrset()?)),
            Self::TlsRptRecord => Ok(tls_rpt_outcome(&source.rrset()?)),
            Self::PolicyParse => Ok(policy_outcome(&source.body()?)),
            Self::MxMatch => Ok(match_outcome(&source.typed::<Pair>()?)),
        }
    }

    /// True if `found` is what `expected` asks for.
    pub(super) fn agrees(self, expected: &Value, found: &Value) -> bool {
        match self {
            // The class of a fault is a suggestion, and to a sender no record and a broken
            // one are the same: no live policy.
            Self::TxtRecord | Self::TlsRptRecord => match outcome(expected) {
                Some("none" | "error") => matches!(outcome(found), Some("none" | "error")),
                Some("ok") => within(expected, found),
                _ => false,
            },
            Self::PolicyParse => match (expected.get("ok"), found.get("ok")) {
                (Some(expected), Some(found)) => within(expected, found),
                (None, None) => expected.get("error").is_some(),
                _ => false,
            },
            Self::MxMatch => expected == found,
        }
    }
}

impl Source {
    fn typed<T: DeserializeOwned>(&self) -> Result<T> {
        let value = self.input.clone().context("there is no input")?;
        serde_json::from_value(value).context("the input has another shape")
    }

    /// TXT records, the character-strings of each joined with nothing between.
    fn rrset(&self) -> Result<Vec<Vec<u8>>> {
        let records: Vec<Vec<String>> = self.typed()?;
        Ok(records.into_iter().map(|strings| strings.concat().into_bytes()).collect())
    }

    fn body(&self) -> Result<Vec<u8>> {
        if let Some(encoded) = &self.input_b64 {
            return STANDARD.decode(encoded).context("input_b64 is not base64");
        }
        let Some(Generated { prefix, fill, total_bytes }) = &self.input_gen else {
            return self.typed::<String>().map(String::into_bytes);
        };
        ensure!(*total_bytes <= MAX_GENERATED, "input_gen asks for too much");
        ensure!(!fill.is_empty() || prefix.len() >= *total_bytes, "input_gen has no fill");
        Ok(prefix.bytes().chain(fill.bytes().cycle()).take(*total_bytes).collect())
    }
}

fn sts_outcome(rrset: &[Vec<u8>]) -> Value {
    use sts_record::RecordOutcome as Outcome;
    match sts_record::evaluate(rrset).outcome {
        Outcome::Valid(record) => json!({"outcome": "ok", "id": record.id.as_str()}),
        Outcome::Absent => json!({"outcome": "none"}),
        Outcome::Several => json!({"outcome": "error", "class": "multiple_records"}),
        Outcome::Malformed(fault) => json!({"outcome": "error", "class": fault.to_string()}),
    }
}

fn tls_rpt_outcome(rrset: &[Vec<u8>]) -> Value {
    use tls_rpt_record::RecordOutcome as Outcome;
    match tls_rpt_record::evaluate(rrset).outcome {
        Outcome::Valid(record) => {
            let usable = record.rua.iter().filter(|uri| uri.target() != Target::Unsupported);
            json!({
                "outcome": "ok",
                "rua": record.rua.iter().map(ReportUri::as_str).collect::<Vec<_>>(),
                "usable": usable.map(ReportUri::as_str).collect::<Vec<_>>(),
            })
        }
        Outcome::Absent => json!({"outcome": "none"}),
        Outcome::Several => json!({"outcome": "error", "class": "multiple_records"}),
        Outcome::Malformed(fault) => json!({"outcome": "error", "class": fault.to_string()}),
    }
}

fn policy_outcome(body: &[u8]) -> Value {
    match policy::parse(body).verdict {
        Ok(Policy { mode, max_age, mx, extensions }) => json!({"ok": {
            "version": "STSv1",
            "mode": mode.to_string(),
            "max_age": max_age.as_secs(),
            "mx": mx.iter().map(MxPattern::to_string).collect::<Vec<_>>(),
            "extensions": extensions.iter().map(|e| [e.name(), e.value()]).collect::<Vec<_>>(),
        }}),
        Err(fault) => json!({"error": fault.to_string()}),
    }
}

fn match_outcome(pair: &Pair) -> Value {
    let pattern = MxPattern::parse(pair.pattern.as_bytes()).ok();
    // The host may be a U-label or end with a dot; the name an MX aliases to plays no part.
    let domain = pair.host.parse::<Domain>().ok();
    let host = domain.as_ref().map(DnsName::from).or_else(|| pair.host.parse().ok());
    Value::Bool(pattern.zip(host).is_some_and(|(pattern, host)| pattern.matches_name(&host)))
}

fn outcome(value: &Value) -> Option<&str> {
    value.get("outcome").and_then(Value::as_str)
}

/// True if every value that `expected` names is the same in `found`.
fn within(expected: &Value, found: &Value) -> bool {
    expected.as_object().is_some_and(|fields| {
        fields.iter().all(|(name, value)| match (name.as_str(), found.get(name)) {
            (_, None) => false,
            ("mx", Some(other)) => pattern_set(value) == pattern_set(other),
            (_, Some(other)) => value == other,
        })
    })
}

/// Patterns compare as a set, whatever their case.
fn pattern_set(patterns: &Value) -> Option<BTreeSet<String>> {
    let patterns = patterns.as_array()?.iter();
    Some(patterns.map(|p| p.as_str().unwrap_or_default().to_ascii_lowercase()).collect())
}

/// More than any vector needs, and little enough to build.
const MAX_GENERATED: usize = 64 << 20;

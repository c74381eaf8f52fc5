//! Metrics in the text format of Prometheus, for the node exporter's textfile collector.

use super::digest::Digest;
use super::document::Document;
use super::wording::{Code, SEVERITIES, VERDICTS};
use crate::report::PolicyStatus;
use ironpost_proto::visible::Visible;
use std::collections::HashSet;
use std::fmt::{Display, Write};

/// All metrics of a document. To be moved into the collector's folder in one step, so that
/// it never reads half a file.
pub fn exposition(document: &Document) -> String {
    let mut text = String::new();
    let mut seen = HashSet::new();
    // A series must not come twice, even if a domain does.
    let digests = document.digests().iter().filter(|digest| seen.insert(&digest.domain));
    let digests = digests.collect::<Vec<_>>();
    for metric in METRICS {
        let name = metric.name;
        // Writing to a `String` cannot fail.
        let _ =
            write!(text, "# HELP {PREFIX}{name} {}\n# TYPE {PREFIX}{name} gauge\n", metric.help);
        for digest in &digests {
            for (labels, value) in (metric.samples)(digest) {
                let own =
                    labels.iter().map(|(label, text)| format!(",{label}=\"{}\"", escaped(text)));
                let own = own.collect::<String>();
                let domain = escaped(&digest.domain);
                let _ = writeln!(text, "{PREFIX}{name}{{domain=\"{domain}\"{own}}} {value}");
            }
        }
    }
    text
}

/// A metric, and its samples for one domain: labels besides the domain, and a value.
struct Metric {
    name: &'static str,
    help: &'static str,
    samples: fn(&Digest) -> Vec<Sample>,
}

type Sample = (Vec<(&'static str, String)>, String);

const PREFIX: &str = "ironpost_check_";

const METRICS: [Metric; 11] = [
    Metric {
        name: "verdict",
        help: "The verdict: 1 for the one that holds, 0 for the others.",
        samples: verdict,
    },
    Metric {
        name: "points",
        help: "Points out of 100 of what was tested; no sample without a grade.",
        samples: |d| d.points.map(bare).into_iter().collect(),
    },
    Metric {
        name: "partial",
        help: "1 if something that counts was not tested.",
        samples: |d| vec![bare(u8::from(d.partial))],
    },
    Metric { name: "findings", help: "Findings by severity.", samples: findings },
    Metric {
        name: "finding",
        help: "Findings of an id; ironpost explain ID tells more.",
        samples: finding,
    },
    Metric {
        name: "policy_status",
        help: "What senders see: 1 for the status that holds, 0 for the others.",
        samples: policy_status,
    },
    Metric {
        name: "policy_mode",
        help: "The mode of the policy: 1 for the mode that holds, 0 for the others.",
        samples: policy_mode,
    },
    Metric {
        name: "policy_max_age_seconds",
        help: "How long senders keep the policy.",
        samples: |d| d.max_age.map(bare).into_iter().collect(),
    },
    Metric {
        name: "certificate_expiry_timestamp_seconds",
        help: "Until when the certificate of the policy host or of an MX host holds.",
        samples: certificates,
    },
    Metric {
        name: "timestamp_seconds",
        help: "When the check began.",
        samples: |d| vec![bare(d.checked_at.as_second())],
    },
    Metric {
        name: "duration_seconds",
        help: "How long the check took.",
        samples: |d| {
            let (seconds, milliseconds) = (d.elapsed_ms / 1_000, d.elapsed_ms % 1_000);
            vec![bare(format_args!("{seconds}.{milliseconds:03}"))]
        },
    },
];

fn bare(value: impl Display) -> Sample {
    (Vec::new(), format!("{value}"))
}

fn labelled(label: &'static str, text: &str, value: impl Display) -> Sample {
    (vec![(label, text.to_owned())], format!("{value}"))
}

fn verdict(digest: &Digest) -> Vec<Sample> {
    let sample = |verdict| u8::from(verdict == digest.verdict);
    VERDICTS.map(|verdict| labelled("verdict", verdict.code(), sample(verdict))).into()
}

fn policy_status(digest: &Digest) -> Vec<Sample> {
    let all = [PolicyStatus::Valid, PolicyStatus::Invalid, PolicyStatus::None];
    let sample = |status| u8::from(status == digest.status);
    all.map(|status| labelled("status", status.code(), sample(status))).into()
}

fn policy_mode(digest: &Digest) -> Vec<Sample> {
    let Some(mode) = digest.mode.as_deref() else { return Vec::new() };
    MODES.map(|known| labelled("mode", known, u8::from(known == mode))).into()
}

fn findings(digest: &Digest) -> Vec<Sample> {
    let count = |severity| digest.findings.iter().filter(|(_, s)| *s == severity).count();
    SEVERITIES.map(|severity| labelled("severity", severity.code(), count(severity))).into()
}

/// One sample per id and severity: a series must not come twice.
fn finding(digest: &Digest) -> Vec<Sample> {
    let mut kinds = digest.findings.clone();
    kinds.sort();
    let count = |kind| digest.findings.iter().filter(|finding| *finding == kind).count();
    let kinds = kinds.chunk_by(|a, b| a == b).filter_map(<[_]>::first);
    let samples = kinds.map(|kind| {
        let labels = vec![("id", kind.0.to_string()), ("severity", kind.1.code().to_owned())];
        (labels, count(kind).to_string())
    });
    samples.collect()
}

/// Once per host, however often the host is listed: the date that comes first.
fn certificates(digest: &Digest) -> Vec<Sample> {
    let mut hosts = digest.certificates.clone();
    hosts.sort();
    hosts.dedup_by(|later, first| later.0 == first.0);
    hosts.iter().map(|(host, at)| labelled("host", host, at.as_second())).collect()
}

/// RFC 8461 §3.2.
const MODES: [&str; 3] = ["enforce", "testing", "none"];

/// A label's value: backslash, quote and line end are escaped; the last is no longer there
/// once the text is visible.
fn escaped(text: &str) -> String {
    Visible::from(text).as_str().replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::samples;

    #[test]
    fn every_line_is_a_sample_and_none_comes_twice() {
        let document = samples::all().into_iter().chain([samples::parked()]).collect::<Document>();
        let text = exposition(&document);
        let mut seen = HashSet::new();
        for line in text.lines().filter(|line| !line.starts_with("# ")) {
            let (series, value) = line.rsplit_once(' ').unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
            assert!(series.starts_with(PREFIX) && series.ends_with("\"}"), "{line}");
            assert!(seen.insert(series.to_owned()), "{line}");
            assert_eq!(Visible::from(line).as_str(), line);
            let quotes = series.replace("\\\\", "").replace("\\\"", "").matches('"').count();
            assert_eq!(quotes % 2, 0, "{line}");
        }
        assert_eq!(text.matches("# HELP ").count(), METRICS.len());
        assert!(text.ends_with('\n'));
    }

    #[test]
    fn shape() {
        let reports = [samples::at_risk(), samples::parked()];
        insta::assert_snapshot!(exposition(&reports.into_iter().collect()));
    }
}

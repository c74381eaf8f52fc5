//! The results behind a figure: every domain once, and every one found sound.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::collections::HashSet;

/// What a run looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Policy, MX match, TLS-RPT.
    Policy,
    /// That, and STARTTLS with its certificate at every MX host.
    MxTls,
}

impl Scope {
    /// What `ironpost check` leaves out.
    pub(crate) fn skip(self) -> &'static str {
        match self {
            Self::Policy => "smtp,dane",
            Self::MxTls => "dane",
        }
    }
}

/// How long each of `count` sound domains took, milliseconds, in no order. Anything but one
/// result for each, all of them sound, is an error.
pub(crate) fn elapsed_ms(text: &str, count: usize, scope: Scope) -> Result<Vec<f64>> {
    let mut domains = HashSet::new();
    let mut elapsed = Vec::with_capacity(count);
    for line in text.lines() {
        let result: CheckResult =
            serde_json::from_str(line).with_context(|| format!("not a result: {line}"))?;
        if let Some(fault) = result.fault(scope) {
            bail!("{} is sound, but the result says: {fault}", result.domain);
        }
        elapsed.push(result.elapsed_ms);
        ensure!(domains.insert(result.domain), "a domain has two results");
    }
    ensure!(domains.len() == count, "{} of {count} domains have a result", domains.len());
    Ok(elapsed)
}

/// The parts of a check result that say whether it is right.
#[derive(Deserialize)]
struct CheckResult {
    domain: String,
    elapsed_ms: f64,
    policy: Policy,
    mx: Vec<Mx>,
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Policy {
    status: String,
    mode: Option<String>,
}

#[derive(Deserialize)]
struct Mx {
    matched: Option<bool>,
    tls: String,
}

#[derive(Deserialize)]
struct Finding {
    id: String,
    severity: String,
}

impl CheckResult {
    /// Why this is not the result of a sound domain.
    fn fault(&self, scope: Scope) -> Option<String> {
        if self.policy.status != "valid" || self.policy.mode.as_deref() != Some("enforce") {
            return Some(format!("policy {} {:?}", self.policy.status, self.policy.mode));
        }
        if self.mx.is_empty() || self.mx.iter().any(|mx| mx.matched != Some(true)) {
            return Some("an MX host is not matched".to_owned());
        }
        if scope == Scope::MxTls && self.mx.iter().any(|mx| mx.tls != "ok") {
            return Some("TLS of an MX host is not ok".to_owned());
        }
        let fault = self.findings.iter().find(|finding| finding.severity != "info");
        fault.map(|finding| finding.id.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(domain: &str, status: &str, tls: &str, severity: &str) -> String {
        format!(
            r#"{{"domain":"{domain}","elapsed_ms":7,"policy":{{"status":"{status}","mode":"enforce"}},"mx":[{{"matched":true,"tls":"{tls}"}}],"findings":[{{"id":"X","severity":"{severity}"}}]}}"#
        ) + "\n"
    }

    #[test]
    fn sound_results_are_believed() {
        let text = line("a", "valid", "not_tested", "info") + &line("b", "valid", "ok", "info");
        assert_eq!(elapsed_ms(&text, 2, Scope::Policy).unwrap(), [7.0, 7.0]);
    }

    #[test]
    fn anything_else_is_not() {
        let sound = line("a", "valid", "ok", "info");
        for (text, count, why) in [
            (sound.clone(), 2, "1 of 2 domains have a result"),
            (sound.clone() + &sound, 2, "a domain has two results"),
            (line("a", "invalid", "ok", "info"), 1, "policy invalid"),
            (line("a", "valid", "faulty", "info"), 1, "TLS of an MX host is not ok"),
            (line("a", "valid", "ok", "low"), 1, "the result says: X"),
            ("{\"domain\":".to_owned(), 1, "not a result"),
        ] {
            let error = elapsed_ms(&text, count, Scope::MxTls).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}

//! One fault, one finding.

use crate::catalogue::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much a finding matters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; costs nothing.
    Info,
    /// Untidy.
    Low,
    /// Weakens protection or will become a fault.
    Medium,
    /// Protection is missing or mail is at risk.
    High,
    /// Protection does not work, or mail is refused.
    Critical,
}

/// A fault found in one domain's set-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The kind of fault.
    pub entry: &'static Entry,
    /// Severity under the mode the domain publishes.
    pub severity: Severity,
    /// The host, record or line at fault.
    pub subject: String,
    /// One plain sentence that names it and says what is wrong.
    pub detail: String,
    /// Numbered steps to mend it, with the exact text to publish.
    pub fix: Vec<String>,
    /// What was seen: `label: value` lines, made visible.
    pub evidence: Vec<String>,
}

impl Finding {
    /// A finding without steps or evidence yet. The texts must be visible already.
    pub fn new(
        entry: &'static Entry,
        severity: Severity,
        subject: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            entry,
            severity,
            subject: subject.into(),
            detail: detail.into(),
            fix: Vec::new(),
            evidence: Vec::new(),
        }
    }

    /// The steps to mend it.
    #[must_use]
    pub fn with_fix<S: Into<String>>(mut self, steps: impl IntoIterator<Item = S>) -> Self {
        self.fix = steps.into_iter().map(Into::into).collect();
        self
    }

    /// What was seen.
    #[must_use]
    pub fn with_evidence<S: Into<String>>(mut self, lines: impl IntoIterator<Item = S>) -> Self {
        self.evidence = lines.into_iter().map(Into::into).collect();
        self
    }
}

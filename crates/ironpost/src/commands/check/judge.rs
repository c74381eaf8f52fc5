//! From reports to the exit code.

use crate::exit::Exit;
use clap::ValueEnum;
use ironpost_checker::finding::Severity;
use ironpost_checker::report::{Report, Verdict};

/// The least severity that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Critical,
    High,
    Medium,
    Low,
    Info,
    /// Findings never change the exit code
    Never,
}

impl FailOn {
    /// True if a finding of this severity counts.
    pub(crate) fn counts(self, severity: Severity) -> bool {
        match self {
            Self::Critical => severity >= Severity::Critical,
            Self::High => severity >= Severity::High,
            Self::Medium => severity >= Severity::Medium,
            Self::Low => severity >= Severity::Low,
            Self::Info => true,
            Self::Never => false,
        }
    }

    /// What one report means for the exit code. A finding outranks that something else of the
    /// same domain could not be told.
    pub(crate) fn judge(self, report: &Report) -> Exit {
        if report.findings.iter().any(|finding| self.counts(finding.severity)) {
            Exit::Findings
        } else if report.verdict == Verdict::CouldNotTell {
            Exit::CouldNotTest
        } else {
            Exit::Clean
        }
    }
}

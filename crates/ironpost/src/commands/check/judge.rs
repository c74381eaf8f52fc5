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
    /// The severity itself; `None` for never.
    pub(crate) fn least(self) -> Option<Severity> {
        match self {
            Self::Critical => Some(Severity::Critical),
            Self::High => Some(Severity::High),
            Self::Medium => Some(Severity::Medium),
            Self::Low => Some(Severity::Low),
            Self::Info => Some(Severity::Info),
            Self::Never => None,
        }
    }

    /// True if a finding of this severity counts.
    pub(crate) fn counts(self, severity: Severity) -> bool {
        self.least().is_some_and(|least| severity >= least)
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

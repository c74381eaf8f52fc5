//! How a run ends, as the shell sees it.

use std::process::ExitCode;

/// The end of a run. The order is that of importance: of several domains the greatest counts,
/// so that a finding is not hidden by a neighbour that could not be tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Exit {
    /// 0: no finding at or above `--fail-on`.
    Clean,
    /// 3: the question could not be answered: the resolver is out of reach, a lookup failed, or no
    /// `ironpost resolver` runs.
    CouldNotTest,
    /// 1: findings at or above `--fail-on`.
    Findings,
    /// 2: the command line, the configuration or a file is at fault; nothing was decided.
    Usage,
    /// 130 or 143: ended by a signal.
    Interrupted(Signal),
}

/// A signal that ends a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// What `kill` and service managers send.
    Terminate,
}

impl Exit {
    /// The more important of two ends.
    pub(crate) fn worst(self, other: Self) -> Self {
        self.max(other)
    }

    /// The number for the shell.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::CouldNotTest => 3,
            // The convention of shells: 128 and the number of the signal.
            Self::Interrupted(Signal::Interrupt) => 130,
            Self::Interrupted(Signal::Terminate) => 143,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_outranks_what_could_not_be_tested() {
        assert_eq!(Exit::CouldNotTest.worst(Exit::Findings), Exit::Findings);
        assert_eq!(Exit::Findings.worst(Exit::CouldNotTest), Exit::Findings);
        assert_eq!(Exit::Clean.worst(Exit::CouldNotTest), Exit::CouldNotTest);
    }
}

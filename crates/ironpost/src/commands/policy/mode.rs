//! A mode as an option.

use clap::ValueEnum;
use ironpost_proto::mta_sts::policy::Mode;

/// What senders do with a host that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModeArg {
    /// Deliver, and report the failure: begin here
    Testing,
    /// Do not deliver
    Enforce,
    /// As if there were no policy: the way out
    None,
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Testing => Self::Testing,
            ModeArg::Enforce => Self::Enforce,
            ModeArg::None => Self::None,
        }
    }
}

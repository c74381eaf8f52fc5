//! What a policy is to say: options that `new` and `export` share.

use super::max_age::MaxAgeArg;
use crate::failure::Failure;
use clap::{Args, ValueEnum};
use ironpost_checker::publish::{self, Wanted};
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::mx_pattern::{MxPattern, PatternFault};
use ironpost_proto::mta_sts::policy::Mode;
use ironpost_proto::mta_sts::record::PolicyId;
use ironpost_proto::tls_rpt::record::ReportUri;
use jiff::Timestamp;

/// What a policy is to say.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Policy")]
pub(super) struct WantedArgs {
    /// A host that takes mail, or *.name for every host one label below; may be repeated
    #[arg(long, value_name = "HOST", value_delimiter = ',', value_parser = mx_pattern)]
    pub(super) mx: Vec<MxPattern>,

    /// The domain whose mail is protected
    #[arg(long, value_name = "DOMAIN")]
    pub(super) domain: Option<Domain>,

    /// Begin with testing
    #[arg(long, value_enum, value_name = "MODE", default_value_t = ModeArg::Testing)]
    mode: ModeArg,

    /// How long senders keep the policy: seconds, or like 14d or 2w [default: a day in testing,
    /// two weeks in enforce]
    #[arg(long, value_name = "TIME")]
    max_age: Option<MaxAgeArg>,

    /// The id that announces the policy, 1 to 32 letters and digits [default: the time]
    #[arg(long, value_name = "ID")]
    id: Option<PolicyId>,

    /// Where TLS reports go, like mailto:tls@example.com; may be repeated
    #[arg(long, value_name = "URI")]
    rua: Vec<ReportUri>,
}

/// A mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModeArg {
    /// Failures are reported and mail is delivered
    Testing,
    /// Mail is delivered over verified TLS only
    Enforce,
    /// As if there were no policy: the way out
    None,
}

impl WantedArgs {
    /// Puts the rest beside the hosts that take mail and the domain.
    pub(super) fn wanted(
        self,
        domain: Option<Domain>,
        mx: Vec<MxPattern>,
        now: Timestamp,
    ) -> Result<Wanted, Failure> {
        let id = match self.id {
            Some(id) => id,
            None => publish::id_at(now).map_err(Failure::usage)?,
        };
        Ok(Wanted {
            domain,
            mode: match self.mode {
                ModeArg::Testing => Mode::Testing,
                ModeArg::Enforce => Mode::Enforce,
                ModeArg::None => Mode::None,
            },
            max_age: self.max_age.map(|MaxAgeArg(age)| age),
            mx,
            id,
            rua: self.rua,
        })
    }

    /// True if the policy may do without hosts (RFC 8461 §3.2).
    pub(super) fn is_mode_none(&self) -> bool {
        self.mode == ModeArg::None
    }
}

fn mx_pattern(text: &str) -> Result<MxPattern, PatternFault> {
    publish::mx_pattern(text)
}

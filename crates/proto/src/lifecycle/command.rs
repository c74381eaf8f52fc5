//! What an administrator may do.

use super::{Change, Life};
use crate::domain::DnsName;
use crate::mta_sts::discovery::Timestamp;
use crate::mta_sts::policy::Policy;
use crate::mta_sts::record::PolicyId;

/// What an administrator asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Publish this policy as a new version under this id.
    Publish {
        /// A new id.
        id: PolicyId,
        /// The policy.
        policy: Policy,
    },
    /// Publish what version `number` said, under a new id.
    Rollback {
        /// A new id.
        id: PolicyId,
        /// The version.
        number: u32,
    },
    /// Mode none, then nothing once no sender holds anything else (§8.3).
    Withdraw {
        /// A new id.
        id: PolicyId,
    },
    /// Begin a change of MX hosts: publish a policy that covers old and new.
    Migrate {
        /// A new id.
        id: PolicyId,
        /// The hosts that are to be alone in the end.
        to: Vec<DnsName>,
        /// The hosts that MX records name now.
        from: Vec<DnsName>,
    },
    /// End a change of MX hosts: publish a policy that covers the new ones alone.
    Narrow {
        /// A new id.
        id: PolicyId,
    },
    /// Take the domain away at once, without waiting for senders.
    Remove,
}

/// An administrator's reason to go on although something speaks against it; kept with the version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override(pub String);

/// Why a command is not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The lifecycle's author fills this in: each case names the fact and the way out.
    #[error("not yet written")]
    Unwritten,
}

/// What a command comes to, or why not. With `reason`, what may be overridden is.
pub fn permit(
    life: &Life,
    command: &Command,
    reason: Option<&Override>,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let _ = (life, command, reason, now);
    todo!("lifecycle")
}

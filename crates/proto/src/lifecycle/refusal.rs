//! Why a command is not carried out.

use crate::domain::DnsName;
use crate::mta_sts::discovery::Timestamp;
use crate::mta_sts::record::PolicyId;
use std::fmt;

/// A command that is not carried out, with all that speaks against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub Vec<Refusal>);

impl Refused {
    /// True if the command is carried out once a reason is given.
    pub fn may_be_overridden(&self) -> bool {
        self.0.iter().all(Refusal::may_be_overridden)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, refusal) in self.0.iter().enumerate() {
            write!(f, "{}{refusal}", if place > 0 { "; " } else { "" })?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

/// Something that speaks against a command, with the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing of the domain is left.
    #[error("the domain is gone: add it again")]
    Gone,
    /// R2: senders that know the id would not look at the policy.
    #[error("the id {0} was used before: take a new one")]
    IdUsed(PolicyId),
    /// There is no such version.
    #[error("there is no version {0}: see the history")]
    NoSuchVersion(u32),
    /// There are no numbers left.
    #[error("the domain has as many versions as can be counted")]
    TooManyVersions,
    /// No version is there to begin from.
    #[error("nothing is published yet: publish a policy first")]
    NothingPublished,
    /// Mode none is for taking a policy away.
    #[error("mode none takes the policy away: withdraw the domain instead")]
    ModeNone,
    /// The policy has no mx.
    #[error("the policy has no mx: name at least one MX host")]
    NoMx,
    /// The file would be longer than senders read.
    #[error("the policy is longer than 64 KiB: use fewer or shorter mx patterns")]
    TooLong,
    /// Not a name that an MX pattern can stand for.
    #[error("{0} cannot be an MX host: name a host")]
    NotAHost(DnsName),
    /// A withdrawal is under way.
    #[error("the domain is being withdrawn already")]
    Withdrawing,
    /// A policy is taken over before anything else.
    #[error("the domain has come too far to take over a policy: publish it as a new version")]
    TooLateToAdopt,
    /// The policy is still published elsewhere.
    #[error("the policy is not taken over yet: withdraw it where it is, or remove the domain here")]
    NotTakenOver,
    /// A change of MX hosts that changes nothing.
    #[error("the MX records name exactly these hosts already: publish a policy for them instead")]
    NothingToMigrate,
    /// No change of MX hosts is under way.
    #[error("no change of MX hosts is under way: begin one first")]
    NotMigrating,

    /// `max_age` is too short to protect anybody.
    #[error("a max_age of {0} s is forgotten within a day: take a day or more")]
    ShortMaxAge(u32),
    /// Enforcement was not tested, or not for long enough.
    #[error(
        "mode testing was not announced for a day yet, with the same mx: publish in mode testing, \
         and wait"
    )]
    NotTested {
        /// When it will have been; `None` if no test is under way.
        from: Option<Timestamp>,
    },
    /// The MX hosts are not known.
    #[error("the MX records could not be looked up{}: try again", Why(.0))]
    MxUnknown(Option<String>),
    /// There is no such name in DNS.
    #[error("the domain does not exist in DNS: see that it is registered and delegated first")]
    NoSuchDomain,
    /// A host in the MX records that no pattern matches.
    #[error("no mx pattern matches the MX host {0}: add one, or change the MX records first")]
    Uncovered(DnsName),
    /// Senders would not deliver to this MX host.
    #[error("the MX host {0} lacks STARTTLS or a sound certificate: mend it first")]
    Unsound(DnsName),
    /// Nothing is known of this MX host.
    #[error("the MX host {0} could not be tested: try again")]
    Untested(DnsName),
    /// A host that DNS named as an MX lately, which no pattern matches (R11).
    #[error(
        "caches may still have MX records that name {host}, and no mx pattern matches it: keep one \
         for it"
    )]
    CachedMx {
        /// The host.
        host: DnsName,
        /// When they will not.
        until: Timestamp,
    },
    /// A change of MX hosts is under way, and the policy leaves some of them out.
    #[error(
        "a change of MX hosts is under way and the policy does not cover {0}: narrow the policy \
         once it is over"
    )]
    Migrating(DnsName),
    /// Another change of MX hosts is under way.
    #[error("another change of MX hosts is under way: finish it first")]
    MigratingAlready,
    /// Old MX records may still be in caches.
    #[error("senders may still know the old MX records: switch them, and wait")]
    TooSoonToNarrow {
        /// When they will not; `None` while the old hosts are still seen in DNS.
        from: Option<Timestamp>,
    },
    /// Senders may still hold a policy.
    #[error("senders may still hold a policy: withdraw it first, and wait")]
    StillHeld {
        /// When they will not; `None` if that is not known yet.
        from: Option<Timestamp>,
    },
}

impl Refusal {
    /// From when it does not speak against the command any more, if only time is wanted.
    pub fn ends(&self) -> Option<Timestamp> {
        match self {
            Self::NotTested { from }
            | Self::TooSoonToNarrow { from }
            | Self::StillHeld { from } => *from,
            Self::CachedMx { until, .. } => Some(*until),
            Self::Gone
            | Self::IdUsed(_)
            | Self::NoSuchVersion(_)
            | Self::TooManyVersions
            | Self::NothingPublished
            | Self::ModeNone
            | Self::NoMx
            | Self::TooLong
            | Self::NotAHost(_)
            | Self::Withdrawing
            | Self::TooLateToAdopt
            | Self::NotTakenOver
            | Self::NothingToMigrate
            | Self::NotMigrating
            | Self::ShortMaxAge(_)
            | Self::MxUnknown(_)
            | Self::NoSuchDomain
            | Self::Uncovered(_)
            | Self::Unsound(_)
            | Self::Untested(_)
            | Self::Migrating(_)
            | Self::MigratingAlready => None,
        }
    }

    /// True if an administrator may go on all the same, with a reason.
    pub fn may_be_overridden(&self) -> bool {
        match self {
            Self::Gone
            | Self::IdUsed(_)
            | Self::NoSuchVersion(_)
            | Self::TooManyVersions
            | Self::NothingPublished
            | Self::ModeNone
            | Self::NoMx
            | Self::TooLong
            | Self::NotAHost(_)
            | Self::Withdrawing
            | Self::TooLateToAdopt
            | Self::NotTakenOver
            | Self::NothingToMigrate
            | Self::NotMigrating => false,
            Self::ShortMaxAge(_)
            | Self::NotTested { .. }
            | Self::MxUnknown(_)
            | Self::NoSuchDomain
            | Self::CachedMx { .. }
            | Self::Uncovered(_)
            | Self::Unsound(_)
            | Self::Untested(_)
            | Self::Migrating(_)
            | Self::MigratingAlready
            | Self::TooSoonToNarrow { .. }
            | Self::StillHeld { .. } => true,
        }
    }
}

/// A reason after what it is the reason of, if there is one.
struct Why<'a>(&'a Option<String>);

impl fmt::Display for Why<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |why| write!(f, " ({why})"))
    }
}

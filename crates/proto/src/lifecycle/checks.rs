//! What is known of MX hosts when a command is decided on.

use super::FormerMx;
use crate::domain::DnsName;

/// What the checker found of a domain's MX hosts just before a command; of those that are to be, for
/// [`Command::Migrate`](super::Command::Migrate). It is asked for commands that publish a policy which asks something of
/// senders; the default is that nothing is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checks {
    /// The MX hosts now; `None` if they could not be looked up.
    pub mx: Option<Vec<DnsName>>,
    /// Why they could not, where that is known.
    pub unknown: Option<NoAnswer>,
    /// Hosts that were MX hosts until lately.
    pub former: Vec<FormerMx>,
    /// Those without STARTTLS or a sound certificate.
    pub unsound: Vec<DnsName>,
    /// Those that could not be tested.
    pub untested: Vec<DnsName>,
}

/// Why MX hosts are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// The domain does not exist in DNS.
    NoSuchDomain,
    /// A look-up failed, for this reason. Show it as a [`Visible`](crate::visible::Visible).
    Failed(String),
}

//! What can be wrong, and with whom.

use ironpost_store::hosting::domains::Hosted;
use ironpost_store::hosting::{DomainId, OrganisationId};
use std::fmt;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// A certificate is not renewed.
    Certificate,
    /// The names of a domain do not lead here any more, or the record that was pasted is another.
    Delegation,
    /// Our own fetch of a policy fails.
    Fetch,
    /// MX records have changed, and the policy does not cover them.
    Mx,
    /// The checker found mail at risk.
    Check,
    /// A publication does not get on.
    Publication,
    /// A node is silent.
    Node,
    /// The database is away.
    Database,
}

/// Whom an alert is about.
#[derive(Debug, Clone, Copy)]
pub enum About<'a> {
    /// A hosted domain.
    Domain(&'a Hosted),
    /// A node, by its name.
    Node(&'a str),
    /// The installation as a whole.
    Installation,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Certificate,
        Self::Delegation,
        Self::Fetch,
        Self::Mx,
        Self::Check,
        Self::Publication,
        Self::Node,
        Self::Database,
    ];

    /// Its name in the database, in logs and in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Delegation => "delegation",
            Self::Fetch => "fetch",
            Self::Mx => "mx",
            Self::Check => "check",
            Self::Publication => "publication",
            Self::Node => "node",
            Self::Database => "database",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<'a> About<'a> {
    pub(super) fn subject(&self) -> &'a str {
        match self {
            Self::Domain(hosted) => hosted.name.as_str(),
            Self::Node(name) => name,
            Self::Installation => "installation",
        }
    }

    pub(super) fn domain(&self) -> Option<(OrganisationId, DomainId)> {
        match self {
            Self::Domain(hosted) => Some((hosted.organisation, hosted.id)),
            Self::Node(_) | Self::Installation => None,
        }
    }
}

impl<'a> From<&'a Hosted> for About<'a> {
    fn from(hosted: &'a Hosted) -> Self {
        Self::Domain(hosted)
    }
}

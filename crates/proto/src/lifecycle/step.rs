//! What the installation does by itself.

use super::{Change, Life};
use crate::domain::DnsName;
use crate::mta_sts::discovery::Timestamp;
use crate::mta_sts::record::PolicyId;

/// What was last seen of a name of the domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// It leads to us, by this domain's own token.
    Ours,
    /// It does not.
    Elsewhere,
    /// It could not be looked up, or has not been yet.
    Unknown,
}

/// What is known of the world around a domain at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// `mta-sts.<domain>` leads to our policy host.
    pub policy_host: Sight,
    /// `_mta-sts.<domain>` leads to our record (for [`super::Way::Cname`]).
    pub record: Sight,
    /// The id that a valid record of `_mta-sts.<domain>` has, wherever it comes from.
    pub id: Option<PolicyId>,
    /// A certificate for the policy host is served and valid now.
    pub certificate: bool,
    /// The version whose body our own fetch over HTTPS last brought, all of it sound.
    pub fetched: Option<u32>,
    /// Every node that counts serves what [`Life::shown`] says.
    pub nodes_agree: bool,
    /// The MX hosts of the domain; `None` if they could not be looked up.
    pub mx: Option<Vec<DnsName>>,
    /// The TTL of the MX RRset, in seconds.
    pub mx_ttl: u32,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Apply these, and ask again.
    Change(Vec<Change>),
    /// Look at the domain's names in DNS, then ask again.
    LookAtDns,
    /// Order a certificate, then ask again.
    OrderCertificate,
    /// Fetch our own policy over HTTPS as a sender does, then ask again.
    FetchOwn,
    /// Write the record into the domain's DNS ([`super::Way::Updated`]).
    WriteRecord(PolicyId),
    /// Nothing until then; `None`: until something changes.
    Wait {
        /// For what.
        waiting: Waiting,
        /// Until when at most.
        until: Option<Timestamp>,
    },
}

/// What a domain waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// Nothing: all is as published.
    Nothing,
    /// The administrator, to publish for the first time.
    Publication,
    /// The administrator, to put the records into DNS.
    Records,
    /// The certification authority.
    Certificate,
    /// Nodes that do not serve the body yet.
    Nodes,
    /// The administrator, to paste this TXT record ([`super::Way::Pasted`]).
    Paste(PolicyId),
    /// Senders that may still hold an older policy.
    Senders,
    /// The MX records to change ([`super::Migration`]).
    MxSwitch,
    /// Caches of the old MX RRset.
    MxCaches,
}

/// What the installation does by itself: decided from what is remembered, what was seen, and the
/// time.
pub fn next_step(life: &Life, seen: &Observed, now: Timestamp) -> Step {
    let _ = (life, seen, now);
    todo!("lifecycle")
}

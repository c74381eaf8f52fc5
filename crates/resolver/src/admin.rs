//! What administration says and hears: one JSON object a line, over a socket of its own.

use serde::{Deserialize, Serialize};

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// How it stands.
    Status,
    /// Every policy.
    List,
    /// One of them.
    Show {
        /// The policy domain.
        domain: String,
    },
    /// Look up and fetch now.
    Refresh {
        /// The policy domain.
        domain: String,
    },
    /// Forget.
    Purge {
        /// The policy domain.
        domain: String,
    },
    /// Take over a policy.
    Import {
        /// The policy domain.
        domain: String,
        /// The id that announced it.
        id: String,
        /// The policy file.
        policy: String,
        /// When it was fetched, milliseconds since the epoch.
        fetched_at: u64,
    },
}

/// A reply. `List` gets one `Policy` for each and an `End`; everything else one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Reply {
    /// How it stands.
    Status(Box<StatusReport>),
    /// A policy.
    Policy(Box<ListedPolicy>),
    /// Nothing is remembered of the domain.
    Unknown,
    /// No more.
    End,
    /// What a refresh came to.
    Refreshed(Box<RefreshReport>),
    /// Done or not: purged, imported.
    Done {
        /// True if something changed.
        changed: bool,
    },
    /// The request makes no sense: why.
    Refused {
        /// Why.
        reason: String,
    },
}

/// How a running resolver stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusReport {
    /// The program's version.
    pub version: String,
    /// When it was started, RFC 3339.
    pub started: String,
    /// Policies in memory by mode.
    pub enforce: u64,
    /// The same for testing.
    pub testing: u64,
    /// The same for none.
    pub none: u64,
    /// Domains known to have no policy, for now.
    pub without_policy: u64,
    /// Next-hops of which DANE is known.
    pub routes: u64,
    /// Lookups answered.
    pub lookups: u64,
    /// Of these, from memory.
    pub from_memory: u64,
    /// Policies fetched.
    pub fetches: u64,
    /// Fetches that failed.
    pub failed_fetches: u64,
    /// Connections of MTAs now.
    pub connections: u64,
    /// Still reading what the store holds.
    pub loading: bool,
    /// Changes not written down yet.
    pub unwritten: u64,
    /// How the store is, in words: `sound`, `none`, or what is wrong.
    pub store: String,
    /// How the shared cache is, in words.
    pub shared: String,
    /// How DNSSEC status is found.
    pub dnssec: String,
    /// What is wrong now: alerts that have not ended, newest first.
    pub alerts: Vec<String>,
}

/// A policy in memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedPolicy {
    /// The policy domain.
    pub domain: String,
    /// `enforce`, `testing` or `none`.
    pub mode: String,
    /// The id that announced it.
    pub id: String,
    /// MX patterns.
    pub mx: Vec<String>,
    /// Seconds.
    pub max_age: u32,
    /// RFC 3339.
    pub fetched: String,
    /// RFC 3339: from then on the policy no longer holds.
    pub expires: String,
    /// RFC 3339: when its TXT record is to be looked up again.
    pub recheck: String,
    /// The last attempt that failed, if it came after the last fetch: why.
    pub failure: Option<String>,
}

/// What a refresh came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshReport {
    /// The policy domain.
    pub domain: String,
    /// What became of it, in words.
    pub outcome: String,
    /// True if a policy was fetched.
    pub fetched: bool,
    /// What is in memory now.
    pub policy: Option<ListedPolicy>,
}

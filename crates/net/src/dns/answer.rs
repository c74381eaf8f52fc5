//! What a lookup brings back.

use ironpost_proto::domain::DnsName;
use std::net::SocketAddr;
use std::time::Duration;

/// The answer to one question: the RRset found (possibly through aliases), or its proven or
/// claimed absence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    /// The name asked for.
    pub name: DnsName,
    /// Alias targets in order, the last one owning the RRset; empty without a CNAME.
    pub aliases: Vec<DnsName>,
    /// What stands at the end of the chain.
    pub outcome: Outcome<T>,
    /// Least TTL over the chain, seconds; for a negative answer the SOA's negative TTL (RFC 2308 §5).
    pub ttl: u32,
    /// DNSSEC status of the whole answer.
    pub security: Security,
}

/// What stands at a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// At least one record.
    Found(Vec<T>),
    /// The name exists without such a record.
    NoData,
    /// The name does not exist.
    NxDomain,
}

/// DNSSEC status, RFC 4035 §4.3.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Security {
    /// Validated up to the trust anchor.
    Secure,
    /// Proven to lie in an unsigned part of the tree. The text says more where there is more to
    /// say, e.g. that the zone is signed with an algorithm that is not supported here.
    Insecure(Option<String>),
    /// Validation failed; why.
    Bogus(String),
    /// Could not be told: the resolver strips DNSSEC, or DNSSEC was switched off; why.
    Indeterminate(String),
}

/// A lookup that brought nothing back. Never to be read as "there is no record".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DnsError {
    /// No answer within the deadline.
    #[error("no answer from {server} within {after:?}")]
    Timeout {
        /// Who was asked.
        server: SocketAddr,
        /// How long we waited in all.
        after: Duration,
    },
    /// RCODE SERVFAIL.
    #[error("the resolver answered SERVFAIL{}", reason.as_ref().map(|r| format!(" ({r})")).unwrap_or_default())]
    ServFail {
        /// Extended DNS error (RFC 8914), made visible.
        reason: Option<String>,
        /// True if the extended error says that DNSSEC validation failed.
        bogus: bool,
    },
    /// Records that fail DNSSEC validation: what [`Answer::unless_bogus`] makes of them.
    #[error("DNSSEC validation fails: {reason}")]
    Bogus {
        /// Why.
        reason: String,
    },
    /// Another RCODE than NOERROR, NXDOMAIN and SERVFAIL.
    #[error("the resolver answered {rcode}")]
    Rcode {
        /// `REFUSED`, `FORMERR`, ….
        rcode: String,
    },
    /// An alias chain that comes back to itself.
    #[error("the aliases loop at {at}")]
    AliasLoop {
        /// The name met twice.
        at: DnsName,
        /// The chain up to there.
        aliases: Vec<DnsName>,
    },
    /// An alias chain longer than we follow.
    #[error("more than {limit} aliases in a row")]
    AliasLimit {
        /// How many were followed.
        limit: usize,
        /// The chain up to there.
        aliases: Vec<DnsName>,
    },
    /// An answer that cannot be parsed or does not answer the question.
    #[error("the answer is malformed: {detail}")]
    Malformed {
        /// What is wrong with it.
        detail: String,
    },
    /// A name that DNS cannot hold (RFC 1035 §2.3.4), so that nothing can be published there.
    #[error("{name} is too long for DNS")]
    NameTooLong {
        /// The name.
        name: DnsName,
    },
    /// No resolver can be reached at all.
    #[error("the resolver {server} cannot be reached: {detail}")]
    Unreachable {
        /// Who was asked.
        server: SocketAddr,
        /// The operating system's word.
        detail: String,
    },
}

/// The result of a lookup.
pub type Lookup<T> = Result<Answer<T>, DnsError>;

/// An MX record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mx {
    /// Preference, lower first.
    pub preference: u16,
    /// The exchange; the root for null MX (RFC 7505 §3).
    pub exchange: DnsName,
}

/// A CAA record, RFC 8659 §4.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caa {
    /// Issuer critical.
    pub critical: bool,
    /// `issue`, `issuewild`, …, lower case.
    pub tag: String,
    /// The value, made visible.
    pub value: String,
}

impl<T> Answer<T> {
    /// The records, none for a negative answer.
    pub fn records(&self) -> &[T] {
        match &self.outcome {
            Outcome::Found(records) => records,
            Outcome::NoData | Outcome::NxDomain => &[],
        }
    }

    /// The answer as it reaches a client behind a validating resolver: if it is bogus, not at all
    /// (RFC 4035 §5.5).
    pub fn unless_bogus(self) -> Lookup<T> {
        match self.security {
            Security::Bogus(reason) => Err(DnsError::Bogus { reason }),
            Security::Secure | Security::Insecure(_) | Security::Indeterminate(_) => Ok(self),
        }
    }

    /// The name at the end of the alias chain.
    pub fn owner(&self) -> &DnsName {
        self.aliases.last().unwrap_or(&self.name)
    }
}

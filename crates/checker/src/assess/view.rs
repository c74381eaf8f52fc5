//! The policy as a conforming sender sees it, and as far as it can be read behind a fault.

use crate::evidence::{Evidence, Host};
use crate::report::PolicyStatus;
use ironpost_net::dns::answer::{DnsError, Outcome, Security};
use ironpost_net::policy_fetch::{Manner, PolicyFetch};
use ironpost_proto::deviation::Parsed;
use ironpost_proto::mta_sts::policy::{self, Mode, Policy, PolicyFault};
use ironpost_proto::mta_sts::record::{Likeness, Record, RecordOutcome};

/// What sender and reader see.
#[derive(Debug)]
pub struct View<'a> {
    /// What it rests on.
    pub evidence: &'a Evidence,
    /// The record a sender acts on.
    pub record: Option<&'a Record>,
    /// The body the judgement is about, and how it was had.
    pub body: Option<Body<'a>>,
    /// Whether a sender applies the policy.
    pub status: PolicyStatus,
}

/// A policy body.
#[derive(Debug)]
pub struct Body<'a> {
    /// The fetch that brought it.
    pub fetch: &'a PolicyFetch,
    /// Its octets.
    pub bytes: &'a [u8],
    /// What the parser makes of it.
    pub parsed: Parsed<Policy, PolicyFault>,
    /// A strict fetch brought it: a sender sees this very body.
    pub seen_by_senders: bool,
}

impl<'a> View<'a> {
    /// Builds the view.
    pub fn of(evidence: &'a Evidence) -> Self {
        let record = match &evidence.record.set.outcome {
            RecordOutcome::Valid(record) => Some(record),
            RecordOutcome::Absent | RecordOutcome::Several | RecordOutcome::Malformed(_) => None,
        };
        let body = body_of(evidence);
        let applied = record.is_some()
            && body
                .as_ref()
                .is_some_and(|body| body.seen_by_senders && body.parsed.verdict.is_ok());
        let status = if applied {
            PolicyStatus::Valid
        } else if is_anything_published(evidence) {
            PolicyStatus::Invalid
        } else {
            PolicyStatus::None
        };
        Self { evidence, record, body, status }
    }

    /// The policy that a sender applies.
    pub fn applied(&self) -> Option<&Policy> {
        (self.status == PolicyStatus::Valid).then(|| self.readable()).flatten()
    }

    /// The policy as far as it can be read, behind whatever fault.
    pub fn readable(&self) -> Option<&Policy> {
        self.body.as_ref().and_then(|body| body.parsed.verdict.as_ref().ok())
    }

    /// The mode that severities go by.
    pub fn mode(&self) -> Option<Mode> {
        self.readable().map(|policy| policy.mode)
    }

    /// The mode for findings about MX hosts: where no policy can be read nobody refuses mail, so
    /// the milder column counts.
    pub fn host_mode(&self) -> Option<Mode> {
        Some(self.mode().unwrap_or(Mode::Testing))
    }

    /// The domain publishes something about MTA-STS that can be looked at.
    pub fn is_published(&self) -> bool {
        self.status != PolicyStatus::None
    }

    /// The only MX is the root (RFC 7505 §3).
    pub fn has_null_mx(&self) -> bool {
        self.mx_records().is_some_and(|records| records.iter().any(|mx| mx.exchange.is_root()))
    }

    /// The MX RRset, if it could be looked up.
    pub fn mx_records(&self) -> Option<&'a [ironpost_net::dns::answer::Mx]> {
        self.evidence.mx.as_ref().ok().map(ironpost_net::dns::answer::Answer::records)
    }

    /// The domain name itself does not exist.
    pub fn domain_is_missing(&self) -> bool {
        matches!(&self.evidence.mx, Ok(answer) if answer.outcome == Outcome::NxDomain)
            && self.status == PolicyStatus::None
    }

    /// Validating senders get no answer for the domain itself.
    pub fn zone_is_bogus(&self) -> bool {
        match &self.evidence.mx {
            Ok(answer) => matches!(answer.security, Security::Bogus(_)),
            Err(DnsError::ServFail { bogus, .. }) => *bogus,
            Err(_) => false,
        }
    }

    /// The hosts that take mail.
    pub fn hosts(&self) -> &'a [Host] {
        &self.evidence.hosts
    }

    /// An id that was never used before: the time of the check.
    pub fn fresh_id(&self) -> String {
        self.evidence.checked_at.strftime("%Y%m%dT%H%M%SZ").to_string()
    }
}

/// The body a sender gets; failing that, the first that could be had behind a fault.
fn body_of(evidence: &Evidence) -> Option<Body<'_>> {
    let host = &evidence.policy_host;
    let accepted = host.fetches.iter().find(|fetch| fetch.failure.is_none());
    let behind = || {
        host.fetches.iter().chain(&host.behind).find(|fetch| {
            fetch.response.as_ref().is_some_and(|r| r.status == 200 && r.complete && !r.oversized)
        })
    };
    let fetch = accepted.or_else(behind)?;
    let bytes = fetch.response.as_ref()?.body.as_slice();
    let seen_by_senders = fetch.manner == Manner::Strict && fetch.failure.is_none();
    Some(Body { fetch, bytes, parsed: policy::parse(bytes), seen_by_senders })
}

/// A record, or what was meant as one.
fn is_anything_published(evidence: &Evidence) -> bool {
    let set = &evidence.record.set;
    !set.candidates.is_empty()
        || set.discarded.iter().any(|other| other.likeness == Likeness::WrongVersion)
        || !evidence.record.misplaced.is_empty()
        || is_dangling(evidence)
}

/// `_mta-sts` is an alias that leads to no record of ours.
pub(super) fn is_dangling(evidence: &Evidence) -> bool {
    evidence.record.set.candidates.is_empty()
        && match &evidence.record.lookup {
            Ok(answer) => !answer.aliases.is_empty(),
            Err(DnsError::AliasLoop { .. } | DnsError::AliasLimit { .. }) => true,
            Err(_) => false,
        }
}

//! The catalogue of findings: ids, severities, sources and the long explanations that
//! `ironpost explain` and the reference show. One entry per id, one file per section.

pub mod body;
pub mod dane;
pub mod history;
pub mod mx_match;
pub mod mx_tls;
pub mod operations;
pub mod policy_host;
pub mod tls_rpt;
pub mod txt;

use crate::finding::Severity;
use ironpost_proto::mta_sts::policy::Mode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The part of a set-up that a finding belongs to; also the sections of the grade.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// The `_mta-sts` TXT record.
    Txt,
    /// The policy host: DNS, TLS, HTTP.
    PolicyHost,
    /// The policy file.
    Body,
    /// MX records against patterns.
    MxMatch,
    /// STARTTLS and certificates of the MX hosts.
    MxTls,
    /// TLS-RPT.
    TlsRpt,
    /// How the set-up is run: dates, modes, CAA, history.
    Operations,
    /// DNSSEC and DANE.
    Dane,
}

/// A kind of fault.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// The id, part of the product's contract.
    pub id: &'static str,
    /// Where it belongs.
    pub section: Section,
    /// Severity when the policy is in mode enforce; also used where no mode is published.
    /// `None`: not a fault in that mode.
    pub enforce: Option<Severity>,
    /// Severity in mode testing.
    pub testing: Option<Severity>,
    /// A short title, sentence case, no full stop.
    pub title: &'static str,
    /// The rule: `RFC 8461 §3.1`, several joined with `; `.
    pub rfc: &'static str,
    /// What is wrong and what follows from it, one paragraph.
    pub explanation: &'static str,
    /// What senders do when they meet it, one or two sentences.
    pub consequence: &'static str,
    /// How to mend it in general, step by step.
    pub remedy: &'static [&'static str],
    /// A faulty and a sound example, as published; empty where none makes sense.
    pub example: &'static str,
}

impl Entry {
    /// Severity under the mode that the domain publishes, `None` without a readable policy.
    /// An entry that answers `None` is no fault there, and no finding is made of it.
    pub fn severity(&self, mode: Option<Mode>) -> Option<Severity> {
        match mode {
            // What cannot be read was most likely meant to be enforced.
            None | Some(Mode::Enforce) => self.enforce,
            // The one fault that is about mode none; the table has no column for it.
            Some(Mode::None) if *self == body::P_NONE => Some(Severity::Medium),
            // Mode none asks no more of a host than mode testing does.
            Some(Mode::Testing | Mode::None) => self.testing,
        }
    }
}

/// Every entry, in the order of the reference.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    [
        txt::ENTRIES,
        policy_host::ENTRIES,
        body::ENTRIES,
        mx_match::ENTRIES,
        mx_tls::ENTRIES,
        tls_rpt::ENTRIES,
        dane::ENTRIES,
        operations::ENTRIES,
        history::ENTRIES,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// The entry with this id, in any case.
pub fn find(id: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.id.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests;

//! What to publish for a new policy: the file, the TXT records, and in which order.
//!
//! Pure functions; the id, which is made from the time, is an argument.

pub mod export;
pub mod txt_record;

use crate::finding::Finding;
use crate::lint;
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::mta_sts::mx_pattern::{MxPattern, PatternFault};
use ironpost_proto::mta_sts::policy::{self, MAX_BODY, MaxAge, Mode, Policy};
use ironpost_proto::mta_sts::record::{PolicyId, Record, RecordFault};
use ironpost_proto::tls_rpt;
use ironpost_proto::tls_rpt::record::{ReportUri, ReportUriError, Target};
use jiff::Timestamp;
use std::net::Ipv4Addr;
use txt_record::TxtRecord;

/// What a policy is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The policy domain; without one, names in the records stay relative.
    pub domain: Option<Domain>,
    /// The mode; begin with testing.
    pub mode: Mode,
    /// How long senders keep the policy; [`default_max_age`] without one.
    pub max_age: Option<MaxAge>,
    /// The hosts that take mail; repetitions are dropped.
    pub mx: Vec<MxPattern>,
    /// The id that announces it; see [`id_at`].
    pub id: PolicyId,
    /// Where TLS reports go; `mailto:tls-reports@` the domain if empty.
    pub rua: Vec<ReportUri>,
}

/// What to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The policy.
    pub policy: Policy,
    /// The policy file as it is to be served.
    pub file: String,
    /// The record that announces the policy.
    pub record: TxtRecord,
    /// The record that asks for reports.
    pub tls_rpt: TxtRecord,
    /// What the linter would say of it, beyond the choice of the mode.
    pub warnings: Vec<Finding>,
    /// What to do, in order.
    pub steps: Vec<String>,
}

/// Why nothing can be published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// RFC 8461 §3.2: at least one `mx`, unless the mode is none.
    #[error("a policy in mode {0} needs at least one MX host")]
    NoMx(Mode),
    /// An address, which no MX record can name.
    #[error("{0} is an address; an MX is a host name")]
    Address(Ipv4Addr),
    /// A report URI that no reporter can use.
    #[error("reports go to mailto: or https: addresses, not to {0}")]
    ReportUri(ReportUri),
    /// The default for reports cannot be formed.
    #[error("no address for reports can be made of the domain")]
    DefaultReportUri(#[from] ReportUriError),
    /// RFC 8461 §3.3: senders may stop reading at 64 KiB.
    #[error("the policy would be {0} octets long; senders read at most 65536")]
    TooLarge(usize),
}

/// Why MX records give no patterns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MxRecordsError {
    /// RFC 7505: the domain takes no mail, so there is nothing to protect.
    #[error("the domain takes no mail (null MX) and needs no policy")]
    NullMx,
    /// An MX record whose name no policy can list.
    #[error("the MX record names {0}, which is not a host name that a policy can list")]
    NotAHost(DnsName),
    /// An MX record that holds an address in place of a name.
    #[error("the MX record names {0}, an address in place of a host name")]
    Address(Ipv4Addr),
}

/// Works out what to publish.
pub fn publish(wanted: Wanted) -> Result<Publication, PublishError> {
    let Wanted { domain, mode, max_age, mx, id, rua } = wanted;
    let mx = without_repetitions(mx);
    if mx.is_empty() && mode != Mode::None {
        return Err(PublishError::NoMx(mode));
    }
    no_addresses(&mx)?;
    let max_age = max_age.unwrap_or_else(|| default_max_age(mode));
    let policy = Policy { mode, max_age, mx, extensions: Vec::new() };
    let file = policy.to_string();
    if file.len() > MAX_BODY {
        return Err(PublishError::TooLarge(file.len()));
    }
    let rua = report_uris(rua, domain.as_ref())?;
    let record = TxtRecord::mta_sts(domain.as_ref(), Record::new(id).to_string());
    let reports = tls_rpt::record::Record { rua, extensions: Vec::new() };
    let tls_rpt = TxtRecord::tls_rpt(domain.as_ref(), reports.to_string());
    let warnings = warnings(&file, &policy, domain.as_ref());
    let steps = steps(domain.as_ref(), mode, &record, &tls_rpt);
    Ok(Publication { policy, file, record, tls_rpt, warnings, steps })
}

/// The max_age to begin with.
///
/// In testing a day: nothing rests on the cache yet, mistakes are to be forgotten soon, and
/// less than a day is said to be ignored by a large sender. In enforce two weeks: the
/// RFC expects weeks, so that an attacker cannot wait out the cache (§3.2, §10.2). In mode
/// none a day, as the RFC suggests for leaving (§8.3).
pub fn default_max_age(mode: Mode) -> MaxAge {
    match mode {
        Mode::Testing | Mode::None => MaxAge::from_secs(DAY),
        Mode::Enforce => MaxAge::from_secs(14 * DAY),
    }
}

/// An id made from the time in UTC to the second: `20260501T120000Z`. Years outside 0 to
/// 9999 give none.
pub fn id_at(now: Timestamp) -> Result<PolicyId, RecordFault> {
    now.strftime("%Y%m%dT%H%M%SZ").to_string().parse()
}

/// Reads a pattern as a person types it: U-labels are converted, a trailing dot is dropped.
pub fn mx_pattern(text: &str) -> Result<MxPattern, PatternFault> {
    let text = text.trim();
    let (wildcard, name) = match text.strip_prefix("*.") {
        Some(name) => (true, name),
        None => (false, text),
    };
    match name.parse::<Domain>() {
        Ok(domain) if wildcard => format!("*.{domain}").parse(),
        Ok(domain) => Ok(domain.into()),
        // The strict reading has the better words for what is wrong.
        Err(error) => match text.parse::<MxPattern>() {
            Ok(_) => Err(PatternFault::Domain(error)),
            Err(fault) => Err(fault),
        },
    }
}

/// Patterns from the MX records of `domain`: their names, in the order given. Without
/// any the domain itself, which is where senders then deliver (RFC 5321 §5.1).
pub fn patterns_from_mx<'a>(
    domain: &Domain,
    exchanges: impl IntoIterator<Item = &'a DnsName>,
) -> Result<Vec<MxPattern>, MxRecordsError> {
    let mut patterns = Vec::new();
    for exchange in exchanges {
        if exchange.is_root() {
            return Err(MxRecordsError::NullMx);
        }
        let host =
            exchange.to_domain().ok_or_else(|| MxRecordsError::NotAHost(exchange.clone()))?;
        let pattern = MxPattern::from(host);
        if let Some(address) = pattern.as_ipv4() {
            return Err(MxRecordsError::Address(address));
        }
        patterns.push(pattern);
    }
    if patterns.is_empty() {
        patterns.push(domain.clone().into());
    }
    Ok(without_repetitions(patterns))
}

fn without_repetitions(patterns: Vec<MxPattern>) -> Vec<MxPattern> {
    let mut seen = std::collections::BTreeSet::new();
    patterns.into_iter().filter(|pattern| seen.insert(pattern.clone())).collect()
}

/// No pattern is an address, which no MX record can name.
pub fn no_addresses(mx: &[MxPattern]) -> Result<(), PublishError> {
    mx.iter().find_map(MxPattern::as_ipv4).map_or(Ok(()), |at| Err(PublishError::Address(at)))
}

/// All of these lead to somebody who takes reports (RFC 8460 §3).
pub fn are_targets(rua: &[ReportUri]) -> Result<(), PublishError> {
    let stray = rua.iter().find(|uri| uri.target() == Target::Unsupported);
    stray.map_or(Ok(()), |uri| Err(PublishError::ReportUri(uri.clone())))
}

fn report_uris(
    rua: Vec<ReportUri>,
    domain: Option<&Domain>,
) -> Result<Vec<ReportUri>, PublishError> {
    are_targets(&rua)?;
    if !rua.is_empty() {
        return Ok(rua);
    }
    let domain = domain.map_or(PLACEHOLDER, Domain::as_str);
    Ok(vec![format!("mailto:tls-reports@{domain}").parse()?])
}

/// What the linter finds in the file, without what was chosen on purpose.
fn warnings(file: &str, policy: &Policy, domain: Option<&Domain>) -> Vec<Finding> {
    let context = lint::BodyContext { domain, ..lint::BodyContext::default() };
    let parsed = policy::parse(file.as_bytes());
    let mut findings = lint::body_findings(&parsed, file.as_bytes(), &context);
    findings.extend(lint::pattern_findings(policy, domain));
    findings.retain(|finding| !["P-TESTING", "P-NONE"].contains(&finding.entry.id));
    findings
}

fn steps(
    domain: Option<&Domain>,
    mode: Mode,
    record: &TxtRecord,
    tls_rpt: &TxtRecord,
) -> Vec<String> {
    let in_place = match domain {
        Some(_) => String::new(),
        None => format!(" (put your own domain in place of {PLACEHOLDER})"),
    };
    let domain = domain.map_or("<your domain>", Domain::as_str);
    let mut steps = vec![
        format!(
            "Serve the file at https://mta-sts.{domain}/.well-known/mta-sts.txt as text/plain, \
             with status 200, without a redirect, and with a certificate for mta-sts.{domain}."
        ),
        format!("Publish, so that senders tell you of failures{in_place}:\n{tls_rpt}"),
        // RFC 8461 §8.1: the file first, the record second.
        format!("When the file can be fetched, publish:\n{record}"),
        format!("Check it: ironpost check {domain}"),
    ];
    steps.push(match mode {
        Mode::Testing => "Read the reports. When they have been clean for some weeks, change the \
                          file to mode enforce with a max_age of 1209600, and then give the \
                          record a new id."
            .to_owned(),
        Mode::Enforce => "Whenever the MX records are to change: add the new hosts to the file, \
                          give the record a new id, wait for the TTL of the record and a day, \
                          and change the MX records then."
            .to_owned(),
        // RFC 8461 §8.3
        Mode::None => "Keep file and record until every policy served earlier has expired: the \
                       last day it was served plus its max_age, the latest of them. Then remove \
                       the record, and the policy host after it."
            .to_owned(),
    });
    steps
}

/// Stands in for the domain where a record cannot do without one.
pub(crate) const PLACEHOLDER: &str = "your-domain.example";

/// Seconds.
const DAY: u64 = 86_400;

#[cfg(test)]
mod tests;

//! The result of checking one domain: the contract of the JSON output.
//!
//! Every string that came from outside is already made visible.

use crate::catalogue::Section;
use crate::finding::{Finding, Severity};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The value of [`Report::schema`]; the number grows when a field changes its meaning or goes.
pub const SCHEMA: &str = "ironpost.check/1";

/// What a check of one domain came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Ironpost check result")]
pub struct Report {
    /// `ironpost.check/1`.
    pub schema: String,
    /// The policy domain as A-labels.
    pub domain: String,
    /// When the check began, RFC 3339, UTC.
    pub checked_at: Timestamp,
    /// How long it took, milliseconds.
    pub elapsed_ms: u64,
    /// The answer in a word.
    pub verdict: Verdict,
    /// The answer in a sentence.
    pub summary: String,
    /// The grade; null when too little could be tested for one.
    pub grade: Option<Grade>,
    /// Points out of 100 of what was tested; null like the grade.
    pub points: Option<u8>,
    /// True if something that counts was not tested.
    pub partial: bool,
    /// How points and grade came about.
    pub score: Score,
    /// The policy as a sender sees it.
    pub policy: PolicySummary,
    /// The hosts that take mail for the domain, by preference.
    pub mx: Vec<MxSummary>,
    /// The way a sender goes, step by step.
    pub timeline: Vec<Step>,
    /// Faults, worst first.
    pub findings: Vec<ReportedFinding>,
    /// What was not tested, and why.
    pub not_tested: Vec<NotTested>,
    /// What was seen that later runs compare with.
    pub seen: Seen,
}

/// The answer in a word.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Mode enforce, and conforming senders can and will deliver over verified TLS only.
    Protected,
    /// Mode enforce (or a failing DANE), and senders refuse to deliver to at least one MX.
    AtRisk,
    /// Mode testing: failures are reported, mail is not protected.
    Testing,
    /// Something is published that senders must ignore.
    IgnoredBySenders,
    /// Nothing is published.
    Absent,
    /// Mode none.
    OptedOut,
    /// The domain takes no mail.
    Parked,
    /// A lookup or a connection on our side failed.
    CouldNotTell,
}

/// School grades.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Grade {
    /// Best: enforce, two weeks or more, nothing low or worse, everything tested.
    #[serde(rename = "A+")]
    APlus,
    /// 90 points or more.
    A,
    /// A without TLS-RPT.
    #[serde(rename = "A-")]
    AMinus,
    /// 80 points or more.
    B,
    /// 65 points or more.
    C,
    /// 50 points or more.
    D,
    /// Less.
    F,
}

/// How points and grade came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// Version of the scheme.
    pub scheme: u32,
    /// Per section, in order.
    pub sections: Vec<SectionScore>,
    /// Caps that held the grade down.
    pub caps: Vec<Cap>,
}

/// Points of one section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SectionScore {
    /// The section.
    pub section: Section,
    /// What it is worth.
    pub of: u8,
    /// Points kept; null when the section was not tested and is left out of the sum.
    pub points: Option<f64>,
    /// What was taken off.
    pub deductions: Vec<Deduction>,
}

/// Points taken off for one finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deduction {
    /// The finding's id.
    pub id: String,
    /// The finding's subject.
    pub subject: String,
    /// Its severity.
    pub severity: Severity,
    /// Points taken off.
    pub points: f64,
}

/// A reason why the grade cannot be better.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cap {
    /// The best grade left.
    pub grade: Grade,
    /// Why, in a sentence.
    pub reason: String,
}

/// The policy as a sender sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicySummary {
    /// `valid`: a sender applies it; `invalid`: something is there that a sender must ignore;
    /// `none`: nothing is there.
    pub status: PolicyStatus,
    /// `enforce`, `testing` or `none`; null without a readable policy.
    pub mode: Option<String>,
    /// Seconds; null without a readable policy.
    pub max_age: Option<u32>,
    /// MX patterns.
    pub mx: Vec<String>,
    /// The id of the TXT record.
    pub id: Option<String>,
    /// End of validity of the certificate that the policy host showed, the earliest of its
    /// addresses; null if none was seen.
    pub certificate_expires: Option<Timestamp>,
}

/// Whether a sender applies the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PolicyStatus {
    /// A sender applies it.
    Valid,
    /// Something is published, and a sender must ignore it.
    Invalid,
    /// Nothing is published, or it could not be told (see `not_tested`).
    None,
}

/// One host that takes mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MxSummary {
    /// The name in the MX record (or the domain itself without one).
    pub host: String,
    /// Preference; null for the implicit MX.
    pub preference: Option<u16>,
    /// Whether a pattern of the policy matches; null without a readable policy.
    pub matched: Option<bool>,
    /// `ok`, `faulty` or `not_tested`: STARTTLS with a certificate that senders accept.
    pub tls: TlsState,
    /// TLS version and end of the certificate, as far as seen, on the first address that answered.
    pub tls_version: Option<String>,
    /// End of validity of the certificate shown.
    pub certificate_expires: Option<Timestamp>,
    /// DANE at this host.
    pub dane: DaneState,
    /// Addresses, and what each showed.
    pub addresses: Vec<AddressSummary>,
    /// What a conforming sender would do; null unless asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulation: Option<Simulation>,
}

/// One address of an MX host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AddressSummary {
    /// IPv4 or IPv6.
    pub address: String,
    /// What it showed, in a few words.
    pub result: String,
    /// As for the host as a whole.
    pub tls: TlsState,
}

/// Whether senders accept TLS there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TlsState {
    /// Senders accept it.
    Ok,
    /// Senders under a policy refuse it.
    Faulty,
    /// Nobody could tell.
    NotTested,
}

/// DANE at a host, RFC 7672 §2.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DaneState {
    /// Secure, usable and matching.
    Ok,
    /// Secure and usable, but nothing matches: DANE senders refuse.
    Mismatch,
    /// Secure, but no record is usable.
    Unusable,
    /// Published without DNSSEC: ignored.
    Insecure,
    /// DNSSEC validation fails.
    Bogus,
    /// No TLSA.
    Absent,
    /// Not tested.
    NotTested,
}

/// What a conforming sender would do at one MX.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Simulation {
    /// `deliver`, `refuse`, `deliver_and_report` or `unknown`.
    pub action: SenderAction,
    /// By which rule.
    pub rule: String,
    /// TLS-RPT result type it would report, if any.
    pub result_type: Option<String>,
}

/// What a sender does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SenderAction {
    /// Deliver; with or without a policy.
    Deliver,
    /// Do not deliver to this host: try the next, or later.
    Refuse,
    /// Mode testing: deliver, and report the failure.
    DeliverAndReport,
    /// Not tested.
    Unknown,
}

/// One step on a sender's way: TXT, host, TLS, body, MX, MX TLS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// `txt`, `policy_host`, `https`, `body`, `mx`, `mx_tls`, `tls_rpt`, `dane`.
    pub step: String,
    /// How it went.
    pub state: StepState,
    /// In a few words.
    pub text: String,
    /// How long it took, milliseconds.
    pub elapsed_ms: Option<u64>,
}

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// As it should be.
    Ok,
    /// Works, with a blemish.
    Warning,
    /// Senders stop or refuse here.
    Failed,
    /// Not there, and need not be.
    Absent,
    /// Not tested or not reached.
    NotTested,
}

/// A finding as reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedFinding {
    /// `M-UNMATCHED`, ….
    pub id: String,
    /// How much it matters.
    pub severity: Severity,
    /// The part of the set-up.
    pub section: Section,
    /// Short title.
    pub title: String,
    /// One sentence that names the host, line or value at fault.
    pub detail: String,
    /// The rule.
    pub rfc: String,
    /// Steps to mend it, in order. Text to publish as it stands is between backticks, on lines
    /// of its own after the sentence, or a line of a zone file or of a policy file at its end.
    pub fix: Vec<String>,
    /// The host, record or line.
    pub subject: String,
    /// What was seen.
    pub evidence: Vec<String>,
}

impl From<&Finding> for ReportedFinding {
    fn from(finding: &Finding) -> Self {
        let Finding { entry, severity, subject, detail, fix, evidence } = finding;
        Self {
            id: entry.id.to_owned(),
            severity: *severity,
            section: entry.section,
            title: entry.title.to_owned(),
            detail: detail.clone(),
            rfc: entry.rfc.to_owned(),
            fix: fix.clone(),
            subject: subject.clone(),
            evidence: evidence.clone(),
        }
    }
}

/// Something that was not tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotTested {
    /// What: a section, with the host or record.
    pub what: String,
    /// The section it belongs to.
    pub section: Section,
    /// Why.
    pub reason: String,
}

/// What was seen that later runs compare with (`--previous`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Seen {
    /// The TXT record's id.
    pub id: Option<String>,
    /// SHA-256 of the policy body as served, hexadecimal.
    pub body_sha256: Option<String>,
    /// MX host names.
    pub mx: Vec<String>,
}

//! What a scenario is about and what a checker is expected to say of it: `expect.toml`.

use crate::error::ScenarioError;
use crate::folder::Folder;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A domain of the lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// The folder's name.
    pub name: String,
    /// The policy domain to check, as A-labels.
    pub domain: String,
    /// One sentence: what is the matter with it.
    pub summary: String,
    /// What a checker is expected to say.
    pub expect: Expectation,
}

/// What a checker is expected to say of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// `Protected`, `At risk`, `Testing`, `Ignored by senders`, `Absent`, `Opted out`, `Parked`
    /// or `Could not tell`.
    pub verdict: String,
    /// `valid`, `invalid` or `none`: the policy as a sender without a cache sees it.
    pub policy_status: String,
    /// The ids of all findings of severity low or worse, sorted.
    pub findings: Vec<String>,
    /// Ids of findings of severity info that must be among those found; others may be.
    pub info: Vec<String>,
    /// Whether nothing is wrong with the domain.
    pub sound: bool,
    /// Whether a check takes more than five seconds, because a peer is slow or silent.
    pub slow: bool,
    /// What a conforming sender does at an MX host: `deliver`, `refuse` or
    /// `deliver-and-report`. Hosts that are not named may be anything.
    pub simulate: BTreeMap<String, String>,
}

impl Scenario {
    pub(crate) fn of(folder: &Folder) -> Result<Self, ScenarioError> {
        let text = folder.text(FILE)?.ok_or(ScenarioError::Missing { file: FILE })?;
        let file: ExpectFile = toml::from_str(text)
            .map_err(|source| ScenarioError::Toml { file: FILE, source: Box::new(source) })?;
        let mut findings = file.findings;
        findings.sort();
        Ok(Self {
            domain: file.domain.unwrap_or_else(|| format!("{}.example", folder.name)),
            name: folder.name.clone(),
            summary: file.summary,
            expect: Expectation {
                verdict: file.verdict.as_str().to_owned(),
                policy_status: file.policy_status.as_str().to_owned(),
                findings,
                info: file.info,
                sound: file.sound,
                slow: file.slow,
                simulate: file
                    .simulate
                    .into_iter()
                    .map(|(host, outcome)| (host, outcome.as_str().to_owned()))
                    .collect(),
            },
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectFile {
    summary: String,
    /// Only where it is not `<folder>.example`.
    domain: Option<String>,
    verdict: Verdict,
    policy_status: PolicyStatus,
    #[serde(default)]
    findings: Vec<String>,
    #[serde(default)]
    info: Vec<String>,
    #[serde(default)]
    sound: bool,
    #[serde(default)]
    slow: bool,
    #[serde(default)]
    simulate: BTreeMap<String, Outcome>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
enum Verdict {
    Protected,
    #[serde(rename = "At risk")]
    AtRisk,
    Testing,
    #[serde(rename = "Ignored by senders")]
    Ignored,
    Absent,
    #[serde(rename = "Opted out")]
    OptedOut,
    Parked,
    #[serde(rename = "Could not tell")]
    CouldNotTell,
}

impl Verdict {
    fn as_str(self) -> &'static str {
        match self {
            Self::Protected => "Protected",
            Self::AtRisk => "At risk",
            Self::Testing => "Testing",
            Self::Ignored => "Ignored by senders",
            Self::Absent => "Absent",
            Self::OptedOut => "Opted out",
            Self::Parked => "Parked",
            Self::CouldNotTell => "Could not tell",
        }
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PolicyStatus {
    Valid,
    Invalid,
    None,
}

impl PolicyStatus {
    fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::None => "none",
        }
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    Deliver,
    Refuse,
    DeliverAndReport,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Deliver => "deliver",
            Self::Refuse => "refuse",
            Self::DeliverAndReport => "deliver-and-report",
        }
    }
}

const FILE: &str = "expect.toml";

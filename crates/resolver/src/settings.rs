//! What an administrator decides; replaced as a whole when the configuration is read anew.

use ironpost_proto::delivery::Precedence;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery;
use ironpost_proto::mta_sts::mx_pattern::MxPattern;
use std::collections::HashMap;

/// What may change while the program runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What RFC 8461 leaves to the sender (A5, A6).
    pub discovery: discovery::Settings,
    /// DANE comes first, unless it is switched off here.
    pub dane: bool,
    /// Which decides where DANE passes and a policy would not (A7).
    pub precedence: Precedence,
    /// How a policy in mode testing is answered to Postfix.
    pub testing: Testing,
    /// Domains with rules of their own.
    pub overrides: HashMap<Domain, Override>,
}

/// How a policy in mode testing is answered to an MTA that cannot "verify, report, deliver anyway".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Testing {
    /// As if there were no policy: nothing is reported, nothing is overstated.
    #[default]
    NotFound,
    /// `may policy_type=sts …`, in dialects that have it.
    May,
}

/// What holds for one domain, whatever it publishes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Override {
    /// In place of the domain's MTA-STS policy; `None` leaves it as it is published.
    pub policy: Option<OverridePolicy>,
    /// Do not use DANE for this domain.
    pub without_dane: bool,
}

/// A local policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OverridePolicy {
    /// No demand at all, neither MTA-STS nor DANE: the MTA's own settings decide.
    Off,
    /// TLS if it is offered, neither MTA-STS nor DANE.
    May,
    /// TLS, whoever the server is, neither MTA-STS nor DANE.
    Encrypt,
    /// This policy in mode enforce.
    Enforce(Vec<MxPattern>),
}

impl Default for Settings {
    /// As the RFCs read, and no override.
    fn default() -> Self {
        Self {
            discovery: discovery::Settings::default(),
            dane: true,
            precedence: Precedence::default(),
            testing: Testing::default(),
            overrides: HashMap::new(),
        }
    }
}

//! What would be answered for a next-hop, and why: every step looked at anew.

use crate::admin::ListedPolicy;
use crate::settings::Settings;
use ironpost_net::dns::resolver::Resolver;
use ironpost_net::policy_source::PolicySource;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::next_hop::Key;
use serde::Serialize;

/// Everything that bears on an answer, step by step, in words that need no further escaping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The key in canonical form.
    pub key: String,
    /// The steps in order.
    pub steps: Vec<Step>,
    /// What an MTA is told now by a resolver that knows nothing yet, by dialect.
    pub replies: Vec<Reply>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What was looked at: `MX`, `TLSA of mx.example.com`, `_mta-sts`, `policy`, ….
    pub what: String,
    /// What was seen, a line each.
    pub seen: Vec<String>,
    /// What follows.
    pub so: String,
}

/// A reply in one dialect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// The map name of the dialect.
    pub map: String,
    /// The reply as it stands on the wire, without its frame.
    pub text: String,
}

/// Looks at every step. `remembered` is what a running resolver holds of the domain, if one was
/// asked.
pub async fn explain(
    resolver: &Resolver,
    source: &PolicySource,
    settings: &Settings,
    key: &Key,
    remembered: Option<&ListedPolicy>,
    now: Timestamp,
) -> Explanation {
    let _ = (resolver, source, settings, key, remembered, now);
    todo!()
}

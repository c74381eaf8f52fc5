//! What would be answered for a next-hop, and why: every step looked at anew.

mod policy;
mod reply;
mod servers;

use crate::admin::ListedPolicy;
use crate::answer::packed::PackedPolicy;
use crate::settings::{OverridePolicy, Settings};
use ironpost_net::dns::resolver::Resolver;
use ironpost_net::policy_source::PolicySource;
use ironpost_proto::delivery::{Dane, Demand};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::next_hop::{Key, NextHop, Route};
use policy::Published;
use reply::Verdict;
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
    let next_hop = match key {
        Key::NextHop(next_hop) => next_hop,
        Key::AddressLiteral => {
            return without_policy("an address literal", "it has no policy: addresses have none");
        }
        Key::Parent => {
            return without_policy(
                "a parent domain",
                "it has no policy: policies are not inherited",
            );
        }
        Key::NoDomain => {
            return without_policy("no domain", "the name cannot be a policy domain");
        }
    };
    let look = Look { resolver, source, settings, next_hop };
    let mut steps = vec![look.key()];
    steps.extend(look.local_rule());
    let verdict = match look.fixed() {
        Some(demand) => Verdict::of(demand),
        None => look.at_everything(&mut steps).await,
    };
    steps.extend(remembered.map(|policy| policy::remembered(policy, now)));
    steps.push(verdict.step());
    let replies = verdict.replies(next_hop.domain.as_str(), settings.testing);
    Explanation { key: next_hop.to_string(), steps, replies }
}

/// What is looked at, and by whom.
struct Look<'a> {
    resolver: &'a Resolver,
    source: &'a PolicySource,
    settings: &'a Settings,
    next_hop: &'a NextHop,
}

impl Look<'_> {
    fn key(&self) -> Step {
        let NextHop { domain, route, port } = self.next_hop;
        let servers = match route {
            Route::Mx => "the MX hosts of the domain, or the domain itself without MX records",
            Route::Host => "the host of that name, as it stands in brackets",
        };
        Step {
            what: "key".to_owned(),
            seen: vec![format!("servers: {servers}"), format!("port: {port}")],
            so: format!("the policy domain is {domain}"),
        }
    }

    /// The step of a local decision about the domain, if there is one.
    fn local_rule(&self) -> Option<Step> {
        let rule = self.settings.overrides.get(&self.next_hop.domain)?;
        let (seen, so) = match &rule.policy {
            None => (Vec::new(), "MTA-STS goes by what the domain publishes".to_owned()),
            Some(OverridePolicy::Off) => (Vec::new(), "nothing is demanded".to_owned()),
            Some(OverridePolicy::May) => (Vec::new(), "TLS if it is offered".to_owned()),
            Some(OverridePolicy::Encrypt) => (Vec::new(), "TLS, whoever the server is".to_owned()),
            Some(OverridePolicy::Enforce(mx)) => (
                lines(mx.iter().map(|pattern| format!("mx: {pattern}"))),
                "this policy is enforced in place of the published one".to_owned(),
            ),
        };
        let so = if rule.without_dane { format!("{so}; DANE is not used") } else { so };
        Some(Step { what: "local rule".to_owned(), seen, so })
    }

    /// What is demanded whatever is published.
    fn fixed(&self) -> Option<Demand> {
        match self.settings.overrides.get(&self.next_hop.domain)?.policy.as_ref()? {
            OverridePolicy::Off => Some(Demand::Nothing),
            OverridePolicy::May => Some(Demand::May),
            OverridePolicy::Encrypt => Some(Demand::Encrypt),
            OverridePolicy::Enforce(_) => None,
        }
    }

    /// The policy in place of the published one.
    fn local_policy(&self) -> Option<PackedPolicy> {
        match self.settings.overrides.get(&self.next_hop.domain)?.policy.as_ref()? {
            OverridePolicy::Enforce(mx) => Some(PackedPolicy::from(mx.as_slice())),
            OverridePolicy::Off | OverridePolicy::May | OverridePolicy::Encrypt => None,
        }
    }

    fn uses_dane(&self) -> bool {
        let rule = self.settings.overrides.get(&self.next_hop.domain);
        self.settings.dane && !rule.is_some_and(|rule| rule.without_dane)
    }

    async fn at_everything(&self, steps: &mut Vec<Step>) -> Verdict {
        let local = self.local_policy();
        let published =
            async { if local.is_some() { Published::default() } else { self.published().await } };
        let (servers, mut published) = tokio::join!(self.servers(), published);
        steps.extend(servers.steps);
        steps.append(&mut published.steps);
        if let Some(policy) = &published.policy {
            steps.extend(policy::coverage(policy, self.next_hop, &servers.found));
        }
        let dane = if self.uses_dane() { servers.found.dane } else { Dane::Absent };
        Verdict::new(dane, self.settings, local.or(published.packed), published.unknown)
    }
}

fn without_policy(key: &str, so: &str) -> Explanation {
    let step = Step { what: "key".to_owned(), seen: Vec::new(), so: so.to_owned() };
    let verdict = Verdict::of(Demand::Nothing);
    let replies = verdict.replies("", crate::settings::Testing::default());
    Explanation { key: key.to_owned(), steps: vec![step], replies }
}

/// The first lines of many, and how many there are besides.
fn lines(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut all = all.peekable();
    let mut shown: Vec<String> = all.by_ref().take(MAX_LINES).collect();
    if all.peek().is_some() {
        shown.push(format!("… and {} more", all.count()));
    }
    shown
}

/// Lines shown of one kind. Own limit; a hostile answer has thousands.
const MAX_LINES: usize = 40;

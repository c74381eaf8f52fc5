//! From a next-hop to its answer.

use super::Inner;
use super::asked::Asked;
use super::background::Due;
use super::discovery::{Applied, Discovered};
use super::local::Rules;
use super::route_lookup;
use crate::answer::packed::PolicyView;
use crate::answer::{Answer, Dialect, Status, word};
use crate::settings::Testing;
use ironpost_proto::dane::LookupFault;
use ironpost_proto::delivery::{Dane, Demand, Precedence, demand};
use ironpost_proto::mta_sts::policy::Mode;
use ironpost_proto::next_hop::NextHop;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

impl Inner {
    /// Answers from memory; `None` if memory does not know enough.
    pub(super) fn answer_from_memory(
        &self,
        asked: &Asked<'_>,
        dialect: Dialect,
        text: &mut String,
    ) -> Option<Status> {
        let rules = self.rules.load();
        let local = rules.local(asked.domain);
        if let Some(demand) = local.fixed() {
            return Some(say(&rules, asked, demand, None, dialect, text));
        }
        let now = self.clock.now();
        let usable = if rules.uses_dane(local) {
            Some(self.routes.usable(asked.next_hop, now)?)
        } else {
            None
        };
        if usable.is_some_and(|usable| usable.renew) {
            self.work.due(Due::route(now, asked.next_hop));
        }
        let dane = usable.map_or(Dane::Absent, |usable| usable.dane);
        if let Some(policy) = local.policy() {
            let demand = demand(dane, Some(Mode::Enforce), rules.precedence());
            let policy = Some((policy.view(), None));
            return Some(say(&rules, asked, demand, policy, dialect, text));
        }
        if policy_is_no_matter(dane, rules.precedence(), dialect) {
            let demand = demand(dane, None, rules.precedence());
            return Some(say(&rules, asked, demand, None, dialect, text));
        }
        self.memory
            .read(asked.domain, |entry| {
                let policy = entry.valid(now);
                // Without a policy the answer is as good as the record's absence is fresh.
                if policy.is_none() && !entry.is_known_without(now) {
                    return None;
                }
                let mode = policy.map(PolicyView::mode);
                if usable.is_some_and(|usable| !usable.suffices(mode)) {
                    return None;
                }
                if policy.is_some() && entry.begin_to_watch() {
                    self.work.due(Due::policy(entry.recheck_at, asked.domain));
                }
                let demand = demand(dane, mode, rules.precedence());
                let policy = policy.map(|view| (view, entry.failure));
                Some(say(&rules, asked, demand, policy, dialect, text))
            })
            .flatten()
    }

    /// Asks DNS and the policy host what memory does not know, and answers.
    pub(super) async fn answer_from_outside(
        self: &Arc<Self>,
        next_hop: &NextHop,
        asked: &Asked<'_>,
        dialect: Dialect,
        text: &mut String,
    ) -> Status {
        let end = Instant::now() + PATIENCE;
        let rules = self.rules.load_full();
        let local = rules.local(asked.domain).clone();
        let uses_dane = rules.uses_dane(&local);
        // Both at once: the policy is found even if DANE turns out to decide alone.
        let discovery = local.policy().is_none().then(|| self.discover(&next_hop.domain));
        let route = if uses_dane { Some(self.route(next_hop, asked, end).await) } else { None };
        let dane = route.as_ref().map_or(Dane::Absent, |looked| looked.dane);
        if let Some(policy) = local.policy() {
            let demand = demand(dane, Some(Mode::Enforce), rules.precedence());
            return say(&rules, asked, demand, Some((policy.view(), None)), dialect, text);
        }
        if policy_is_no_matter(dane, rules.precedence(), dialect) {
            let demand = demand(dane, None, rules.precedence());
            return say(&rules, asked, demand, None, dialect, text);
        }
        let discovered = match discovery {
            Some(discovery) => timeout_at(end, discovery.value()).await.ok().flatten(),
            None => None,
        };
        if let Some(looked) = &route {
            self.check_coverage(&next_hop.domain, looked);
        }
        match discovered.as_deref() {
            Some(Discovered::Policy { held, failure }) => {
                let view = held.policy.view();
                let demand = demand(dane, Some(view.mode()), rules.precedence());
                say(&rules, asked, demand, Some((view, *failure)), dialect, text)
            }
            // A6, by setting.
            Some(Discovered::Unknown) => {
                let demand = Demand::Defer(LookupFault::Failed);
                say(&rules, asked, demand, None, dialect, text)
            }
            // S34: a policy that cannot be had never holds up mail.
            Some(Discovered::NoPolicy) | None => {
                let demand = demand(dane, None, rules.precedence());
                say(&rules, asked, demand, None, dialect, text)
            }
        }
    }

    /// What DANE says of a next-hop, which the MTA waits for.
    async fn route(
        self: &Arc<Self>,
        next_hop: &NextHop,
        asked: &Asked<'_>,
        end: Instant,
    ) -> Arc<route_lookup::Looked> {
        let mode = self.mode_that_holds(asked.domain);
        if let Some(dane) = self.remembered_route(asked.next_hop, mode).await {
            return Arc::new(route_lookup::Looked::remembered(dane));
        }
        let looking = self.look_up_route(next_hop).value();
        timeout_at(end, looking).await.ok().flatten().unwrap_or_default()
    }

    /// The mode of the policy that holds for a domain, by local decision or from memory. While
    /// memory is being filled there may be any.
    fn mode_that_holds(&self, domain: &str) -> Option<Mode> {
        if self.rules.load().local(domain).policy().is_some() || self.work.background.is_loading() {
            return Some(Mode::Enforce);
        }
        let now = self.clock.now();
        self.memory.read(domain, |entry| entry.valid(now).map(PolicyView::mode)).flatten()
    }
}

/// Words what is demanded, with the policy where one bears on it.
fn say(
    rules: &Rules,
    asked: &Asked<'_>,
    demand: Demand,
    policy: Option<Applied<'_>>,
    dialect: Dialect,
    text: &mut String,
) -> Status {
    let told = match (demand, rules.testing(), dialect) {
        (
            Demand::Report,
            Testing::NotFound,
            Dialect::Postfix30 | Dialect::Postfix34 | Dialect::Postfix310,
        ) => {
            return Status::NotFound;
        }
        _ => demand,
    };
    let answer = Answer {
        domain: asked.domain,
        demand: told,
        policy: policy.map(|(view, _)| view),
        failure: policy.and_then(|(_, failure)| failure),
    };
    word(&answer, dialect, text)
}

/// True if the answer is the same whatever the policy: it need not be waited for.
fn policy_is_no_matter(dane: Dane, precedence: Precedence, dialect: Dialect) -> bool {
    dialect != Dialect::Json
        && [Mode::Enforce, Mode::Testing]
            .into_iter()
            .all(|mode| demand(dane, Some(mode), precedence) == demand(dane, None, precedence))
}

/// The answer to a key that can have no policy.
pub(super) fn nothing_demanded(key: &[u8], dialect: Dialect, text: &mut String) -> Status {
    let shown = String::from_utf8_lossy(key);
    let answer = Answer { domain: &shown, demand: Demand::Nothing, policy: None, failure: None };
    word(&answer, dialect, text)
}

/// How long an MTA is kept waiting: Postfix waits 100 seconds for the answer of a socketmap.
const PATIENCE: Duration = Duration::from_secs(90);

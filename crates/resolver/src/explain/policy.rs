//! The record, the policy, what it covers, and what is remembered (RFC 8461 §3).

use super::{Look, Step, lines};
use crate::admin::ListedPolicy;
use crate::answer::packed::PackedPolicy;
use ironpost_net::dane::Servers;
use ironpost_net::dns::answer::{Answer, DnsError};
use ironpost_proto::domain::DnsName;
use ironpost_proto::mta_sts::discovery::{Timestamp, TxtLookup};
use ironpost_proto::mta_sts::policy::{Mode, Policy};
use ironpost_proto::mta_sts::record::{RecordOutcome, evaluate};
use ironpost_proto::next_hop::{NextHop, Route};
use ironpost_proto::tls_rpt::result_type::{Event, Instead, result_type};
use ironpost_proto::visible::Visible;

/// What the domain publishes.
#[derive(Default)]
pub(super) struct Published {
    pub(super) steps: Vec<Step>,
    pub(super) policy: Option<Policy>,
    /// The same with the id that announces it.
    pub(super) packed: Option<PackedPolicy>,
    /// True if the record cannot be looked up, which says nothing.
    pub(super) unknown: bool,
}

impl Look<'_> {
    pub(super) async fn published(&self) -> Published {
        let (record, txt) = self.record().await;
        let mut published = Published { steps: vec![record], ..Published::default() };
        match txt {
            TxtLookup::Found(id) => {
                let fetched = self.source.policy(&self.next_hop.domain).await;
                let host = self.next_hop.domain.prefixed("mta-sts");
                let (seen, so) = match &fetched {
                    Ok(policy) => (policy_lines(policy), policy_sense(policy)),
                    Err(none) => {
                        let failure = none.failure.clone();
                        let event = Event::PolicyFetch { failure, instead: Instead::Nothing };
                        let so = format!(
                            "no policy ({}): mail goes as if there were none, unless one is \
                             remembered",
                            result_type(&event)
                        );
                        (vec![none.detail.to_string()], so)
                    }
                };
                published.steps.push(Step { what: format!("policy from {host}"), seen, so });
                published.policy = fetched.ok();
                published.packed =
                    published.policy.as_ref().map(|policy| PackedPolicy::new(&id, policy));
            }
            TxtLookup::Unusable => {}
            TxtLookup::Failed => published.unknown = true,
        }
        published
    }

    async fn record(&self) -> (Step, TxtLookup) {
        let name = self.next_hop.domain.prefixed("_mta-sts");
        let lookup = self.resolver.unvalidated().txt(&name).await.and_then(Answer::unless_bogus);
        let what = format!("TXT of {name}");
        let answer = match lookup {
            Ok(answer) => answer,
            Err(error) => {
                let (so, txt) = match &error {
                    DnsError::NameTooLong { .. } => {
                        ("nothing can be published there", TxtLookup::Unusable)
                    }
                    _ => {
                        ("nothing is known: a remembered policy stays in force", TxtLookup::Failed)
                    }
                };
                let seen = vec![Visible::from(&*error.to_string()).to_string()];
                return (Step { what, seen, so: so.to_owned() }, txt);
            }
        };
        let set = evaluate(answer.records());
        let mut seen: Vec<String> =
            answer.aliases.iter().map(|target| format!("alias of {target}")).collect();
        seen.extend(lines(
            answer.records().iter().map(|text| Visible::excerpt(text, MAX_TEXT).to_string()),
        ));
        seen.push(format!("TTL {} s", answer.ttl));
        let so = match &set.outcome {
            RecordOutcome::Valid(record) => {
                format!(
                    "id {}: the policy is fetched unless it is remembered by this id",
                    record.id
                )
            }
            RecordOutcome::Absent => "no MTA-STS record".to_owned(),
            RecordOutcome::Several => {
                "several MTA-STS records, which is as none (RFC 8461 §3.1)".to_owned()
            }
            RecordOutcome::Malformed(fault) => {
                format!("a malformed record, which is as none: {fault}")
            }
        };
        (Step { what, seen, so }, TxtLookup::from(&set.outcome))
    }
}

fn policy_lines(policy: &Policy) -> Vec<String> {
    lines(
        policy
            .to_string()
            .lines()
            .map(|line| Visible::excerpt(line.as_bytes(), MAX_TEXT).to_string()),
    )
}

fn policy_sense(policy: &Policy) -> String {
    let demand = match policy.mode {
        Mode::Enforce => "servers that do not satisfy it get no mail",
        Mode::Testing => "servers that do not satisfy it get mail, and are reported",
        Mode::None => "as if there were no policy",
    };
    format!("valid: {demand}; kept for {} s", policy.max_age.as_secs())
}

/// Which servers the policy covers; nothing to tell without a policy that asks for it or without
/// servers.
pub(super) fn coverage(policy: &Policy, next_hop: &NextHop, found: &Servers) -> Option<Step> {
    if policy.mode == Mode::None || found.null_mx {
        return None;
    }
    let names: Vec<DnsName> = match (next_hop.route, &found.mx) {
        (Route::Mx, Err(_)) => return None,
        (Route::Mx, Ok(records)) if !records.is_empty() => {
            records.iter().map(|mx| mx.exchange.clone()).collect()
        }
        (Route::Mx, Ok(_)) | (Route::Host, _) => vec![DnsName::from(&next_hop.domain)],
    };
    let covered = names.iter().filter(|name| policy.covers(name)).count();
    let seen = lines(names.iter().map(|name| {
        let pattern = policy.mx.iter().find(|pattern| pattern.matches_name(name));
        pattern.map_or_else(
            || format!("{name}: in no pattern"),
            |pattern| format!("{name}: covered by {pattern}"),
        )
    }));
    let so = match (covered, policy.mode) {
        (0, Mode::Enforce) => "it covers no server: mail cannot go",
        (0, Mode::Testing | Mode::None) => "it covers no server",
        (covered, _) if covered == names.len() => "it covers every server",
        (_, Mode::Enforce) => "servers that it does not cover get no mail",
        (_, Mode::Testing | Mode::None) => "it covers some servers",
    };
    Some(Step { what: "servers within the policy".to_owned(), seen, so: so.to_owned() })
}

/// What a running resolver holds.
pub(super) fn remembered(policy: &ListedPolicy, now: Timestamp) -> Step {
    let shown = |text: &str| Visible::excerpt(text.as_bytes(), MAX_TEXT);
    let mut seen = vec![
        format!("mode {}, id {}", shown(&policy.mode), shown(&policy.id)),
        match age(policy, now) {
            Some(age) => format!("fetched {}, {age} ago", shown(&policy.fetched)),
            None => format!("fetched {}", shown(&policy.fetched)),
        },
        format!("its record is looked up again {}", shown(&policy.recheck)),
    ];
    seen.extend(lines(policy.mx.iter().map(|pattern| format!("mx: {}", shown(pattern)))));
    let failure = policy.failure.iter();
    seen.extend(failure.map(|failure| format!("the last attempt failed: {}", shown(failure))));
    let so = format!(
        "until {} mail goes by it, and by the published one once that is fetched under another id",
        shown(&policy.expires)
    );
    Step { what: "policy in the running resolver".to_owned(), seen, so }
}

/// Whole minutes since the fetch, in words.
fn age(policy: &ListedPolicy, now: Timestamp) -> Option<String> {
    let fetched: jiff::Timestamp = policy.fetched.parse().ok()?;
    let fetched = u64::try_from(fetched.as_millisecond()).ok()?;
    let minutes = now.as_millis().checked_sub(fetched)? / 60_000;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    Some(match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, _) => format!("{hours} h {minutes} min"),
        (_, _) => format!("{days} d {hours} h"),
    })
}

/// Characters of one line from outside. Own limit.
const MAX_TEXT: usize = 512;

//! What is demanded in the end, and how each dialect says it.

use super::{Reply, Step};
use crate::answer::packed::PackedPolicy;
use crate::answer::{Answer, Dialect, Status, word};
use crate::settings::{Settings, Testing};
use ironpost_proto::dane::LookupFault;
use ironpost_proto::delivery::{Dane, Demand, Precedence, demand};
use ironpost_proto::mta_sts::discovery::WithoutDns;
use ironpost_proto::mta_sts::policy::Mode;

/// What is demanded.
pub(super) struct Verdict {
    demand: Demand,
    policy: Option<PackedPolicy>,
    /// Mail waits for a record that cannot be looked up (A6)…
    deferred: bool,
    /// … unless DANE decides alone.
    by_dane_alone: bool,
}

impl Verdict {
    /// A demand that rests on nothing that is published.
    pub(super) fn of(demand: Demand) -> Self {
        Self { demand, policy: None, deferred: false, by_dane_alone: false }
    }

    pub(super) fn new(
        dane: Dane,
        settings: &Settings,
        policy: Option<PackedPolicy>,
        unknown: bool,
    ) -> Self {
        let mode = policy.as_ref().map(|policy| policy.view().mode());
        let by = |mode: Option<Mode>, precedence: Precedence| demand(dane, mode, precedence);
        let precedence = settings.precedence;
        let modes = [Some(Mode::Enforce), Some(Mode::Testing)];
        Self {
            demand: by(mode, precedence),
            policy,
            deferred: unknown && settings.discovery.without_dns == WithoutDns::Defer,
            by_dane_alone: modes.iter().all(|mode| by(*mode, precedence) == by(None, precedence)),
        }
    }

    pub(super) fn step(&self) -> Step {
        let so = if self.deferred && !self.by_dane_alone {
            "try again later: the record cannot be looked up".to_owned()
        } else {
            words(self.demand)
        };
        Step { what: "demand".to_owned(), seen: Vec::new(), so }
    }

    /// The replies about `domain`.
    pub(super) fn replies(&self, domain: &str, testing: Testing) -> Vec<Reply> {
        let dialects = [Dialect::Postfix310, Dialect::Postfix34, Dialect::Postfix30, Dialect::Json];
        dialects.into_iter().map(|dialect| self.reply(domain, testing, dialect)).collect()
    }

    fn reply(&self, domain: &str, testing: Testing, dialect: Dialect) -> Reply {
        let mut text = String::new();
        let is_postfix = match dialect {
            Dialect::Postfix30 | Dialect::Postfix34 | Dialect::Postfix310 => true,
            Dialect::Json => false,
        };
        let silent = is_postfix && testing == Testing::NotFound && self.demand == Demand::Report;
        let status = if self.deferred && !(is_postfix && self.by_dane_alone) {
            let demand = Demand::Defer(LookupFault::Failed);
            word(&Answer { domain, demand, policy: None, failure: None }, dialect, &mut text)
        } else if silent {
            Status::NotFound
        } else {
            let policy = self.policy.as_ref().map(PackedPolicy::view);
            let answer = Answer { domain, demand: self.demand, policy, failure: None };
            word(&answer, dialect, &mut text)
        };
        let word = match status {
            Status::Found => "OK",
            Status::NotFound => "NOTFOUND",
            Status::Temp => "TEMP",
            Status::Perm => "PERM",
        };
        Reply { map: dialect.map().to_owned(), text: format!("{word} {text}") }
    }
}

fn words(demand: Demand) -> String {
    match demand {
        Demand::Nothing => "nothing: TLS if it is offered, or what the MTA's own settings say",
        Demand::Report => "nothing is refused: the policy is in mode testing",
        Demand::Enforce => "the policy is enforced",
        Demand::Dane => "DANE where a server has TLSA records, TLS if it is offered elsewhere",
        Demand::DaneOnly => "DANE: servers without usable TLSA records are passed over",
        Demand::DaneOnlyWithinPolicy => "DANE, and servers must be within the enforced policy too",
        Demand::Defer(fault) => return format!("try again later: {fault}"),
        Demand::May => "TLS if it is offered, by local decision",
        Demand::Encrypt => "TLS, whoever the server is, by local decision",
    }
    .to_owned()
}

//! Settings as the engine goes by them.

use crate::answer::packed::PackedPolicy;
use crate::settings::{OverridePolicy, Settings, Testing};
use ironpost_proto::delivery::{Demand, Precedence};
use ironpost_proto::mta_sts::discovery;
use std::collections::HashMap;
use std::sync::Arc;

/// Settings, the local policies packed as others are.
#[derive(Debug)]
pub(super) struct Rules {
    discovery: discovery::Settings,
    dane: bool,
    precedence: Precedence,
    testing: Testing,
    local: HashMap<Box<str>, Local>,
    published: Local,
}

/// What holds for one domain.
#[derive(Debug, Clone, Default)]
pub(super) struct Local {
    fixed: Option<Demand>,
    policy: Option<Arc<PackedPolicy>>,
    without_dane: bool,
}

impl Rules {
    pub(super) fn new(settings: Settings) -> Self {
        let local = settings.overrides.into_iter().map(|(domain, rule)| {
            let (fixed, policy) = match rule.policy {
                None => (None, None),
                Some(OverridePolicy::Off) => (Some(Demand::Nothing), None),
                Some(OverridePolicy::May) => (Some(Demand::May), None),
                Some(OverridePolicy::Encrypt) => (Some(Demand::Encrypt), None),
                Some(OverridePolicy::Enforce(mx)) => {
                    (None, Some(Arc::new(PackedPolicy::from(mx.as_slice()))))
                }
            };
            let local = Local { fixed, policy, without_dane: rule.without_dane };
            (Box::from(domain.as_str()), local)
        });
        Self {
            local: local.collect(),
            discovery: settings.discovery,
            dane: settings.dane,
            precedence: settings.precedence,
            testing: settings.testing,
            published: Local::default(),
        }
    }

    /// What holds for a domain.
    pub(super) fn local(&self, domain: &str) -> &Local {
        if self.local.is_empty() {
            return &self.published;
        }
        self.local.get(domain).unwrap_or(&self.published)
    }

    /// True if DANE is asked about.
    pub(super) fn uses_dane(&self, local: &Local) -> bool {
        self.dane && !local.without_dane
    }

    /// A7.
    pub(super) fn precedence(&self) -> Precedence {
        self.precedence
    }

    /// How a policy in mode testing is answered.
    pub(super) fn testing(&self) -> Testing {
        self.testing
    }

    /// A5, A6.
    pub(super) fn discovery(&self) -> discovery::Settings {
        self.discovery
    }
}

impl Local {
    /// What is demanded whatever is published.
    pub(super) fn fixed(&self) -> Option<Demand> {
        self.fixed
    }

    /// The policy in place of the published one.
    pub(super) fn policy(&self) -> Option<&PackedPolicy> {
        self.policy.as_deref()
    }
}

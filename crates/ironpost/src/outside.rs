//! Settings into what the daemons, and the commands beside them, go out with: the one place that
//! knows both.

use crate::config::Settings;
use crate::descriptors::Descriptors;
use crate::failure::Failure;
use ironpost_net::address_guard::AddressGuard;
use ironpost_net::clock::Clock;
use ironpost_net::dns::resolver::{Keep, Resolver, ResolverConfig, SetupError};
use ironpost_net::policy_fetch::PolicyFetcher;
use ironpost_net::policy_source::PolicySource;
use ironpost_net::tls::roots::Roots;
use ironpost_proto::mta_sts::discovery::Timestamp;
use std::time::Duration;

/// The way out.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    /// Names, with DNSSEC status.
    pub(crate) resolver: Resolver,
    /// Policies.
    pub(crate) source: PolicySource,
    /// Who is believed to be a policy host.
    pub(crate) roots: Roots,
}

impl Network {
    /// Loads trust roots and looks at the recursive resolver.
    pub(crate) async fn open(
        settings: Settings,
        descriptors: Descriptors,
    ) -> Result<Self, Failure> {
        let roots = Roots::load(&settings.roots).map_err(Failure::usage)?;
        let config = ResolverConfig {
            servers: settings.dns,
            dnssec: settings.dnssec,
            deadline: DNS_DEADLINE,
            in_flight: descriptors.queries(),
            grace: Some(DNS_GRACE),
            keep: Keep::Nothing,
        };
        let resolver = Resolver::new(config).await.map_err(|error| match error {
            SetupError::NoResolver { .. } => Failure::could_not_test(error),
            SetupError::TrustAnchor { .. } => Failure::usage(error),
        })?;
        let source = PolicySource {
            resolver: resolver.unvalidated(),
            fetcher: PolicyFetcher {
                roots: roots.clone(),
                guard: AddressGuard::allowing(settings.allowed),
                deadline: FETCH_BUDGET,
            },
            ports: settings.ports,
            budget: FETCH_BUDGET,
        };
        Ok(Self { resolver, source, roots })
    }
}

/// The system's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let millis = jiff::Timestamp::now().as_millisecond();
        Timestamp::from_millis(u64::try_from(millis).unwrap_or_default())
    }
}

/// One lookup. A recursive resolver that has to walk down from the root through slow servers
/// needs longer than a person would wait; Postfix waits 100 s for all of it.
const DNS_DEADLINE: Duration = Duration::from_secs(10);
/// The same while others wait for their turn: name servers that never answer are a spammer's to put
/// up, and must not hold up the rest. Own limit: time for a datagram to be lost once.
const DNS_GRACE: Duration = Duration::from_secs(2);
/// RFC 8461 §3.3: a minute is suggested for a policy fetch, all addresses together. The first that
/// takes a connection may use up what is left: no other is asked after it.
const FETCH_BUDGET: Duration = Duration::from_mins(1);

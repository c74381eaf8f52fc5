//! Settings into what the checker wants: the one place that knows both.

use crate::config::Settings;
use crate::config::values::{Canary, CanaryHost, EhloName};
use crate::descriptors::Descriptors;
use crate::failure::Failure;
use ironpost_checker::check::{CheckOptions, Checker};
use ironpost_checker::gather::{self, DNS_DEADLINE, NetworkError, NetworkOptions};
use ironpost_net::address_guard::AddressGuard;
use ironpost_net::dns::resolver::{Keep, ResolverConfig, SetupError};
use ironpost_proto::domain::Domain;
use std::fs;
use std::num::NonZeroU16;

/// A checker that reaches the outside world as the settings say, with `concurrency` domains in
/// work at once.
pub(super) async fn checker(
    settings: Settings,
    concurrency: NonZeroU16,
    descriptors: Descriptors,
    options: CheckOptions,
) -> Result<Checker, Failure> {
    Checker::new(network(settings, concurrency, descriptors), options).await.map_err(|error| {
        match error {
            NetworkError::Resolver(SetupError::NoResolver { .. }) => Failure::could_not_test(error),
            NetworkError::Resolver(_) | NetworkError::Roots(_) => Failure::usage(error),
        }
    })
}

/// The same for checks that set up their own.
pub(super) fn network(
    settings: Settings,
    concurrency: NonZeroU16,
    descriptors: Descriptors,
) -> NetworkOptions {
    NetworkOptions {
        resolver: ResolverConfig {
            servers: settings.dns,
            dnssec: settings.dnssec,
            deadline: DNS_DEADLINE,
            grace: None,
            in_flight: usize::from(concurrency.get())
                .saturating_mul(QUERIES_PER_DOMAIN)
                .min(descriptors.queries()),
            keep: Keep::ForTtl,
        },
        roots: settings.roots,
        guard: AddressGuard::allowing(settings.allowed),
        ports: settings.ports,
        canaries: settings.canaries.map(|list| list.into_iter().map(canary).collect()),
        ehlo_name: ehlo_name(settings.ehlo_name),
    }
}

fn canary(canary: Canary) -> gather::Canary {
    let host = match canary.host {
        CanaryHost::Name(name) => name.as_str().to_owned(),
        CanaryHost::Address(address) => address.to_string(),
    };
    gather::Canary { host, port: canary.port }
}

/// The name given in EHLO.
pub(super) fn ehlo_name(said: Option<EhloName>) -> String {
    said.map_or_else(own_name, |name| name.as_str().to_owned())
}

/// The name of this host where it is one that a mail server can make something of, else an
/// address literal (RFC 5321 §4.1.4: a host without a name gives its address).
fn own_name() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .and_then(|name| Domain::from_a_labels(name.trim().as_bytes()).ok())
        .filter(|name| name.parent().is_some())
        .map_or_else(|| "[127.0.0.1]".to_owned(), |name| name.as_str().to_owned())
}

/// Lookups that one domain has under way at the same time.
const QUERIES_PER_DOMAIN: usize = 8;

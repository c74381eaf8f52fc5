//! What is found out about the outside world, in the lab.

#![cfg(test)]

mod explanations;
mod self_tests;

use ironpost_lab::{Lab, LabOptions};
use ironpost_net::address_guard::AddressGuard;
use ironpost_net::dns::resolver::{Dnssec, Keep, Resolver, ResolverConfig};
use ironpost_net::policy_fetch::PolicyFetcher;
use ironpost_net::policy_source::PolicySource;
use ironpost_net::ports::Ports;
use ironpost_net::tls::roots::{RootSource, Roots};
use ironpost_proto::mta_sts::discovery::Timestamp;
use std::time::Duration;

async fn lab() -> Lab {
    Lab::start(LabOptions::default()).await.unwrap()
}

async fn resolver(lab: &Lab, dnssec: Dnssec) -> Resolver {
    let config = ResolverConfig {
        servers: vec![lab.dns()],
        dnssec,
        keep: Keep::Nothing,
        ..ResolverConfig::default()
    };
    Resolver::new(config).await.unwrap()
}

fn roots(lab: &Lab) -> Roots {
    Roots::load(&RootSource::File(lab.roots_file().to_owned())).unwrap()
}

fn source(lab: &Lab, resolver: &Resolver) -> PolicySource {
    let guard = AddressGuard::allowing(vec!["127.53.0.0/16".parse().unwrap()]);
    PolicySource {
        resolver: resolver.clone(),
        fetcher: PolicyFetcher { roots: roots(lab), guard, deadline: PATIENT },
        ports: Ports { https: lab.ports().https, ..Ports::default() },
        budget: PATIENT,
    }
}

const PATIENT: Duration = Duration::from_secs(30);
/// 2026-07-01T00:00:00Z.
const NOW: Timestamp = Timestamp::from_millis(1_782_864_000_000);

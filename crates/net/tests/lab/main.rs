//! What a sender finds out about the domains of the lab.

#![cfg(test)]

mod policies;
mod servers;

use ironpost_lab::{Lab, LabOptions, Seen};
use ironpost_net::dns::resolver::{Dnssec, Keep, Resolver, ResolverConfig};
use ironpost_proto::domain::Domain;

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

fn domain(text: &str) -> Domain {
    Domain::from_a_labels(text.as_bytes()).unwrap()
}

/// The types of the questions that were asked about `domain` and the names below it, in order.
fn asked(lab: &Lab, domain: &str) -> Vec<String> {
    let below = format!(".{domain}");
    let questions = lab.requests().into_iter().filter_map(|seen| match seen {
        Seen::Dns { name, record_type, .. } => Some((name, record_type)),
        _ => None,
    });
    let about = questions.filter(|(name, _)| name == domain || name.ends_with(&below));
    about.map(|(_, record_type)| record_type).collect()
}

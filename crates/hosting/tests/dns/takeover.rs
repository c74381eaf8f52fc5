//! A policy that a domain has already, found in the lab.

use crate::{PATIENT, domain, resolver};
use ironpost_hosting::delegation::{NothingElsewhere, found_elsewhere};
use ironpost_lab::{Lab, LabOptions};
use ironpost_net::address_guard::AddressGuard;
use ironpost_net::policy_fetch::PolicyFetcher;
use ironpost_net::policy_source::PolicySource;
use ironpost_net::ports::Ports;
use ironpost_net::tls::roots::{RootSource, Roots};
use ironpost_proto::mta_sts::policy::Mode;

#[tokio::test]
async fn a_policy_elsewhere_is_found_with_all_that_belongs_to_it() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let roots = Roots::load(&RootSource::File(lab.roots_file().to_owned())).unwrap();
    let guard = AddressGuard::allowing(vec!["127.53.0.0/16".parse().unwrap()]);
    let source = PolicySource {
        resolver: resolver(lab.dns()).await,
        fetcher: PolicyFetcher { roots, guard, deadline: PATIENT },
        ports: Ports { https: lab.ports().https, ..Ports::default() },
        budget: PATIENT,
    };
    let found = found_elsewhere(&source, &domain("sound-delegated.example")).await.unwrap();
    assert_eq!(found.policy.mode, Mode::Enforce);
    assert!(found.id.is_some() && !found.addresses.is_empty(), "{found:?}");
    let host = found.policy_host.name.as_str();
    assert_ne!(host, "mta-sts.sound-delegated.example", "it leads somewhere else");

    let missing = found_elsewhere(&source, &domain("host-missing.example")).await.unwrap_err();
    assert!(matches!(missing, NothingElsewhere::NoPolicy(_)), "{missing}");
    let neither = found_elsewhere(&source, &domain("nobody.example")).await.unwrap_err();
    assert!(matches!(neither, NothingElsewhere::Neither(_)), "{neither}");
    lab.stop().await;
}

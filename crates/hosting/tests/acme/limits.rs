//! Budgets of orders, which all nodes share.

use crate::installation::Installation;
use ironpost_hosting::acme::AcmeSettings;
use ironpost_net::clock::Clock;
use ironpost_store::hosting::acme::Budget;
use std::time::Duration;

#[tokio::test]
async fn orders_stay_within_the_budget() {
    let here = Installation::start().await;
    let (ca, settings) = here.ca().await;
    let budget = Budget { orders: 2, within: Duration::from_hours(3) };
    let acme = here.acme(AcmeSettings { budget, ..settings });
    for name in ["one.test", "two.test"] {
        here.issued(&acme, &here.domain(name).await).await;
    }
    let three = here.domain("three.test").await;
    let began = here.clock.now();
    let (at, why) = here.later(&acme, &three).await;
    assert!(why.contains("budget of orders is spent"), "{why}");
    assert!(at.since(began) > Duration::from_mins(179));
    assert_eq!(ca.orders().len(), 2);
    here.wait_until(at).await;
    here.issued(&acme, &three).await;
}

#[tokio::test]
async fn names_of_one_registered_domain_share_a_budget() {
    let here = Installation::start().await;
    let (_ca, settings) = here.ca().await;
    let budget_per_registered = Budget { orders: 1, within: Duration::from_hours(168) };
    let acme = here.acme(AcmeSettings { budget_per_registered, ..settings });
    here.issued(&acme, &here.domain("one.example.co.uk").await).await;
    let two = here.domain("two.example.co.uk").await;
    let (at, why) = here.later(&acme, &two).await;
    assert!(why.contains("budget of the registered domain is spent"), "{why}");
    here.issued(&acme, &here.domain("other.co.uk").await).await;
    here.wait_until(at).await;
    here.issued(&acme, &two).await;
}

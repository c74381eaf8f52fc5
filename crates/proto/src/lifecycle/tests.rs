//! What all tests of the lifecycle share: one domain with one MX host, and a clock in days.

mod any;
mod commands;
mod dates;
mod steps;

use super::*;
use crate::domain::DnsName;
use crate::mta_sts::policy::MaxAge;
use std::time::Duration;

/// The beginning of a day.
fn day(days: u64) -> Timestamp {
    Timestamp::from_millis(days * 86_400_000)
}

fn hours(hours: u64) -> Duration {
    Duration::from_hours(hours)
}

fn host(name: &str) -> DnsName {
    name.parse().unwrap()
}

fn id(text: &str) -> PolicyId {
    text.parse().unwrap()
}

/// A policy for a week.
fn policy(mode: Mode, mx: &[&str]) -> Policy {
    let mx = mx.iter().map(|pattern| pattern.parse().unwrap()).collect();
    Policy { mode, max_age: MaxAge::from_days(7), mx, extensions: Vec::new() }
}

/// A domain whose one version was announced on day 1.
fn published(mode: Mode) -> Life {
    let mut life = Life::new(Way::Cname, day(0));
    let first = policy(mode, &["mx.a.test"]);
    life.apply(&[Change::Add { number: 1, id: id("a"), policy: first }], day(0));
    publish(&mut life, day(1));
    life
}

/// The latest version goes all the way at once.
fn publish(life: &mut Life, now: Timestamp) {
    let (number, mode) = {
        let latest = life.latest().unwrap();
        (latest.number, latest.policy.mode)
    };
    let changes = [
        Change::Show(number),
        Change::Everywhere(number),
        Change::Replace(number),
        Change::Announce(number),
        Change::Enter(State::published(mode)),
    ];
    life.apply(&changes, now);
}

/// All is well, and one MX host.
fn sound() -> Checks {
    Checks { mx: Some(vec![host("mx.a.test")]), ..Checks::default() }
}

/// All is as it should be.
fn seen(life: &Life) -> Observed {
    Observed {
        policy_host: Sight::Ours,
        record: Sight::Ours,
        id: life.announced.and_then(|number| life.version(number)).map(|v| v.id.clone()),
        certificate: true,
        fetched: life.shown,
        nodes: Nodes::AllAgree,
        mx: Some(MxSet { hosts: vec![host("mx.a.test")], ttl: 3_600 }),
    }
}

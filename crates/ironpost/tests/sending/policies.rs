//! Policies that change, that cannot be had any more, that expire, and that are remembered.

use crate::attacks::{Attack, questions_for_policies};
use crate::clock::Clock;
use crate::domains::{BLOCKED, CHANGING, Domain, EXCEPTED, Policy, REMEMBERED};
use crate::enforcement::recipient;
use crate::guide;
use crate::internet::Internet;
use crate::policy_hosts;
use crate::resolver::Resolver;
use crate::sender::Sender;
use jiff::SignedDuration;
use serde_json::Value;
use std::time::{Duration, Instant};

#[test]
fn a_change_is_seen_within_the_ttl_of_the_record() {
    let internet = Internet::shared();
    let clock = Clock::default();
    let resolver = internet.resolver_of(&CHANGING, Some(&clock));
    let policy = CHANGING.policy.unwrap();
    let publish = |mode, id| {
        internet.policies.serve(&CHANGING, Policy { mode, ..policy });
        internet.names.set_id(&CHANGING, id, &internet.namespace);
    };
    try_all(&internet, &CHANGING, 1, false);

    publish("testing", "2");
    // Before the TTL is over, and there is none below five minutes, nobody asks again.
    clock.set_ahead(SignedDuration::from_mins(TTL - 1));
    retry_all(&internet, &CHANGING, 2, false);
    clock.set_ahead(SignedDuration::from_mins(TTL + 1));
    wait_for_mode(&internet, &resolver, &CHANGING, "testing");
    retry_all(&internet, &CHANGING, 3, true);

    publish("enforce", "3");
    clock.set_ahead(SignedDuration::from_mins(2 * TTL + 2));
    wait_for_mode(&internet, &resolver, &CHANGING, "enforce");
    try_all(&internet, &CHANGING, 4, false);
}

#[test]
fn a_policy_out_of_reach_holds_until_it_expires() {
    let internet = Internet::shared();
    let clock = Clock::default();
    let _resolver = internet.resolver_of(&BLOCKED, Some(&clock));
    let policy = BLOCKED.policy.unwrap();
    let max_age = i64::from(policy.max_age) / 3600;
    try_all(&internet, &BLOCKED, 1, false);

    let host = format!("ip daddr {} tcp dport 443", policy_hosts::address(policy));
    let record = questions_for_policies(Internet::names_of(&BLOCKED));
    let _attack = Attack::block(&internet.namespace, "hiding", &[&host, &record]);
    clock.set_ahead(SignedDuration::from_hours(max_age / 2));
    retry_all(&internet, &BLOCKED, 2, false);
    clock.set_ahead(SignedDuration::from_hours(max_age - 1));
    retry_all(&internet, &BLOCKED, 3, false);
    clock.set_ahead(SignedDuration::from_hours(max_age + 1));
    retry_all(&internet, &BLOCKED, 4, true);
}

#[test]
fn policies_outlive_the_process_and_the_network() {
    let internet = Internet::shared();
    let mut resolver = internet.resolver_of(&REMEMBERED, None);
    try_all(&internet, &REMEMBERED, 1, false);
    wait_for("the store", || {
        let seen = resolver.ask(&["status", "--format", "json"], &internet.namespace).stdout;
        let status: Value = serde_json::from_str(&seen).unwrap();
        (status["unwritten"] == 0, seen)
    });
    resolver.kill();
    // Without it there is no answer, and what is in the queue stays there.
    retry_all(&internet, &REMEMBERED, 2, false);

    let names = format!(
        "ip daddr {} meta l4proto {{ tcp, udp }} th dport 53",
        Internet::names_of(&REMEMBERED)
    );
    let host =
        format!("ip daddr {} tcp dport 443", policy_hosts::address(REMEMBERED.policy.unwrap()));
    let _attack = Attack::block(&internet.namespace, "darkness", &[&names, &host]);
    resolver.restart(&internet.namespace);
    retry_all(&internet, &REMEMBERED, 3, false);
    for sender in &internet.senders {
        let attempt = sender.attempt(&recipient(sender, &REMEMBERED), 3);
        assert!(attempt.outcome.contains("Server certificate not verified"), "{attempt:#?}");
    }
}

#[test]
fn an_exception_lets_mail_go_at_once() {
    let internet = Internet::shared();
    let resolver = internet.resolver_of(&EXCEPTED, None);
    try_all(&internet, &EXCEPTED, 1, false);
    resolver.configure(&guide::exception(EXCEPTED.name));
    retry_all(&internet, &EXCEPTED, 2, true);
}

/// Both senders have a new message for the domain; the attempt has this number.
fn try_all(internet: &Internet, domain: &Domain, number: usize, arrives: bool) {
    for sender in &internet.senders {
        let subject = format!("{}, {number}", domain.reason);
        sender.send(&internet.namespace, &subject, &[recipient(sender, domain)]);
    }
    assert_attempts(internet, domain, number, arrives);
}

/// Both senders try again what did not arrive; the attempt has this number.
fn retry_all(internet: &Internet, domain: &Domain, number: usize, arrives: bool) {
    for sender in &internet.senders {
        let attempt = sender.attempt(&recipient(sender, domain), number - 1);
        sender.retry(&internet.namespace, &attempt);
    }
    assert_attempts(internet, domain, number, arrives);
}

fn assert_attempts(internet: &Internet, domain: &Domain, number: usize, arrives: bool) {
    for sender in &internet.senders {
        let recipient = recipient(sender, domain);
        let attempt = sender.attempt(&recipient, number);
        assert_eq!(attempt.is_sent(), arrives, "{recipient}, attempt {number}: {attempt:#?}");
    }
}

/// Asks the resolver, as Postfix would, until it knows the policy in this mode.
fn wait_for_mode(internet: &Internet, resolver: &Resolver, domain: &Domain, mode: &str) {
    let [sender, _] = &internet.senders;
    wait_for(&format!("mode {mode}"), || {
        ask(internet, sender, domain);
        let listed = resolver.ask(&["list", "--format", "jsonl"], &internet.namespace).stdout;
        let is_so = listed.contains(&format!("\"mode\":\"{mode}\""));
        (is_so, listed)
    });
}

fn ask(internet: &Internet, sender: &Sender, domain: &Domain) {
    let map = format!("socketmap:inet:{}:8461:ironpost", Internet::names_of(domain));
    sender.shell(&internet.namespace, &format!("postmap -q {} {map}", domain.name));
}

/// Tries until it is so.
fn wait_for(what: &str, attempt: impl Fn() -> (bool, String)) {
    let started = Instant::now();
    loop {
        let (is_so, seen) = attempt();
        if is_so {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain for {what}: {seen}");
    }
}

/// A record is looked up again after so many minutes at the earliest.
const TTL: i64 = 5;

const PATIENCE: Duration = Duration::from_secs(30);

//! Senders that follow a hosted domain, or lose sight of it, while its owner does what
//! `ironpost domain` says and when: from testing to enforce, to other MX hosts, and away. No mail is
//! refused on the way.

use crate::daemon::{Daemon, Home};
use crate::installation::Installation;
use crate::waiting::wait_until;
use jiff::{SignedDuration, Timestamp};
use std::fs;

const DOMAIN: &str = "bakery.customers.example";
const OLD: &str = "mx.bakery.customers.example";
const NEW: &str = "mx2.bakery.customers.example";

#[test]
fn no_mail_is_refused_while_a_domain_goes_through_its_life() {
    let site = Installation::new(&["one"], "hosted.db");
    let node = site.start(0);
    let mut world = World::new(&site);
    site.ok(&format!("domain add {DOMAIN}"));
    world.records = site.ok(&format!("domain records {DOMAIN}"));
    world.set_mx(OLD);
    site.wait_for(DOMAIN, "testing", |shown| shown["state"] == "testing");
    world.follower_hears(NO_POLICY);

    // A day of testing is enough, and not an hour less.
    let enforce = format!("domain publish {DOMAIN} --mode enforce");
    let announced = world.announced();
    world.go_to(announced + HOUR * 24 - MINUTE);
    assert_eq!(site.ironpost(&enforce).code, 2);
    world.go_to(announced + HOUR * 24 + MOMENT);
    assert_eq!(site.ok(&enforce), format!("{DOMAIN}: version 2, enforce.\n"));
    world.follower_hears(&secure(&[OLD]));
    let enforced = world.lose_a_sender();

    // To another host: wider first.
    site.ok(&format!("domain migrate {DOMAIN} --to {NEW}"));
    world.follower_hears(&secure(&[OLD, NEW]));
    let may_switch = world.date("MX records may be switched");
    world.go_to(may_switch - HOUR);
    assert_eq!(world.lost[enforced].answer(), secure(&[OLD]), "it would refuse the new host");
    world.go_to(may_switch + MOMENT);
    assert_eq!(world.lost[enforced].answer(), NO_POLICY);
    let widened = world.lose_a_sender();
    world.set_mx(NEW);

    // Whoever remembers the old records is waited for.
    let narrow = format!("domain migrate {DOMAIN} --narrow");
    let refused = site.ironpost(&narrow);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("senders may still know the old MX records"), "{refused:?}");
    world.go_to(may_switch + HOUR);
    let may_narrow = world.date("the policy may be narrowed");
    world.go_to(may_narrow - MINUTE);
    assert_eq!(site.ironpost(&narrow).code, 2);
    world.go_to(may_narrow + MOMENT);
    wait_until("the end of the wait", || site.ironpost(&narrow), |run| run.code == 0);
    world.follower_hears(&secure(&[NEW]));
    assert_eq!(world.lost[widened].answer(), secure(&[OLD, NEW]));
    let narrowed = world.lose_a_sender();

    // Away: mode none, until the last sender has forgotten.
    site.ok(&format!("domain withdraw {DOMAIN}"));
    world.follower_hears(NO_POLICY);
    let free = world.date_in("show", "keep the records in DNS until ");
    world.go_to(free - HOUR);
    assert_eq!(world.lost[narrowed].answer(), secure(&[NEW]), "it would refuse a third host");
    assert_eq!(site.json("show", DOMAIN)["state"], "withdrawing");
    world.go_to(free + MOMENT);
    assert_eq!(world.lost[narrowed].answer(), NO_POLICY);
    wait_until("the end", || site.ok("domain list"), String::is_empty);
    world.follower_hears(NO_POLICY);
    assert_eq!(node.stop(), Some(0));
}

/// What is around the installation.
struct World<'a> {
    site: &'a Installation,
    records: String,
    mx: &'static str,
    /// A sender that hears of everything.
    follower: Sender,
    /// Senders that have heard of nothing since, each from the moment that it was lost.
    lost: Vec<Sender>,
}

impl<'a> World<'a> {
    fn new(site: &'a Installation) -> Self {
        let follower = Sender::new(site);
        Self { site, records: String::new(), mx: OLD, follower, lost: Vec::new() }
    }

    /// Has the domain's MX records name this host alone.
    fn set_mx(&mut self, mx: &'static str) {
        let zone = format!("{}{DOMAIN}. 3600 IN MX 10 {mx}.\n", self.records);
        self.site.lab.lab().add_records(&zone).unwrap();
        self.mx = mx;
        self.assert_mail_flows();
    }

    /// Moves everybody's clock.
    fn go_to(&self, moment: Timestamp) {
        self.site.clock.go_to(moment);
        // By the new time the node was silent for long, until it says again that it lives.
        let nodes = || self.site.ok("db nodes");
        wait_until("a node that lives", nodes, |nodes| nodes.contains("  live  "));
        self.assert_mail_flows();
    }

    /// Has the sender that follows look again: now it knows the newest version.
    fn follower_hears(&self, answer: &str) {
        let look = || {
            let refreshed = self.follower.home.resolver(["refresh", DOMAIN]);
            (self.follower.answer(), refreshed)
        };
        wait_until(answer, look, |(heard, _)| heard == answer);
        self.assert_mail_flows();
    }

    /// Takes the network away from a sender that knows what there is to be known now; its number.
    fn lose_a_sender(&mut self) -> usize {
        let mut sender = Sender::new(self.site);
        assert_eq!(sender.answer(), self.follower.answer());
        sender.lose(self.site);
        self.lost.push(sender);
        self.assert_mail_flows();
        self.lost.len() - 1
    }

    /// Nobody may refuse the host that the domain's mail goes to.
    fn assert_mail_flows(&self) {
        for (number, sender) in self.lost.iter().chain([&self.follower]).enumerate() {
            let answer = sender.answer();
            let matches = answer.strip_prefix("OK secure match=").and_then(|rest| {
                Some(rest.strip_suffix(" servername=hostname")?.split(':').collect::<Vec<_>>())
            });
            let takes =
                answer == NO_POLICY || matches.is_some_and(|hosts| hosts.contains(&self.mx));
            assert!(takes, "sender {number} refuses {}: {answer}", self.mx);
        }
    }

    /// When the newest version was.
    fn announced(&self) -> Timestamp {
        let history = self.site.json("history", DOMAIN);
        let versions = history["versions"].as_array().unwrap();
        versions.last().unwrap()["announced"].as_str().unwrap().parse().unwrap()
    }

    /// The date of a stage, once there is one.
    fn date(&self, stage: &str) -> Timestamp {
        self.date_in("migrate", &format!("{stage}: "))
    }

    fn date_in(&self, command: &str, before: &str) -> Timestamp {
        let look = || {
            let text = self.site.ok(&format!("domain {command} {DOMAIN}"));
            let date = text.split_once(before).and_then(|(_, rest)| rest.split_once('Z'));
            (date.and_then(|(date, _)| format!("{date}Z").parse().ok()), text)
        };
        let (date, _) = wait_until(before, look, |(date, _)| date.is_some());
        date.unwrap()
    }
}

/// A mail server with `ironpost resolver`.
struct Sender {
    home: Home,
    resolver: Option<Daemon>,
}

impl Sender {
    fn new(site: &Installation) -> Self {
        let mut sender = Self { home: Home::new(&site.lab), resolver: None };
        sender.start(site);
        sender
    }

    /// Neither DNS nor policies reach it any more. What it knows it has kept.
    fn lose(&mut self, site: &Installation) {
        assert_eq!(self.resolver.take().unwrap().stop(), Some(0));
        let file = self.home.path("ironpost.toml");
        let known = format!("dns = \"{}\"", site.lab.lab().dns());
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(&known), "{text}");
        fs::write(file, text.replace(&known, "dns = \"127.0.0.1:1\"")).unwrap();
        self.start(site);
    }

    fn start(&mut self, site: &Installation) {
        let resolver = self.home.start_with(|command| {
            command.envs(site.clock.variables(&self.home.path("")));
        });
        resolver.wait_for("READY=1");
        self.resolver = Some(resolver);
    }

    /// What its Postfix is told of the domain.
    fn answer(&self) -> String {
        self.resolver.as_ref().unwrap().lookup("ironpost", DOMAIN)
    }
}

/// Mail goes to these hosts over TLS, or not at all.
fn secure(hosts: &[&str]) -> String {
    format!("OK secure match={} servername=hostname", hosts.join(":"))
}

/// Mail goes anywhere.
const NO_POLICY: &str = "NOTFOUND ";
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// Dates are told in whole seconds, and clocks moved by whole seconds.
const MOMENT: SignedDuration = SignedDuration::from_secs(3);

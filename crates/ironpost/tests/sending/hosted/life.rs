//! A hosted domain, and those who write to it.

use crate::attacks::{Attack, questions_for_policies};
use crate::domains::HOSTED;
use crate::hosted::installation;
use crate::hosted::world::World;
use crate::mail_hosts;
use crate::name_servers::UNBOUND;
use crate::name_service::wait_for;
use crate::resolver::Resolver;
use crate::sender::{Attempt, Detour, Release};
use crate::waiting::wait_until;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::net::Ipv4Addr;

/// The domain, and those who write to it.
pub(crate) struct Life<'a> {
    pub(crate) world: &'a World,
    /// The host that mail goes to.
    host: &'static str,
    /// The first hears of everything, the others of nothing since they were lost.
    writers: Vec<Writer>,
    /// What keeps the news from those that were lost.
    darkness: Vec<Attack<'a>>,
    letters: usize,
    /// Where the installation answers with the id of the policy.
    record: String,
}

/// A recipient that is written to, and the resolver that Postfix asks for it.
struct Writer {
    name: &'static str,
    address: Ipv4Addr,
    resolver: Resolver,
    /// What hosts Postfix is told to hand mail to; none is any.
    demand: Vec<&'static str>,
}

impl<'a> Life<'a> {
    pub(crate) fn begin(world: &'a World) -> Self {
        let mut life = Self {
            world,
            host: OLD,
            writers: Vec::new(),
            darkness: Vec::new(),
            letters: 0,
            record: String::new(),
        };
        life.add_writer("follower", UNBOUND, Vec::new());
        life
    }

    fn add_writer(&mut self, name: &'static str, address: Ipv4Addr, demand: Vec<&'static str>) {
        let resolver = self.world.resolver(address);
        self.writers.push(Writer { name, address, resolver, demand });
    }

    /// Adds the domain, and puts into its zone what is to be there.
    pub(crate) fn delegate(&mut self) {
        let world = self.world;
        world.domain("add", "");
        let records = world.domain("records", "");
        let announces = records.lines().find(|line| line.starts_with("_mta-sts.")).unwrap();
        announces.rsplit(' ').next().unwrap().clone_into(&mut self.record);
        let append = |zone: &str| format!("{zone}{records}");
        let question = format!("_mta-sts.{}", HOSTED.name);
        world.names.change(append, [&question, "CNAME"], "sts.unsigned", &world.namespace);
        // Caches know that there was nothing.
        self.go_to(world.clock.now() + MINUTE * 10);
        let look = || world.installation.json("show", HOSTED.name, &world.namespace);
        wait_until("mode testing", look, |shown| shown["state"] == "testing");
        self.assert_mail_flows();
    }

    /// Has the MX record name the new host.
    pub(crate) fn switch_mx(&mut self) {
        let world = self.world;
        let change = |zone: &str| zone.replace("3600 MX 10 first", "3600 MX 10 second");
        world.names.change(change, [HOSTED.name, "MX"], NEW, &world.namespace);
        // Caches know the old one still.
        self.assert_mail_flows();
    }

    /// Moves everybody's clock to when all caches have the new MX record.
    pub(crate) fn go_to_with_new_mx(&mut self, moment: Timestamp) {
        self.host = NEW;
        self.go_to(moment);
    }

    /// `ironpost domain WORD hosted.unsigned.example MORE`
    pub(crate) fn does(&mut self, word: &str, more: &str) {
        self.world.domain(word, more);
        self.assert_mail_flows();
    }

    /// Moves everybody's clock.
    pub(crate) fn go_to(&mut self, moment: Timestamp) {
        self.world.clock.go_to(moment);
        self.assert_mail_flows();
    }

    /// Waits until the sender that follows has heard of a policy.
    pub(crate) fn follower_hears(&mut self, mode: &str, demand: &[&'static str]) {
        let world = self.world;
        let id = self.newest()["id"].as_str().unwrap().to_owned();
        let server = installation::ADDRESS.into();
        wait_for(server, [&self.record, "TXT"], &id, &world.namespace);
        // Whatever it knows it asks anew when the TTL of the record is over.
        world.clock.go_to(world.clock.now() + MINUTE * 6);
        self.writers[0].demand = demand.to_vec();
        self.wait_for_answer(0);
        let look = || {
            let list = ["list", "--format", "jsonl"];
            self.writers[0].resolver.ask(&list, &world.namespace).stdout
        };
        wait_until(mode, look, |list| list.contains(&format!("\"mode\":\"{mode}\"")));
        self.assert_mail_flows();
    }

    /// Has another sender learn what there is to be known, and takes the names away from it.
    pub(crate) fn lose_a_sender(&mut self, detour: &Detour) {
        let demand = self.writers[0].demand.clone();
        self.add_writer(detour.name, detour.resolver, demand);
        self.wait_for_answer(self.writers.len() - 1);
        let server = detour.resolver;
        let host = format!("ip daddr {server} udp dport 53 @th,160,64 0x076d74612d737473");
        let streams = format!("ip daddr {server} tcp dport 53");
        let what = [&*questions_for_policies(server), &host, &streams];
        let darkness = Attack::block(&self.world.namespace, detour.name, &what);
        self.darkness.push(darkness);
        self.assert_mail_flows();
    }

    /// Moves everybody's clock to when a sender that was lost does not demand anything any more.
    pub(crate) fn forget(&mut self, name: &str, moment: Timestamp) {
        self.world.clock.go_to(moment);
        let place = self.writers.iter().position(|writer| writer.name == name).unwrap();
        self.writers[place].demand.clear();
        assert_eq!(self.answer(place), "", "{name} demands something still");
        self.assert_mail_flows();
    }

    fn wait_for_answer(&self, place: usize) {
        let expected = self.writers[place].answer();
        wait_until(&expected, || self.answer(place), |answer| *answer == expected);
    }

    /// What Postfix is told.
    fn answer(&self, place: usize) -> String {
        let map = format!("socketmap:inet:{}:8461:ironpost", self.writers[place].address);
        let line = format!("postmap -q {} {map}", HOSTED.name);
        self.world.senders[0].shell(&self.world.namespace, &line).stdout
    }

    /// Everybody writes, and all of it arrives: over TLS, and at a host that is known for certain
    /// where that is demanded.
    pub(crate) fn assert_mail_flows(&mut self) {
        for letter in self.write() {
            let attempt = self.attempt(&letter, 1);
            self.assert_arrived(&letter, &attempt, self.host);
        }
    }

    /// Somebody stands in the place of the host: what needs not go to that one goes to him,
    /// everything else waits until he is gone.
    pub(crate) fn attack(&mut self, by: &'static str) {
        let world = self.world;
        let [host, attacker] = [self.host, by].map(mail_hosts::address);
        let attack = Attack::redirect(&world.namespace, "attacker", host, attacker);
        let mut waiting = Vec::new();
        for letter in self.write() {
            let attempt = self.attempt(&letter, 1);
            let demand = &self.writers[letter.writer].demand;
            // Of the names in a policy any will do for Postfix before 3.10.5.
            let is_any = world.senders[letter.sender].release() == Release::Debian12;
            if demand.is_empty() || is_any && demand.contains(&by) {
                self.assert_arrived(&letter, &attempt, by);
                continue;
            }
            let words = match by {
                NO_STARTTLS => "(TLS is required, but was not offered",
                _ => "(Server certificate not verified)",
            };
            let outcome = &attempt.outcome;
            assert!(outcome.contains(&format!("status=deferred {words}")), "{attempt:#?}");
            assert_eq!(world.arrivals.messages(&letter.recipient), [], "{attempt:#?}");
            waiting.push((letter, attempt));
        }
        drop(attack);
        for (letter, attempt) in &waiting {
            world.senders[letter.sender].retry(&world.namespace, attempt);
        }
        for (letter, _) in waiting {
            let attempt = self.attempt(&letter, 2);
            self.assert_arrived(&letter, &attempt, self.host);
        }
    }

    fn write(&mut self) -> Vec<Letter> {
        self.letters += 1;
        let subject = format!("letter {}", self.letters);
        let mut letters = Vec::new();
        for (sender, postfix) in self.world.senders.iter().enumerate() {
            let first = letters.len();
            letters.extend(self.writers.iter().enumerate().map(|(writer, Writer { name, .. })| {
                let number = self.letters;
                let recipient = format!("{name}+{number}-{:?}@{}", postfix.release(), HOSTED.name)
                    .to_lowercase();
                Letter { sender, writer, recipient, subject: subject.clone() }
            }));
            let recipients: Vec<_> =
                letters[first..].iter().map(|letter| letter.recipient.clone()).collect();
            postfix.send(&self.world.namespace, &subject, &recipients);
        }
        letters
    }

    fn attempt(&self, letter: &Letter, number: usize) -> Attempt {
        self.world.senders[letter.sender].attempt(&letter.recipient, number)
    }

    fn assert_arrived(&self, letter: &Letter, attempt: &Attempt, at: &str) {
        let demand = &self.writers[letter.writer].demand;
        let (tls, over) = match at {
            _ if !demand.is_empty() => ("Verified", "ESMTPS"),
            NO_STARTTLS => ("Plain", "ESMTP"),
            _ => ("Trusted", "ESMTPS"),
        };
        let seen = (attempt.is_sent(), attempt.tls());
        let now = self.world.clock.now();
        assert_eq!(seen, (true, tls), "{now}: {letter:?} with {demand:?}: {attempt:#?}");
        let arrived = self.world.arrivals.wait(&letter.recipient, &letter.subject).received;
        let by = format!(" by {at}.unsigned.example (Postfix) with {over} ");
        assert!(arrived.contains(&by), "{arrived} is not{by}");
    }

    /// The tool does not do it yet.
    pub(crate) fn assert_refused(&self, words: &str, more: &str, because: &str) {
        let ended = self.world.command(words, more);
        assert_eq!(ended.code, 2, "{words} {more}: {ended:?}");
        assert!(ended.stderr.contains(because), "{words} {more}: {ended:?}");
    }

    /// When the newest version was announced.
    pub(crate) fn announced(&self) -> Timestamp {
        self.newest()["announced"].as_str().unwrap().parse().unwrap()
    }

    fn newest(&self) -> Value {
        let world = self.world;
        let history = world.installation.json("history", HOSTED.name, &world.namespace);
        history["versions"].as_array().unwrap().last().unwrap().clone()
    }

    /// The date that a command tells behind these words, once it does.
    pub(crate) fn date(&self, command: &str, before: &str) -> Timestamp {
        let look = || {
            let text = self.world.domain(command, "");
            let date = text.split_once(before).and_then(|(_, rest)| rest.split_once('Z'));
            (date.and_then(|(date, _)| format!("{date}Z").parse().ok()), text)
        };
        let (date, _) = wait_until(before, look, |(date, _)| date.is_some());
        date.unwrap()
    }
}

impl Writer {
    /// What Postfix is told if this is what is demanded, as `postmap -q` prints it.
    fn answer(&self) -> String {
        if self.demand.is_empty() {
            return String::new();
        }
        let hosts: Vec<_> =
            self.demand.iter().map(|host| format!("{host}.unsigned.example")).collect();
        format!("secure match={} servername=hostname\n", hosts.join(":"))
    }
}

/// A message to one recipient that nobody else has.
#[derive(Debug)]
struct Letter {
    /// The place of the Postfix that it was handed to.
    sender: usize,
    /// The place of its writer.
    writer: usize,
    recipient: String,
    subject: String,
}

// First labels of mail hosts.
pub(crate) const OLD: &str = "first";
pub(crate) const NEW: &str = "second";
pub(crate) const NO_STARTTLS: &str = "no-starttls";
pub(crate) const WRONG_NAME: &str = "wrong-name";

pub(crate) const HOUR: SignedDuration = SignedDuration::from_hours(1);
pub(crate) const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// Dates are told in whole seconds, and clocks moved by whole seconds.
pub(crate) const MOMENT: SignedDuration = SignedDuration::from_secs(3);

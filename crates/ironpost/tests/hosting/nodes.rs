//! Three nodes on one PostgreSQL: one is killed, the database goes away and comes back, and
//! senders notice none of it.

use crate::installation::{Installation, Seen};
use crate::postgres::Cluster;
use crate::waiting::wait_until;
use jiff::SignedDuration;
use std::collections::BTreeSet;

#[test]
fn three_nodes_are_one_installation_whatever_becomes_of_them() {
    let cluster = Cluster::start();
    let database = cluster.new_database();
    let site = Installation::new(&["one", "two", "three"], &cluster.url_of("ironpost", &database));
    let [one, two, three] = [0, 1, 2].map(|place| site.start(place));
    let customers = ["bakery", "florist", "harbour"].map(|name| Customer::add(&site, name));
    site.lab.lab().add_records(&customers.each_ref().map(|it| &*it.records).join("\n")).unwrap();
    let [bakery, florist, harbour] = &customers;
    for customer in &customers {
        site.wait_for(&customer.domain, "testing", |shown| shown["state"] == "testing");
        customer.wait_until_served_by_all(&site, 1);
    }

    // A new body is on every node before any of them gives its id (RFC 8461 §8.1).
    let enforce = "--mode enforce --override tested";
    site.ok(&format!("domain publish {} {enforce} --no-wait", bakery.domain));
    bakery.wait_until_served_by_all(&site, 2);

    // One is gone for good: it is waited for, until it counts as lost.
    three.kill();
    site.ok(&format!("domain publish {} --max-age 2d --no-wait", florist.domain));
    site.wait_for(&florist.domain, "a node behind", |shown| {
        shown["shown"]["version"] == 2 && shown["nodes_behind"][0] == "three"
    });
    site.clock.go_to(site.clock.now() + SignedDuration::from_mins(1));
    site.wait_for(&florist.domain, "announced without it", |shown| {
        shown["announced"]["version"] == 2 && shown["nodes_behind"][0] == "three"
    });
    let history = site.json("history", &florist.domain);
    assert!(history["versions"][0]["replaced"].is_null(), "it may serve it still: {history:#}");

    // It comes back, and is told what it has missed before it says that it is there.
    let three = site.start(2);
    let found = site.served(2, &florist.domain, &florist.record).unwrap();
    assert!(found.policy.contains("max_age: 172800"), "{found:?}");
    wait_until(
        "the older version to be called replaced",
        || site.json("history", &florist.domain),
        |history| !history["versions"][0]["replaced"].is_null(),
    );
    florist.wait_until_served_by_all(&site, 2);

    // Without the database everything is served, and nothing is promised.
    let kept = customers.each_ref().map(|customer| customer.served_by_all(&site));
    cluster.stop();
    for line in [
        format!("domain publish {} {enforce}", harbour.domain),
        format!("domain withdraw {}", harbour.domain),
        "domain list".to_owned(),
    ] {
        let refused = site.ironpost(&line);
        assert!(refused.code != 0 && refused.stdout.is_empty(), "{line}: {refused:?}");
        assert!(refused.stderr.contains("cannot be reached"), "{line}: {refused:?}");
    }
    assert_eq!(customers.each_ref().map(|customer| customer.served_by_all(&site)), kept);
    two.kill();
    let two = site.start(1);
    assert!(two.log().contains("serving from the snapshot"), "{}", two.log());
    assert_eq!(customers.each_ref().map(|customer| customer.served_by_all(&site)), kept);

    // It is back, and so is everything, without anybody doing anything.
    cluster.resume();
    let published = site.ok(&format!("domain publish {} {enforce}", harbour.domain));
    assert_eq!(published, format!("{}: version 2, enforce.\n", harbour.domain));
    harbour.wait_until_served_by_all(&site, 2);

    // Three nodes, and everything was done once.
    let mut orders: Vec<_> = site.ca.orders().into_iter().map(|o| (o.name, o.status)).collect();
    orders.sort();
    let expected = customers.each_ref().map(|it| (format!("mta-sts.{}", it.domain), "valid"));
    assert_eq!(orders, expected);
    assert_eq!(site.ca.accounts(), 1);
    for customer in &customers {
        let events = customer.events(&site);
        let different: BTreeSet<_> = events.iter().collect();
        assert_eq!(different.len(), events.len(), "{events:#?}");
    }
    for node in [one, two, three] {
        assert_eq!(node.stop(), Some(0));
    }
}

/// A domain of the lab that is hosted.
struct Customer {
    domain: String,
    /// What its owner is to put into DNS.
    records: String,
    /// Where the record of the policy is served.
    record: String,
}

impl Customer {
    fn add(site: &Installation, name: &str) -> Self {
        let domain = format!("{name}.customers.example");
        site.ok(&format!("domain add {domain}"));
        let records = site.ok(&format!("domain records {domain}"));
        let announces = records.lines().find(|line| line.starts_with("_mta-sts.")).unwrap();
        let record = announces.rsplit(' ').next().unwrap().trim_end_matches('.').to_owned();
        Self { domain, records, record }
    }

    /// What each node serves.
    fn served_by_all(&self, site: &Installation) -> [Seen; 3] {
        [0, 1, 2].map(|place| site.served(place, &self.domain, &self.record).unwrap())
    }

    /// Waits until every node gives the id of a version. From the first that does so on, each of
    /// them has its body.
    fn wait_until_served_by_all(&self, site: &Installation, version: u32) {
        let history = site.json("history", &self.domain);
        let versions = history["versions"].as_array().unwrap();
        let wanted = versions.iter().find(|known| known["number"] == version).unwrap();
        let (id, mode) = (wanted["id"].as_str().unwrap(), wanted["mode"].as_str().unwrap());
        let body = [format!("mode: {mode}\n"), format!("max_age: {}\n", wanted["max_age"])];
        let look = || {
            let places = [0, 1, 2].map(|place| site.served(place, &self.domain, &self.record));
            let new = places.iter().flatten().filter(|seen| seen.id == id).count();
            if new > 0 {
                for seen in self.served_by_all(site) {
                    assert!(body.iter().all(|line| seen.policy.contains(line)), "{seen:?}");
                }
            }
            (new, format!("{places:#?}"))
        };
        wait_until(&format!("version {version} of {}", self.domain), look, |(new, _)| *new == 3);
    }

    /// What was done with each version.
    fn events(&self, site: &Installation) -> Vec<String> {
        let history = site.json("history", &self.domain);
        let events = history["events"].as_array().unwrap().iter();
        // A state may be entered anew with each version.
        let events = events.filter(|event| !event["version"].is_null());
        events.map(|event| format!("{} {}", event["what"], event["version"])).collect()
    }
}

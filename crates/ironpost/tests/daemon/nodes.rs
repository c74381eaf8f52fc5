//! Several nodes on one PostgreSQL: one is killed, and the database stops and comes back.

use crate::daemon::Daemon;
use crate::node::{NodeHome, address, assert_soa, get, receive, sections, send_question};
use crate::postgres::Cluster;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

/// The homes of three nodes of one database.
fn homes(cluster: &Cluster, database: &str) -> [NodeHome; 3] {
    let url = cluster.url_of("ironpost", database);
    ["one", "two", "three"].map(|name| {
        let home = NodeHome::new();
        let node = sections(&format!("node = \"{name}\"\n"));
        home.configure(&format!("database = \"{url}\"\n{node}"));
        fs::create_dir(home.path("state")).unwrap();
        let key = home.path("state/sealing.key");
        fs::write(&key, "MDEyMzQ1Njc4OWFiY2RlZmZlZGNiYTk4NzY1NDMyMTA=\n").unwrap();
        fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
        home
    })
}

/// What a node says of a metric.
fn metric(node: &Daemon, name: &str) -> i64 {
    let metrics = get(address(node, "metrics on tcp"), "/metrics");
    let value = metrics.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    value.unwrap_or_else(|| panic!("{name}: {metrics}")).trim().parse().unwrap()
}

/// Waits until every node has a change, and the database answers.
fn wait_for(nodes: &[&Daemon], change: i64) {
    for node in nodes {
        let has_it = || {
            metric(node, "ironpost_hosting_feed") >= change
                && metric(node, "ironpost_hosting_database_connected") == 1
        };
        assert!((0..PATIENCE).any(|_| has_it()), "{}", node.log());
    }
}

fn add(home: &NodeHome, domain: &str) -> crate::program::Run {
    let mx = format!("mx.{domain}");
    home.ironpost(["domain", "add", domain, "--mx", &mx])
}

#[test]
fn three_nodes_outlive_each_other_and_their_database() {
    let cluster = Cluster::start();
    let database = cluster.new_database();
    let homes = homes(&cluster, &database);
    let last = || cluster.sql(&database, "SELECT seq FROM feed").parse::<i64>().unwrap();
    let [one, two, three] = homes.each_ref().map(NodeHome::start);
    assert_eq!(add(&homes[0], "a.example").code, 0);
    wait_for(&[&one, &two, &three], last());
    three.kill();
    assert_eq!(add(&homes[1], "b.example").code, 0);
    let kept = last();
    wait_for(&[&one, &two], kept);

    cluster.stop();
    let is_away = || metric(&one, "ironpost_hosting_database_connected") == 0;
    assert!((0..PATIENCE).any(|_| is_away()), "{}", one.log());
    assert!(get(address(&one, "metrics on tcp"), "/ready").starts_with("HTTP/1.1 503 "));
    assert_soa(&receive(&send_question(address(&one, "DNS on udp"))));
    let refused = add(&homes[0], "c.example");
    assert!(refused.code != 0 && refused.stderr.contains("cannot be reached"), "{refused:?}");
    // A restart meanwhile goes on from what was kept.
    assert_eq!(two.stop(), Some(0));
    let two = homes[1].start();
    let log = two.log();
    assert!(log.contains("cannot be reached") && log.contains("from the snapshot"), "{log}");
    assert_soa(&receive(&send_question(address(&two, "DNS on udp"))));
    assert_eq!(metric(&two, "ironpost_hosting_feed"), kept);

    cluster.resume();
    wait_for(&[&one, &two], kept);
    assert_eq!(add(&homes[0], "c.example").code, 0);
    let three = homes[2].start();
    wait_for(&[&one, &two, &three], last());
    for node in [one, two, three] {
        assert_eq!(node.stop(), Some(0));
    }
}

/// Answers of a node in which a change has to be: each takes its time.
const PATIENCE: usize = 50_000;

//! The database, the nodes that follow it, and what was kept of it.

use super::report::Finding;
use crate::config::hosting::settings::HostingSettings;
use crate::outside::SystemClock;
use ironpost_net::clock::Clock;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::OpenError;
use ironpost_store::database::{Database, DatabaseAddress, Migration};
use ironpost_store::hosting::Seq;
use ironpost_store::hosting::nodes::Node;
use std::fs;
use std::time::{Duration, Instant};

/// Opens the database as it is. A file that is not there yet is not made.
pub(super) async fn open(settings: &HostingSettings) -> Result<Database, Unopened> {
    let address = settings.database.address();
    if let DatabaseAddress::Sqlite(path) = address
        && !path.exists()
    {
        return Err(Unopened::NotYet);
    }
    Database::open(address, Migration::Refuse).await.map_err(Unopened::Failed)
}

/// Why there is no database to look at.
#[derive(Debug)]
pub(super) enum Unopened {
    /// The first start makes it.
    NotYet,
    /// It cannot be opened.
    Failed(OpenError),
}

/// The database, its nodes, and the snapshot.
pub(super) async fn examine(
    settings: &HostingSettings,
    database: &Result<Database, Unopened>,
) -> Vec<Finding> {
    let database = match database {
        Ok(database) => database,
        Err(Unopened::NotYet) => {
            let seen = "not there yet: the first start of `ironpost serve` makes it";
            return vec![Finding::sound(DATABASE, seen)];
        }
        Err(Unopened::Failed(error)) => {
            let way_out = if matches!(error, OpenError::Unreachable { .. }) {
                "policies and records are served on from memory, or after a restart from the \
                 snapshot; nothing can be changed until it is back"
            } else {
                "until this is mended `ironpost serve` does not start; one that runs serves on \
                 what it has in memory, and nothing can be changed"
            };
            let broken = Finding::broken(DATABASE, error.to_string(), way_out);
            return std::iter::once(broken).chain(snapshot(settings, None)).collect();
        }
    };
    let mut findings = vec![writes(database).await];
    match (database.nodes().await, database.feed().await) {
        (Ok(found), Ok(feed)) => {
            findings.extend(nodes(&found, feed, SystemClock.now()));
            findings.extend(snapshot(settings, Some(&found)));
        }
        (Err(error), _) | (_, Err(error)) => {
            findings.push(Finding::not_tested(NODES, error.to_string()));
        }
    }
    findings
}

async fn writes(database: &Database) -> Finding {
    let begun = Instant::now();
    match database.try_write().await {
        Ok(()) => {
            let took = begun.elapsed().as_millis();
            Finding::sound(DATABASE, format!("it answers, and takes what is written in {took} ms"))
        }
        Err(error) => Finding::broken(
            DATABASE,
            format!("it answers, and takes nothing that is written: {error}"),
            "see to its disk and to its own log",
        ),
    }
}

/// A finding for each node.
fn nodes(nodes: &[Node], feed: Seq, now: Timestamp) -> Vec<Finding> {
    if nodes.is_empty() {
        let way_out = "start `ironpost serve`: nothing is served, and nothing is done";
        return vec![Finding::weak(NODES, "none follows the database", way_out)];
    }
    let mut findings: Vec<_> = nodes.iter().map(|node| one(node, feed, now)).collect();
    let live: Vec<_> = nodes.iter().filter(|node| node.is_live(now)).collect();
    for (role, what) in [
        ("policy", "serves policies"),
        ("dns", "answers for the zone"),
        ("jobs", "orders certificates and looks after domains"),
    ] {
        if !live.iter().any(|node| node.roles.split(',').any(|has| has.trim() == role)) {
            let way_out = format!("start `ironpost serve` with {role} among its roles");
            findings.push(Finding::broken(NODES, format!("no live node {what}"), way_out));
        }
    }
    findings
}

fn one(node: &Node, feed: Seq, now: Timestamp) -> Finding {
    let Node { name, roles, beat, seen, .. } = node;
    let ago = now.since(*beat).as_secs();
    let heard = format!("{name} ({roles}) was heard from {ago} s ago");
    if !node.is_live(now) {
        let way_out = format!(
            "start it again, or say that it will not come back: `ironpost db forget-node {name}`; \
             until then domains that it may still serve are not called withdrawn"
        );
        return Finding::broken(NODES, heard, way_out);
    }
    match feed.0.saturating_sub(seen.0) {
        ..=0 => Finding::sound(NODES, format!("{heard}, and has every change")),
        behind => Finding::weak(
            NODES,
            format!("{heard}, and is {behind} changes behind"),
            "this passes in a moment; if it does not, see its log",
        ),
    }
}

/// What is kept for a start without the database.
fn snapshot(settings: &HostingSettings, nodes: Option<&[Node]>) -> Option<Finding> {
    match settings.database.address() {
        DatabaseAddress::Sqlite(_) => return None,
        DatabaseAddress::Postgres(_) => {}
    }
    let path = settings.state.join("snapshot.db");
    let written = ["snapshot.db-wal", "snapshot.db"].into_iter().filter_map(|name| {
        let written = fs::metadata(settings.state.join(name)).and_then(|file| file.modified());
        written.ok()?.elapsed().ok()
    });
    Some(match written.min() {
        Some(age) => Finding::sound(
            SNAPSHOT,
            format!("{} was last written {} ago", path.display(), shown(age)),
        ),
        None if nodes
            .is_some_and(|nodes| nodes.iter().any(|n| n.name == settings.node.as_str())) =>
        {
            Finding::broken(
                SNAPSHOT,
                format!("{} is not there", path.display()),
                "without it this node cannot start while the database is away: see its log",
            )
        }
        None => Finding::sound(SNAPSHOT, "this node has not run yet, or runs on another host"),
    })
}

fn shown(age: Duration) -> String {
    match age.as_secs() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ ..7_200 => format!("{} min", seconds / 60),
        seconds @ ..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

const DATABASE: &str = "database";
const NODES: &str = "nodes";
const SNAPSHOT: &str = "snapshot";

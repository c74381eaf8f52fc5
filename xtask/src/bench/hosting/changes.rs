//! From a change in the database to its being served by three nodes.

use super::fetcher::Fetcher;
use super::installation::Domain;
use super::node::{Node, Processors};
use super::postgres::{Postgres, Session};
use super::{Setup, client, say_load};
use crate::bench::histogram::Histogram;
use crate::bench::judgement::judged;
use crate::bench::server::{Server, pause};
use anyhow::{Context, Result, ensure};
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

/// Measures and prints.
pub(crate) fn run(setup: &Setup<'_>) -> Result<()> {
    let many = &setup.many;
    let postgres = Postgres::start()?;
    let node = |last: u8| {
        let folder = many.folder.join(format!("node-{last}"));
        let _ = std::fs::remove_dir_all(&folder);
        Node::new(many, folder, &postgres.url(), Ipv4Addr::new(127, 0, 0, last))
    };
    let nodes = NODES.map(node).into_iter().collect::<Result<Vec<_>>>()?;
    many.fill(nodes.first().context("no node")?)?;
    let start = |node: &Node| node.start(Processors::All);
    let servers = nodes.iter().map(start).collect::<Result<Vec<_>>>()?;
    let client = client::config(&many.root())?;
    let domain = many.domains.last().context("no domain is hosted")?;
    let fetcher = |server: &Server| Fetcher::new(&client, server.address, domain);
    let mut fetchers: Vec<_> = servers.iter().map(fetcher).collect();
    println!(
        "\n{} changes, one after the other, on three nodes that serve {} domains from PostgreSQL",
        setup.args.changes(),
        many.domains.len(),
    );
    say_load()?;
    let mut session = postgres.session()?;
    let mut latencies = Histogram::new();
    for number in 2..setup.args.changes() + 2 {
        let took = change(&mut session, &mut fetchers, many.domains.len(), domain, number)?;
        latencies.add(took, 1);
    }
    drop(session);
    servers.into_iter().try_for_each(Server::stop)?;
    let ms = |percent| latencies.percentile(percent).as_secs_f64() * 1e3;
    println!(
        "from the beginning of the transaction to the new policy on all three: p50 {:.1} ms, p99 \
         {:.1} ms ({})",
        ms(50),
        ms(99),
        judged(ms(99) <= MOST_MS, &format!("p99 ≤ {MOST_MS} ms")),
    );
    say_load()
}

/// Has another version of the policy shown; how long it takes until every node shows it.
fn change(
    session: &mut Session,
    fetchers: &mut [Fetcher],
    id: usize,
    domain: &Domain,
    number: usize,
) -> Result<Duration> {
    let policy = domain.policy().replace("max_age", &format!("mx: mx-{number}.example\nmax_age"));
    // As the program does it: the number of the feed comes first, and the nodes are told.
    let sql = format!(
        "BEGIN; UPDATE feed SET seq = seq + 1; INSERT INTO versions (domain_id, number, id, \
         policy, elsewhere, shown) VALUES ({id}, {number}, 'v{number}', '{policy}', 0, 0); \
         UPDATE domains SET shown = {number}, seq = (SELECT seq FROM feed) WHERE id = {id}; \
         NOTIFY ironpost_feed; COMMIT;"
    );
    let begin = Instant::now();
    session.run(&sql)?;
    for fetcher in fetchers {
        while fetcher.fetch()? != policy {
            ensure!(begin.elapsed() < PATIENCE, "a node does not follow");
            pause();
        }
    }
    Ok(begin.elapsed())
}

/// The last octets of their addresses.
const NODES: [u8; 3] = [11, 12, 13];
const MOST_MS: f64 = 250.0;
const PATIENCE: Duration = Duration::from_secs(30);

//! Nodes, and how far each of them has come.

mod watch;

pub use watch::Watch;

use super::{NodeId, Seq, column};
use crate::StoreError;
use crate::database::{Database, Row, Statement, Transaction};
use ironpost_proto::mta_sts::discovery::Timestamp;
use std::time::Duration;

/// A running program that serves from this database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its number.
    pub id: NodeId,
    /// The name it was given; of one name there is one node.
    pub name: String,
    /// What it does, separated by commas.
    pub roles: String,
    /// When it started.
    pub started: Timestamp,
    /// When it last said that it lives.
    pub beat: Timestamp,
    /// Everything up to here it serves.
    pub seen: Seq,
}

/// Which of the nodes that serve policies have come as far as a number of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// There is a live node, and all live ones have: a body that changed there is everywhere, as
    /// far as that can be had. A node that was silent for [`LOST_AFTER`] holds nothing up.
    pub live: bool,
    /// All have, silent ones included: what was served before is served nowhere any more.
    pub all: bool,
    /// Those that have not: their names, and when they last said that they live.
    pub missing: Vec<(String, Timestamp)>,
}

impl Node {
    /// True if policies are served there.
    pub fn serves_policies(&self) -> bool {
        self.roles.split(',').any(|role| role.trim() == POLICY)
    }

    /// True if it has said lately that it lives.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now.since(self.beat) <= LOST_AFTER
    }
}

impl Agreement {
    /// What the nodes that have not left come to.
    fn of(nodes: Vec<Node>, seq: Seq, now: Timestamp) -> Self {
        let nodes: Vec<_> = nodes.into_iter().filter(Node::serves_policies).collect();
        let mut live = nodes.iter().filter(|node| node.is_live(now)).peekable();
        let live = live.peek().is_some() && live.all(|node| node.seen >= seq);
        let missing: Vec<_> = nodes
            .into_iter()
            .filter(|node| node.seen < seq)
            .map(|node| (node.name, node.beat))
            .collect();
        Self { live, all: live && missing.is_empty(), missing }
    }
}

impl Database {
    /// Registers a node that starts, in place of the one of this name that was there before. If
    /// that one did not [`leave`](Self::leave), what it served without saying so is accounted for:
    /// every version that was shown and not yet replaced counts as served until now, and one that was
    /// replaced just before the node fell silent as served until then. Its jobs are free for others
    /// at once.
    pub async fn join(
        &self,
        name: &str,
        roles: &str,
        now: Timestamp,
    ) -> Result<NodeId, StoreError> {
        let mut transaction = self.begin().await?;
        remove_unclean(&mut transaction, name, now).await?;
        let insert = Statement::new(JOIN).bind(name).bind(roles).bind(column::millis(now));
        let row = transaction.fetch_optional(insert).await?.ok_or_else(column::damaged)?;
        let id = NodeId(row.int(0)?);
        transaction.commit().await?;
        Ok(id)
    }

    /// The node lives, and serves everything up to `seen`. False if it does not count any more:
    /// another of its name has joined, or it was [forgotten](Self::forget_node). Then it has to
    /// [`join`](Self::join) again.
    pub async fn beat(&self, node: NodeId, seen: Seq, now: Timestamp) -> Result<bool, StoreError> {
        let beat = Statement::new("UPDATE nodes SET seen = $2, beat = $3 WHERE id = $1")
            .bind(node.0)
            .bind(seen.0)
            .bind(column::millis(now));
        Ok(self.execute(beat).await? > 0)
    }

    /// The node ends in order, its log of fetches written.
    pub async fn leave(&self, node: NodeId) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        remove(&mut transaction, node).await?;
        transaction.commit().await
    }

    /// Every node that has not left, by name.
    pub async fn nodes(&self) -> Result<Vec<Node>, StoreError> {
        let sql = "SELECT id, name, roles, started, beat, seen FROM nodes ORDER BY name";
        self.fetch_all(Statement::new(sql)).await?.iter().map(read).collect()
    }

    /// An administrator says that a silent node will not come back: what it served is accounted
    /// for as at [`Self::join`]. False if there is none of this name.
    pub async fn forget_node(&self, name: &str, now: Timestamp) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let there = remove_unclean(&mut transaction, name, now).await?;
        transaction.commit().await?;
        Ok(there)
    }

    /// Which nodes serve `seq` or later.
    pub async fn agreement(&self, seq: Seq, now: Timestamp) -> Result<Agreement, StoreError> {
        Ok(Agreement::of(self.nodes().await?, seq, now))
    }
}

/// Removes every node that did not leave: of a database that goes on elsewhere, without them.
pub(super) async fn forget_all(
    transaction: &mut Transaction,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "SELECT id, name, roles, started, beat, seen FROM nodes ORDER BY id";
    for row in transaction.fetch_all(Statement::new(sql)).await? {
        forget(transaction, &read(&row)?, now).await?;
    }
    Ok(())
}

/// Removes a node that did not leave. Says whether there was one.
async fn remove_unclean(
    transaction: &mut Transaction,
    name: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let find = "SELECT id, name, roles, started, beat, seen FROM nodes WHERE name = $1";
    let Some(row) = transaction.fetch_optional(Statement::new(find).bind(name)).await? else {
        return Ok(false);
    };
    forget(transaction, &read(&row)?, now).await?;
    Ok(true)
}

/// Removes a node, and accounts for what it served without saying so.
async fn forget(
    transaction: &mut Transaction,
    node: &Node,
    now: Timestamp,
) -> Result<(), StoreError> {
    if node.serves_policies() {
        transaction.execute(Statement::new(SERVED_UNTIL).bind(column::millis(now))).await?;
        // What was replaced about when it was heard of last: an answer may have been under way.
        let lately = column::millis(node.beat).saturating_sub(ANSWERING);
        transaction.execute(Statement::new(SERVED_TO_THE_END).bind(lately)).await?;
    }
    remove(transaction, node.id).await
}

async fn remove(transaction: &mut Transaction, node: NodeId) -> Result<(), StoreError> {
    let free = "UPDATE jobs SET node_id = NULL, leased_until = NULL WHERE node_id = $1";
    transaction.execute(Statement::new(free).bind(node.0)).await?;
    let delete = Statement::new("DELETE FROM nodes WHERE id = $1").bind(node.0);
    transaction.execute(delete).await.map(drop)
}

fn read(row: &Row) -> Result<Node, StoreError> {
    Ok(Node {
        id: NodeId(row.int(0)?),
        name: row.text(1)?,
        roles: row.text(2)?,
        started: column::time(row, 3)?,
        beat: column::time(row, 4)?,
        seen: Seq(row.int(5)?),
    })
}

const JOIN: &str = "INSERT INTO nodes (name, roles, started, beat, seen) \
     VALUES ($1, $2, $3, $3, 0) RETURNING id";
const SERVED_UNTIL: &str = "UPDATE versions SET last_served = $1 \
     WHERE shown IS NOT NULL AND replaced IS NULL \
       AND (last_served IS NULL OR last_served < $1)";

const SERVED_TO_THE_END: &str = "UPDATE versions SET last_served = replaced \
     WHERE replaced >= $1 AND (last_served IS NULL OR last_served < replaced)";
/// Longer than any answer takes, in milliseconds.
const ANSWERING: i64 = 5 * 60 * 1_000;

/// The role of nodes that serve policies.
pub const POLICY: &str = "policy";
/// A node that was silent for so long is not waited for. Own limit: ten beats.
pub const LOST_AFTER: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    fn node(roles: &str, beat: u64, seen: i64) -> Node {
        let beat = Timestamp::from_millis(beat);
        Node {
            id: NodeId(1),
            name: "n".into(),
            roles: roles.into(),
            started: beat,
            beat,
            seen: Seq(seen),
        }
    }

    #[test]
    fn who_agrees() {
        let table = [
            (vec![], false, false, "nobody serves anything"),
            (vec![node("policy,dns", 60_000, 7)], true, true, "all there"),
            (vec![node("policy", 60_000, 6)], false, false, "a live one is behind"),
            (vec![node("dns", 60_000, 7)], false, false, "none serves policies"),
            (vec![node("policy", 60_000, 8), node("dns", 60_000, 2)], true, true, "not concerned"),
            (vec![node("policy", 60_000, 7), node("policy", 29_999, 6)], true, false, "lost"),
            (vec![node("policy", 60_000, 7), node("policy", 30_000, 6)], false, false, "just late"),
            (vec![node("policy", 29_999, 7)], false, false, "up to date, and then silent"),
            (vec![node("policy", 60_000, 7), node("policy", 1, 7)], true, true, "silent, but knew"),
        ];
        for (nodes, live, all, reason) in table {
            let agreement = Agreement::of(nodes, Seq(7), Timestamp::from_millis(60_000));
            assert_eq!((agreement.live, agreement.all), (live, all), "{reason}");
        }
    }
}

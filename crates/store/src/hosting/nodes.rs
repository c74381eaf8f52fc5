//! Nodes, and the feed that keeps them together.

use super::{DomainId, NodeId, Seq};
use crate::StoreError;
use crate::database::Database;
use ironpost_proto::mta_sts::discovery::Timestamp;

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

impl Database {
    /// Registers a node that starts, in place of the one of this name that was there before. If
    /// that one did not [`leave`](Self::leave), what it served without saying so is accounted for:
    /// every version that was shown or not yet replaced counts as served until now.
    pub async fn join(
        &self,
        name: &str,
        roles: &str,
        now: Timestamp,
    ) -> Result<NodeId, StoreError> {
        let _ = (name, roles, now);
        todo!("store")
    }

    /// The node lives, and serves everything up to `seen`.
    pub async fn beat(&self, node: NodeId, seen: Seq, now: Timestamp) -> Result<(), StoreError> {
        let _ = (node, seen, now);
        todo!("store")
    }

    /// The node ends in order, its log of fetches written.
    pub async fn leave(&self, node: NodeId) -> Result<(), StoreError> {
        let _ = node;
        todo!("store")
    }

    /// Every node that has not left.
    pub async fn nodes(&self) -> Result<Vec<Node>, StoreError> {
        todo!("store")
    }

    /// An administrator says that a silent node will not come back.
    pub async fn forget_node(&self, name: &str, now: Timestamp) -> Result<bool, StoreError> {
        let _ = (name, now);
        todo!("store")
    }

    /// True if every node with role policy serves `seq` or later.
    pub async fn nodes_serve(&self, domain: DomainId, seq: Seq) -> Result<bool, StoreError> {
        let _ = (domain, seq);
        todo!("store")
    }

    /// The last number of the feed.
    pub async fn feed(&self) -> Result<Seq, StoreError> {
        todo!("store")
    }

    /// Wakes whenever the feed may have gone up: by NOTIFY, and by polling where there is none or
    /// the connection for it is lost.
    pub async fn watch(&self) -> Result<Watch, StoreError> {
        todo!("store")
    }
}

/// See [`Database::watch`].
#[derive(Debug)]
pub struct Watch {}

impl Watch {
    /// Returns when the feed may have gone up since the last call. Safe to drop and call again.
    pub async fn changed(&mut self) {
        todo!("store")
    }
}

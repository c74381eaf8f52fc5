//! What an installation that hosts policies remembers. Every row belongs to an organisation.
//!
//! One counter, the *feed*, goes up with each change that nodes have to see; the row that changed
//! takes its value. It is raised in the transaction of the change, under the lock of its one row,
//! so that numbers become visible in their order and a node that asks for everything above the last
//! number it saw misses nothing.

pub mod acme;
pub mod alerts;
pub mod certificates;
pub mod challenges;
pub mod checks;
mod column;
pub mod domains;
mod feed;
pub mod fetches;
pub mod jobs;
pub mod mx;
pub mod nodes;
pub mod organisations;
pub mod serving;
pub mod transfer;
mod trial;

/// A number of the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seq(pub i64);

/// An organisation's number in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganisationId(pub i64);

/// A hosted domain's number in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainId(pub i64);

/// A node's number in the database: one for each start of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub i64);

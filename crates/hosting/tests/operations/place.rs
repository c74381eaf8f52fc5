//! A database with two organisations, and a clock that is set.

use crate::postgres::Cluster;
use ironpost_hosting::operations::add::{Add, First, NotAdded};
use ironpost_hosting::operations::{Desk, Said};
use ironpost_net::clock::Clock;
use ironpost_proto::lifecycle::{Change, Checks, Way};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::mta_sts::policy::{self, Policy};
use ironpost_store::database::{Database, DatabaseAddress, Migration};
use ironpost_store::hosting::domains::{Author, Hosted};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tempfile::TempDir;

pub(crate) struct Place {
    pub(crate) clock: Arc<SetClock>,
    database: Database,
    _kept: Kept,
}

enum Kept {
    File(#[expect(dead_code, reason = "it goes with the place")] TempDir),
    Server(#[expect(dead_code, reason = "it goes with the place")] Arc<Cluster>),
}

#[derive(Debug)]
pub(crate) struct SetClock(AtomicU64);

impl SetClock {
    pub(crate) fn advance(&self, span: Duration) {
        self.0.fetch_add(u64::try_from(span.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

impl Place {
    pub(crate) async fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let address = DatabaseAddress::Sqlite(directory.path().join("ironpost.db"));
        Self::at(&address, Kept::File(directory)).await
    }

    pub(crate) async fn postgres() -> Self {
        let cluster = Cluster::shared();
        let address = cluster.url(&cluster.new_database()).parse().unwrap();
        Self::at(&address, Kept::Server(cluster)).await
    }

    async fn at(address: &DatabaseAddress, kept: Kept) -> Self {
        let database = Database::open(address, Migration::Apply).await.unwrap();
        let clock = Arc::new(SetClock(AtomicU64::new(1_750_000_000_000)));
        Self { clock, database, _kept: kept }
    }

    /// Where somebody of that organisation sits.
    pub(crate) async fn desk(&self, organisation: &str) -> Desk {
        let organisation = self.database.organisation(organisation, true).await.unwrap();
        Desk {
            database: self.database.clone(),
            organisation: organisation.unwrap(),
            who: "tester".to_owned(),
            clock: self.clock.clone(),
        }
    }
}

/// Each story as a test on either engine.
macro_rules! on_both {
    ($($story:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $story() {
                super::$story($crate::place::Place::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test] async fn $story() {
                super::$story($crate::place::Place::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both;

pub(crate) fn policy(mode: &str, max_age: u32) -> Policy {
    let body = format!("version: STSv1\nmode: {mode}\nmx: mx.a.test\nmax_age: {max_age}\n");
    policy::parse(body.as_bytes()).verdict.unwrap()
}

/// `a.test`, beginning with that.
pub(crate) async fn add(desk: &Desk, first: First) -> Result<Hosted, NotAdded> {
    let (name, checks) = ("a.test".parse().unwrap(), Checks::default());
    let add = Add { name, way: Way::Cname, rua: None, first, checks };
    let prepared = desk.prepare_add(&add, &Said::default()).await?;
    desk.add(prepared).await
}

/// What a node does with a domain.
pub(crate) async fn steps(desk: &Desk, hosted: &Hosted, changes: &[Change]) {
    let hosted = desk.database.domain_by_id(hosted.id).await.unwrap().unwrap();
    let author = Author { who: "ironpost".to_owned(), why: None };
    desk.database.change(&hosted, changes, &author, desk.clock.now()).await.unwrap();
}

//! What a node does without its database.

use super::*;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::database::{DatabaseAddress, Migration};
use ironpost_store::hosting::DomainId;
use ironpost_store::hosting::serving::ServedRow;
use tempfile::TempDir;

/// A clock that stands still.
#[derive(Debug)]
struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A database and a snapshot; there is one domain in the latter.
struct Place {
    folder: TempDir,
}

impl Place {
    async fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        let row = ServedRow {
            id: DomainId(1),
            name: "a.test".parse().unwrap(),
            token: ironpost_proto::delegation::Token::from_bytes([1; 10]),
            gone: false,
            policy: Some((1, "version: STSv1\n".to_owned())),
            record: Some("1".parse().unwrap()),
            rua: None,
            certificate: None,
            seq: Seq(1),
        };
        place.snapshot().await.put(&[row], Seq(1)).await.unwrap();
        place
    }

    async fn snapshot(&self) -> Snapshot {
        Snapshot::open(&self.folder.path().join("snapshot.db")).await.unwrap()
    }

    /// A node that starts at `now`, in seconds, and what it serves.
    async fn node(&self, now: u64) -> (Node, Database, Served) {
        let address = DatabaseAddress::Sqlite(self.folder.path().join("ironpost.db"));
        let database = Database::open(&address, Migration::Apply).await.unwrap();
        let served = Served::default();
        let node = Node::new(NodeParts {
            database: database.clone(),
            name: "one".to_owned(),
            roles: "policy".to_owned(),
            snapshot: Some(self.snapshot().await),
            served: served.clone(),
            seals: Seals::make(&self.folder.path().join("sealing.key")).unwrap(),
            log: FetchLog::default(),
            clock: Arc::new(At(Timestamp::from_millis(now * 1_000))),
        });
        (node, database, served)
    }

    /// How many domains are served by a node that starts then, without the database.
    async fn served_without_database(&self, now: u64) -> usize {
        let (mut node, database, served) = self.node(now).await;
        database.close().await;
        assert!(!node.fill().await.unwrap());
        served.len()
    }

    /// A node starts with the database at `now`, and leaves in order.
    async fn come_and_leave(&self, now: u64) {
        let (mut node, ..) = self.node(now).await;
        assert!(node.fill().await.unwrap());
        let end = CancellationToken::new();
        end.cancel();
        node.follow(end).await;
    }
}

#[tokio::test]
async fn a_node_that_fell_silent_is_waited_for_and_starts_whenever_it_may() {
    let place = Place::new().await;
    let (mut node, ..) = place.node(10_000).await;
    assert!(node.fill().await.unwrap());
    drop(node);
    assert_eq!(place.served_without_database(10_000_000).await, 1);
}

/// Two machines of one name by mistake, or a node that was forgotten and lives.
#[tokio::test]
async fn a_node_that_lost_its_place_joins_anew_and_serves_on() {
    let place = Place::new().await;
    let (mut first, database, _) = place.node(10).await;
    assert!(first.fill().await.unwrap());
    let id = first.id;
    let (mut second, ..) = place.node(11).await;
    assert!(second.fill().await.unwrap());
    for _ in 0..2 {
        first.beat_due = Instant::now();
        first.join_and_catch_up().await.unwrap();
        let health = *first.health().borrow();
        assert!(health.connected && health.id != id, "{health:?}");
        let nodes = database.nodes().await.unwrap();
        assert_eq!(nodes.iter().map(|node| Some(node.id)).collect::<Vec<_>>(), [health.id]);
        database.forget_node("one", Timestamp::from_millis(12_000)).await.unwrap();
    }
}

#[tokio::test]
async fn a_node_that_left_starts_without_the_database_for_an_hour_alone() {
    let place = Place::new().await;
    place.come_and_leave(10_000).await;
    assert_eq!(place.served_without_database(10_000 + 3_600).await, 1);
    assert_eq!(place.served_without_database(10_000 + 3_601).await, 0);
    // It was there once more, and the others wait for it again.
    let (mut node, ..) = place.node(20_000).await;
    assert!(node.fill().await.unwrap());
    drop(node);
    assert_eq!(place.served_without_database(30_000).await, 1);
}

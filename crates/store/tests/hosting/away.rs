//! A server that goes away and comes back.

use crate::place::{Place, added, at, author};
use crate::postgres::Cluster;
use ironpost_proto::lifecycle::{Change, State};
use ironpost_store::StoreError;
use ironpost_store::hosting::domains::ChangeError;
use std::sync::Arc;

/// Shut down or killed: writes are refused meanwhile, what was acknowledged is there afterwards,
/// and whoever watches hears of changes again.
#[tokio::test]
async fn what_was_acknowledged_is_there_when_it_is_back() {
    let cluster = Arc::new(Cluster::start());
    let place = Place::on(Arc::clone(&cluster));
    let database = place.open().await;
    let mut watch = database.watch().await.unwrap();
    let mut hosted = added(&database, "a.test", 1).await;
    watch.changed().await;
    for (now, end) in [(2, Cluster::stop as fn(&Cluster)), (3, Cluster::kill)] {
        end(&cluster);
        let error = database.feed().await.unwrap_err();
        assert!(matches!(error, StoreError::Away(_)), "{error}");
        let changes = [Change::Enter(State::Delegated)];
        let error = database.change(&hosted, &changes, &author(), at(now)).await.unwrap_err();
        assert!(matches!(error, ChangeError::Store(StoreError::Away(_))), "{error}");
        let error = database.import(&b""[..], at(1)).await.unwrap_err();
        assert!(!error.to_string().is_empty());
        cluster.resume();
        assert_eq!(database.domain_by_id(hosted.id).await.unwrap().as_ref(), Some(&hosted));
        hosted.seq = database.change(&hosted, &changes, &author(), at(now)).await.unwrap();
        hosted.life.apply(&changes, at(now));
        watch.changed().await;
    }
}

/// It takes connections and answers nothing, as a machine that hangs.
#[tokio::test]
async fn one_that_hangs_is_not_waited_for_for_ever() {
    let cluster = Arc::new(Cluster::start());
    let place = Place::on(Arc::clone(&cluster));
    let database = place.open().await;
    let hosted = added(&database, "a.test", 1).await;
    cluster.freeze(true);
    for _ in 0..2 {
        let error = database.domain_by_id(hosted.id).await.unwrap_err();
        assert!(matches!(error, StoreError::Away(_)), "{error}");
    }
    cluster.freeze(false);
    assert_eq!(database.domain_by_id(hosted.id).await.unwrap(), Some(hosted));
}

/// Connections that an administrator cuts are made anew.
#[tokio::test]
async fn connections_that_are_cut_are_made_anew() {
    let place = Place::postgres();
    let database = place.open().await;
    let mut watch = database.watch().await.unwrap();
    added(&database, "a.test", 1).await;
    watch.changed().await;
    let cut = "SELECT count(pg_terminate_backend(pid)) > 0 FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    assert_eq!(place.sql(cut).await, "t");
    added(&database, "b.test", 2).await;
    watch.changed().await;
}

#[tokio::test]
async fn one_that_may_only_be_read_refuses_writes_as_if_it_were_away() {
    let place = Place::postgres();
    let database = place.open().await;
    let hosted = added(&database, "a.test", 1).await;
    let name = place.sql("SELECT current_database()").await;
    place.sql(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
    let database = place.open().await;
    assert_eq!(database.domain_by_id(hosted.id).await.unwrap().as_ref(), Some(&hosted));
    let error = database.change_rua(&hosted, None, &author(), at(2)).await.unwrap_err();
    assert!(matches!(error, ChangeError::Store(StoreError::Away(_))), "{error}");
}

//! Where a database of a test is.

use crate::postgres::Cluster;
use ironpost_proto::delegation::Token;
use ironpost_proto::lifecycle::Way;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::database::{Database, DatabaseAddress, Migration};
use ironpost_store::hosting::OrganisationId;
use ironpost_store::hosting::domains::{Author, Hosted, NewDomain};
use sqlx::sqlite::{SqliteColumn, SqliteConnectOptions, SqliteRow};
use sqlx::{Column as _, ConnectOptions as _, Row as _};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// A database that is not there yet.
pub(crate) struct Place {
    pub(crate) address: DatabaseAddress,
    kept: Kept,
}

enum Kept {
    File(TempDir),
    Server(Arc<Cluster>, String),
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let address = DatabaseAddress::Sqlite(directory.path().join("hosting.db"));
        Self { address, kept: Kept::File(directory) }
    }

    /// A file that is there, in a directory that is removed at the end.
    pub(crate) fn at(path: PathBuf, directory: TempDir) -> Self {
        Self { address: DatabaseAddress::Sqlite(path), kept: Kept::File(directory) }
    }

    pub(crate) fn postgres() -> Self {
        Self::on(Cluster::shared())
    }

    pub(crate) fn on(cluster: Arc<Cluster>) -> Self {
        let name = cluster.new_database();
        let address = cluster.url(&name).parse().unwrap();
        Self { address, kept: Kept::Server(cluster, name) }
    }

    pub(crate) async fn open(&self) -> Database {
        Database::open(&self.address, Migration::Refuse).await.unwrap()
    }

    /// Of a server: where others connect to.
    pub(crate) fn url(&self) -> Option<String> {
        match &self.kept {
            Kept::Server(cluster, name) => Some(cluster.url(name)),
            Kept::File(_) => None,
        }
    }

    /// SQL past the store; the rows, their columns separated by `|`.
    pub(crate) async fn sql(&self, sql: &str) -> String {
        match &self.kept {
            Kept::Server(cluster, name) => cluster.sql(name, sql),
            Kept::File(directory) => {
                let path = directory.path().join("hosting.db");
                let options = SqliteConnectOptions::new().filename(path);
                let mut connection = options.connect().await.unwrap();
                let sql = sqlx::AssertSqlSafe(sql.to_owned());
                let rows = sqlx::raw_sql(sql).fetch_all(&mut connection).await.unwrap();
                rows.iter().map(shown).collect::<Vec<_>>().join("\n")
            }
        }
    }
}

fn shown(row: &SqliteRow) -> String {
    let column = |column: &SqliteColumn| {
        let at = column.ordinal();
        let number = row.try_get::<Option<i64>, _>(at).map(|n| n.map(|n| n.to_string()));
        number.or_else(|_| row.try_get::<Option<String>, _>(at)).unwrap().unwrap_or_default()
    };
    row.columns().iter().map(column).collect::<Vec<_>>().join("|")
}

/// Each story as a test on either engine.
macro_rules! on_both {
    ($($story:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $story() { super::$story($crate::place::Place::sqlite()).await; })*
        }
        mod postgres {
            $(#[tokio::test] async fn $story() { super::$story($crate::place::Place::postgres()).await; })*
        }
    };
}
pub(crate) use on_both;

pub(crate) fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(crate) fn author() -> Author {
    Author { who: "tester".into(), why: Some("because".into()) }
}

/// A domain whose token is made of a number.
pub(crate) fn new_domain(organisation: OrganisationId, name: &str, token: u64) -> NewDomain {
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&token.to_be_bytes());
    NewDomain {
        organisation,
        name: name.parse().unwrap(),
        token: Token::from_bytes(bytes),
        way: Way::Cname,
        rua: None,
    }
}

pub(crate) async fn first(database: &Database) -> OrganisationId {
    database.organisation("default", false).await.unwrap().unwrap()
}

/// A domain of the first organisation, added at 1.
pub(crate) async fn added(database: &Database, name: &str, token: u64) -> Hosted {
    let new = new_domain(first(database).await, name, token);
    database.add_domain(&new, &author(), at(1)).await.unwrap()
}

//! The database of a node, at its start.

use crate::commands::installation::unopened;
use crate::config::hosting::settings::HostingSettings;
use crate::failure::Failure;
use crate::outside::SystemClock;
use ironpost_net::clock::Clock;
use ironpost_store::OpenError;
use ironpost_store::database::{Database, DatabaseAddress, Migration};
use std::fs;

/// A database, and whether its server answers.
#[derive(Debug)]
pub(super) struct OpenedDatabase {
    pub(super) database: Database,
    pub(super) there: Result<(), OpenError>,
}

/// Opens it. A database of this host is brought up to date by who starts first. One that several
/// nodes share is not: those that still run would not understand it.
pub(super) async fn open(settings: &HostingSettings) -> Result<OpenedDatabase, Failure> {
    let address = settings.database.address();
    let migration = match address {
        DatabaseAddress::Sqlite(_) => Migration::Apply,
        DatabaseAddress::Postgres(_) => Migration::Refuse,
    };
    let opened = Database::open_when_there(address, migration).await;
    let (database, there) = opened.map_err(unopened)?;
    match &there {
        Ok(()) if !database.is_shared() => forget_others(&database, settings).await?,
        Ok(()) => {}
        Err(error) => tracing::error!("{error}"),
    }
    Ok(OpenedDatabase { database, there })
}

/// A file has one node. Another that is named in it is of the host that the file, or the backup, came
/// from, and does not come back.
async fn forget_others(database: &Database, settings: &HostingSettings) -> Result<(), Failure> {
    let nodes = database.nodes().await.map_err(Failure::could_not_test)?;
    for node in nodes.iter().filter(|node| node.name != settings.node.as_str()) {
        let forgotten = database.forget_node(&node.name, SystemClock.now()).await;
        forgotten.map_err(Failure::could_not_test)?;
        tracing::info!("the database was that of the node {}, which is not waited for", node.name);
    }
    Ok(())
}

/// What keeps a start from using a database file that is there, found without changing it.
pub(super) async fn fault(settings: &HostingSettings) -> Option<Failure> {
    let address = settings.database.address();
    let DatabaseAddress::Sqlite(path) = address else { return None };
    // An empty file is a database to be made.
    if !fs::metadata(path).is_ok_and(|file| file.len() > 0) {
        return None;
    }
    match Database::open(address, Migration::Refuse).await {
        Ok(database) => {
            database.close().await;
            None
        }
        Err(OpenError::Older { .. }) => None,
        Err(error) => Some(unopened(error)),
    }
}

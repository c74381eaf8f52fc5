//! The key that seals private keys: read, or made at the first start.

use super::database::OpenedDatabase;
use crate::config::hosting::settings::HostingSettings;
use crate::failure::Failure;
use ironpost_hosting::sealing::{self, SealError, Seals};

/// Reads the keys. `None` if they are to be made at the first start: where nobody named a file. Not
/// for a database that others share, of whose keys it would open none.
pub(super) fn load(settings: &HostingSettings) -> Result<Option<Seals>, Failure> {
    let path = &settings.sealing_key;
    match (path.exists(), settings.database.address().is_shared()) {
        (false, false) if settings.sealing_key_is_ours => Ok(None),
        (false, true) => Err(Failure::message(format!(
            "there is no sealing key in {path}, and one that is made here would not open what the \
             other nodes of this database have sealed: copy theirs, or for the first node make it \
             with `(umask 077; head -c 32 /dev/urandom | base64 > {path})`",
            path = path.display()
        ))),
        (true, _) | (false, false) => Seals::load(path).map(Some).map_err(|error| {
            let context = format!("the sealing key in {}", path.display());
            Failure::usage(anyhow::Error::new(error).context(context))
        }),
    }
}

/// The keys to go on with: those that were read, if they open what is sealed in the database. Where
/// something is sealed and no key was read, it was forgotten at a restore, and a new one is no help.
pub(super) async fn settle(
    settings: &HostingSettings,
    opened: &OpenedDatabase,
    seals: Option<Seals>,
) -> Result<Seals, Failure> {
    let path = &settings.sealing_key;
    let is_shut = match &opened.there {
        Ok(()) => sealing::is_shut(&opened.database, seals.as_ref()).await,
        // What is in the snapshot was opened before.
        Err(_) => Ok(false),
    };
    match (is_shut.map_err(Failure::could_not_test)?, seals) {
        (false, Some(seals)) => Ok(seals),
        (false, None) => make(settings),
        (true, None) => Err(Failure::usage(SealError::Missing { path: path.clone() })),
        (true, Some(_)) => Err(Failure::message(format!(
            "the sealing key in {path} opens nothing of what is sealed in the database: put back the \
             one that was there before, above or below it; if it is lost for good, `ironpost db \
             reseal --give-up` has every certificate ordered anew",
            path = path.display()
        ))),
    }
}

/// Makes one in the state folder: once nothing else stands in the way of the first start.
fn make(settings: &HostingSettings) -> Result<Seals, Failure> {
    let path = &settings.sealing_key;
    let seals = Seals::make(path).map_err(Failure::usage)?;
    tracing::info!("the sealing key was made: {}; keep a copy of it apart", path.display());
    Ok(seals)
}

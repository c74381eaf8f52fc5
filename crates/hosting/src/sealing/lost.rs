//! What is sealed in a database with keys that are not there any more.

use super::Seals;
use crate::jobs::Kind;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::StoreError;
use ironpost_store::database::Database;
use ironpost_store::hosting::acme::StoredAccount;
use ironpost_store::hosting::certificates::SealedKey;

/// What was given up, or would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GivenUp {
    /// Accounts with CAs; new ones are made.
    pub accounts: usize,
    /// Private keys of domains; their certificates are ordered anew.
    pub keys: usize,
}

/// True if something is sealed in the database, with whatever key.
pub async fn is_used(database: &Database) -> Result<bool, StoreError> {
    let accounts = database.acme_accounts().await?;
    Ok(!accounts.is_empty() || !database.sealed_keys(None, 1).await?.is_empty())
}

/// True if something is sealed in the database, and none of `seals` opens any of it: the key was
/// forgotten, or is another. Quick if one does.
pub async fn is_shut(database: &Database, seals: Option<&Seals>) -> Result<bool, StoreError> {
    let Some(seals) = seals else { return is_used(database).await };
    let accounts = database.acme_accounts().await?;
    if accounts.iter().any(|account| seals.knows(&account.credentials)) {
        return Ok(false);
    }
    let mut found = !accounts.is_empty();
    let mut after = None;
    loop {
        let page = database.sealed_keys(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(found) };
        if page.iter().any(|key| seals.knows(&key.sealed)) {
            return Ok(false);
        }
        after = Some(last.domain);
        found = true;
    }
}

/// Gives up everything in the database that none of `seals` opens, as after the loss of a sealing
/// key: certificates are ordered anew at once, by accounts that are made anew. Only counts if it is
/// a `rehearsal`.
pub async fn give_up(
    database: &Database,
    seals: Option<&Seals>,
    rehearsal: bool,
    now: Timestamp,
) -> Result<GivenUp, StoreError> {
    let is_lost = |sealed: &[u8]| seals.is_none_or(|seals| !seals.knows(sealed));
    let accounts = database.acme_accounts().await?.into_iter();
    let accounts: Vec<StoredAccount> =
        accounts.filter(|account| is_lost(&account.credentials)).collect();
    let mut given_up = GivenUp { accounts: accounts.len(), keys: 0 };
    let mut after = None;
    loop {
        let page = database.sealed_keys(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.domain);
        let shut: Vec<SealedKey> = page.into_iter().filter(|key| is_lost(&key.sealed)).collect();
        given_up.keys += shut.len();
        if !rehearsal && !shut.is_empty() {
            database.forget_keys(&shut, Kind::Certificate.as_str(), now).await?;
        }
    }
    if !rehearsal {
        for account in &accounts {
            database.forget_acme_account(account).await?;
        }
    }
    Ok(given_up)
}

/// Domains whose keys are looked at at once, and forgotten in one transaction.
const PAGE: u32 = 200;

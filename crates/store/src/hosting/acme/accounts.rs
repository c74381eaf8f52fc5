//! Our accounts with certification authorities.

use crate::StoreError;
use crate::database::{Database, Row, Statement};

/// An account with a CA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAccount {
    /// The directory of the CA.
    pub directory: String,
    /// Its URL, which CAA records name (RFC 8657 §3).
    pub url: String,
    /// By what names CAA records allow the CA to issue (RFC 8659 §4.2).
    pub caa_identities: Vec<String>,
    /// What it is used with, sealed.
    pub credentials: Vec<u8>,
}

impl Database {
    /// The account with a CA.
    pub async fn acme_account(&self, directory: &str) -> Result<Option<StoredAccount>, StoreError> {
        let statement = Statement::new(
            "SELECT directory, url, identities, credentials FROM acme_accounts WHERE directory = $1",
        );
        self.fetch_optional(statement.bind(directory)).await?.as_ref().map(read).transpose()
    }

    /// All accounts.
    pub async fn acme_accounts(&self) -> Result<Vec<StoredAccount>, StoreError> {
        let statement = Statement::new(
            "SELECT directory, url, identities, credentials FROM acme_accounts ORDER BY directory",
        );
        self.fetch_all(statement).await?.iter().map(read).collect()
    }

    /// Keeps an account unless another node was faster. Gives the one that counts.
    pub async fn add_acme_account(
        &self,
        account: &StoredAccount,
    ) -> Result<StoredAccount, StoreError> {
        let mut transaction = self.begin().await?;
        let statement = Statement::new(
            "INSERT INTO acme_accounts (directory, url, identities, credentials) \
             VALUES ($1, $2, $3, $4) \
             ON CONFLICT (directory) DO NOTHING",
        )
        .bind(account.directory.as_str())
        .bind(account.url.as_str())
        .bind(account.caa_identities.join(" "))
        .bind(account.credentials.as_slice());
        transaction.execute(statement).await?;
        let statement = Statement::new(
            "SELECT directory, url, identities, credentials FROM acme_accounts WHERE directory = $1",
        );
        let row = transaction.fetch_optional(statement.bind(account.directory.as_str())).await?;
        transaction.commit().await?;
        row.as_ref().map_or_else(|| Ok(account.clone()), read)
    }

    /// Forgets an account that its CA does not know any more, and the orders of it.
    pub async fn forget_acme_account(&self, account: &StoredAccount) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let statement =
            Statement::new("DELETE FROM acme_accounts WHERE directory = $1 AND url = $2");
        let statement = statement.bind(account.directory.as_str()).bind(account.url.as_str());
        if transaction.execute(statement).await? > 0 {
            let orders = Statement::new("DELETE FROM acme_orders WHERE directory = $1");
            transaction.execute(orders.bind(account.directory.as_str())).await?;
        }
        transaction.commit().await
    }

    /// The credentials of an account sealed anew.
    pub async fn reseal_acme_account(
        &self,
        old: &StoredAccount,
        credentials: &[u8],
    ) -> Result<(), StoreError> {
        let statement = Statement::new(
            "UPDATE acme_accounts SET credentials = $3 WHERE directory = $1 AND credentials = $2",
        );
        let statement = statement.bind(old.directory.as_str()).bind(old.credentials.as_slice());
        self.execute(statement.bind(credentials)).await.map(drop)
    }
}

fn read(row: &Row) -> Result<StoredAccount, StoreError> {
    Ok(StoredAccount {
        directory: row.text(0)?,
        url: row.text(1)?,
        caa_identities: row.text(2)?.split_ascii_whitespace().map(str::to_owned).collect(),
        credentials: row.bytes(3)?,
    })
}

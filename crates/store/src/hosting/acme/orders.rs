//! Orders under way. One is written here before its CA hears of it, together with the private key of
//! the certificate to be: whoever goes on with it after a crash has all that it takes.

use super::super::DomainId;
use super::super::column::{millis, opt_time, time};
use crate::StoreError;
use crate::database::{Database, Row, Statement, Transaction};
use ironpost_proto::mta_sts::discovery::Timestamp;
use std::time::Duration;

/// An order under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOrder {
    /// The directory of the CA.
    pub directory: String,
    /// The private key of the certificate to be, sealed.
    pub sealed_key: Vec<u8>,
    /// The certificate that it replaces (RFC 9773 §5).
    pub replaces: Option<String>,
    /// Its URL, once it is known that the CA has it.
    pub url: Option<String>,
    /// When it was begun.
    pub created: Timestamp,
}

/// An order to be placed.
#[derive(Debug, Clone, Copy)]
pub struct NewOrder<'a> {
    /// For which domain.
    pub domain: DomainId,
    /// The directory of the CA.
    pub directory: &'a str,
    /// The private key of the certificate to be, sealed.
    pub sealed_key: &'a [u8],
    /// The certificate that it replaces.
    pub replaces: Option<&'a str>,
    /// The registered domain, by which CAs count.
    pub registered: &'a str,
    /// The domain has a certificate already.
    pub renewal: bool,
}

/// How many orders may be placed with a CA within a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// How many.
    pub orders: u32,
    /// Within which time.
    pub within: Duration,
}

/// What came of beginning an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is written.
    Order(StoredOrder),
    /// The budget of the CA is spent until then.
    Spent(Timestamp),
    /// That of the registered domain is.
    SpentOnRegistered(Timestamp),
}

impl Database {
    /// The order of a domain.
    pub async fn acme_order(&self, id: DomainId) -> Result<Option<StoredOrder>, StoreError> {
        let statement = Statement::new(
            "SELECT directory, sealed_key, replaces, url, created_at FROM acme_orders \
             WHERE domain_id = $1",
        );
        self.fetch_optional(statement.bind(id.0)).await?.as_ref().map(read).transpose()
    }

    /// Writes that an order will be placed, in place of what there was for the domain, and counts
    /// it. Renewals do not count for the registered domain: CAs leave them out.
    pub async fn begin_acme_order(
        &self,
        new: &NewOrder<'_>,
        all: Budget,
        per_registered: Budget,
        now: Timestamp,
    ) -> Result<Begun, StoreError> {
        let mut transaction = self.begin().await?;
        // Nodes count one after the other.
        let turn = Statement::new(
            "INSERT INTO acme_blocks (directory, until, why, failures) VALUES ($1, 0, '', 0) \
             ON CONFLICT (directory) DO UPDATE SET directory = excluded.directory",
        );
        transaction.execute(turn.bind(new.directory)).await?;
        let longest = all.within.max(per_registered.within);
        let old = Statement::new("DELETE FROM acme_placed WHERE placed_at <= $1");
        transaction.execute(old.bind(millis(now.before(longest)))).await?;
        if let Some(until) = spent(&mut transaction, new.directory, None, all, now).await? {
            transaction.commit().await?;
            return Ok(Begun::Spent(until));
        }
        let name = (!new.renewal).then_some(new.registered);
        if let Some(name) = name
            && let Some(until) =
                spent(&mut transaction, new.directory, Some(name), per_registered, now).await?
        {
            transaction.commit().await?;
            return Ok(Begun::SpentOnRegistered(until));
        }
        write(&mut transaction, new, now).await?;
        transaction.commit().await?;
        Ok(Begun::Order(StoredOrder {
            directory: new.directory.to_owned(),
            sealed_key: new.sealed_key.to_owned(),
            replaces: new.replaces.map(str::to_owned),
            url: None,
            created: now,
        }))
    }

    /// The CA has the order: this is its URL.
    pub async fn acme_order_placed(&self, id: DomainId, url: &str) -> Result<(), StoreError> {
        let statement = Statement::new("UPDATE acme_orders SET url = $2 WHERE domain_id = $1");
        self.execute(statement.bind(id.0).bind(url)).await.map(drop)
    }

    /// The CA does not take the order as one that replaces a certificate.
    pub async fn acme_order_replaces_nothing(&self, id: DomainId) -> Result<(), StoreError> {
        let statement =
            Statement::new("UPDATE acme_orders SET replaces = NULL WHERE domain_id = $1");
        self.execute(statement.bind(id.0)).await.map(drop)
    }

    /// The order has come to nothing.
    pub async fn drop_acme_order(&self, id: DomainId) -> Result<(), StoreError> {
        let statement = Statement::new("DELETE FROM acme_orders WHERE domain_id = $1");
        self.execute(statement.bind(id.0)).await.map(drop)
    }
}

/// When there is room again, if there is none.
async fn spent(
    transaction: &mut Transaction,
    directory: &str,
    registered: Option<&str>,
    budget: Budget,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let since = millis(now.before(budget.within));
    let statement = match registered {
        None => Statement::new(
            "SELECT COUNT(*), MIN(placed_at) FROM acme_placed \
             WHERE directory = $1 AND placed_at > $2",
        )
        .bind(directory)
        .bind(since),
        Some(registered) => Statement::new(
            "SELECT COUNT(*), MIN(placed_at) FROM acme_placed \
             WHERE directory = $1 AND placed_at > $2 AND registered = $3 AND renewal = 0",
        )
        .bind(directory)
        .bind(since)
        .bind(registered),
    };
    let Some(row) = transaction.fetch_optional(statement).await? else { return Ok(None) };
    if row.int(0)? < i64::from(budget.orders) {
        return Ok(None);
    }
    Ok(Some(opt_time(&row, 1)?.unwrap_or(now).after(budget.within)))
}

async fn write(
    transaction: &mut Transaction,
    new: &NewOrder<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let order = Statement::new(
        "INSERT INTO acme_orders (domain_id, directory, sealed_key, replaces, url, created_at) \
         VALUES ($1, $2, $3, $4, NULL, $5) \
         ON CONFLICT (domain_id) DO UPDATE SET directory = excluded.directory, \
         sealed_key = excluded.sealed_key, replaces = excluded.replaces, url = NULL, \
         created_at = excluded.created_at",
    )
    .bind(new.domain.0)
    .bind(new.directory)
    .bind(new.sealed_key)
    .bind(new.replaces)
    .bind(millis(now));
    transaction.execute(order).await?;
    let placed = Statement::new(
        "INSERT INTO acme_placed (directory, registered, renewal, placed_at) \
         VALUES ($1, $2, $3, $4)",
    )
    .bind(new.directory)
    .bind(new.registered)
    .bind(i64::from(new.renewal))
    .bind(millis(now));
    transaction.execute(placed).await.map(drop)
}

fn read(row: &Row) -> Result<StoredOrder, StoreError> {
    Ok(StoredOrder {
        directory: row.text(0)?,
        sealed_key: row.bytes(1)?,
        replaces: row.opt_text(2)?,
        url: row.opt_text(3)?,
        created: time(row, 4)?,
    })
}

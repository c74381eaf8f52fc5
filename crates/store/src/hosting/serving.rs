//! What nodes serve.

use super::column::{self, damaged};
use super::{DomainId, Seq, certificates};
use crate::StoreError;
use crate::database::{Database, Row, Statement};
use ironpost_proto::delegation::Token;
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::State;
use ironpost_proto::mta_sts::record::PolicyId;

/// All that a node needs of a domain. A domain of which nothing is served has neither policy nor
/// record nor certificate; a node that gets it forgets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedRow {
    /// Its number.
    pub id: DomainId,
    /// The policy domain.
    pub name: Domain,
    /// Its token.
    pub token: Token,
    /// True once the domain is gone.
    pub gone: bool,
    /// The version that is shown: its number and the text of its policy.
    pub policy: Option<(u32, String)>,
    /// The id that is announced.
    pub record: Option<PolicyId>,
    /// The value of `rua` at `_smtp._tls`.
    pub rua: Option<String>,
    /// The certificate chain (DER, leaf first) and the sealed private key.
    pub certificate: Option<ServedCertificate>,
    /// Its last change.
    pub seq: Seq,
}

/// A certificate with its sealed key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedCertificate {
    /// DER, leaf first.
    pub chain: Vec<Vec<u8>>,
    /// The private key, sealed.
    pub sealed_key: Vec<u8>,
}

impl Database {
    /// Domains that changed after `after`, in the order of the feed, at most `limit`. A row that
    /// cannot be read is passed over, and logged: the others are served.
    pub async fn served_after(&self, after: Seq, limit: u32) -> Result<Vec<ServedRow>, StoreError> {
        let whole = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut served = Vec::new();
        let mut after = after;
        loop {
            let left = i64::try_from(whole - served.len()).unwrap_or(i64::MAX);
            let page = Statement::new(SERVED_AFTER).bind(after.0).bind(left);
            let rows = self.fetch_all(page).await?;
            let Some(last) = rows.last() else { return Ok(served) };
            after = Seq(last.int(SEQ)?);
            for row in &rows {
                if let Ok(row) = read(row) {
                    served.push(row);
                } else {
                    let id = row.int(0).unwrap_or_default();
                    tracing::error!(id, "a domain in the database cannot be read: not served");
                }
            }
            // Callers take a page that is not full for the last one.
            if served.len() >= whole {
                return Ok(served);
            }
        }
    }
}

fn read(row: &Row) -> Result<ServedRow, StoreError> {
    let record = row.opt_text(6)?;
    let policy = match (row.opt_int(4)?, row.opt_text(5)?) {
        (Some(number), Some(text)) => Some((u32::try_from(number).map_err(|_| damaged())?, text)),
        (_, None) => None,
        (None, Some(_)) => return Err(damaged()),
    };
    Ok(ServedRow {
        id: DomainId(row.int(0)?),
        name: column::domain(row, 1)?,
        token: column::parsed(row, 2)?,
        gone: row.text(3)? == State::Gone.as_str(),
        policy,
        record: record.map(|id| id.parse().map_err(|_| damaged())).transpose()?,
        rua: row.opt_text(7)?,
        certificate: certificate(row)?,
        seq: Seq(row.int(SEQ)?),
    })
}

fn certificate(row: &Row) -> Result<Option<ServedCertificate>, StoreError> {
    let (Some(joined), Some(sealed_key)) = (row.opt_bytes(9)?, row.opt_bytes(10)?) else {
        return Ok(None);
    };
    Ok(Some(ServedCertificate { chain: certificates::chain(&joined)?, sealed_key }))
}

const SERVED_AFTER: &str = "SELECT d.id, d.name, d.token, d.state, shown.number, shown.policy, \
            announced.id, d.rua, d.seq, c.chain, c.sealed_key \
     FROM domains d \
     LEFT JOIN versions shown ON shown.domain_id = d.id AND shown.number = d.shown \
     LEFT JOIN versions announced \
            ON announced.domain_id = d.id AND announced.number = d.announced \
     LEFT JOIN certificates c ON c.domain_id = d.id AND d.state <> 'gone' \
     WHERE d.seq > $1 ORDER BY d.seq LIMIT $2";
const SEQ: usize = 8;

//! Checks of hosted domains, with history.

use super::{DomainId, column};
use crate::StoreError;
use crate::database::{Database, Row, Statement};
use ironpost_proto::mta_sts::discovery::Timestamp;

/// A check as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCheck {
    /// When.
    pub at: Timestamp,
    /// Its verdict, in a word.
    pub verdict: String,
    /// Its verdict, in a sentence.
    pub summary: String,
    /// All of it as JSON; the last [`REPORTS_KEPT`] have it.
    pub report: Option<String>,
}

impl Database {
    /// Keeps a check, and drops those that are too old: the last [`CHECKS_KEPT`] stay, and of each
    /// of [`MONTHS_KEPT`] months the last.
    pub async fn put_check(&self, domain: DomainId, check: &StoredCheck) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let put = Statement::new(PUT)
            .bind(domain.0)
            .bind(column::millis(check.at))
            .bind(check.verdict.as_str())
            .bind(check.summary.as_str())
            .bind(check.report.as_deref());
        transaction.execute(put).await?;
        let known = transaction.fetch_all(Statement::new(TIMES).bind(domain.0)).await?;
        let times = known.iter().map(|row| column::time(row, 0)).collect::<Result<Vec<_>, _>>()?;
        for time in superfluous(&times) {
            let drop = Statement::new(DROP).bind(domain.0).bind(column::millis(time));
            transaction.execute(drop).await?;
        }
        if let Some(oldest) = times.get(REPORTS_KEPT - 1) {
            let strip = Statement::new(STRIP).bind(domain.0).bind(column::millis(*oldest));
            transaction.execute(strip).await?;
        }
        transaction.commit().await
    }

    /// The checks of a domain, newest first.
    pub async fn checks(
        &self,
        domain: DomainId,
        limit: u32,
    ) -> Result<Vec<StoredCheck>, StoreError> {
        let statement = Statement::new(CHECKS).bind(domain.0).bind(limit);
        self.fetch_all(statement).await?.iter().map(check).collect()
    }
}

fn check(row: &Row) -> Result<StoredCheck, StoreError> {
    Ok(StoredCheck {
        at: column::time(row, 0)?,
        verdict: row.text(1)?,
        summary: row.text(2)?,
        report: row.opt_text(3)?,
    })
}

/// What goes of these, newest first.
fn superfluous(times: &[Timestamp]) -> Vec<Timestamp> {
    let month = |time: &Timestamp| time.as_millis() / MONTH_MILLIS;
    let mut months = Vec::new();
    let mut gone = Vec::new();
    for (place, time) in times.iter().enumerate() {
        let is_first = months.last() != Some(&month(time));
        if is_first {
            months.push(month(time));
        }
        let stands_for_month = is_first && months.len() <= MONTHS_KEPT;
        if place >= CHECKS_KEPT && !stands_for_month {
            gone.push(*time);
        }
    }
    gone
}

/// Checks of a domain that are kept: a month of days. Own limit.
pub const CHECKS_KEPT: usize = 30;
/// Months of which one check is kept. Own limit.
pub const MONTHS_KEPT: usize = 24;
/// Checks that are kept whole, of some kilobytes each. Own limit: a hundred thousand domains.
pub const REPORTS_KEPT: usize = 3;
/// Thirty days: nobody counts on a calendar here.
const MONTH_MILLIS: u64 = 30 * 24 * 3600 * 1000;

const PUT: &str = "INSERT INTO checks (domain_id, checked_at, verdict, summary, report) \
     VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (domain_id, checked_at) DO UPDATE SET verdict = excluded.verdict, \
         summary = excluded.summary, report = excluded.report";
const TIMES: &str = "SELECT checked_at FROM checks WHERE domain_id = $1 ORDER BY checked_at DESC";
const DROP: &str = "DELETE FROM checks WHERE domain_id = $1 AND checked_at = $2";
const STRIP: &str = "UPDATE checks SET report = NULL \
     WHERE domain_id = $1 AND checked_at < $2 AND report IS NOT NULL";
const CHECKS: &str = "SELECT checked_at, verdict, summary, report FROM checks \
     WHERE domain_id = $1 ORDER BY checked_at DESC LIMIT $2";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_of_days_and_a_day_of_each_month_are_kept() {
        const DAY: u64 = 24 * 3600 * 1000;
        let mut kept: Vec<Timestamp> = Vec::new();
        for day in 1..=3000_u64 {
            kept.insert(0, Timestamp::from_millis((20_000 + day) * DAY));
            let gone = superfluous(&kept);
            kept.retain(|time| !gone.contains(time));
        }
        assert!(kept.len() <= CHECKS_KEPT + MONTHS_KEPT, "{}", kept.len());
        let days: Vec<_> = kept.iter().map(|time| 23_000 - time.as_millis() / DAY).collect();
        let month: Vec<_> = (0..30).collect();
        assert_eq!(days[..30], month);
        assert!(days[30..].windows(2).all(|pair| pair[1] - pair[0] == 30), "{days:?}");
        assert!(*days.last().unwrap() > 600, "{days:?}");
    }
}

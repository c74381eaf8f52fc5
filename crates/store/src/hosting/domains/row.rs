//! Rows and what they stand for.

use super::{Hosted, stored_migration};
use crate::StoreError;
use crate::database::Row;
use crate::hosting::column::{self, damaged};
use crate::hosting::{DomainId, OrganisationId, Seq};
use ironpost_proto::lifecycle::{Former, Life, State, Version, Way};
use ironpost_proto::mta_sts::policy::{self, Policy};

/// Without versions. Columns: [`COLUMNS`].
pub(super) fn hosted(row: &Row) -> Result<Hosted, StoreError> {
    let number = |column: usize| -> Result<Option<u32>, StoreError> {
        row.opt_int(column)?.map(|number| u32::try_from(number).map_err(|_| damaged())).transpose()
    };
    let migration = row.opt_text(9)?;
    let migration = migration.map(|text| stored_migration::read(&text).ok_or_else(damaged));
    Ok(Hosted {
        id: DomainId(row.int(0)?),
        organisation: OrganisationId(row.int(1)?),
        name: column::domain(row, 2)?,
        token: column::parsed(row, 3)?,
        rua: row.opt_text(10)?,
        life: Life {
            state: state_of(row, 5)?,
            since: column::time(row, 6)?,
            way: way(&row.text(4)?).ok_or_else(damaged)?,
            versions: Vec::new(),
            shown: number(7)?,
            announced: number(8)?,
            migration: migration.transpose()?,
            former: Former::default(),
        },
        added: column::time(row, 11)?,
        seq: Seq(row.int(12)?),
    })
}

/// With the number of its domain. Columns: [`VERSION_COLUMNS`], from `first` on.
pub(super) fn version(row: &Row, first: usize) -> Result<(DomainId, Version), StoreError> {
    let version = Version {
        number: column::number(row, first + 1)?,
        id: column::parsed(row, first + 2)?,
        policy: policy(&row.text(first + 3)?)?,
        elsewhere: row.int(first + 4)? != 0,
        shown: column::opt_time(row, first + 5)?,
        everywhere: column::opt_time(row, first + 6)?,
        announced: column::opt_time(row, first + 7)?,
        replaced: column::opt_time(row, first + 8)?,
        last_served: column::opt_time(row, first + 9)?,
    };
    Ok((DomainId(row.int(first)?), version))
}

fn policy(text: &str) -> Result<Policy, StoreError> {
    policy::parse(text.as_bytes()).verdict.map_err(|_| damaged())
}

pub(super) fn state_of(row: &Row, column: usize) -> Result<State, StoreError> {
    let word = row.text(column)?;
    State::ALL.into_iter().find(|state| state.as_str() == word).ok_or_else(damaged)
}

pub(super) fn way_word(way: Way) -> &'static str {
    match way {
        Way::Cname => "cname",
        Way::Pasted => "pasted",
        Way::Updated => "updated",
    }
}

fn way(word: &str) -> Option<Way> {
    [Way::Cname, Way::Pasted, Way::Updated].into_iter().find(|way| way_word(*way) == word)
}

/// Of `domains d`.
pub(super) const COLUMNS: &str = "d.id, d.organisation_id, d.name, d.token, d.way, d.state, \
     d.since, d.shown, d.announced, d.migration, d.rua, d.added_at, d.seq";
/// Of `versions v`.
pub(super) const VERSION_COLUMNS: &str = "v.domain_id, v.number, v.id, v.policy, v.elsewhere, \
     v.shown, v.everywhere, v.announced, v.replaced, v.last_served";
/// Where they begin behind [`COLUMNS`].
pub(super) const FIRST_OF_VERSION: usize = 13;

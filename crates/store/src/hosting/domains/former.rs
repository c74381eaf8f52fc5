//! What is left of earlier hostings of a name.

use crate::StoreError;
use crate::database::{Database, Statement};
use crate::hosting::DomainId;
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::{Former, Life, Version, held_until};

impl Database {
    /// The ids of a name's earlier hostings, of whichever organisation, and until when a sender may
    /// hold a policy from then.
    pub async fn former(&self, name: &Domain) -> Result<Former, StoreError> {
        let sql = "SELECT id FROM domains WHERE name = $1 AND state = 'gone' \
                   ORDER BY id DESC LIMIT $2";
        let gone = Statement::new(sql).bind(name.as_str()).bind(MOST);
        let mut former = Former::default();
        for row in self.fetch_all(gone).await? {
            let Some(hosted) = self.by_id(DomainId(row.int(0)?)).await? else { continue };
            former.ids.extend(hosted.life.versions.iter().map(|version| version.id.clone()));
            former.held_until = former.held_until.max(Some(end_of(hosted.life)));
        }
        Ok(former)
    }
}

/// Until when a sender may hold a policy of a hosting that is over.
fn end_of(mut life: Life) -> ironpost_proto::mta_sts::discovery::Timestamp {
    // When it ended, nobody served anything of it any more.
    for version in &mut life.versions {
        if version.shown.is_some() {
            version.replaced.get_or_insert(life.since);
        }
    }
    held_until(&life, Version::asks).unwrap_or(life.since)
}

/// Earlier hostings that are looked at, the latest first.
const MOST: u32 = 100;

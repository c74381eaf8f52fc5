//! What is left of earlier hostings of a name.

use super::Hosted;
use crate::StoreError;
use crate::database::{Database, Statement};
use crate::hosting::{DomainId, OrganisationId};
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::{Former, Version, held_until};

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
            former.held_until = former.held_until.max(held_until(&hosted.life, Version::asks));
        }
        Ok(former)
    }

    /// Every hosting of a name by an organisation, gone or not, the latest first: the last hundred.
    pub async fn hostings(
        &self,
        organisation: OrganisationId,
        name: &Domain,
    ) -> Result<Vec<Hosted>, StoreError> {
        let sql = "SELECT id FROM domains WHERE organisation_id = $1 AND name = $2 \
                   ORDER BY id DESC LIMIT $3";
        let all = Statement::new(sql).bind(organisation.0).bind(name.as_str()).bind(MOST);
        let mut hostings = Vec::new();
        for row in self.fetch_all(all).await? {
            hostings.extend(self.domain_by_id(DomainId(row.int(0)?)).await?);
        }
        Ok(hostings)
    }
}

/// Hostings that are looked at, the latest first.
const MOST: u32 = 100;

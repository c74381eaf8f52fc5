//! Domains as they are.

use super::Hosted;
use super::row::{self, COLUMNS, VERSION_COLUMNS};
use crate::StoreError;
use crate::database::{Database, Statement};
use crate::hosting::column;
use crate::hosting::{DomainId, OrganisationId};
use ironpost_proto::delegation::Token;
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::State;
use std::collections::BTreeMap;

impl Database {
    /// A domain that is not gone, with its life.
    pub async fn domain(
        &self,
        organisation: OrganisationId,
        name: &Domain,
    ) -> Result<Option<Hosted>, StoreError> {
        let condition = "d.organisation_id = $1 AND d.name = $2 AND d.state <> 'gone'";
        let find = |sql| Statement::composed(sql).bind(organisation.0).bind(name.as_str());
        let found = self.one(condition, find).await?;
        self.with_former(found).await
    }

    /// The same by its number, gone or not.
    pub async fn domain_by_id(&self, id: DomainId) -> Result<Option<Hosted>, StoreError> {
        let found = self.by_id(id).await?;
        self.with_former(found).await
    }

    /// Whoever has this name now.
    pub async fn holder(&self, name: &Domain) -> Result<Option<Hosted>, StoreError> {
        let condition = "d.name = $1 AND d.state <> 'gone'";
        self.one(condition, |sql| Statement::composed(sql).bind(name.as_str())).await
    }

    /// By its number, without what is left of earlier hostings.
    pub(super) async fn by_id(&self, id: DomainId) -> Result<Option<Hosted>, StoreError> {
        self.one("d.id = $1", |sql| Statement::composed(sql).bind(id.0)).await
    }

    async fn with_former(&self, found: Option<Hosted>) -> Result<Option<Hosted>, StoreError> {
        let Some(mut hosted) = found else { return Ok(None) };
        if hosted.life.state != State::Gone {
            hosted.life.former = self.former(&hosted.name).await?;
        }
        Ok(Some(hosted))
    }

    async fn one(
        &self,
        condition: &str,
        statement: impl Fn(String) -> Statement,
    ) -> Result<Option<Hosted>, StoreError> {
        // One statement, or a change might fall between domain and versions.
        let sql = format!(
            "SELECT {COLUMNS}, {VERSION_COLUMNS} \
             FROM domains d LEFT JOIN versions v ON v.domain_id = d.id \
             WHERE {condition} ORDER BY v.number"
        );
        let rows = self.fetch_all(statement(sql)).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let mut hosted = row::hosted(first)?;
        if first.opt_int(row::FIRST_OF_VERSION)?.is_some() {
            let versions = rows.iter().map(|row| row::version(row, row::FIRST_OF_VERSION));
            hosted.life.versions = versions
                .map(|version| version.map(|(_, version)| version))
                .collect::<Result<_, _>>()?;
        }
        Ok(Some(hosted))
    }

    /// Domains in the order of their names, those after `after`, at most `limit`; without their
    /// older versions (`life.versions` holds the shown, the announced and the newest). Those that
    /// are gone only if `state` asks for them: then of each name the last.
    pub async fn domains(
        &self,
        organisation: OrganisationId,
        state: Option<State>,
        after: Option<&Domain>,
        limit: u32,
    ) -> Result<Vec<Hosted>, StoreError> {
        let state = match state {
            None => "d.state <> 'gone'".to_owned(),
            Some(State::Gone) => "d.state = 'gone' AND d.id = (SELECT max(g.id) FROM domains g \
                 WHERE g.name = d.name AND g.organisation_id = d.organisation_id \
                   AND g.state = 'gone')"
                .to_owned(),
            Some(state) => format!("d.state = '{}'", state.as_str()),
        };
        let page = format!(
            "SELECT {COLUMNS} FROM domains d \
             WHERE d.organisation_id = $1 AND d.name > $2 AND {state} ORDER BY d.name LIMIT $3"
        );
        let page = Statement::composed(page)
            .bind(organisation.0)
            .bind(after.map_or("", Domain::as_str))
            .bind(limit);
        let rows = self.fetch_all(page).await?;
        let mut page = rows.iter().map(row::hosted).collect::<Result<Vec<_>, _>>()?;
        self.add_versions(&mut page).await?;
        Ok(page)
    }

    /// The shown, the announced and the newest.
    async fn add_versions(&self, page: &mut [Hosted]) -> Result<(), StoreError> {
        let mut places: BTreeMap<_, _> =
            page.iter_mut().map(|hosted| (hosted.id, hosted)).collect();
        let ids: Vec<_> = places.keys().copied().collect();
        for ids in ids.chunks(IDS) {
            let parameters: Vec<_> = (1..=ids.len()).map(|number| format!("${number}")).collect();
            let sql = format!(
                "SELECT {VERSION_COLUMNS} FROM versions v JOIN domains d ON d.id = v.domain_id \
                 WHERE v.domain_id IN ({}) AND (v.number = d.shown OR v.number = d.announced \
                    OR v.number = (SELECT max(w.number) FROM versions w WHERE w.domain_id = d.id)) \
                 ORDER BY v.domain_id, v.number",
                parameters.join(", ")
            );
            let find = ids.iter().fold(Statement::composed(sql), |find, id| find.bind(id.0));
            for row in self.fetch_all(find).await? {
                let (id, version) = row::version(&row, 0)?;
                if let Some(hosted) = places.get_mut(&id) {
                    hosted.life.versions.push(version);
                }
            }
        }
        Ok(())
    }

    /// How many domains an organisation has in each state, those that are gone included.
    pub async fn count_domains(
        &self,
        organisation: OrganisationId,
    ) -> Result<Vec<(State, u64)>, StoreError> {
        let sql = "SELECT state, count(*) FROM domains WHERE organisation_id = $1 GROUP BY state";
        let rows = self.fetch_all(Statement::new(sql).bind(organisation.0)).await?;
        let count = |row| Ok((row::state_of(row, 0)?, column::number(row, 1)?));
        let mut counts = rows.iter().map(count).collect::<Result<Vec<_>, StoreError>>()?;
        counts.sort();
        Ok(counts)
    }

    /// Tokens that this name was hosted under before: none may be in its CNAMEs when it is claimed
    /// anew.
    pub async fn former_tokens(&self, name: &Domain) -> Result<Vec<Token>, StoreError> {
        let sql = "SELECT token FROM domains WHERE name = $1 AND state = 'gone' ORDER BY id";
        let rows = self.fetch_all(Statement::new(sql).bind(name.as_str())).await?;
        rows.iter().map(|row| column::parsed(row, 0)).collect()
    }
}

/// Domains whose versions are read at once.
const IDS: usize = 1_000;

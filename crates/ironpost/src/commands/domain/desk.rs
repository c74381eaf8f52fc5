//! Opening the database that `ironpost serve` follows.

use crate::commands::installation;
use crate::config::hosting::args::HostingArgs;
use crate::config::hosting::settings::HostingSettings;
use crate::descriptors::Descriptors;
use crate::failure::Failure;
use crate::outside::{Network, SystemClock};
use clap::Args;
use ironpost_hosting::operations::{Desk, OperationError};
use ironpost_net::policy_source::PolicySource;
use ironpost_store::database::{Database, DatabaseAddress, Migration};
use ironpost_store::hosting::organisations;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// Whose domains, and where they are kept.
#[derive(Debug, Clone, Args)]
pub(super) struct DeskArgs {
    /// The organisation whose domains are seen
    #[arg(
        long,
        value_name = "NAME",
        env = "IRONPOST_ORGANISATION",
        hide_env_values = true,
        default_value = organisations::FIRST,
        help_heading = "Hosting"
    )]
    organisation: String,

    #[command(flatten)]
    hosting: HostingArgs,
}

/// A desk, and how it is set up.
pub(super) struct Opened {
    /// Where operations are carried out.
    pub(super) desk: Desk,
    /// Everything the configuration says.
    pub(super) settings: HostingSettings,
}

impl DeskArgs {
    /// What the configuration and the options say.
    pub(super) fn settle(&self) -> Result<HostingSettings, Failure> {
        self.hosting.clone().settle()
    }

    /// Opens the database.
    pub(super) async fn open(self) -> Result<Opened, Failure> {
        let settings = self.settle()?;
        let desk = at(open(&settings).await?, &self.organisation).await?;
        Ok(Opened { desk, settings })
    }

    /// A desk in a database that is made if need be.
    pub(super) async fn make(&self, settings: &HostingSettings) -> Result<Desk, Failure> {
        of(settings, &self.organisation).await
    }

    /// A desk to try something at: where no database is there yet, in one that goes with the folder.
    pub(super) async fn imagine(
        &self,
        settings: &HostingSettings,
    ) -> Result<(Desk, Option<TempDir>), Failure> {
        let (database, folder) = match absent(settings) {
            None => (open(settings).await?, None),
            Some(_) => scratch().await.map(|(database, folder)| (database, Some(folder)))?,
        };
        Ok((at(database, &self.organisation).await?, folder))
    }
}

/// A desk for an organisation, in a database that is made if need be.
pub(crate) async fn of(settings: &HostingSettings, organisation: &str) -> Result<Desk, Failure> {
    at(open_or_make(settings).await?, organisation).await
}

async fn at(database: Database, organisation: &str) -> Result<Desk, Failure> {
    let found =
        database.organisation(organisation, false).await.map_err(Failure::could_not_test)?;
    let organisation = found.ok_or_else(|| {
        Failure::message(format!(
            "there is no organisation {organisation}: `ironpost db organisation {organisation}` \
             makes it"
        ))
    })?;
    Ok(Desk { database, organisation, who: who(), clock: Arc::new(SystemClock) })
}

/// Fetches policies as a sender does.
pub(super) async fn source(settings: &HostingSettings) -> Result<PolicySource, Failure> {
    let network = Network::open(settings.network.clone(), Descriptors::raise()).await?;
    Ok(network.source)
}

/// Opens the database as it is. Who asks for one that is not there is at the wrong place, or too
/// early: it is not made.
pub(crate) async fn open(settings: &HostingSettings) -> Result<Database, Failure> {
    match absent(settings) {
        Some(not_there) => Err(Failure::usage(not_there)),
        None => open_as(settings, Migration::Refuse).await,
    }
}

/// Opens the database as it is, and makes an embedded one that is not there yet.
pub(crate) async fn open_or_make(settings: &HostingSettings) -> Result<Database, Failure> {
    installation::make_place(settings)?;
    open_as(settings, Migration::Refuse).await
}

/// Opens the database.
pub(crate) async fn open_as(
    settings: &HostingSettings,
    migration: Migration,
) -> Result<Database, Failure> {
    Database::open(settings.database.address(), migration).await.map_err(installation::unopened)
}

/// An empty database that goes with its folder.
pub(crate) async fn scratch() -> Result<(Database, TempDir), Failure> {
    let folder = tempfile::tempdir().map_err(Failure::usage)?;
    let address = DatabaseAddress::Sqlite(folder.path().join("ironpost.db"));
    let database = Database::open(&address, Migration::Apply).await;
    Ok((database.map_err(installation::unopened)?, folder))
}

/// An embedded database that is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no domain is hosted yet: there is no database at {}; `ironpost domain add` or the first start \
     of `ironpost serve` makes it; if yours is elsewhere, name it by --config or --database",
    self.0.display()
)]
pub(crate) struct NotThere(PathBuf);

/// The embedded database, if it is not there yet.
pub(crate) fn absent(settings: &HostingSettings) -> Option<NotThere> {
    match settings.database.address() {
        DatabaseAddress::Sqlite(path) if !path.exists() => Some(NotThere(path.clone())),
        DatabaseAddress::Sqlite(_) | DatabaseAddress::Postgres(_) => None,
    }
}

/// An operation that came to nothing: what was away can be tried again, all else has to be said
/// otherwise.
pub(super) fn failed(error: OperationError) -> Failure {
    match error {
        OperationError::Store(_) | OperationError::Busy => Failure::could_not_test(error),
        OperationError::NotHosted(_)
        | OperationError::Refused(_)
        | OperationError::Overtaken(_)
        | OperationError::Clock => Failure::usage(error),
    }
}

/// Who is acting, for the history: who became root, or who is logged in.
fn who() -> String {
    let named =
        ["SUDO_USER", "USER", "LOGNAME"].into_iter().filter_map(|name| std::env::var(name).ok());
    let uid = || format!("uid {}", rustix::process::getuid().as_raw());
    let name = named.into_iter().find(|name| !name.is_empty()).unwrap_or_else(uid);
    name.chars().take(LONGEST_NAME).collect()
}

/// Longer than any user name.
const LONGEST_NAME: usize = 64;

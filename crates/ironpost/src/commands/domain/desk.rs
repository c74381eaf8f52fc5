//! Opening the database that `ironpost serve` follows.

use crate::config::hosting::args::HostingArgs;
use crate::config::hosting::settings::HostingSettings;
use crate::descriptors::Descriptors;
use crate::failure::Failure;
use crate::outside::{Network, SystemClock};
use clap::Args;
use ironpost_hosting::operations::Desk;
use ironpost_net::policy_source::PolicySource;
use ironpost_store::database::{Database, Migration};
use ironpost_store::hosting::organisations;
use std::sync::Arc;

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
    /// Opens the database.
    pub(super) async fn open(self) -> Result<Opened, Failure> {
        let settings = self.hosting.settle()?;
        let desk = of(&settings, &self.organisation).await?;
        Ok(Opened { desk, settings })
    }
}

/// A desk for an organisation.
pub(crate) async fn of(settings: &HostingSettings, organisation: &str) -> Result<Desk, Failure> {
    let database = open(settings).await?;
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

/// Opens the database as it is, and makes an empty one in the embedded form.
pub(crate) async fn open(settings: &HostingSettings) -> Result<Database, Failure> {
    let address = settings.database.address();
    Database::open(address, Migration::Refuse).await.map_err(Failure::usage)
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

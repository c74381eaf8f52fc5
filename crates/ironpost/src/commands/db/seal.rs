//! Sealing keys anew.

use crate::commands::domain::desk;
use crate::commands::installation;
use crate::config::hosting::args::HostingArgs;
use crate::config::hosting::settings::HostingSettings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use crate::outside::SystemClock;
use clap::Args;
use ironpost_hosting::acme::Acme;
use ironpost_hosting::sealing::{self, GivenUp, Seals};
use ironpost_net::clock::Clock;
use ironpost_store::StoreError;
use ironpost_store::database::Database;

/// Seal every private key with the newest sealing key
///
/// Put the new key into the first line of the sealing key file, above the old one, and restart the
/// nodes; once this command has run, the old line may go. A node that does jobs does the same by
/// itself when it starts.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ResealArgs {
    /// The key is lost for good: forget what no key in the file opens, so that certificates are
    /// ordered anew, by new accounts with the CAs
    #[arg(long)]
    give_up: bool,

    /// Say how many private keys are sealed with an older key, and change nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    hosting: HostingArgs,
}

/// Runs the command.
pub(super) async fn reseal(args: ResealArgs, console: &Console) -> Result<Exit, Failure> {
    let settings = args.hosting.settle()?;
    let database = desk::open(&settings).await?;
    if args.give_up {
        return give_up(&settings, &database, args.dry_run, console).await;
    }
    let seals = Seals::load(&settings.sealing_key).map_err(Failure::usage)?;
    let file = settings.sealing_key.display();
    if args.dry_run {
        let old = old(&database, &seals).await.map_err(Failure::could_not_test)?;
        console.print(&format!(
            "Nothing is changed. Without --dry-run, {} would be sealed anew, with the first key of \
             {file}.\n",
            private_keys(old)
        ))?;
        return Ok(Exit::Clean);
    }
    let acme = installation::acme(&settings)?;
    let acme = Acme::new(database, seals, acme).map_err(Failure::usage)?;
    let sealed = acme.reseal().await.map_err(Failure::usage)?;
    console.print(&match sealed {
        0 => format!("Nothing is to be done: the first key of {file} seals every private key.\n"),
        sealed => format!("Sealed anew with the first key of {file}: {}.\n", private_keys(sealed)),
    })?;
    Ok(Exit::Clean)
}

/// Forgets what no key opens. Without a file that is everything, and the next start makes a key.
async fn give_up(
    settings: &HostingSettings,
    database: &Database,
    rehearsal: bool,
    console: &Console,
) -> Result<Exit, Failure> {
    let path = &settings.sealing_key;
    let seals = path.exists().then(|| Seals::load(path)).transpose().map_err(Failure::usage)?;
    let now = SystemClock.now();
    let given_up = sealing::give_up(database, seals.as_ref(), rehearsal, now).await;
    let GivenUp { accounts, keys } = given_up.map_err(Failure::could_not_test)?;
    let lost = format!(
        "{} of domains, {}",
        private_keys(u64::try_from(keys).unwrap_or(u64::MAX)),
        if accounts == 1 { "1 account".to_owned() } else { format!("{accounts} accounts") }
    );
    console.print(&match (accounts + keys, rehearsal) {
        (0, _) => "Nothing is to be given up: every private key can be opened.\n".to_owned(),
        (_, true) => {
            format!("Nothing is changed. Without --dry-run this would be forgotten: {lost}.\n")
        }
        (_, false) => format!(
            "Forgotten: {lost}. `ironpost serve` orders the certificates anew; where nodes run, \
             restart them.\n"
        ),
    })?;
    Ok(Exit::Clean)
}

/// How many private keys, of domains and of accounts, an older key seals.
async fn old(database: &Database, seals: &Seals) -> Result<u64, StoreError> {
    let is_old = |sealed: &[u8]| u64::from(seals.is_old(sealed));
    let accounts = database.acme_accounts().await?;
    let mut old = accounts.iter().map(|account| is_old(&account.credentials)).sum();
    let mut after = None;
    loop {
        let keys = database.sealed_keys(after, PAGE).await?;
        let Some(last) = keys.last() else { return Ok(old) };
        after = Some(last.domain);
        old += keys.iter().map(|key| is_old(&key.sealed)).sum::<u64>();
    }
}

fn private_keys(count: u64) -> String {
    match count {
        1 => "1 private key".to_owned(),
        count => format!("{count} private keys"),
    }
}

/// Keys that are looked at at once.
const PAGE: u32 = 1_000;

const EXAMPLES: &str = "\
Examples:
  ironpost db reseal --dry-run
  ironpost db reseal
  ironpost db reseal --give-up --dry-run";

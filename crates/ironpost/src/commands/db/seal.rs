//! Sealing keys anew.

use crate::commands::domain::desk;
use crate::commands::installation;
use crate::config::hosting::args::HostingArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::Args;
use ironpost_hosting::acme::Acme;
use ironpost_hosting::sealing::Seals;

/// Seal every private key with the newest sealing key
///
/// Put the new key into the first line of the sealing key file, above the old one, and restart the
/// nodes; once this command has run, the old line may go.
#[derive(Debug, Args)]
pub(crate) struct ResealArgs {
    #[command(flatten)]
    hosting: HostingArgs,
}

/// Runs the command.
pub(super) async fn reseal(args: ResealArgs, console: &Console) -> Result<Exit, Failure> {
    let settings = args.hosting.settle()?;
    let database = desk::open(&settings).await?;
    let seals = Seals::load(&settings.sealing_key).map_err(Failure::usage)?;
    let acme =
        Acme::new(database, seals, installation::acme(&settings)?).map_err(Failure::usage)?;
    let sealed = acme.reseal().await.map_err(Failure::usage)?;
    console.print(&format!("Sealed anew: {sealed} keys.\n"))?;
    Ok(Exit::Clean)
}

//! Everything out of a database, and into another.

use crate::commands::domain::desk;
use crate::config::hosting::args::HostingArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::Args;
use ironpost_store::database::{Database, Migration};
use ironpost_store::hosting::transfer::Transferred;
use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;
use tokio::fs::File;
use tokio::io::{AsyncWriteExt, BufReader, BufWriter};

/// Write everything as JSON Lines, to standard output or into a file
///
/// Private keys in it are sealed, and of use to nobody without the sealing key, which is not in it:
/// keep a copy of that apart.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Into this file, which must not be there yet
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    hosting: HostingArgs,
}

/// Read what `export` wrote into an empty database, of either kind: all of it or nothing
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The file; - for standard input
    file: PathBuf,

    #[command(flatten)]
    hosting: HostingArgs,
}

/// Copy an embedded database while it is in use
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The copy, which must not be there yet
    file: PathBuf,

    #[command(flatten)]
    hosting: HostingArgs,
}

/// Runs `export`.
pub(super) async fn export(args: ExportArgs, console: &Console) -> Result<Exit, Failure> {
    let settings = args.hosting.settle()?;
    let database = desk::open(&settings).await?;
    let transferred = if let Some(path) = &args.output {
        let failed = |error| Failure::writing(path, error);
        let mut options = File::options();
        let file = options.write(true).create_new(true).mode(OWNER_ONLY).open(path).await;
        let mut out = BufWriter::new(file.map_err(failed)?);
        let transferred = database.export(&mut out).await.map_err(Failure::could_not_test)?;
        out.flush().await.map_err(failed)?;
        out.get_ref().sync_all().await.map_err(failed)?;
        transferred
    } else {
        let mut out = BufWriter::new(standard(io::stdout()).map_err(Failure::stdout)?);
        let transferred = database.export(&mut out).await.map_err(Failure::could_not_test)?;
        out.flush().await.map_err(Failure::stdout)?;
        transferred
    };
    console.note(&format!("exported: {}", counts(&transferred)));
    Ok(Exit::Clean)
}

/// Runs `import`.
pub(super) async fn import(args: ImportArgs, console: &Console) -> Result<Exit, Failure> {
    let settings = args.hosting.settle()?;
    let database = Database::open(settings.database.address(), Migration::Apply).await;
    let database = database.map_err(Failure::usage)?;
    let imported = if args.file.as_os_str() == "-" {
        let stdin = standard(io::stdin()).map_err(|error| Failure::reading(&args.file, error))?;
        database.import(BufReader::new(stdin)).await
    } else {
        let file = File::open(&args.file).await;
        let file = file.map_err(|error| Failure::reading(&args.file, error))?;
        database.import(BufReader::new(file)).await
    };
    let transferred = imported.map_err(Failure::usage)?;
    // Or the next start has all of it to work off.
    database.close().await;
    console.print(&format!("Imported: {}.\n", counts(&transferred)))?;
    Ok(Exit::Clean)
}

/// Runs `backup`.
pub(super) async fn backup(args: BackupArgs, console: &Console) -> Result<Exit, Failure> {
    let settings = args.hosting.settle()?;
    let database = desk::open(&settings).await?;
    database.backup(&args.file).await.map_err(Failure::usage)?;
    console.print(&format!(
        "Copied to {}. The sealing key, {}, is not in it: keep a copy of that apart.\n",
        args.file.display(),
        settings.sealing_key.display()
    ))?;
    Ok(Exit::Clean)
}

/// Standard input or output as a file.
fn standard(stream: impl AsFd) -> io::Result<File> {
    let stream = stream.as_fd().try_clone_to_owned()?;
    Ok(File::from_std(std::fs::File::from(stream)))
}

fn counts(transferred: &Transferred) -> String {
    let of = |table: &str| transferred.of(table);
    format!(
        "{} domains, {} versions, {} certificates",
        of("domains"),
        of("versions"),
        of("certificates")
    )
}

const OWNER_ONLY: u32 = 0o600;

//! Everything out of a database, and into another.

use crate::commands::domain::desk;
use crate::commands::installation;
use crate::config::hosting::args::HostingArgs;
use crate::config::hosting::settings::HostingSettings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use crate::outside::SystemClock;
use clap::Args;
use ironpost_net::clock::Clock;
use ironpost_store::database::{Database, DatabaseAddress, Migration};
use ironpost_store::hosting::transfer::{ImportError, Transferred};
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use tokio::fs::File;
use tokio::io::{AsyncWriteExt, BufReader, BufWriter};

/// Write everything as JSON Lines, to standard output or into a file
///
/// Private keys in it are sealed, and of use to nobody without the sealing key, which is not in it:
/// keep a copy of that apart. The database may be in use.
#[derive(Debug, Args)]
#[command(after_help = EXPORT_EXAMPLES)]
pub(crate) struct ExportArgs {
    /// Into this file, which must not be there yet; - for standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    hosting: HostingArgs,
}

/// Read what `export` wrote into an empty database, of either kind: all of it or nothing
///
/// A database that has domains, or that a node follows, is left as it is. Bring the sealing key
/// along: without it every certificate is ordered anew.
#[derive(Debug, Args)]
#[command(after_help = IMPORT_EXAMPLES)]
pub(crate) struct ImportArgs {
    /// The file; - for standard input
    file: PathBuf,

    /// Read all of it, say what would be taken, and change nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    hosting: HostingArgs,
}

/// Copy an embedded database while it is in use
///
/// The copy is a database as it was at one moment. To restore it, stop `ironpost serve`, move the
/// old file and those beside it (-wal, -shm) away, and put the copy in its place.
#[derive(Debug, Args)]
#[command(after_help = BACKUP_EXAMPLES)]
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
    let into = args.output.filter(|path| path.as_os_str() != "-");
    let transferred = if let Some(path) = &into {
        let written = write(&database, path).await;
        if let Err(Unwritten::Half(_)) = &written {
            // Half an export is of no use to anybody.
            let _ = tokio::fs::remove_file(path).await;
        }
        written.map_err(Unwritten::failure)?
    } else {
        let mut out = BufWriter::new(standard(io::stdout()).map_err(Failure::stdout)?);
        let transferred = database.export(&mut out).await.map_err(Failure::could_not_test)?;
        out.flush().await.map_err(Failure::stdout)?;
        transferred
    };
    console.note(&format!("exported: {}", counts(&transferred)));
    Ok(Exit::Clean)
}

/// Writes an export into a new file.
async fn write(database: &Database, path: &Path) -> Result<Transferred, Unwritten> {
    let mut options = File::options();
    let file = options.write(true).create_new(true).mode(OWNER_ONLY).open(path).await;
    let file = file.map_err(|error| {
        Unwritten::NotBegun(match error.kind() {
            io::ErrorKind::AlreadyExists => Failure::message(format!(
                "{} is there already: an export never takes the place of another file",
                path.display()
            )),
            _ => Failure::writing(path, error),
        })
    })?;
    let failed = |error| Unwritten::Half(Failure::writing(path, error));
    let mut out = BufWriter::new(file);
    let transferred = database.export(&mut out).await;
    let transferred =
        transferred.map_err(|error| Unwritten::Half(Failure::could_not_test(error)))?;
    out.flush().await.map_err(failed)?;
    out.get_ref().sync_all().await.map_err(failed)?;
    Ok(transferred)
}

/// A file without an export in it.
enum Unwritten {
    /// It is not ours.
    NotBegun(Failure),
    /// It is not whole.
    Half(Failure),
}

impl Unwritten {
    fn failure(self) -> Failure {
        match self {
            Self::NotBegun(failure) | Self::Half(failure) => failure,
        }
    }
}

/// Runs `import`.
pub(super) async fn import(args: ImportArgs, console: &Console) -> Result<Exit, Failure> {
    let settings = args.hosting.settle()?;
    let file = if args.file.as_os_str() == "-" {
        standard(io::stdin())
    } else {
        File::open(&args.file).await
    };
    let file = BufReader::new(file.map_err(|error| Failure::reading(&args.file, error))?);
    let now = SystemClock.now();
    if args.dry_run {
        check_empty(&settings).await?;
        let (database, _folder) = desk::scratch().await?;
        let transferred = database.import(file, now).await.map_err(not_taken)?;
        let counts = counts(&transferred);
        console.print(&format!(
            "Nothing is changed. Without --dry-run, this would be imported: {counts}.\n"
        ))?;
        return Ok(Exit::Clean);
    }
    let fresh = Fresh::of(&settings);
    installation::make_place(&settings)?;
    let database = desk::open_as(&settings, Migration::Apply).await?;
    let transferred = match database.import(file, now).await {
        Ok(transferred) => transferred,
        Err(error) => {
            database.close().await;
            fresh.remove(&error);
            return Err(not_taken(error));
        }
    };
    // Or the next start has all of it to work off.
    database.close().await;
    console.print(&format!("Imported: {}.\n", counts(&transferred)))?;
    if !settings.sealing_key.exists() {
        console.note(&format!(
            "The sealing key of the old installation belongs into {}.",
            settings.sealing_key.display()
        ));
    }
    Ok(Exit::Clean)
}

/// What an import makes before it takes anything.
struct Fresh {
    database: Option<PathBuf>,
    state: Option<PathBuf>,
}

impl Fresh {
    /// What is not there yet.
    fn of(settings: &HostingSettings) -> Self {
        let database = match settings.database.address() {
            DatabaseAddress::Sqlite(path) => Some(path.clone()).filter(|path| !path.exists()),
            DatabaseAddress::Postgres(_) => None,
        };
        let state = Some(settings.state.clone()).filter(|state| !state.exists());
        Self { database, state }
    }

    /// Removes it after an import that came to nothing; not what somebody else has begun to use.
    fn remove(self, error: &ImportError) {
        if matches!(error, ImportError::InUse { .. } | ImportError::NotEmpty { .. }) {
            return;
        }
        // Closed, it has no files beside it.
        let _ = self.database.map(std::fs::remove_file);
        // Unless something else is in it.
        let _ = self.state.map(std::fs::remove_dir);
    }
}

/// As an import finds it.
async fn check_empty(settings: &HostingSettings) -> Result<(), Failure> {
    if desk::absent(settings).is_some() {
        return Ok(());
    }
    desk::open(settings).await?.takes_an_import().await.map_err(not_taken)
}

fn not_taken(error: ImportError) -> Failure {
    match error {
        ImportError::Store(_) => Failure::could_not_test(error),
        ImportError::NotAnExport
        | ImportError::Newer
        | ImportError::NotEmpty { .. }
        | ImportError::InUse { .. }
        | ImportError::CutShort { .. }
        | ImportError::Damaged { .. }
        | ImportError::Read(_) => Failure::usage(error),
    }
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
    let of = |table: &str, one: &str| match transferred.of(table) {
        1 => format!("1 {one}"),
        count => format!("{count} {one}s"),
    };
    [of(DOMAINS, "domain"), of("versions", "version"), of("certificates", "certificate")].join(", ")
}

const DOMAINS: &str = "domains";
const OWNER_ONLY: u32 = 0o600;

const EXPORT_EXAMPLES: &str = "\
Examples:
  ironpost db export --output /var/backups/ironpost.jsonl
  ironpost db export | gzip > hosted.jsonl.gz";

const IMPORT_EXAMPLES: &str = "\
Examples:
  ironpost db import hosted.jsonl --dry-run
  ironpost db import hosted.jsonl --database postgres://ironpost@db.example.net/ironpost
  zcat hosted.jsonl.gz | ironpost db import -";

const BACKUP_EXAMPLES: &str = "\
Examples:
  ironpost db backup /var/backups/ironpost.db
  ironpost db backup /var/backups/ironpost-$(date +%F).db";

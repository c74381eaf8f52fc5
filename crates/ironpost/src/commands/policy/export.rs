//! `ironpost policy export`: a policy as files that a web server or a hosting service serves.

use super::folder::{self, NewFile};
use super::wanted::{Hosts, WantedArgs};
use crate::config::NetworkArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;
use clap::{Args, ValueHint};
use ironpost_checker::publish;
use ironpost_checker::publish::export::{self, Format};
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::policy::{self, MAX_BODY, Policy};
use ironpost_proto::mta_sts::record::PolicyId;
use jiff::Timestamp;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Write a policy as files that a web server or a hosting service serves as they are
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExportArgs {
    /// Where the policy is to be served
    #[arg(
        long,
        short,
        value_name = "FORMAT",
        value_parser = PossibleValuesParser::new(Format::ALL.map(Format::name))
            .try_map(|name| name.parse::<Format>())
    )]
    format: Format,

    /// The folder to write to
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    folder: PathBuf,

    /// Serve this policy file, not one made of the options below
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["mx", "from_dns", "mode", "max_age", "rua"],
        help_heading = "Policy"
    )]
    policy: Option<PathBuf>,

    #[command(flatten)]
    hosts: Hosts,

    #[command(flatten)]
    wanted: WantedArgs,

    /// Replace files that are there
    #[arg(long, help_heading = "Files")]
    force: bool,

    /// List what would be written
    #[arg(long, help_heading = "Files")]
    dry_run: bool,

    #[command(flatten)]
    network: NetworkArgs,
}

const EXAMPLES: &str = "\
Examples:
  ironpost policy export --format nginx --domain example.com --mx mx.example.com site
  ironpost policy export --format github-pages --from-dns example.com site
  ironpost policy export --format caddy --domain example.com --policy mta-sts.txt site
  ironpost policy export --format netlify --from-dns example.com --dry-run site";

/// Runs the command.
pub(crate) fn run(args: ExportArgs, console: &Console) -> Result<Exit, Failure> {
    let now = Timestamp::now();
    let id = args.wanted.id_or(now)?;
    let (domain, policy) = if let Some(path) = &args.policy {
        (args.wanted.domain.clone(), read_policy(path)?)
    } else {
        let wanted = args.wanted.wanted(args.hosts, args.network, now)?;
        let domain = wanted.domain.clone();
        let publication = publish::publish(wanted).map_err(Failure::usage)?;
        (domain, publication.policy)
    };
    let domain = domain.ok_or_else(|| {
        Failure::message("for which domain? Name it with --domain, or with --from-dns")
    })?;
    let files = files(args.format, &domain, &policy, &id);
    if args.dry_run {
        let paths = files.iter().map(|file| args.folder.join(&file.path).display().to_string());
        let list = paths.collect::<Vec<_>>().join("\n") + "\n";
        return console.print(&list).map(|()| Exit::Clean);
    }
    folder::write(&args.folder, &files, args.force, console)?;
    Ok(Exit::Clean)
}

fn files(format: Format, domain: &Domain, policy: &Policy, id: &PolicyId) -> Vec<NewFile> {
    let files = export::export(format, domain, policy, id);
    files.into_iter().map(|file| NewFile { path: file.path, contents: file.contents }).collect()
}

/// A policy that senders accept; a faulty one is not put in the way of anybody's mail.
fn read_policy(path: &Path) -> Result<Policy, Failure> {
    let failed = |error| Failure::reading(path, error);
    let limit = MAX_BODY as u64 + 1;
    let mut body = Vec::new();
    File::open(path).map_err(failed)?.take(limit).read_to_end(&mut body).map_err(failed)?;
    policy::parse(&body).verdict.map_err(|fault| {
        let path = path.display();
        Failure::message(format!(
            "{path}: senders drop this policy: {fault}; `ironpost lint policy {path}` says more"
        ))
    })
}

//! `ironpost policy new`: the file, the records, the steps.

use super::wanted::WantedArgs;
use crate::commands::network;
use crate::config::{NetworkArgs, Settings};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::block_on_or_signal;
use crate::output::{Console, Destination, Style, wrapped};
use clap::Args;
use ironpost_checker::check::CheckOptions;
use ironpost_checker::publish::{self, Publication};
use ironpost_net::dns::answer::{Mx, Outcome};
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::mx_pattern::MxPattern;
use jiff::Timestamp;
use std::fmt::Write;
use std::fs;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

/// Make a policy file, its TXT record and a TLS-RPT record
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct NewArgs {
    #[command(flatten)]
    wanted: WantedArgs,

    /// Take the hosts from this domain's MX records
    #[arg(long, value_name = "DOMAIN", conflicts_with = "mx", help_heading = "Policy")]
    from_dns: Option<Domain>,

    /// Write mta-sts.txt and records.zone into this folder too
    #[arg(long, short, value_name = "DIR", help_heading = "Files")]
    output: Option<PathBuf>,

    /// Replace files that are there
    #[arg(long, requires = "output", help_heading = "Files")]
    force: bool,

    #[command(flatten)]
    network: NetworkArgs,
}

const EXAMPLES: &str = "\
Examples:
  ironpost policy new --mx mx1.example.com --mx mx2.example.com
  ironpost policy new --from-dns example.com
  ironpost policy new --domain example.com --mx '*.mail.example.net' --mode enforce --max-age 2w
  ironpost policy new --from-dns example.com --rua mailto:tls@example.com --output policy
  ironpost policy new --domain example.com --mode none";

/// Runs the command.
pub(crate) fn run(args: NewArgs, console: &Console) -> Result<Exit, Failure> {
    if args.from_dns.is_none() && args.wanted.mx.is_empty() && !args.wanted.is_mode_none() {
        return Err(Failure::message(
            "which hosts take the mail? Name them with --mx HOST, or take them from the MX \
             records with --from-dns DOMAIN",
        ));
    }
    let (domain, mx) = match &args.from_dns {
        Some(domain) => {
            let mx = from_dns(domain, args.network.settle()?)?;
            (Some(args.wanted.domain.clone().unwrap_or_else(|| domain.clone())), mx)
        }
        None => (args.wanted.domain.clone(), args.wanted.mx.clone()),
    };
    let wanted = args.wanted.wanted(domain, mx, Timestamp::now())?;
    let publication = publish::publish(wanted).map_err(Failure::usage)?;
    if let Some(folder) = &args.output {
        write_files(folder, &publication, args.force, console)?;
    }
    for warning in &publication.warnings {
        console.warn(&format!("{} ({})", warning.detail, warning.entry.id));
    }
    console.print(&text(&publication, console.stdout_style(), console.width()))?;
    Ok(Exit::Clean)
}

/// The hosts that the MX records of `domain` name, by preference.
fn from_dns(domain: &Domain, settings: Settings) -> Result<Vec<MxPattern>, Failure> {
    let answer = block_on_or_signal(async {
        let checker = network::checker(settings, NonZeroU16::MIN, CheckOptions::default()).await?;
        checker.mx(domain).await.map_err(|error| {
            Failure::CouldNotTest(
                anyhow::Error::new(error).context(format!("the MX records of {domain}")),
            )
        })
    })?;
    match answer.outcome {
        Outcome::NxDomain => {
            Err(Failure::message(format!("{domain} does not exist; name its hosts with --mx HOST")))
        }
        Outcome::NoData => patterns(domain, &[]),
        Outcome::Found(mut records) => {
            records.sort();
            patterns(domain, &records)
        }
    }
}

fn patterns(domain: &Domain, records: &[Mx]) -> Result<Vec<MxPattern>, Failure> {
    publish::patterns_from_mx(domain, records.iter().map(|mx| &mx.exchange))
        .map_err(|error| Failure::Usage(anyhow::Error::new(error).context(domain.to_string())))
}

fn write_files(
    folder: &Path,
    publication: &Publication,
    force: bool,
    console: &Console,
) -> Result<(), Failure> {
    let records = format!("{}\n{}\n", publication.record, publication.tls_rpt);
    let files = [("mta-sts.txt", &publication.file), ("records.zone", &records)]
        .map(|(name, content)| (folder.join(name), content));
    if let Some((path, _)) = files.iter().find(|(path, _)| !force && path.exists()) {
        return Err(Failure::message(format!(
            "{} is there already; --force replaces it",
            path.display()
        )));
    }
    fs::create_dir_all(folder).map_err(|error| Failure::writing(folder, error))?;
    for (path, content) in files {
        let mut file = Destination::open(Some(&path))?;
        file.write(content.as_bytes())?;
        file.finish()?;
        console.note(&format!("wrote {}", path.display()));
    }
    Ok(())
}

fn text(publication: &Publication, style: Style, width: usize) -> String {
    let mut out = String::new();
    // Writing to a `String` cannot fail, here and below.
    let _ = writeln!(out, "{}\n", style.strong("The policy file, mta-sts.txt"));
    for line in publication.file.lines() {
        let _ = writeln!(out, "  {}", style.literal(line));
    }
    let _ = writeln!(out, "\n{}\n", style.strong("The TXT records"));
    for record in [&publication.record, &publication.tls_rpt] {
        let _ = writeln!(out, "  {}", style.literal(&record.to_string()));
    }
    let _ = writeln!(out, "\n{}\n", style.strong("What to do, in this order"));
    for (number, step) in (1..).zip(&publication.steps) {
        let (prose, literal) = step.split_once('\n').unwrap_or((step, ""));
        let prose = wrapped(prose, 5, width);
        let _ = write!(out, "{number:3}. {}", prose.trim_start());
        for line in literal.lines() {
            let _ = writeln!(out, "       {}", style.literal(line));
        }
    }
    out
}

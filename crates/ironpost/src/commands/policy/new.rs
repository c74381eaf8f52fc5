//! `ironpost policy new`: the file, the records, the steps.

use super::folder::{self, NewFile};
use super::wanted::{Hosts, WantedArgs};
use crate::config::NetworkArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Console, Style, wrapped};
use clap::Args;
use ironpost_checker::publish::{self, Publication};
use jiff::Timestamp;
use std::fmt::Write;
use std::path::PathBuf;

/// Make a policy file, its TXT record and a TLS-RPT record
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct NewArgs {
    #[command(flatten)]
    hosts: Hosts,

    #[command(flatten)]
    wanted: WantedArgs,

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
    let wanted = args.wanted.wanted(args.hosts, args.network, Timestamp::now())?;
    let publication = publish::publish(wanted).map_err(Failure::usage)?;
    if let Some(folder) = &args.output {
        folder::write(folder, &files(&publication), args.force, console)?;
    }
    for warning in &publication.warnings {
        console.warn(&format!("{} ({})", warning.detail, warning.entry.id));
    }
    console.print(&text(&publication, console.stdout_style(), console.width()))?;
    Ok(Exit::Clean)
}

fn files(publication: &Publication) -> [NewFile; 2] {
    let records = format!("{}\n{}\n", publication.record, publication.tls_rpt);
    [("mta-sts.txt", publication.file.clone()), ("records.zone", records)]
        .map(|(path, contents)| NewFile { path: path.to_owned(), contents })
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

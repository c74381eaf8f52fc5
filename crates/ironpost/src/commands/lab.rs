//! `ironpost lab`: a small internet on loopback.

mod agreement;
mod check;
mod hosting;
mod place;

use crate::descriptors::Descriptors;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::{Signals, block_on};
use crate::output::{Console, shell_word};
use clap::{Args, Subcommand};
use hosting::Installation;
use ironpost_lab::{Lab, LabOptions, Scenario};
use place::Place;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::interval;

/// A small internet on loopback: sound and broken domains, and an attacker
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct LabArgs {
    #[command(subcommand)]
    command: Option<LabCommand>,

    #[command(flatten)]
    options: LabStart,
}

#[derive(Debug, Subcommand)]
enum LabCommand {
    Check(check::LabCheckArgs),
}

/// How the lab is started.
#[derive(Debug, Args)]
struct LabStart {
    /// Scenario folders to use instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    scenarios: Option<PathBuf>,

    /// Write the lab's files (configuration, roots, list of domains) here and leave them; the next
    /// lab in this folder begins afresh
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// Sound domains beside the scenarios, for lists and measurements
    #[arg(long, value_name = "N", default_value_t = 0)]
    sound: usize,

    /// How long a packet takes to its peer and back, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    round_trip: u64,

    /// How long the policy hosts of sound domains think before they answer, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    policy_after: u64,
}

const EXAMPLES: &str = "\
Examples:
  ironpost lab
  ironpost lab check
  ironpost lab --sound 1000 --round-trip 20 --dir /tmp/lab";

/// Runs the command.
pub(crate) fn run(args: LabArgs, console: &Console) -> Result<Exit, Failure> {
    block_on(async {
        match args.command {
            Some(LabCommand::Check(args)) => check::run(args, console).await,
            None => serve(args.options, console).await,
        }
    })
}

/// Serves until a signal comes, which is the ordinary end.
async fn serve(start: LabStart, console: &Console) -> Result<Exit, Failure> {
    let stop = Signals::listen()?.next();
    tokio::pin!(stop);
    Descriptors::raise();
    let _place = start.place(console)?;
    let lab = Lab::start(start.options()).await.map_err(Failure::could_not_test)?;
    console.print(&guide(&lab, &own_name()))?;
    let installation = tokio::select! {
        started = Installation::start(&lab) => started?,
        _ = &mut stop => return Ok(Exit::Clean),
    };
    console.print(&hosting_guide(&lab, &installation, &own_name()))?;
    let settled = async {
        installation.settle(&lab, console).await?;
        std::future::pending().await
    };
    let ended = tokio::select! {
        failed = settled => failed,
        () = read_records(&lab, console) => Ok(Exit::Clean),
        _ = &mut stop => Ok(Exit::Clean),
    };
    installation.stop().await;
    lab.stop().await;
    ended
}

/// Reads the file of records whenever it changes.
async fn read_records(lab: &Lab, console: &Console) {
    let mut read = None;
    let mut look = interval(LOOK);
    loop {
        look.tick().await;
        let text = std::fs::read(lab.records_file()).ok();
        if text != read {
            read = text;
            if let Err(fault) = lab.read_records() {
                console.warn(&format!("{}: {fault}", lab.records_file().display()));
            }
        }
    }
}

/// What to try with the installation that hosts policies.
fn hosting_guide(lab: &Lab, installation: &Installation, program: &str) -> String {
    let config = format!("--config {}", shell_path(&installation.config));
    let free = lab.customers().last().unwrap_or_default();
    let domain = format!("{program} domain");
    let records = shell_path(lab.records_file());
    format!(
        "\nAn installation that hosts policies runs in it, with a CA, {} customers and a crowd of \
         senders.\n\n  configuration  {}\n  its log        {}\n  more records   {records}\n\n\
         Take {free} from nothing to mode enforce:\n\n  \
         {domain} list {config}\n  \
         {domain} add {free} {config}\n  \
         {domain} records {free} {config} >> {records}\n  \
         {domain} show {free} {config}\n  \
         {domain} publish {free} --mode enforce --override 'a lab has no day to wait' {config}\n  \
         {program} check {free} {config}\n\n\
         An MX line in {records} makes another customer: shop.customers.example. MX 10 mx.{free}.\n\n",
        lab.customers().count(),
        installation.config.display(),
        installation.log.display(),
    )
}

/// How often the file of records is looked at.
const LOOK: Duration = Duration::from_millis(200);

impl LabStart {
    /// Keeps the folder that is named for this lab.
    fn place(&self, console: &Console) -> Result<Option<Place>, Failure> {
        self.dir.as_deref().map(|dir| Place::take(dir, console)).transpose()
    }

    fn options(self) -> LabOptions {
        LabOptions {
            scenarios: self.scenarios,
            sound_domains: self.sound,
            round_trip: Duration::from_millis(self.round_trip),
            policy_after: Duration::from_millis(self.policy_after),
            dir: self.dir,
            ..LabOptions::default()
        }
    }
}

/// What to try.
fn guide(lab: &Lab, program: &str) -> String {
    let config = shell_path(lab.config_file());
    let check = format!("{program} check --config {config}");
    let mut out = String::from("A small internet on loopback is up; Ctrl-C stops it.\n\n");
    // Writing to a `String` cannot fail.
    let _ = write!(
        out,
        "  resolver       {}\n  authorities    {}\n  configuration  {}\n  domains        {}\n",
        lab.dns(),
        lab.roots_file().display(),
        lab.config_file().display(),
        lab.domains_file().display(),
    );
    if !lab.sound_domains().is_empty() {
        let _ = writeln!(out, "  sound domains  {}", lab.sound_domains_file().display());
    }
    out.push_str("\nTry, in another terminal:\n\n");
    let looks = first_looks(lab.scenarios());
    for scenario in &looks {
        let _ = writeln!(out, "  {check} {}", scenario.domain);
    }
    let list = shell_path(lab.domains_file());
    let _ = writeln!(out, "  {check} --input {list}");
    if let (Some(Scenario { domain, .. }), Some(worst)) = (looks.first(), looks.last()) {
        let _ = writeln!(out, "  {check} --explain --simulate {}", worst.domain);
        let _ = writeln!(out, "  {program} policy new --config {config} --from-dns {domain}");
        let (ip, port) = (lab.dns().ip(), lab.dns().port());
        let _ = writeln!(out, "  dig @{ip} -p {port} TXT _mta-sts.{domain}");
    }
    let _ = writeln!(out, "\nThe {} domains of the lab:\n", lab.scenarios().len());
    let width = lab.scenarios().iter().map(|s| s.domain.len()).max().unwrap_or_default();
    for scenario in lab.scenarios() {
        let _ = writeln!(
            out,
            "  {:width$}  {:18}  {}",
            scenario.domain, scenario.expect.verdict, scenario.summary
        );
    }
    out
}

/// The scenarios to begin with: [`FIRST_LOOKS`], or some others where those are not there.
fn first_looks(scenarios: &[Scenario]) -> Vec<&Scenario> {
    let named = FIRST_LOOKS.iter().filter_map(|name| scenarios.iter().find(|s| s.name == *name));
    let named: Vec<_> = named.collect();
    if named.is_empty() { scenarios.iter().take(FIRST_LOOKS.len()).collect() } else { named }
}

/// What to type to run this program again.
fn own_name() -> String {
    let first = std::env::args_os().next();
    let path = first.as_deref().map(Path::new).filter(|path| path.components().count() > 1);
    path.map_or_else(|| "ironpost".to_owned(), shell_path)
}

fn shell_path(path: &Path) -> String {
    shell_word(&path.to_string_lossy())
}

/// Sound, broken, attacked.
const FIRST_LOOKS: [&str; 3] = ["sound-enforce", "mx-unmatched", "stripped"];

//! Carrying out what was decided: shown first where that is asked for, and waited for.

use super::desk::failed;
use super::times;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::Args;
use ironpost_hosting::operations::{Desk, OperationError, Prepared, Said};
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::{Change, Override, State};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::visible::Visible;
use ironpost_store::hosting::domains::Hosted;
use std::fmt::Write;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How a change is made.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Change")]
pub(super) struct ChangeArgs {
    /// Why; kept in the history
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    /// Go on although something speaks against it, for this reason; kept in the history
    #[arg(long = "override", value_name = "REASON")]
    overriding: Option<String>,

    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,

    /// Do not wait until the change is visible to senders
    #[arg(long)]
    no_wait: bool,
}

impl ChangeArgs {
    /// What is said to the change.
    pub(super) fn said(&self) -> Result<Said, Failure> {
        let overriding = match self.overriding.as_deref() {
            Some(reason) => Some(Override::new(reason).ok_or_else(|| {
                Failure::message("--override wants a reason: it is kept in the history")
            })?),
            None => None,
        };
        Ok(Said { why: self.reason.clone(), overriding })
    }

    /// Nothing is to be changed.
    pub(super) fn dry_run(&self) -> bool {
        self.dry_run
    }
}

/// Makes the change, unless it is only to be shown, and waits until senders see it.
pub(super) async fn carry_out(
    desk: &Desk,
    prepared: Result<Prepared, OperationError>,
    args: &ChangeArgs,
    console: &Console,
) -> Result<Exit, Failure> {
    let prepared = prepared.map_err(|error| refusal(error, desk.clock.now()))?;
    if args.dry_run {
        console.print(&would(&prepared))?;
        return Ok(Exit::Clean);
    }
    let hosted = desk.carry_out(prepared).await.map_err(failed)?;
    if hosted.life.state == State::Gone {
        console.print(&gone(&hosted.name))?;
        return Ok(Exit::Clean);
    }
    if args.no_wait {
        console.print(&format!(
            "{0}: written; it takes effect by itself. `ironpost domain show {0}` tells how far it is.\n",
            hosted.name
        ))?;
        return Ok(Exit::Clean);
    }
    follow(desk, hosted, console).await
}

/// What there is to say of a domain of which nothing is served any more.
fn gone(name: &Domain) -> String {
    format!(
        "{name} is gone: nothing of it is served any more, and its records may go from its DNS.\n"
    )
}

/// A refusal line by line, with dates and the way out.
pub(super) fn refusal(error: OperationError, now: Timestamp) -> Failure {
    let OperationError::Refused(refused) = &error else { return failed(error) };
    if let ([refusal], false) = (&*refused.0, refused.may_be_overridden()) {
        return Failure::message(format!(
            "it is refused: {}",
            Visible::from(&*refusal.to_string())
        ));
    }
    let mut text = String::from("this speaks against it:");
    for refusal in &refused.0 {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "\n  - {}", Visible::from(&*refusal.to_string()));
        if let Some(from) = refusal.ends() {
            let _ = write!(text, ": until {}", times::from_now(from, now));
        }
    }
    if refused.may_be_overridden() {
        text.push_str("\nTo go on all the same, say why: --override REASON; it is kept.");
    }
    Failure::message(text)
}

/// What would change, a line for each step.
fn would(prepared: &Prepared) -> String {
    let name = &prepared.hosted.name;
    let mut out = format!("Nothing is changed. Without --dry-run, {name} would change so:\n\n");
    let migrates = prepared.hosted.life.migration.is_some();
    for change in &prepared.changes {
        // Writing to a `String` cannot fail, here and below.
        let _ = match step(change, migrates) {
            Some(step) => writeln!(out, "  {step}"),
            None => continue,
        };
        if let Change::Add { policy, .. } | Change::Adopt { policy, .. } = change {
            policy.to_string().lines().for_each(|line| {
                let _ = writeln!(out, "    {}", Visible::from(line));
            });
            out.push_str("  every node serves it, then its id is announced\n");
        }
    }
    out
}

/// A change in words; `migrates` if a change of MX hosts is under way before it. `None` of the end of
/// one that never began.
fn step(change: &Change, migrates: bool) -> Option<String> {
    Some(match change {
        Change::Enter(state) => format!("its state becomes {}", state.as_str()),
        Change::Add { number, id, .. } => format!("version {number} is made, with the id {id}:"),
        Change::Show(number) => format!("every node serves version {number}"),
        Change::Adopt { number, id, .. } => {
            format!("version {number} is taken over, with the id {id} that it has elsewhere:")
        }
        Change::Everywhere(number) => format!("every live node serves version {number}"),
        Change::Replace(number) => format!("no node serves what was before version {number}"),
        Change::Announce(number) => format!("the record in DNS names version {number}"),
        Change::Migrate(Some(_)) if migrates => "its change of MX hosts goes on".to_owned(),
        Change::Migrate(Some(_)) => "its change of MX hosts begins".to_owned(),
        Change::Migrate(None) if migrates => "its change of MX hosts is over".to_owned(),
        Change::Migrate(None) => return None,
        Change::Cease => "nothing of it is served any more".to_owned(),
    })
}

/// Waits until the newest version is announced, and tells each step on the way.
async fn follow(desk: &Desk, mut hosted: Hosted, console: &Console) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let Some(number) = hosted.life.latest().map(|version| version.number) else {
        console.print(&format!("{} is {}.\n", hosted.name, hosted.life.state.as_str()))?;
        return Ok(Exit::Clean);
    };
    let nodes = desk.database.nodes().await.map_err(Failure::could_not_test)?;
    let alone = !nodes.iter().any(|node| node.is_live(desk.clock.now()));
    let mut told = Told::default();
    loop {
        told.tell(&hosted, number, console);
        if hosted.life.state == State::Gone {
            console.print(&gone(&hosted.name))?;
            return Ok(Exit::Clean);
        }
        if hosted.life.announced == Some(number) {
            let state = hosted.life.state.as_str();
            console.print(&format!("{}: version {number}, {state}.\n", hosted.name))?;
            return Ok(Exit::Clean);
        }
        if matches!(hosted.life.state, State::Pending | State::Delegated) {
            console.print(&format!(
                "{}: version {number} is published as soon as the records are in DNS and the \
                 certificate is there; `ironpost domain show {0}` tells how far it is.\n",
                hosted.name
            ))?;
            return Ok(Exit::Clean);
        }
        // Where no node lives, there is nothing to wait for.
        if alone || begun.elapsed() >= PATIENCE {
            console.print(&waits(desk, &hosted, number).await?)?;
            return Ok(Exit::Clean);
        }
        if begun.elapsed() >= QUIET {
            told.wait(number, console);
        }
        sleep(LOOK).await;
        hosted = match desk.hosted(&hosted.name).await {
            Ok(hosted) => hosted,
            // It is gone, and so not among the hosted any more.
            Err(OperationError::NotHosted(name)) => {
                console.print(&gone(&name))?;
                return Ok(Exit::Clean);
            }
            Err(error) => return Err(failed(error)),
        };
    }
}

/// Which steps were told.
#[derive(Debug, Default)]
struct Told {
    shown: bool,
    everywhere: bool,
    waiting: bool,
}

impl Told {
    fn tell(&mut self, hosted: &Hosted, number: u32, console: &Console) {
        let Some(version) = hosted.life.version(number) else { return };
        if version.shown.is_some() && !std::mem::replace(&mut self.shown, true) {
            console.note(&format!("version {number} is handed to the nodes"));
        }
        if version.everywhere.is_some() && !std::mem::replace(&mut self.everywhere, true) {
            console.note(&format!("every node serves version {number}; its id follows"));
        }
    }

    fn wait(&mut self, number: u32, console: &Console) {
        if !std::mem::replace(&mut self.waiting, true) {
            console.note(&format!(
                "waiting until senders see version {number}; Ctrl-C ends the wait, not the change"
            ));
        }
    }
}

/// What a version that is not announced waits for.
async fn waits(desk: &Desk, hosted: &Hosted, number: u32) -> Result<String, Failure> {
    let name = &hosted.name;
    let nodes = desk.database.nodes().await.map_err(Failure::could_not_test)?;
    let now = desk.clock.now();
    let Some(last) = nodes.iter().map(|node| node.beat).max() else {
        return Ok(format!(
            "{name}: version {number} is written and is published when `ironpost serve` runs: no \
             node follows this database.\n"
        ));
    };
    let mut out = format!(
        "{name}: version {number} is written, but not announced yet; `ironpost domain show \
         {name}` tells when it is.\n"
    );
    if !nodes.iter().any(|node| node.is_live(now)) {
        let _ = writeln!(
            out,
            "No node has been heard of for {}: does `ironpost serve` run?",
            times::span(now.since(last))
        );
    }
    Ok(out)
}

/// How long a command waits for nodes and for our own fetch.
const PATIENCE: Duration = Duration::from_secs(45);
/// After which it says what it waits for.
const QUIET: Duration = Duration::from_secs(5);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(100);

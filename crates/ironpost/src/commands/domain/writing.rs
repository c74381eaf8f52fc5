//! Writing a domain's records into its own DNS: the plan is shown first.

use super::records;
use crate::commands::installation;
use crate::config::hosting::settings::HostingSettings;
use crate::descriptors::Descriptors;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use crate::outside::{Network, SystemClock};
use ironpost_hosting::delegation::{Looker, RecordToPublish, Type};
use ironpost_hosting::dns_update::{Ours, UpdateError, Updater, spread, written};
use ironpost_net::clock::Clock;
use ironpost_proto::visible::Visible;
use ironpost_store::hosting::domains::Hosted;
use std::time::Duration;

/// Shows what is to be written, writes it, and watches until the domain's name servers show it.
pub(super) async fn run(
    hosted: &Hosted,
    settings: &HostingSettings,
    dry_run: bool,
    console: &Console,
) -> Result<Exit, Failure> {
    let name = &hosted.name;
    let updaters = installation::updaters(settings)?;
    let updater = Updater::of(&updaters, name).ok_or_else(|| {
        Failure::message(format!(
            "no [dns_update] of the configuration is for the zone of {name}: without --apply the \
             records are printed, to be put there by hand"
        ))
    })?;
    let outside = Network::open(settings.network.clone(), Descriptors::raise()).await?;
    let looker = installation::looker(settings, settings.zone().map_err(Failure::usage)?, &outside);
    let wanted = records::wanted(hosted, settings)?;
    let written = written(&hosted.life);
    let ours = Ours { token: hosted.token, zone: &looker.zone, written: &written };
    let now = SystemClock.now();
    let plan = updater.plan(&looker.resolver, &wanted, &[], ours, now).await.map_err(failed)?;
    for line in plan.to_string().lines() {
        console.print(&format!("{}\n", Visible::from(line)))?;
    }
    if plan.is_done() {
        console.note("All of it is there already.");
        return Ok(Exit::Clean);
    }
    if dry_run {
        console.note("Nothing is changed. Without --dry-run, + is added and - removed.");
        return Ok(Exit::Clean);
    }
    updater.apply(&looker.resolver, &plan, now).await.map_err(failed)?;
    console.note("Written; the domain's name servers are asked whether they show it.");
    for record in wanted.iter().filter(|record| is_watched(record)) {
        watch(&looker, record, console).await;
    }
    Ok(Exit::Clean)
}

async fn watch(looker: &Looker, record: &RecordToPublish, console: &Console) {
    let told = |so_far: &ironpost_hosting::dns_update::Spread| {
        console.note(&format!("{}: {so_far}", record.owner));
    };
    let end = spread(looker, record, WATCHED, told).await;
    let more = match end.map(|end| end.caches_behind()) {
        Ok(None) => return,
        Ok(Some(seconds)) => format!("caches may say otherwise for {seconds} seconds more"),
        Err(error) => format!("its name servers cannot be asked: {error}"),
    };
    console.note(&format!("{}: {more}", record.owner));
}

/// Addresses are looked at by `ironpost serve` alone.
fn is_watched(record: &RecordToPublish) -> bool {
    match record.rtype {
        Type::Cname | Type::Txt => true,
        Type::A | Type::Aaaa => false,
    }
}

/// What stands in the way has to be said otherwise; the rest can be tried again.
fn failed(error: UpdateError) -> Failure {
    match error {
        UpdateError::Conflict { .. } | UpdateError::TooLong => Failure::usage(error),
        UpdateError::Unanswered { .. }
        | UpdateError::NoAddress { .. }
        | UpdateError::Unreachable { .. }
        | UpdateError::Rejected { .. }
        | UpdateError::Provider { .. }
        | UpdateError::Silent { .. }
        | UpdateError::Changed { .. }
        | UpdateError::NotDone { .. } => Failure::could_not_test(error),
    }
}

/// A NOTIFY (RFC 1996) and a transfer take less, where all is well. Own limit.
const WATCHED: Duration = Duration::from_secs(30);

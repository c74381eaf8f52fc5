//! `ironpost resolver import`: policies out of another resolver's cache.

use super::admin::{AdminArgs, unexpected};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use crate::outside::SystemClock;
use clap::Args;
use ironpost_net::clock::Clock;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_resolver::admin::{Reply, Request};
use ironpost_resolver::import::{self, Contents, Imported, Reason};
use ironpost_resolver::shared::AddressError;
use std::path::{Path, PathBuf};

/// Take policies over from another resolver, so that a change of program forgets none
///
/// Reads the cache of postfix-mta-sts-resolver, in SQLite or in Redis, the cache file of
/// postfix-tlspol, and what `list --format jsonl` writes. Only policies that have not expired are taken, none is made to
/// last longer, and one that is known already is never replaced.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ImportArgs {
    /// The file, or the address of postfix-mta-sts-resolver's cache in Redis
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Show what would be taken, and take nothing; needs no running resolver
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    admin: AdminArgs,
}

/// Runs the command.
pub(super) async fn run(args: ImportArgs, console: &Console) -> Result<Exit, Failure> {
    let contents = contents(&args.file).await?;
    let mut faulty = 0_usize;
    let mut expired = 0_usize;
    for left in &contents.left_out {
        match left.reason {
            Reason::Expired => expired += 1,
            Reason::Unusable(_) => {
                faulty += 1;
                if faulty <= MAX_TOLD {
                    console.warn(&format!("{}: {}", left.name, left.reason));
                }
            }
        }
    }
    if faulty > MAX_TOLD {
        console.warn(&format!("and {} more like these", faulty - MAX_TOLD));
    }
    let summary = if args.dry_run {
        show(&contents, console)?;
        format!("{} would be taken", contents.policies.len())
    } else {
        let taken = hand_over(&args, &contents).await?;
        format!("{taken} taken, {} known already", contents.policies.len() - taken)
    };
    console.note(&format!("{}: {summary}, {expired} expired, {faulty} unusable", contents.source));
    Ok(if faulty > 0 { Exit::Findings } else { Exit::Clean })
}

/// Reads the cache, a file unless it is an address.
async fn contents(place: &Path) -> Result<Contents, Failure> {
    let now = SystemClock.now();
    let address = place.to_str().filter(|text| text.contains("://"));
    let contents = match address {
        Some(address) => {
            let address = address.parse().map_err(|error: AddressError| Failure::usage(error))?;
            import::read_from_redis(&address, now).await
        }
        None => import::read(place, now).await,
    };
    contents.map_err(Failure::usage)
}

/// Prints what would be taken.
fn show(contents: &Contents, console: &Console) -> Result<(), Failure> {
    let lines = contents.policies.iter().map(|Imported { domain, cached }| {
        let mx: Vec<_> = cached.policy.mx.iter().map(ToString::to_string).collect();
        let mx = if mx.is_empty() { "-".to_owned() } else { mx.join(" ") };
        let (mode, id) = (cached.policy.mode, &cached.id);
        format!("{domain}  {mode}  until {}  id {id}  mx {mx}\n", moment(cached.expires_at()))
    });
    console.print(&lines.collect::<String>())
}

/// Hands the policies to a running resolver; how many it took.
async fn hand_over(args: &ImportArgs, contents: &Contents) -> Result<usize, Failure> {
    let mut resolver = args.admin.connect().await?;
    let mut taken = 0;
    for Imported { domain, cached } in &contents.policies {
        let request = Request::Import {
            domain: domain.to_string(),
            id: cached.id.to_string(),
            policy: cached.policy.to_string(),
            fetched_at: cached.fetched_at.as_millis(),
        };
        match resolver.ask(&request).await? {
            Reply::Done { changed } => taken += usize::from(changed),
            Reply::Status(_)
            | Reply::Policy(_)
            | Reply::Unknown
            | Reply::End
            | Reply::Refreshed(_)
            | Reply::Refused { .. } => return Err(unexpected()),
        }
    }
    Ok(taken)
}

/// RFC 3339.
fn moment(at: Timestamp) -> String {
    let millis = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis)
        .map_or_else(|_| "the end of time".to_owned(), |at| at.to_string())
}

/// Entries whose faults are told one by one.
const MAX_TOLD: usize = 20;

const EXAMPLES: &str = "\
Examples:
  ironpost resolver import /var/lib/mta-sts/cache.db --dry-run
  ironpost resolver import /var/lib/mta-sts/cache.db
  ironpost resolver import redis://127.0.0.1/0
  ironpost resolver import /var/lib/postfix-tlspol/cache.db
  ironpost resolver import policies.jsonl";

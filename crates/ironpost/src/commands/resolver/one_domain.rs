//! `ironpost resolver refresh` and `purge`: one domain of a running resolver.

use super::admin::{AdminArgs, domain, unexpected};
use super::list;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::Args;
use ironpost_proto::domain::Domain;
use ironpost_proto::visible::Visible;
use ironpost_resolver::admin::{RefreshReport, Reply, Request};

/// Look a domain's record up and fetch its policy now
///
/// A fetch that failed less than five minutes ago is not repeated (RFC 8461, section 3.3).
#[derive(Debug, Args)]
#[command(after_help = REFRESH_EXAMPLES)]
pub(super) struct RefreshArgs {
    /// The policy domain
    #[arg(value_name = "DOMAIN", value_parser = domain)]
    domain: Domain,

    #[command(flatten)]
    admin: AdminArgs,
}

/// Forget what is remembered of a domain, in the store and in the shared cache too
///
/// A policy that is forgotten protects no mail until it is fetched again. To stop using a policy
/// for good, override it in the configuration.
#[derive(Debug, Args)]
#[command(after_help = PURGE_EXAMPLES)]
pub(super) struct PurgeArgs {
    /// The policy domain
    #[arg(value_name = "DOMAIN", value_parser = domain)]
    domain: Domain,

    #[command(flatten)]
    admin: AdminArgs,
}

/// Runs `refresh`.
pub(super) async fn refresh(args: RefreshArgs, console: &Console) -> Result<Exit, Failure> {
    let mut resolver = args.admin.connect().await?;
    let request = Request::Refresh { domain: args.domain.to_string() };
    let Reply::Refreshed(report) = resolver.ask(&request).await? else {
        return Err(unexpected());
    };
    let RefreshReport { domain, outcome, fetched, policy } = *report;
    let mut text = format!("{}: {}\n", Visible::from(&*domain), Visible::from(&*outcome));
    if let Some(policy) = policy {
        text.push_str(&list::facts(&policy));
    }
    console.print(&text)?;
    Ok(if fetched { Exit::Clean } else { Exit::Findings })
}

/// Runs `purge`.
pub(super) async fn purge(args: PurgeArgs, console: &Console) -> Result<Exit, Failure> {
    let mut resolver = args.admin.connect().await?;
    let request = Request::Purge { domain: args.domain.to_string() };
    let Reply::Done { changed } = resolver.ask(&request).await? else {
        return Err(unexpected());
    };
    let what = if changed { "forgotten" } else { "nothing was known" };
    console.note(&format!("{}: {what}", args.domain));
    Ok(Exit::Clean)
}

const REFRESH_EXAMPLES: &str = "\
Examples:
  ironpost resolver refresh example.com

Exit code 1 means that no policy was fetched; the text says why.";

const PURGE_EXAMPLES: &str = "\
Examples:
  ironpost resolver purge example.com";

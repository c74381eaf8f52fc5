//! `ironpost resolver explain`: what would be answered for a next-hop, and why.

use super::AdminSocketArgs;
use super::admin::{Admin, socket};
use crate::config::OutsideArgs;
use crate::config::resolver::Surroundings;
use crate::config::resolver::values::SocketPath;
use crate::descriptors::Descriptors;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Console, Style, wrapped};
use crate::outside::{Network, SystemClock};
use clap::{Args, ValueEnum};
use ironpost_net::clock::Clock;
use ironpost_proto::next_hop::{Key, KeyError};
use ironpost_resolver::admin::{ListedPolicy, Reply, Request};
use ironpost_resolver::explain::{Explanation, explain};
use std::fmt::Write;

/// Tell what would be answered for a next-hop, and why
///
/// Looks at everything anew: DNS, DNSSEC, the policy, which MX hosts it covers. A running resolver
/// is asked for what it remembers; without one the answer is that of a resolver that knows nothing
/// yet.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExplainArgs {
    /// The next-hop as the MTA names it: example.com, [mail.example.com], example.com:587
    #[arg(value_name = "KEY", value_parser = key)]
    key: Key,

    /// How it is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,

    #[command(flatten)]
    socket: AdminSocketArgs,

    #[command(flatten)]
    outside: OutsideArgs,
}

/// How an explanation is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// A JSON object
    Json,
}

fn key(text: &str) -> Result<Key, KeyError> {
    Key::parse(text.as_bytes())
}

/// Runs the command.
pub(super) async fn run(args: ExplainArgs, console: &Console) -> Result<Exit, Failure> {
    let file = args.outside.file()?;
    let network = args.outside.over(file.network)?;
    let settings = file.resolver.settings();
    let named = args.socket.admin_socket.or(file.resolver.admin);
    let remembered = remembered(named, &args.key, console).await?;
    let network = Network::open(network, Descriptors::raise()).await?;
    let explanation = explain(
        &network.resolver,
        &network.source,
        &settings,
        &args.key,
        remembered.as_ref(),
        SystemClock.now(),
    )
    .await;
    let shown = match args.format {
        Format::Text => text(&explanation, console.stdout_style(), console.width()),
        Format::Json => serde_json::to_string_pretty(&explanation).map_err(Failure::usage)? + "\n",
    };
    console.print(&shown).map(|()| Exit::Clean)
}

/// What a running resolver remembers. That none runs is no fault, unless one was named.
async fn remembered(
    named: Option<SocketPath>,
    key: &Key,
    console: &Console,
) -> Result<Option<ListedPolicy>, Failure> {
    let Key::NextHop(next_hop) = key else { return Ok(None) };
    let by_hand = named.is_some();
    let path = socket(named, &Surroundings::of_this_process()?);
    let mut resolver = match Admin::connect(&path).await {
        Ok(resolver) => resolver,
        Err(_) if !by_hand => return Ok(None),
        Err(error) => {
            let path = path.display();
            console.warn(&format!("{path}: {error}; told without what a resolver remembers"));
            return Ok(None);
        }
    };
    match resolver.ask(&Request::Show { domain: next_hop.domain.to_string() }).await? {
        Reply::Policy(policy) => Ok(Some(*policy)),
        Reply::Unknown
        | Reply::Status(_)
        | Reply::End
        | Reply::Refreshed(_)
        | Reply::Done { .. }
        | Reply::Refused { .. } => Ok(None),
    }
}

fn text(explanation: &Explanation, style: Style, width: usize) -> String {
    let mut out = format!("{}\n", style.strong(&explanation.key));
    for step in &explanation.steps {
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "\n{}", style.strong(&step.what));
        for seen in &step.seen {
            out.push_str(&wrapped(seen, 2, width));
        }
        let follows = wrapped(&format!("→ {}", step.so), 2, width);
        out.push_str(&follows);
    }
    out.push_str("\nReplies of a resolver that knows nothing yet, by map name\n");
    for reply in &explanation.replies {
        let _ = writeln!(out, "  {:18}  {}", reply.map, style.literal(&reply.text));
    }
    out
}

const EXAMPLES: &str = "\
Examples:
  ironpost resolver explain example.com
  ironpost resolver explain '[smarthost.example.net]:587'
  ironpost resolver explain example.com --format json";

#[cfg(test)]
mod tests {
    use super::*;
    use ironpost_resolver::explain::{Reply as Worded, Step};

    #[test]
    fn steps_come_with_what_follows_from_them() {
        let explanation = Explanation {
            key: "example.com".into(),
            steps: vec![Step {
                what: "_mta-sts".into(),
                seen: vec!["v=STSv1; id=1;".into()],
                so: "the policy is fetched".into(),
            }],
            replies: vec![Worded { map: "ironpost".into(), text: "NOTFOUND ".into() }],
        };
        let shown = text(&explanation, Style::new(false), 80);
        assert_eq!(
            shown,
            "example.com\n\n_mta-sts\n  v=STSv1; id=1;\n  → the policy is fetched\n\n\
             Replies of a resolver that knows nothing yet, by map name\n  \
             ironpost            NOTFOUND \n"
        );
    }
}

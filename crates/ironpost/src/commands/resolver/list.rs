//! `ironpost resolver list`: every policy that a running resolver remembers.

use super::admin::{AdminArgs, unexpected};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::{Args, ValueEnum};
use ironpost_proto::visible::Visible;
use ironpost_resolver::admin::{ListedPolicy, Reply, Request};
use std::io::Write;

/// List every policy that is remembered
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ListArgs {
    /// How each policy is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,

    #[command(flatten)]
    admin: AdminArgs,
}

/// How a policy is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line for people
    Text,
    /// A JSON object a line, which `import` reads
    Jsonl,
}

/// Runs the command. Policies are written as they come: there may be a million.
pub(super) async fn run(args: ListArgs, console: &Console) -> Result<Exit, Failure> {
    let mut resolver = args.admin.connect().await?;
    let mut out = std::io::BufWriter::new(console.stdout_writer());
    let mut reply = resolver.ask(&Request::List).await?;
    loop {
        match reply {
            Reply::Policy(policy) => {
                let line = match args.format {
                    Format::Text => line(&policy),
                    Format::Jsonl => serde_json::to_string(&policy).map_err(Failure::usage)?,
                };
                writeln!(out, "{line}").map_err(Failure::stdout)?;
            }
            Reply::End => break,
            Reply::Status(_)
            | Reply::Unknown
            | Reply::Refreshed(_)
            | Reply::Done { .. }
            | Reply::Refused { .. } => return Err(unexpected()),
        }
        reply = resolver.next().await?;
    }
    out.flush().map_err(Failure::stdout)?;
    Ok(Exit::Clean)
}

fn line(policy: &ListedPolicy) -> String {
    let ListedPolicy { domain, mode, id, mx, expires, failure, .. } = policy;
    let failure = failure.as_ref().map(|why| format!("  (cannot be renewed: {why})"));
    let line = format!(
        "{domain}  {mode}  until {expires}  id {id}  mx {}{}",
        if mx.is_empty() { "-".to_owned() } else { mx.join(" ") },
        failure.unwrap_or_default()
    );
    Visible::from(&*line).to_string()
}

/// A policy at length, a line for each fact.
pub(super) fn facts(policy: &ListedPolicy) -> String {
    let ListedPolicy { domain: _, mode, id, mx, max_age, fetched, expires, recheck, failure } =
        policy;
    let mut facts = vec![
        ("mode", mode.clone()),
        ("id", id.clone()),
        ("mx", mx.join(" ")),
        ("max_age", format!("{max_age} s")),
        ("fetched", fetched.clone()),
        ("expires", expires.clone()),
        ("next check", recheck.clone()),
    ];
    facts.extend(failure.clone().map(|why| ("last failure", why)));
    let shown =
        facts.iter().map(|(name, value)| format!("  {name:12}  {}\n", Visible::from(&**value)));
    shown.collect()
}

const EXAMPLES: &str = "\
Examples:
  ironpost resolver list
  ironpost resolver list --format jsonl > policies.jsonl
  ironpost resolver list --format jsonl | jq -r 'select(.mode == \"enforce\") | .domain'";

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> ListedPolicy {
        ListedPolicy {
            domain: "example.com".into(),
            mode: "enforce".into(),
            id: "20260101".into(),
            mx: vec!["mx1.example.com".into(), "*.example.net".into()],
            max_age: 604_800,
            fetched: "2026-01-01T00:00:00Z".into(),
            expires: "2026-01-08T00:00:00Z".into(),
            recheck: "2026-01-01T01:00:00Z".into(),
            failure: Some("timed\u{1b}[31m out".into()),
        }
    }

    #[test]
    fn a_line_says_what_holds_until_when() {
        assert_eq!(
            line(&policy()),
            "example.com  enforce  until 2026-01-08T00:00:00Z  id 20260101  \
             mx mx1.example.com *.example.net  (cannot be renewed: timed\\x1b[31m out)"
        );
    }

    #[test]
    fn facts_stand_under_each_other() {
        let shown = facts(&policy());
        assert!(shown.contains("  max_age       604800 s\n"), "{shown}");
        assert!(!shown.contains('\u{1b}'), "{shown}");
    }
}

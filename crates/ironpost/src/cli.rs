//! The command line.

use crate::commands::Command;
use clap::{Args, Parser, ValueEnum};

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "ironpost",
    version,
    about = "MTA-STS, TLS-RPT and DANE: is the mail of a domain protected on its way?",
    max_term_width = 100,
    subcommand_value_name = "COMMAND",
    disable_help_subcommand = false,
    after_help = EXIT_CODES
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) console: ConsoleArgs,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What every command does alike.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConsoleArgs {
    /// When to use colour; NO_COLOR and CLICOLOR_FORCE are honoured
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t = ColorWhen::Auto,
        hide_possible_values = true,
        help_heading = "Talk"
    )]
    pub(crate) color: ColorWhen,

    /// No progress and no notes; errors are still told
    #[arg(long, short, global = true, help_heading = "Talk")]
    pub(crate) quiet: bool,

    /// Tell what is being done; twice for more
    #[arg(long, short, global = true, action = clap::ArgAction::Count, help_heading = "Talk")]
    pub(crate) verbose: u8,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What `ironpost` alone prints.
pub(crate) const ORIENTATION: &str = "\
Ironpost tells whether the mail of a domain is protected on its way in, publishes what protects it,
and protects it on its way out.

  ironpost check example.com        look at a domain as a sending server does
  ironpost explain M-UNMATCHED      one finding at length
  ironpost lint policy mta-sts.txt  judge a file, without the network
  ironpost policy new --mx HOST     what to publish, and in which order
  ironpost resolver                 let a sending MTA enforce MTA-STS and DANE
  ironpost serve                    host policies: yours, or those of your customers
  ironpost domain add example.com   one domain of them, from nothing to mode enforce
  ironpost lab check                all of it on a small internet on loopback

`ironpost help` lists everything, `ironpost COMMAND --help` shows examples.
";

const EXIT_CODES: &str = "\
Exit codes:
  0  nothing found at or above --fail-on
  1  findings
  2  the command line, the configuration or a file is at fault
  3  could not test: the resolver is out of reach, or a lookup failed; no `ironpost resolver` runs";

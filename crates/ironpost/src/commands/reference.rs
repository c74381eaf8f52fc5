//! `ironpost reference`: the documents that the program itself is the source of.

use crate::cli::Cli;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::{Args, Command, CommandFactory, ValueEnum};
use ironpost_checker::explain;
use std::fmt::Write;

/// Print a reference document
#[derive(Debug, Args)]
#[command(hide = true)]
pub(crate) struct ReferenceArgs {
    /// Which document
    #[arg(value_enum, value_name = "DOCUMENT")]
    document: Document,
}

/// A document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Document {
    /// Every finding, as Markdown
    Findings,
    /// The JSON Schema of a check result
    Schema,
    /// Every command, as Markdown
    Cli,
}

/// Runs the command.
pub(crate) fn run(args: &ReferenceArgs, console: &Console) -> Result<Exit, Failure> {
    let text = match args.document {
        Document::Findings => explain::reference(),
        Document::Schema => schema()?,
        Document::Cli => commands(),
    };
    console.print(&text).map(|()| Exit::Clean)
}

fn schema() -> Result<String, Failure> {
    let schema = ironpost_checker::render::schema::schema();
    serde_json::to_string_pretty(&schema).map(|text| text + "\n").map_err(Failure::usage)
}

/// Every command with its help, in the order of the program's own.
fn commands() -> String {
    let mut out = String::from(
        "# Command line\n\n\
         Made by `cargo xtask generate` from the program itself.\n",
    );
    let mut program = Cli::command().term_width(WIDTH);
    program.build();
    push(&mut out, &mut program);
    out
}

fn push(out: &mut String, command: &mut Command) {
    let name = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
    let help = command.render_long_help().to_string();
    let lines: Vec<_> = help.trim_end().lines().map(str::trim_end).collect();
    // Writing to a `String` cannot fail.
    let _ = write!(out, "\n## {name}\n\n```text\n{}\n```\n", lines.join("\n"));
    let shown = |sub: &&mut Command| !sub.is_hide_set() && sub.get_name() != "help";
    for subcommand in command.get_subcommands_mut().filter(shown) {
        push(out, subcommand);
    }
}

/// Columns of the help texts in the document.
const WIDTH: usize = 100;

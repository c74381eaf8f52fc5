//! Tasks of this repository: `cargo xtask TASK`. Without a task, the list.
#![expect(clippy::print_stdout, reason = "a task talks to the person who called it")]

mod bench;
mod ci;
mod generate;
mod packages;
mod process;
mod shape;
mod test;
mod trixie;
mod vectors;

use clap::{CommandFactory, Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Tasks of the Ironpost repository.
#[derive(Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Subcommand)]
enum Task {
    /// Install what the tests need (as root on Debian or Ubuntu) and run all of them
    Test,
    /// Everything that must hold before a change lands, step by step
    Ci,
    /// Walls between the crates, and the shape of files
    Shape {
        /// Look at another workspace
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
    },
    /// Write the generated documents under docs/reference again
    Generate {
        /// Write nothing; fail if one is not up to date
        #[arg(long)]
        check: bool,
    },
    /// Measure speed and memory
    Bench {
        #[command(subcommand)]
        bench: bench::Bench,
    },
    /// Run the vector files of a folder against the protocol core
    Vectors {
        /// Folder with `*.json` vector files
        dir: PathBuf,
    },
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        None => Cli::command().print_help().map_err(Into::into),
        Some(Task::Test) => test::run(repository()),
        Some(Task::Ci) => ci::run(repository()),
        Some(Task::Shape { root }) => shape::run(root.as_deref().unwrap_or(repository())),
        Some(Task::Generate { check }) => generate::run(repository(), check),
        Some(Task::Bench { bench }) => bench::run(repository(), &bench),
        Some(Task::Vectors { dir }) => ci::vectors(&dir),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The repository's root: the folder above this package.
fn repository() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

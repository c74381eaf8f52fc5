//! `ironpost lint`: judge a policy file or a TXT record without the network.

use super::check::FailOn;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Console, Destination};
use clap::{Args, Subcommand, ValueEnum};
use ironpost_checker::lint::{self, BodyContext, LintResult, Note};
use ironpost_checker::publish;
use ironpost_checker::render::terminal::{self, Depth, View};
use ironpost_checker::report::ReportedFinding;
use ironpost_proto::domain::Domain;
use jiff::Timestamp;
use serde::Serialize;
use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Judge a policy file or a TXT record, without the network
#[derive(Debug, Subcommand)]
pub(crate) enum LintCommand {
    /// Judge a policy file as it would be served
    #[command(after_help = POLICY_EXAMPLES)]
    Policy {
        /// The file; - for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        common: LintArgs,
    },
    /// Judge the value of a TXT record
    #[command(after_help = RECORD_EXAMPLES)]
    Record {
        /// Which record
        #[arg(value_enum, value_name = "KIND")]
        kind: RecordKind,
        /// Its value; - for standard input
        #[arg(value_name = "TXT", allow_hyphen_values = true)]
        value: String,
        #[command(flatten)]
        common: LintArgs,
    },
}

/// Options of every linter.
#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// The policy domain, so that names can be judged and records be written out
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<Domain>,

    /// How the result is written
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value_t = LintFormat::Text)]
    format: LintFormat,

    /// The least severity that makes the exit code 1
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = FailOn::High)]
    fail_on: FailOn,
}

/// A kind of TXT record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RecordKind {
    /// The one at _mta-sts
    MtaSts,
    /// The one at _smtp._tls
    TlsRpt,
}

/// How the result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LintFormat {
    /// For people
    Text,
    /// One object
    Json,
}

const POLICY_EXAMPLES: &str = "\
Examples:
  ironpost lint policy mta-sts.txt
  ironpost lint policy --domain example.com --format json mta-sts.txt
  curl -s https://mta-sts.example.com/.well-known/mta-sts.txt | ironpost lint policy -";

const RECORD_EXAMPLES: &str = "\
Examples:
  ironpost lint record mta-sts 'v=STSv1; id=20260501T120000Z;'
  ironpost lint record tls-rpt 'v=TLSRPTv1; rua=mailto:tls@example.com'
  dig +short TXT _mta-sts.example.com | sed 's/\" \"//g; s/\"//g' | ironpost lint record mta-sts -";

/// Runs the command.
pub(crate) fn run(command: LintCommand, console: &Console) -> Result<Exit, Failure> {
    let now = Timestamp::now();
    let id = publish::id_at(now).map_err(Failure::usage)?;
    let (result, common) = match command {
        LintCommand::Policy { file, common } => {
            let body = read(&file)?;
            let context = BodyContext {
                domain: common.domain.as_ref(),
                suggested_id: Some(id.as_str()),
                ..BodyContext::default()
            };
            (lint::policy(&body, &context), common)
        }
        LintCommand::Record { kind, value, common } => {
            let value = match value.as_str() {
                "-" => without_line_end(read(Path::new("-"))?),
                _ => value.into_bytes(),
            };
            let domain = common.domain.as_ref();
            let result = match kind {
                RecordKind::MtaSts => lint::sts_record(&value, domain, id.as_str()),
                RecordKind::TlsRpt => lint::tls_rpt_record(&value, domain),
            };
            (result, common)
        }
    };
    let text = match common.format {
        LintFormat::Text => text(&result, console),
        LintFormat::Json => json(&result)?,
    };
    console.print(&text)?;
    let counts = result.findings.iter().any(|finding| common.fail_on.counts(finding.severity));
    Ok(if counts { Exit::Findings } else { Exit::Clean })
}

fn text(result: &LintResult, console: &Console) -> String {
    let view = View {
        theme: Destination::Stdout.theme(console),
        width: console.width(),
        depth: Depth::Explained,
    };
    let style = console.stdout_style();
    let mut out = format!("{}\n", style.strong(&result.summary));
    let widest = result.fields.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, value) in &result.fields {
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "  {name:widest$}  {value}");
    }
    let findings: Vec<_> = result.findings.iter().map(ReportedFinding::from).collect();
    let findings = terminal::findings(&findings, &view);
    if !findings.is_empty() {
        let _ = write!(out, "\n{findings}");
    }
    out
}

/// The contract of `--format json`.
#[derive(Debug, Serialize)]
struct LintReport<'a> {
    schema: &'static str,
    accepted: bool,
    summary: &'a str,
    fields: Vec<Field<'a>>,
    findings: Vec<ReportedFinding>,
    deviations: Vec<Deviation<'a>>,
}

#[derive(Debug, Serialize)]
struct Field<'a> {
    name: &'a str,
    value: &'a str,
}

#[derive(Debug, Serialize)]
struct Deviation<'a> {
    line: usize,
    column: usize,
    message: &'a str,
    excerpt: &'a str,
}

fn json(result: &LintResult) -> Result<String, Failure> {
    let report = LintReport {
        schema: SCHEMA,
        accepted: result.accepted,
        summary: &result.summary,
        fields: result.fields.iter().map(|(name, value)| Field { name, value }).collect(),
        findings: result.findings.iter().map(ReportedFinding::from).collect(),
        deviations: result.deviations.iter().map(Deviation::from).collect(),
    };
    serde_json::to_string_pretty(&report).map(|text| text + "\n").map_err(Failure::usage)
}

impl<'a> From<&'a Note> for Deviation<'a> {
    fn from(note: &'a Note) -> Self {
        let Note { line, column, message, excerpt } = note;
        Self { line: *line, column: *column, message, excerpt: excerpt.as_str() }
    }
}

/// Reads a file or standard input, no more than is needed to see that it is too long.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(|error| Failure::reading(path, error))?)
    };
    input.take(MAX_INPUT).read_to_end(&mut text).map_err(|error| Failure::reading(path, error))?;
    Ok(text)
}

/// A record piped in ends with the line end of the program before.
fn without_line_end(mut text: Vec<u8>) -> Vec<u8> {
    if text.pop_if(|last| *last == b'\n').is_some() {
        text.pop_if(|last| *last == b'\r');
    }
    text
}

/// The version of the JSON contract.
const SCHEMA: &str = "ironpost.lint/1";

/// Octets read: senders stop at 64 KiB (RFC 8461 §3.3), so that twice as much is enough to tell.
const MAX_INPUT: u64 = 128 * 1024;

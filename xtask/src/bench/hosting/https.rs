//! Handshakes, policies and refusals; nginx beside us.

use super::fetcher::Fetcher;
use super::handshakes::Fetches;
use super::installation::{Domain, Installation};
use super::load::measure;
use super::nginx::{self, Certificates};
use super::node::Processors;
use super::refusals::Refusals;
use super::table::{self, Figures};
use super::{Setup, client, say_load};
use crate::bench::judgement::judged;
use crate::bench::measured::Measured;
use crate::bench::pinned;
use crate::bench::server::Server;
use anyhow::{Context, Result};
use rustls::ClientConfig;
use std::sync::Arc;

/// A server and what it hosts.
struct Subject<'a> {
    label: String,
    server: Server,
    domains: &'a [Domain],
    client: Arc<ClientConfig>,
    is_ours: bool,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Handshake,
    KeptAlive,
    Refusal,
}

/// Measures and prints.
pub(crate) fn run(setup: &Setup<'_>) -> Result<()> {
    let (one, many) = (&setup.one, &setup.many);
    let mut subjects = vec![ours(many)?, ours(one)?];
    if !setup.args.without_peers {
        subjects.push(theirs(one, Certificates::One)?);
        subjects.push(theirs(many, Certificates::ByName)?);
    }
    for Subject { server, domains, client, .. } in &subjects {
        // It takes connections before it can answer.
        let last = domains.last().context("no domain is hosted")?;
        Fetcher::new(client, server.address, last).fetch()?;
    }
    println!(
        "\nHTTPS: {} connections, no session resumed; median of {} runs of {} s",
        setup.args.connections,
        setup.args.runs(),
        setup.args.seconds(),
    );
    say_load()?;
    for (kind, title, wanted) in KINDS {
        println!("\n{title}");
        print!("{}", table::heading());
        show(setup, &subjects, kind, wanted)?;
    }
    let resident = subjects[0].server.usage()?.resident_mib;
    let judgement = judged(resident <= MOST_MIB, &format!("≤ {MOST_MIB} MiB"));
    println!("\nmemory with {} certificates: {resident:.1} MiB ({judgement})", many.domains.len());
    say_load()
}

fn ours(installation: &Installation) -> Result<Subject<'_>> {
    Ok(Subject {
        label: format!("ironpost, {} certificates", installation.domains.len()),
        server: installation.node()?.start(Processors::First)?,
        domains: &installation.domains,
        client: client::config(&installation.root())?,
        is_ours: true,
    })
}

fn theirs(installation: &Installation, certificates: Certificates) -> Result<Subject<'_>> {
    let label = match certificates {
        Certificates::One => "nginx, 1 certificate".to_owned(),
        Certificates::ByName => format!("nginx, {} files", installation.domains.len()),
    };
    Ok(Subject {
        label,
        server: nginx::start(installation, certificates)?,
        domains: &installation.domains,
        client: client::config(&installation.root())?,
        is_ours: false,
    })
}

/// Runs take turns, so that what else goes on here meets all alike.
fn show(setup: &Setup<'_>, subjects: &[Subject<'_>], kind: Kind, wanted: f64) -> Result<()> {
    let mut figures = vec![Vec::new(); subjects.len()];
    for _ in 0..setup.args.runs() {
        for (subject, figures) in subjects.iter().zip(&mut figures) {
            let measured = pinned::on_the_last(|| run_once(setup, subject, kind))?;
            figures.push(Figures::of(&measured));
        }
    }
    let medians: Vec<_> = figures.iter().map(|runs| Figures::median(runs)).collect();
    for (subject, median) in subjects.iter().zip(&medians) {
        let remark = if subject.is_ours { median.judge(wanted) } else { medians[0].beside(median) };
        let remark = if wanted > 0.0 || !subject.is_ours { remark } else { String::new() };
        print!("{}", table::line(&subject.label, median, &remark));
    }
    Ok(())
}

fn run_once(setup: &Setup<'_>, subject: &Subject<'_>, kind: Kind) -> Result<Measured> {
    let Subject { server, domains, client, .. } = subject;
    let (connections, time) = (setup.args.connections, setup.args.time());
    match kind {
        Kind::Handshake => measure(server, Fetches::new(client, domains, 1), connections, time),
        Kind::KeptAlive => measure(server, Fetches::new(client, domains, EACH), connections, time),
        Kind::Refusal => measure(server, Refusals::new(client)?, connections, time),
    }
}

/// What is wanted of us for each core: at least; 0 is nothing.
const KINDS: [(Kind, &str, f64); 3] = [
    (Kind::Handshake, "Full handshake of TLS 1.3, GET, end", 7_500.0),
    (Kind::KeptAlive, "GET on connections that stay", 0.0),
    (Kind::Refusal, "Refusal of a name that is not hosted", 25_000.0),
];

const MOST_MIB: f64 = 150.0;

/// Policies on one connection that stays: fewer than the thousand after which both servers end it.
const EACH: u32 = 950;

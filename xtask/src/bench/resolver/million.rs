//! Memory with very many policies, and how soon a daemon that has them answers.

use super::client::{Client, ask_all, is_right};
use super::daemon::Home;
use super::{Setup, say_load};
use crate::bench::judgement::judged;
use crate::bench::lab::{Delays, Lab};
use crate::bench::server::{Server, pause};
use crate::process;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Measures and prints.
pub(crate) fn run(setup: &Setup<'_>) -> Result<()> {
    let count = setup.args.policies();
    println!("\nMemory: {count} domains, each with a policy in mode enforce");
    say_load()?;
    let lab = Lab::start(&setup.program, count, Delays::default())?;
    let domains = lab.names()?;
    let home = setup.home(&lab, lab.https_port()?)?;
    let begin = Instant::now();
    fill(&home, &domains)?;
    println!("import                 {:.1} s", begin.elapsed().as_secs_f64());
    restart(&home, &domains)?;
    drop(lab);
    if let Some(peer) = &setup.peer {
        let memory = peer.memory(count)?;
        println!("mta-sts-resolver       {memory:.0} MiB for as many in its cache");
    }
    Ok(())
}

/// One policy is fetched; its line, as the program lists it, is the model of all others.
fn fill(home: &Home, domains: &[String]) -> Result<()> {
    let server = home.start()?;
    let first = domains.first().context("no domains")?;
    Client::connect(server.address)?.ask(first)?;
    let listed = process::output(&mut home.command(&["list", "--format", "jsonl"]))?;
    let mut policy: Value = serde_json::from_str(listed.trim()).context("not one policy")?;
    let path = home.file("policies.jsonl");
    write_list(&path, &mut policy, domains).context("the list of policies")?;
    process::run(home.command(&["import"]).arg(&path))?;
    server.stop()
}

fn write_list(path: &Path, policy: &mut Value, domains: &[String]) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for domain in domains {
        policy["domain"] = domain.as_str().into();
        policy["mx"] = vec![format!("mx.{domain}")].into();
        serde_json::to_writer(&mut file, policy)?;
        file.write_all(b"\n")?;
    }
    Ok(file.flush()?)
}

fn restart(home: &Home, domains: &[String]) -> Result<()> {
    let server = home.start()?;
    let domain = some(domains, server.started).context("no domains")?;
    let mut client = Client::connect(server.address)?;
    let reply = client.ask(domain)?;
    let first = server.started.elapsed().as_secs_f64();
    if !is_right(domain, reply) {
        bail!("the first answer for {domain}: {reply}");
    }
    println!(
        "first answer           {first:.2} s after the start ({})",
        judged(first <= 2.0, "≤ 2 s")
    );
    let enforced = loaded(home)?;
    let took = server.started.elapsed().as_secs_f64();
    let resident = server.usage()?.resident_mib;
    println!("{enforced} policies in memory after {took:.1} s");
    let judgement = judged(resident <= MOST_MIB, &format!("≤ {MOST_MIB} MiB"));
    println!("ironpost               {resident:.0} MiB ({judgement})");
    touch(&server, domains)
}

/// Policies are there and right. What DANE says of a domain is no part of an import: it is looked
/// up when the domain is first asked for, and takes memory then.
fn touch(server: &Server, domains: &[String]) -> Result<()> {
    let domains = domains.get(..TOUCHED).unwrap_or(domains);
    let answers = ask_all(server.address, domains, ASKERS)?;
    let wrong =
        domains.iter().zip(&answers.replies).find(|(domain, reply)| !is_right(domain, reply));
    if let Some((domain, reply)) = wrong {
        bail!("the answer for {domain}: {reply}");
    }
    let touched = server.usage()?.resident_mib;
    println!("the same               {touched:.0} MiB when {} were asked for", domains.len());
    Ok(())
}

/// One of them, by the clock's whim.
fn some(domains: &[String], now: Instant) -> Option<&String> {
    let whim = usize::try_from(now.elapsed().subsec_nanos()).ok()?;
    domains.get(whim.wrapping_mul(7919) % domains.len().max(1))
}

/// Waits until the daemon has read all that its store holds: how many policies that is.
fn loaded(home: &Home) -> Result<u64> {
    let begin = Instant::now();
    loop {
        let text = process::output(&mut home.command(&["status", "--format", "json"]))?;
        let status: Value = serde_json::from_str(&text).context("not a status")?;
        if status["loading"] == false {
            return status["enforce"].as_u64().context("a status without policies");
        }
        if begin.elapsed() > PATIENCE {
            bail!("the daemon is still reading its store");
        }
        pause();
    }
}

const MOST_MIB: f64 = 320.0;

/// Policies that are asked for.
const TOUCHED: usize = 100_000;

/// Clients that ask for them.
const ASKERS: usize = 64;

const PATIENCE: Duration = Duration::from_mins(2);

//! docs/setup/postfix.md, word for word.

use crate::internet::Internet;
use crate::sender::{Release, Sender};
use std::net::Ipv4Addr;
use std::thread;

const GUIDE: &str = include_str!("../../../../docs/setup/postfix.md");

/// The lines for main.cf.
pub(crate) fn main_cf(release: Release) -> String {
    let heading = match release {
        Release::Debian12 => "### Postfix 3.4 to 3.9",
        Release::Debian13 => "### Postfix 3.10 and later",
    };
    blocks(heading, "ini").remove(0)
}

/// The map of main.cf, at another address.
pub(crate) fn map_at(release: Release, resolver: Ipv4Addr) -> String {
    let text = main_cf(release);
    let line = text.lines().find_map(|line| line.strip_prefix("smtp_tls_policy_maps = "));
    line.unwrap().replace("127.0.0.1", &resolver.to_string())
}

/// What the resolver's configuration says of a domain that is to be left alone.
pub(crate) fn exception(domain: &str) -> String {
    blocks("## The way back", "toml").remove(0).replace("example.com", domain)
}

/// The blocks of one kind below a heading.
fn blocks(heading: &str, kind: &str) -> Vec<String> {
    let section = GUIDE.split_once(&format!("\n{heading}\n")).unwrap().1;
    let section = section.split_once("\n##").map_or(section, |(section, _)| section);
    let begin = format!("\n```{kind}\n");
    let blocks = section.split(&begin).skip(1);
    blocks.map(|rest| rest.split_once("\n```").unwrap().0.to_owned()).collect()
}

/// A command of the guide and what it prints there.
struct Shown {
    command: String,
    output: String,
}

/// The commands below a heading, with what they print.
fn commands(heading: &str) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    for line in blocks(heading, "console").iter().flat_map(|block| block.lines()) {
        match (line.strip_prefix("# ").or(line.strip_prefix("$ ")), shown.last_mut()) {
            (Some(command), _) => {
                shown.push(Shown { command: command.to_owned(), output: String::new() });
            }
            (None, Some(last)) => last.output.extend([line, "\n"]),
            (None, None) => panic!("output of no command: {line}"),
        }
    }
    shown
}

/// The same of a domain that exists here.
fn here(text: &str) -> String {
    text.replace("mx1.example.com", "sound.unsigned.example")
        .replace("example.com", "enforced.unsigned.example")
}

#[test]
fn the_dry_run_shows_what_the_guide_shows() {
    let internet = Internet::shared();
    let [old, new] = &internet.senders;
    for Shown { command, output } in commands("## 3. A dry run") {
        let (command, output) = (here(&command), here(&output));
        let (program, _) = command.split_once(' ').unwrap();
        let ended = match program {
            "postmap" => new.shell(&internet.namespace, &command),
            "posttls-finger" => old.shell(&internet.namespace, &command),
            "ironpost" => {
                let words: Vec<&str> = command.split(' ').skip(2).collect();
                internet.resolver.explain(&words, &internet.namespace)
            }
            other => panic!("a command that nobody tries: {other}"),
        };
        assert_eq!(ended.code, 0, "{command}: {ended:?}");
        for line in output.lines().filter(|line| *line != "…") {
            // The probe says which address and cipher it was.
            let sign = line.split_once('[').map_or(line, |(sign, _)| sign);
            let printed = ended.stdout.contains(sign) || ended.stderr.contains(sign);
            assert!(printed, "{command}: {ended:?}, and not `{line}`");
        }
    }
}

#[test]
fn the_guide_leads_there_and_back() {
    let internet = &Internet::shared();
    thread::scope(|scope| {
        for release in [Release::Debian12, Release::Debian13] {
            scope.spawn(move || there_and_back(internet, release));
        }
    });
}

fn there_and_back(internet: &Internet, release: Release) {
    let own = internet.new_folder();
    let namespace = &internet.namespace;
    let sender = Sender::install(release, &[], &internet.root_pem(), &own, namespace);
    sender.start(namespace);
    let [sound, plain] =
        ["enforced", "plain"].map(|name| format!("{release:?}-guide@{name}.unsigned.example"));
    let both = [sound.clone(), plain.clone()];

    sender.send(namespace, "unprotected", &both);
    for recipient in &both {
        let attempt = sender.attempt(recipient, 1);
        assert!(attempt.is_sent() && attempt.tls() != "Verified", "{attempt:?}");
    }

    sender.protect(namespace);
    run_all(&sender, internet, "### What the lines mean");
    sender.send(namespace, "protected", &both);
    let attempt = sender.attempt(&sound, 2);
    assert!(attempt.is_sent() && attempt.tls() == "Verified", "{attempt:?}");
    let attempt = sender.attempt(&plain, 2);
    assert!(
        attempt.outcome.contains("TLS is required, but was not offered by host"),
        "{attempt:?}"
    );

    run_all(&sender, internet, "## The way back");
    sender.flush(namespace);
    let attempt = sender.attempt(&plain, 3);
    assert!(attempt.is_sent() && attempt.tls() == "Plain", "{attempt:?}");
    internet.arrivals.wait(&plain, "protected");
}

fn run_all(sender: &Sender, internet: &Internet, heading: &str) {
    for Shown { command, .. } in commands(heading) {
        let ended = sender.shell(&internet.namespace, &command);
        assert_eq!(ended.code, 0, "{command}: {ended:?}");
    }
}

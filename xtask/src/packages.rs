//! The Debian packages that tests and benchmarks start real peers from: one table, and how to
//! get what is missing without a daemon left behind.

use crate::process;
use anyhow::{Context, Result, bail};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A Debian package that something here needs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package {
    /// Its name in Debian and Ubuntu.
    pub(crate) name: &'static str,
    /// A program of it; where it is found, the package need not be installed.
    pub(crate) program: &'static str,
    /// The service that Debian would enable, and that nobody asked for.
    pub(crate) service: Option<&'static str>,
    /// What its installation would ask, answered: a line for debconf-set-selections(1).
    pub(crate) answer: Option<&'static str>,
    /// What does not run without it.
    pub(crate) needed_for: &'static str,
}

/// What the tests start.
pub(crate) const FOR_TESTS: &[Package] = &[
    Package {
        name: "systemd",
        program: "systemd-analyze",
        service: None,
        answer: None,
        needed_for: "whether the units that are shipped are understood",
    },
    Package {
        name: "iproute2",
        program: "ip",
        service: None,
        answer: None,
        needed_for: "network namespaces: every test of a whole set-up of real servers",
    },
    Package {
        name: "nftables",
        program: "nft",
        service: Some("nftables.service"),
        answer: None,
        needed_for: "a network in which port 25 is blocked",
    },
    Package {
        name: "nsd",
        program: "nsd",
        service: Some("nsd.service"),
        answer: None,
        needed_for: "name servers with signed zones, for DNSSEC and DANE",
    },
    Package {
        name: "ldnsutils",
        program: "ldns-signzone",
        service: None,
        answer: None,
        needed_for: "signing these zones",
    },
    Package {
        name: "knot",
        program: "knotd",
        service: Some("knot.service"),
        answer: None,
        needed_for: "name servers that take signed updates: records written for a customer",
    },
    Package {
        name: "bind9",
        program: "named",
        service: Some("named.service"),
        answer: None,
        needed_for: "the same by the server that most zones are written with",
    },
    Package {
        name: "unbound",
        program: "unbound",
        service: Some("unbound.service"),
        answer: None,
        needed_for: "the validating resolver in front of them",
    },
    Package {
        name: "bind9-dnsutils",
        program: "dig",
        service: None,
        answer: None,
        needed_for: "odd queries to the authority, read by a parser of another house",
    },
    Package {
        name: "knot-dnsutils",
        program: "kdig",
        service: None,
        answer: None,
        needed_for: "the same by a third house",
    },
    Package {
        name: "postfix",
        program: "postfix",
        service: Some("postfix.service"),
        // Should somebody start it one day, it listens on loopback.
        answer: Some("postfix postfix/main_mailer_type select Local only"),
        needed_for: "a real MTA as MX: STARTTLS on, off, wrong name, expired",
    },
    Package {
        name: "dovecot-core",
        program: "dovecot",
        service: Some("dovecot.service"),
        answer: None,
        needed_for: "a Postfix that takes alerts from who logs in",
    },
    Package {
        name: "nginx-light",
        program: "nginx",
        service: Some("nginx.service"),
        answer: None,
        needed_for: "serving what `policy export --format nginx` writes",
    },
    Package {
        name: "caddy",
        program: "caddy",
        service: Some("caddy.service"),
        answer: None,
        needed_for: "serving what `policy export --format caddy` writes",
    },
    Package {
        name: "nodejs",
        program: "node",
        service: None,
        answer: None,
        needed_for: "running what `policy export --format cloudflare-worker` writes, and the \
                     receiver of webhooks that docs/serve.md shows",
    },
    Package {
        name: "redis-server",
        program: "redis-server",
        service: Some("redis-server.service"),
        answer: None,
        needed_for: "the cache that resolvers share: servers, a sentinel, a cluster",
    },
    Package {
        name: "postgresql",
        program: "pg_createcluster",
        service: Some("postgresql.service"),
        answer: None,
        needed_for: "the database that several nodes share, killed and started again",
    },
    Package {
        name: "openssl",
        program: "openssl",
        service: None,
        answer: None,
        needed_for: "servers that speak old TLS versions only",
    },
    Package {
        name: "procps",
        program: "kill",
        service: None,
        answer: None,
        needed_for: "interrupting a running check as Ctrl-C does",
    },
    Package {
        name: "ca-certificates",
        program: "update-ca-certificates",
        service: None,
        answer: None,
        needed_for: "a Postfix that is set up as docs/setup/postfix.md says",
    },
    Package {
        name: "pebble",
        program: "pebble",
        service: None,
        answer: None,
        needed_for: "a CA that certificates are ordered from by ACME",
    },
    Package {
        name: "debootstrap",
        program: "debootstrap",
        service: None,
        answer: None,
        needed_for: "a root with the programs of Debian 13: Postfix 3.10, Valkey, Pebble",
    },
    Package {
        name: "faketime",
        program: "faketime",
        service: None,
        answer: None,
        needed_for: "a daemon whose clock is moved",
    },
];

/// What the benchmarks use.
pub(crate) const FOR_BENCHMARKS: &[Package] = &[Package {
    name: "time",
    program: "time",
    service: None,
    answer: None,
    needed_for: "measuring a program from outside",
}];

/// What the benchmark of hosting compares with, and what it needs besides.
pub(crate) const FOR_HOSTING_BENCHMARKS: &[Package] = &[
    Package {
        name: "util-linux",
        program: "taskset",
        service: None,
        answer: None,
        needed_for: "a processor for what is measured, and another for what measures",
    },
    Package {
        name: "nginx-light",
        program: "nginx",
        service: Some("nginx.service"),
        answer: None,
        needed_for: "a policy host to compare with",
    },
    Package {
        name: "knot",
        program: "knotd",
        service: Some("knot.service"),
        answer: None,
        needed_for: "a name server to compare with",
    },
    Package {
        name: "postgresql",
        program: "pg_createcluster",
        service: Some("postgresql.service"),
        answer: None,
        needed_for: "the database that several nodes share",
    },
];

/// Sees to it that every package of the table is there: installs what is missing as root on
/// Debian and its kin, otherwise names it, what will not run, and how to get it, and fails.
pub(crate) fn ensure(table: &'static [Package]) -> Result<()> {
    let missing = missing(table, |program| process::find(program).is_some());
    if missing.is_empty() {
        return Ok(());
    }
    if !can_install() {
        bail!("{}", advice(&missing));
    }
    install(&missing)
}

/// The packages none of whose programs `present` knows.
fn missing(table: &'static [Package], present: impl Fn(&str) -> bool) -> Vec<&'static Package> {
    table.iter().filter(|package| !present(package.program)).collect()
}

/// Root, on a system with apt.
fn can_install() -> bool {
    let root =
        fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    root && process::find("apt-get").is_some()
}

fn advice(missing: &[&Package]) -> String {
    let lines =
        missing.iter().map(|package| format!("  {:<12} {}", package.name, package.needed_for));
    let names: Vec<_> = missing.iter().map(|package| package.name).collect();
    [
        "these Debian packages are missing:".to_owned(),
        lines.collect::<Vec<_>>().join("\n"),
        "What is named beside them does not run without them. As root:".to_owned(),
        format!("  apt-get update && apt-get install --no-install-recommends {}", names.join(" ")),
        "or run this task as root, which installs them without starting a service.".to_owned(),
    ]
    .join("\n")
}

fn install(missing: &[&Package]) -> Result<()> {
    let root = Path::new("/");
    let names: Vec<_> = missing.iter().map(|package| package.name).collect();
    println!("installing: {}", names.join(" "));
    let quiet = NoServices::declare()?;
    let apt = |arguments: &[&str]| {
        let mut command = process::command("apt-get", arguments, root);
        command.env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
        process::run(&mut command)
    };
    apt(&["update", "-q"])?;
    for answer in missing.iter().filter_map(|package| package.answer) {
        process::feed(&mut process::command("debconf-set-selections", &[], root), answer)?;
    }
    let arguments = ["install", "-q", "-y", "--no-install-recommends"];
    apt(&[&arguments[..], &names].concat())?;
    drop(quiet);
    // Debian enables what it installs: without this the next boot would start it.
    if Path::new("/run/systemd/system").is_dir() {
        for service in missing.iter().filter_map(|package| package.service) {
            process::run(&mut process::command("systemctl", &["disable", "--now", service], root))?;
        }
    }
    Ok(())
}

/// While it lives, Debian's packages start no service: `/usr/sbin/policy-rc.d` forbids it.
struct NoServices {
    ours: Option<PathBuf>,
}

impl NoServices {
    fn declare() -> Result<Self> {
        let path = PathBuf::from("/usr/sbin/policy-rc.d");
        if path.exists() {
            // The administrator's own word on services, or the container image's.
            return Ok(Self { ours: None });
        }
        // invoke-rc.d(8): 101 is "action forbidden by policy".
        fs::write(&path, "#!/bin/sh\nexit 101\n")
            .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o755)))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { ours: Some(path) })
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if let Some(path) = &self.ours
            && let Err(error) = fs::remove_file(path)
        {
            println!("xtask: {} could not be removed: {error}", path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_there_is_missing() {
        let missing = missing(FOR_TESTS, |program| program != "nsd" && program != "postfix");
        let names: Vec<_> = missing.iter().map(|package| package.name).collect();
        assert_eq!(names, ["nsd", "postfix"]);
    }

    #[test]
    fn the_advice_names_the_packages_the_tests_and_the_way_out() {
        let advice = advice(&FOR_TESTS.iter().collect::<Vec<_>>());
        for package in FOR_TESTS {
            assert!(advice.contains(package.name), "{advice}");
            assert!(advice.contains(package.needed_for), "{advice}");
        }
        assert!(
            advice.contains("apt-get install --no-install-recommends systemd iproute2 nftables"),
            "{advice}"
        );
    }
}

//! Networks of our own, in Linux network namespaces.

use crate::programs::{finish, program, run};
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};

/// A network namespace. It ends with the value, and every process in it too.
#[derive(Debug)]
pub(crate) struct Namespace {
    name: String,
}

/// Namespaces made by this process.
static MADE: AtomicU8 = AtomicU8::new(0);

impl Namespace {
    /// A namespace with a loopback interface and nothing else: no packet leaves it.
    pub(crate) fn new() -> Self {
        Self::numbered(MADE.fetch_add(1, Ordering::Relaxed))
    }

    fn numbered(number: u8) -> Self {
        let name = format!("ironpost-{}-{number}", std::process::id());
        run(ip().args(["netns", "add", &name]));
        let namespace = Self { name };
        namespace.ip("link set lo up");
        namespace
    }

    /// A customer of this network: a namespace joined to it by a cable, with an IPv4 address, and
    /// with an IPv6 address if `ipv6`.
    pub(crate) fn customer(&self, ipv6: bool) -> Self {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let customer = Self::numbered(number);
        let (here, there) = (format!("customer{number}"), "uplink");
        self.ip(&format!("link add {here} type veth peer name {there} netns {}", customer.name));
        let ends = [(self, here.as_str(), 1), (&customer, there, 2)];
        for (namespace, interface, end) in ends {
            namespace.ip(&format!("address add 192.0.2.{}/30 dev {interface}", number * 4 + end));
            if ipv6 {
                let address = format!("2001:db8:c:{number}::{end}/64");
                namespace.ip(&format!("address add {address} dev {interface} nodad"));
            }
            namespace.ip(&format!("link set {interface} up"));
        }
        customer.ip(&format!("route add default via 192.0.2.{}", number * 4 + 1));
        if ipv6 {
            customer.ip(&format!("-6 route add default via 2001:db8:c:{number}::1"));
        }
        customer
    }

    /// Gives the namespace addresses of its own.
    pub(crate) fn add_addresses(&self, addresses: impl IntoIterator<Item = IpAddr>) {
        for address in addresses {
            match address {
                IpAddr::V4(address) => self.ip(&format!("address add {address}/32 dev lo")),
                IpAddr::V6(address) => {
                    self.ip(&format!("-6 address add {address}/128 dev lo nodad"));
                }
            }
        }
    }

    /// What /etc/resolv.conf says to every program in here.
    pub(crate) fn set_resolv_conf(&self, text: &str) {
        fs::create_dir_all(self.own_etc()).unwrap();
        fs::write(self.own_etc().join("resolv.conf"), text).unwrap();
    }

    /// A rule for every packet that leaves the namespace or goes from one of its programs to
    /// another, in the words of nft(8).
    pub(crate) fn set_firewall(&self, rule: &str) {
        self.run("nft", &["add table inet provider"]);
        let hook = "{ type filter hook output priority filter; }";
        self.run("nft", &[&format!("add chain inet provider out {hook}")]);
        self.run("nft", &[&format!("add rule inet provider out {rule}")]);
    }

    /// A command that will run in here.
    pub(crate) fn command(&self, path: &Path) -> Command {
        let mut command = ip();
        command.args(["netns", "exec", &self.name]).arg(path);
        command
    }

    /// Runs a program that must succeed, and gives back what it printed.
    pub(crate) fn run(&self, name: &str, arguments: &[&str]) -> String {
        run(self.command(&program(name)).args(arguments))
    }

    fn ip(&self, words: &str) {
        run(ip().args(["-n", &self.name]).args(words.split(' ')));
    }

    /// What stands here takes the place of its namesake in /etc (ip-netns(8)).
    fn own_etc(&self) -> PathBuf {
        Path::new("/etc/netns").join(&self.name)
    }

    /// The numbers of all processes in here.
    pub(crate) fn processes(&self) -> Vec<String> {
        let listed = finish(ip().args(["netns", "pids", &self.name])).stdout;
        listed.split_whitespace().map(str::to_owned).collect()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // A server may start another process before it is ended itself.
        for _ in 0..ROUNDS {
            let processes = self.processes();
            if processes.is_empty() {
                break;
            }
            finish(Command::new("kill").arg("-KILL").args(processes));
        }
        finish(ip().args(["netns", "delete", &self.name]));
        // It was made only if somebody asked for it.
        let _ = fs::remove_dir_all(self.own_etc());
    }
}

fn ip() -> Command {
    Command::new(program("ip"))
}

const ROUNDS: usize = 100;

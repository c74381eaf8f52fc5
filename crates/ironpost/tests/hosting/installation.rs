//! An installation of several nodes in a small internet, and what each of them serves.

use crate::clock::Clock;
use crate::daemon::Daemon;
use crate::lab::RunningLab;
use crate::node::NodeHome;
use crate::program::{Run, command, finish};
use crate::waiting::wait_until;
use ironpost_lab::AcmeCa;
use ironpost_net::address_guard::AddressGuard;
use ironpost_net::dns::resolver::{Dnssec, Keep, Resolver, ResolverConfig};
use ironpost_net::policy_fetch::{Manner, PolicyFetcher};
use ironpost_net::tls::roots::{RootSource, Roots};
use ironpost_proto::domain::{DnsName, Domain};
use serde_json::Value;
use std::fmt::Write;
use std::fs::{self, Permissions};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;
use tokio::runtime::Runtime;

/// Nodes of one database, each with an address of its own; the first is the name server that
/// everybody asks.
#[derive(Debug)]
pub(crate) struct Installation {
    pub(crate) lab: RunningLab,
    pub(crate) ca: AcmeCa,
    pub(crate) clock: Clock,
    homes: Vec<NodeHome>,
    outside: Outside,
}

/// What the world sees of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Of the TXT record.
    pub(crate) id: String,
    /// The body.
    pub(crate) policy: String,
}

impl Installation {
    /// Nodes of these names that share the database at `url`.
    pub(crate) fn new(names: &[&str], url: &str) -> Self {
        let lab = RunningLab::start(0);
        let first = SocketAddr::new(lab.lab().installation(), 0);
        let http = TcpListener::bind(first).unwrap().local_addr().unwrap().port();
        let ca = lab.start_ca(http);
        let text = configuration(&lab, http, &ca.directory(), names.len());
        let homes = names.iter().enumerate().map(|(place, name)| {
            let home = NodeHome::new();
            let text = text.replace("{at}", &address(place).to_string()).replace("{node}", name);
            home.configure(&format!("database = \"{url}\"\n{text}"));
            fs::create_dir(home.path("state")).unwrap();
            let key = home.path("state/sealing.key");
            fs::write(&key, "MDEyMzQ1Njc4OWFiY2RlZmZlZGNiYTk4NzY1NDMyMTA=\n").unwrap();
            fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
            home
        });
        let homes = homes.collect();
        let outside = Outside::of(&lab);
        Self { lab, ca, clock: Clock::default(), homes, outside }
    }

    /// Starts a node, and waits until it is ready.
    pub(crate) fn start(&self, place: usize) -> Daemon {
        let home = &self.homes[place];
        let node = home.start_with(|command| {
            command.envs(self.clock.variables(&home.path("")));
        });
        node.wait_for("READY=1");
        node
    }

    /// `ironpost …` beside the first node.
    pub(crate) fn ironpost(&self, line: &str) -> Run {
        let mut command = command();
        let folder = self.homes[0].path("");
        command.env("IRONPOST_CONFIG", folder.join("ironpost.toml"));
        finish(command.envs(self.clock.variables(&folder)).args(line.split(' ')))
    }

    /// The same, and it has to succeed.
    pub(crate) fn ok(&self, line: &str) -> String {
        let run = self.ironpost(line);
        assert_eq!(run.code, 0, "{line}: {run:?}");
        run.stdout
    }

    /// What `ironpost domain WHAT DOMAIN --format json` gives.
    pub(crate) fn json(&self, what: &str, domain: &str) -> Value {
        serde_json::from_str(&self.ok(&format!("domain {what} {domain} --format json"))).unwrap()
    }

    /// Waits until what is shown of a domain will do.
    pub(crate) fn wait_for(&self, domain: &str, what: &str, will_do: impl Fn(&Value) -> bool) {
        wait_until(&format!("{domain}: {what}"), || self.json("show", domain), will_do);
    }

    /// What a node serves of a domain, or why it does not.
    pub(crate) fn served(&self, place: usize, domain: &str, record: &str) -> Result<Seen, String> {
        self.outside.look(&self.lab, address(place), domain, record)
    }
}

/// Asks single servers.
#[derive(Debug)]
struct Outside {
    runtime: Runtime,
    resolver: Resolver,
    fetcher: PolicyFetcher,
}

impl Outside {
    fn of(lab: &RunningLab) -> Self {
        let runtime = Runtime::new().unwrap();
        let config = ResolverConfig {
            servers: vec![lab.lab().dns()],
            dnssec: Dnssec::Off,
            keep: Keep::Nothing,
            ..ResolverConfig::default()
        };
        let resolver = runtime.block_on(Resolver::new(config)).unwrap();
        let fetcher = PolicyFetcher {
            roots: Roots::load(&RootSource::File(lab.lab().roots_file().to_owned())).unwrap(),
            guard: AddressGuard::allowing(vec!["127.53.0.0/16".parse().unwrap()]),
            deadline: Duration::from_secs(20),
        };
        Self { runtime, resolver, fetcher }
    }

    fn look(
        &self,
        lab: &RunningLab,
        address: IpAddr,
        domain: &str,
        record: &str,
    ) -> Result<Seen, String> {
        let (domain, record): (Domain, DnsName) =
            (domain.parse().unwrap(), DnsName::from(&record.parse::<Domain>().unwrap()));
        let ports = lab.lab().ports();
        let (dns, https) = (ports.dns, ports.https);
        // The record first: who sees a new id has to find its body (RFC 8461 §8.1).
        let server = SocketAddr::new(address, dns);
        let answer = self.runtime.block_on(self.resolver.txt_at(server, &record));
        let answer = answer.map_err(|error| error.to_string())?;
        let [text] = answer.records() else { return Err(format!("no record: {answer:?}")) };
        let text = String::from_utf8_lossy(text);
        let id = text.strip_prefix("v=STSv1; id=").and_then(|rest| rest.strip_suffix(';'));
        let host = SocketAddr::new(address, https);
        let fetch = self.runtime.block_on(self.fetcher.fetch(&domain, host, Manner::Strict));
        match (fetch.failure, fetch.response) {
            (None, Some(response)) => Ok(Seen {
                id: id.unwrap_or_else(|| panic!("{text}")).to_owned(),
                policy: String::from_utf8(response.body).unwrap(),
            }),
            (failure, _) => Err(format!("no policy: {failure:?}")),
        }
    }
}

/// The address of a node.
fn address(place: usize) -> IpAddr {
    Ipv4Addr::new(127, 53, 0, 80 + u8::try_from(place).unwrap()).into()
}

/// What all nodes have in common; `{at}` and `{node}` are their own.
fn configuration(lab: &RunningLab, http: u16, directory: &str, nodes: usize) -> String {
    let lab = lab.lab();
    let (https, dns) = (lab.ports().https, lab.ports().dns);
    let (zone, first) = (lab.hosting_zone(), lab.installation());
    assert_eq!(first, address(0));
    let addresses: Vec<_> = (0..nodes).map(|place| format!("\"{}\"", address(place))).collect();
    let mut text = fs::read_to_string(lab.config_file()).unwrap();
    write!(
        text,
        "\n[serve]\nnode = \"{{node}}\"\nzone = \"{zone}\"\nns = [\"ns.{zone}\"]\n\
         addresses = [{}]\nstate = \"state\"\nttl = 30\n\
         https = \"{{at}}:{https}\"\nhttp = \"{{at}}:{http}\"\ndns = \"{{at}}:{dns}\"\n\
         metrics = \"{{at}}:0\"\n\
         [serve.name_servers]\n\"ns.{zone}\" = \"{first}\"\n\
         [acme]\ndirectory = \"{directory}\"\nroots = \"{}\"\nagree_to_terms = true\n",
        addresses.join(", "),
        lab.roots_file().display(),
    )
    .unwrap();
    text
}

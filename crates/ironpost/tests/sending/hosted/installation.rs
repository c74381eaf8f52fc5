//! `ironpost serve` on its real ports, set up as docs/serve.md says.

use crate::clock::{Clock, Variables};
use crate::hosted::pebble;
use crate::moved;
use crate::name_servers::UNBOUND;
use crate::name_service::wait_for;
use crate::namespace::Namespace;
use crate::programs::{Ended, finish};
use serde_json::Value;
use std::fs::{self, File};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// One node, and the command line beside it.
#[derive(Debug)]
pub(crate) struct Installation {
    folder: PathBuf,
    variables: Variables,
    process: Child,
}

/// Of the policy host and of the name server.
pub(crate) const ADDRESS: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 80);

impl Installation {
    /// Starts it. Its CA shows a certificate below `ca`; `roots` are believed of all others.
    pub(crate) fn start(
        clock: &Clock,
        [ca, roots]: [&Path; 2],
        namespace: &Namespace,
        folder: &Path,
    ) -> Self {
        let (ca, roots, directory) = (ca.display(), roots.display(), pebble::DIRECTORY);
        let config = format!(
            "[network]\ndns = \"{UNBOUND}\"\ndnssec = \"trust-ad\"\nroots = \"{roots}\"\n\
             allow_address = [\"203.0.113.0/24\", \"198.51.100.0/24\"]\n\
             [serve]\nzone = \"{ZONE}\"\naddresses = \"{ADDRESS}\"\nstate = \"state\"\n\
             https = \"{ADDRESS}:443\"\nhttp = \"{ADDRESS}:80\"\ndns = \"{ADDRESS}:53\"\n\
             [acme]\nagree_to_terms = true\ndirectory = \"{directory}\"\nroots = \"{ca}\"\n"
        );
        fs::write(folder.join(CONFIG), config).unwrap();
        fs::create_dir(folder.join("state")).unwrap();
        namespace.add_addresses([ADDRESS.into()]);
        let variables = clock.variables(folder);
        let log = File::create(folder.join("log")).unwrap();
        let mut command = ironpost(folder, &variables, namespace);
        command.arg("serve").stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let process = command.spawn().unwrap();
        let installation = Self { folder: folder.to_owned(), variables, process };
        wait_for(UNBOUND.into(), [ZONE, "SOA"], "ns1", namespace);
        installation
    }

    /// `ironpost …`
    pub(crate) fn ironpost(&self, line: &str, namespace: &Namespace) -> Ended {
        let mut command = ironpost(&self.folder, &self.variables, namespace);
        finish(command.args(line.split(' ')))
    }

    /// The same, and it has to succeed.
    pub(crate) fn ok(&self, line: &str, namespace: &Namespace) -> String {
        let ended = self.ironpost(line, namespace);
        assert_eq!(ended.code, 0, "{line}: {ended:?}\nthe log:\n{}", self.log());
        ended.stdout
    }

    /// What `ironpost domain WHAT DOMAIN --format json` gives.
    pub(crate) fn json(&self, what: &str, domain: &str, namespace: &Namespace) -> Value {
        let text = self.ok(&format!("domain {what} {domain} --format json"), namespace);
        serde_json::from_str(&text).unwrap()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap()
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn ironpost(folder: &Path, variables: &Variables, namespace: &Namespace) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_ironpost"));
    let mut command = moved::command(namespace, variables, program);
    command.env("IRONPOST_CONFIG", folder.join(CONFIG));
    command
}

const CONFIG: &str = "ironpost.toml";

/// The zone that the records of hosted domains lead to, delegated to [`ADDRESS`].
const ZONE: &str = "sts.unsigned.example";

//! Pebble, which issues the certificates of policy hosts.

use crate::certificates::{Authority, Certificate};
use crate::name_servers::UNBOUND;
use crate::namespace::Namespace;
use crate::programs::{finish, program};
use crate::waiting::wait_until;
use serde_json::json;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Stdio};

/// A running Pebble, by the time of day: what it issues is valid for years.
#[derive(Debug)]
pub(crate) struct Pebble {
    process: Child,
    root_pem: String,
}

/// Where accounts and orders begin.
pub(crate) const DIRECTORY: &str = "https://127.0.0.1:14000/dir";

impl Pebble {
    /// Starts it with a certificate from `authority`, and waits until it answers.
    pub(crate) fn start(authority: &Authority, namespace: &Namespace, folder: &Path) -> Self {
        let identity = authority.issue(Certificate::Sound, &["127.0.0.1".to_owned()]);
        let chain = folder.join("chain.pem");
        fs::write(&chain, identity.pem).unwrap();
        let config = json!({ "pebble": {
            "listenAddress": "127.0.0.1:14000",
            "managementListenAddress": MANAGEMENT,
            "certificate": chain,
            "privateKey": chain,
            "httpPort": 80,
            "tlsPort": 443,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
        }});
        let file = folder.join("config.json");
        fs::write(&file, config.to_string()).unwrap();
        let log = File::create(folder.join("log")).unwrap();
        let mut command = namespace.command(&program("pebble"));
        command.arg("-config").arg(file).args(["-dnsserver", &format!("{UNBOUND}:53")]);
        // It would wait for seconds before each proof.
        command.env("PEBBLE_VA_NOSLEEP", "1").stdin(Stdio::null());
        let process = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let root_pem = wait_until("the root of Pebble", || root(namespace), Option::is_some);
        Self { process, root_pem: root_pem.unwrap() }
    }

    /// The root of all that it issues; another at each start.
    pub(crate) fn root_pem(&self) -> &str {
        &self.root_pem
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn root(namespace: &Namespace) -> Option<String> {
    let fetch = format!(
        r"printf 'GET /roots/0 HTTP/1.0\r\n\r\n' | openssl s_client -quiet -connect {MANAGEMENT}"
    );
    let ended = finish(namespace.command(&program("sh")).args(["-c", &fetch]));
    Some(ended.stdout[ended.stdout.find("-----BEGIN CERTIFICATE-----")?..].to_owned())
}

const MANAGEMENT: &str = "127.0.0.1:15000";

//! A lab whose one domain changes.

use ironpost_checker::gather::NetworkOptions;
use ironpost_lab::{Lab, LabOptions};
use ironpost_net::address_guard::AddressGuard;
use ironpost_net::dns::resolver::{Dnssec, Keep, Resolver, ResolverConfig};
use ironpost_net::ports::Ports;
use ironpost_net::tls::roots::RootSource;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// Whom it is about.
pub(crate) const NAME: &str = "sound-enforce.example";
pub(crate) const POLICY: &str = "version: STSv1\nmode: enforce\n\
    mx: mx1.sound-enforce.example\nmx: mx2.sound-enforce.example\nmax_age: 1209600\n";

pub(crate) struct World {
    pub(crate) lab: Lab,
    folder: TempDir,
}

impl World {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let scenario = folder.path().join("sound-enforce");
        fs::create_dir(&scenario).unwrap();
        for file in ["zone", "mta-sts.txt", "expect.toml"] {
            fs::copy(fixture().join(file), scenario.join(file)).unwrap();
        }
        let scenarios = Some(folder.path().to_owned());
        let lab = Lab::start(LabOptions { scenarios, ..LabOptions::default() }).await.unwrap();
        Self { lab, folder }
    }

    /// The lab with all scenarios.
    pub(crate) async fn of_all() -> Self {
        let lab = Lab::start(LabOptions::default()).await.unwrap();
        Self { lab, folder: tempfile::tempdir().unwrap() }
    }

    /// Something in the zone is something else from now on.
    pub(crate) async fn change(&mut self, from: &str, to: &str) {
        let zone = self.folder.path().join("sound-enforce/zone");
        let text = fs::read_to_string(&zone).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&zone, text.replace(from, to)).unwrap();
        self.lab.reload().await.unwrap();
    }

    pub(crate) fn network(&self) -> NetworkOptions {
        let ports = self.lab.ports();
        NetworkOptions {
            resolver: self.resolver_config(Keep::ForTtl),
            roots: RootSource::File(self.lab.roots_file().to_owned()),
            guard: AddressGuard::allowing(vec!["127.0.0.0/8".parse().unwrap()]),
            ports: Ports { https: ports.https, smtp: ports.smtp, dns: ports.dns },
            canaries: Some(Vec::new()),
            ehlo_name: "ironpost.test".to_owned(),
        }
    }

    pub(crate) async fn resolver(&self) -> Resolver {
        Resolver::new(self.resolver_config(Keep::Nothing)).await.unwrap()
    }

    fn resolver_config(&self, keep: Keep) -> ResolverConfig {
        ResolverConfig {
            servers: vec![self.lab.dns()],
            dnssec: Dnssec::Off,
            deadline: Duration::from_secs(2),
            keep,
            ..ResolverConfig::default()
        }
    }
}

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/scenarios/sound-enforce")
}

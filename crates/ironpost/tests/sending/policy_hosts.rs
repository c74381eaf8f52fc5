//! nginx as policy hosts.

use crate::certificates::{Authority, Certificate};
use crate::domains::{self, Domain, Policy};
use crate::namespace::Namespace;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

/// All policy hosts.
#[derive(Debug)]
pub(crate) struct PolicyHosts {
    folder: PathBuf,
}

impl PolicyHosts {
    /// Writes policies, certificates and configuration, and starts nginx.
    pub(crate) fn start(authority: &Authority, namespace: &Namespace, folder: &Path) -> Self {
        let hosts = Self { folder: folder.to_owned() };
        let path = folder.display();
        let mut config = format!(
            "user root;\nworker_processes 1;\npid {path}/nginx.pid;\nerror_log {path}/error.log;\n\
             events {{}}\nhttp {{\nserver_names_hash_bucket_size 128;\naccess_log off;\n\
             types {{ text/plain txt; }}\n"
        );
        let published = domains::all().filter_map(|domain| Some((domain, domain.policy?)));
        let mut addresses = BTreeSet::new();
        for (domain, policy) in published {
            let (name, place) = (format!("mta-sts.{}", domain.name), hosts.place(domain));
            fs::create_dir_all(place.join(".well-known")).unwrap();
            let identity = authority.issue(Certificate::Sound, std::slice::from_ref(&name));
            fs::write(place.join("chain.pem"), identity.pem).unwrap();
            hosts.serve(domain, policy);
            let (address, place) = (address(policy), place.display());
            addresses.insert(address);
            writeln!(
                config,
                "server {{\nlisten {address}:443 ssl;\nserver_name {name};\nroot {place};\n\
                 ssl_certificate {place}/chain.pem;\nssl_certificate_key {place}/chain.pem;\n}}"
            )
            .unwrap();
        }
        config.push_str("}\n");
        let file = folder.join("nginx.conf");
        fs::write(&file, config).unwrap();
        namespace.add_addresses(addresses.into_iter().map(Into::into));
        let log = folder.join("error.log");
        namespace.run("nginx", &["-e", log.to_str().unwrap(), "-c", file.to_str().unwrap()]);
        hosts
    }

    /// Serves this policy for the domain from now on.
    pub(crate) fn serve(&self, domain: &Domain, policy: Policy) {
        if policy.is_served {
            fs::write(self.place(domain).join(".well-known/mta-sts.txt"), file(policy)).unwrap();
        }
    }

    fn place(&self, domain: &Domain) -> PathBuf {
        self.folder.join(domain.name)
    }
}

/// The address of the host that has a policy.
pub(crate) fn address(policy: Policy) -> Ipv4Addr {
    Ipv4Addr::new(203, 0, 113, policy.host)
}

fn file(policy: Policy) -> String {
    let patterns = policy.patterns.iter().map(|pattern| format!("mx: {pattern}\r\n"));
    let patterns: String = patterns.collect();
    let Policy { mode, max_age, .. } = policy;
    format!("version: STSv1\r\nmode: {mode}\r\n{patterns}max_age: {max_age}\r\n")
}

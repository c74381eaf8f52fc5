//! One Postfix that plays the MX hosts, a service on an address of its own for each, and keeps
//! what arrives.

use crate::arrivals::Arrivals;
use crate::certificates::{Authority, Certificate, Digests};
use crate::namespace::Namespace;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};

/// A service of `master.cf`, and a host name in `signed.example` and in `unsigned.example`.
struct Service {
    name: &'static str,
    certificate: Certificate,
    /// The first label of the names in the certificate.
    label: &'static str,
    /// STARTTLS is offered.
    tls: bool,
}

const SERVICES: &[Service] = &[
    service("sound", Certificate::Sound, "*"),
    Service { tls: false, ..service("no-starttls", Certificate::Sound, "*") },
    service("expired", Certificate::Expired, "expired"),
    service("self-signed", Certificate::SelfSigned, "self-signed"),
    service("wrong-name", Certificate::WrongName, "wrong-name"),
    // Its certificate names no host but itself.
    service("narrow", Certificate::Sound, "narrow"),
    service("besieged", Certificate::Sound, "*"),
    // Those of a domain that changes from the one to the other.
    service("first", Certificate::Sound, "first"),
    service("second", Certificate::Sound, "second"),
];

const fn service(name: &'static str, certificate: Certificate, label: &'static str) -> Service {
    Service { name, certificate, label, tls: true }
}

/// Postfix before its start: who shows what.
pub(crate) struct MailHosts {
    folder: PathBuf,
    digests: BTreeMap<&'static str, Digests>,
}

impl MailHosts {
    /// Makes certificates and writes the configuration.
    pub(crate) fn prepare(authority: &Authority, folder: &Path) -> Self {
        let mut digests = BTreeMap::new();
        for service in SERVICES {
            let names = ["signed.example", "unsigned.example"]
                .map(|zone| format!("{}.{zone}", service.label));
            let identity = authority.issue(service.certificate, &names);
            fs::write(chain(folder, service.name), identity.pem).unwrap();
            digests.insert(service.name, identity.digests);
        }
        fs::write(folder.join("main.cf"), main_cf(folder)).unwrap();
        fs::write(folder.join("master.cf"), master_cf(folder)).unwrap();
        for part in ["queue", "data", ARRIVED] {
            fs::create_dir(folder.join(part)).unwrap();
        }
        // Postfix insists that its data are its own, and delivers as nobody.
        chown(folder.join("data"), Some(postfix_user(Path::new("/"))), None).unwrap();
        chown(folder.join(ARRIVED), Some(NOBODY), Some(NOBODY)).unwrap();
        Self { folder: folder.to_owned(), digests }
    }

    /// Starts it; it returns when every service listens.
    pub(crate) fn start(&self, namespace: &Namespace) -> Arrivals {
        namespace.add_addresses(names().map(|name| address(name).into()));
        namespace.run("postfix", &["-c", self.folder.to_str().unwrap(), "start"]);
        Arrivals::at(&self.folder.join("log"), self.folder.join(ARRIVED).join("all"))
    }

    /// Of the certificate that a host shows.
    pub(crate) fn digests(&self, name: &str) -> &Digests {
        &self.digests[name]
    }
}

/// The first labels of the MX hosts' names.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    SERVICES.iter().map(|service| service.name)
}

/// The address of a host.
pub(crate) fn address(name: &str) -> Ipv4Addr {
    let place = SERVICES.iter().position(|service| service.name == name).unwrap();
    Ipv4Addr::new(198, 51, 100, 100 + u8::try_from(place).unwrap())
}

/// The number of Postfix's user in a system.
pub(crate) fn postfix_user(root: &Path) -> u32 {
    let passwd = fs::read_to_string(root.join("etc/passwd")).unwrap();
    let entry = passwd.lines().find_map(|line| line.strip_prefix("postfix:x:")).unwrap();
    entry.split(':').next().unwrap().parse().unwrap()
}

fn chain(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.pem"))
}

fn main_cf(folder: &Path) -> String {
    let path = folder.display();
    format!(
        "compatibility_level = 3.6\nqueue_directory = {path}/queue\ndata_directory = {path}/data\n\
         maillog_file = {path}/log\nmaillog_file_prefixes = {path}\n\
         mail_owner = postfix\nsetgid_group = postdrop\nmyhostname = mail.unsigned.example\n\
         mydestination =\nlocal_recipient_maps =\nalias_maps =\nalias_database =\n\
         inet_interfaces = all\ninet_protocols = ipv4\n\
         smtpd_peername_lookup = no\nsmtpd_client_event_limit_exceptions = static:all\n\
         smtpd_tls_received_header = yes\n\
         virtual_mailbox_domains = static:all\nvirtual_mailbox_maps = static:all/\n\
         virtual_mailbox_base = {path}/{ARRIVED}\n\
         virtual_uid_maps = static:{NOBODY}\nvirtual_gid_maps = static:{NOBODY}\n"
    )
}

fn master_cf(folder: &Path) -> String {
    let mut text = "\
postlog unix-dgram n - n - 1 postlogd
tlsmgr unix - - n 1000? 1 tlsmgr
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
"
    .to_owned();
    for service in SERVICES {
        let (name, level) = (service.name, if service.tls { "may" } else { "none" });
        writeln!(
            text,
            "{}:25 inet n - n - - smtpd\n  -o syslog_name={name}\n  -o myhostname={name}.unsigned.example\n  \
             -o smtpd_tls_security_level={level}\n  -o smtpd_tls_chain_files={}",
            address(name),
            chain(folder, name).display()
        )
        .unwrap();
    }
    text
}

const ARRIVED: &str = "arrived";
const NOBODY: u32 = 65534;

//! One Postfix that plays many MX hosts: a service for each, on addresses of its own.

use crate::certificates::{Authority, Certificate, Digests};
use crate::namespace::Namespace;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};

/// A service of `master.cf`, and a host name in `signed.example` and in `unsigned.example`.
struct Service {
    name: &'static str,
    certificate: Certificate,
    /// The program that takes connections.
    daemon: &'static str,
    /// Settings of its own, in the words of postconf(5).
    settings: &'static [&'static str],
}

/// Addresses of the machine where nothing listens on port 25.
pub(crate) const NOBODY: (Ipv4Addr, Ipv6Addr) =
    (Ipv4Addr::new(198, 51, 100, 99), Ipv6Addr::new(0x2001, 0xdb8, 0x25, 0, 0, 0, 0, 0x99));

const SERVICES: &[Service] = &[
    // Its certificate names every host right below the two zones.
    service(SOUND, Certificate::Sound, &[]),
    service("plain", Certificate::Sound, &["smtpd_tls_security_level = none"]),
    service("expired", Certificate::Expired, &[]),
    service("not-yet-valid", Certificate::NotYetValid, &[]),
    service("wrong-name", Certificate::WrongName, &[]),
    service("self-signed", Certificate::SelfSigned, &[]),
    service("private-ca", Certificate::PrivateCa, &[]),
    service("no-intermediate", Certificate::NoIntermediate, &[]),
    service("old-tls", Certificate::Sound, &["smtpd_tls_protocols = >=TLSv1, <=TLSv1.1"]),
    // As Postfix comes from Debian 12.
    service("old-tls-too", Certificate::Sound, &["smtpd_tls_protocols = >=TLSv1"]),
    service("demands-tls", Certificate::Sound, &["smtpd_tls_security_level = encrypt"]),
    service("asks-certificate", Certificate::Sound, &["smtpd_tls_ask_ccert = yes"]),
    // The sound certificate is for those who send the server name.
    service(BY_NAME, Certificate::WrongName, &["tls_server_sni_maps = hash:$config_directory/sni"]),
    service("busy", Certificate::Sound, &[EARLY, "smtpd_client_restrictions = $defers"]),
    service("closed", Certificate::Sound, &[EARLY, "smtpd_client_restrictions = $rejects"]),
    // It lets clients wait after the first line of a greeting of two, then hands them to smtpd.
    Service { daemon: "postscreen", ..service("screened", Certificate::Sound, &[]) },
    service(
        "needs-certificate",
        Certificate::Sound,
        &["smtpd_tls_security_level = encrypt", "smtpd_tls_req_ccert = yes"],
    ),
    // Nobody but the tests of manners looks at these.
    service("counted", Certificate::Sound, &[]),
    service("guarded", Certificate::Sound, &[]),
];

const SOUND: &str = "sound";
const BY_NAME: &str = "by-name";

/// The answer is given in place of the greeting.
const EARLY: &str = "smtpd_delay_reject = no";

const fn service(
    name: &'static str,
    certificate: Certificate,
    settings: &'static [&'static str],
) -> Service {
    Service { name, certificate, daemon: "smtpd", settings }
}

/// Postfix before its start: who shows what.
pub(crate) struct MailServer {
    folder: PathBuf,
    digests: BTreeMap<&'static str, Digests>,
}

impl MailServer {
    /// Makes certificates and writes the configuration.
    pub(crate) fn prepare(authority: &Authority, folder: &Path) -> Self {
        let mut digests = BTreeMap::new();
        for service in SERVICES {
            let identity = authority.issue(service.certificate, &host_names(service.name));
            fs::write(chain(folder, service.name), identity.pem).unwrap();
            digests.insert(service.name, identity.digests);
        }
        let by_name = authority.issue(Certificate::Sound, &host_names(BY_NAME));
        fs::write(chain(folder, "sni"), by_name.pem).unwrap();
        let sni = chain(folder, "sni");
        let lines = host_names(BY_NAME).map(|name| format!("{name} {}\n", sni.display()));
        fs::write(folder.join("sni"), lines.concat()).unwrap();
        fs::write(folder.join("main.cf"), main_cf(folder)).unwrap();
        fs::write(folder.join("master.cf"), master_cf(folder)).unwrap();
        for part in ["queue", "data"] {
            fs::create_dir(folder.join(part)).unwrap();
        }
        // Postfix insists that its data are its own.
        let passwd = fs::read_to_string("/etc/passwd").unwrap();
        let owner = passwd.lines().find_map(|line| line.strip_prefix("postfix:x:")).unwrap();
        let owner = owner.split(':').next().unwrap().parse().unwrap();
        chown(folder.join("data"), Some(owner), None).unwrap();
        Self { folder: folder.to_owned(), digests }
    }

    /// Starts it; it returns when every service listens.
    pub(crate) fn start(&self, namespace: &Namespace) {
        for service in SERVICES {
            let (ipv4, ipv6) = addresses_of(service.name);
            namespace.add_addresses([IpAddr::from(ipv4), ipv6.into()]);
        }
        namespace.add_addresses([IpAddr::from(NOBODY.0), NOBODY.1.into()]);
        let (config, sni) = (self.folder.to_str().unwrap(), self.folder.join("sni"));
        namespace.run("postmap", &["-c", config, "-F", &format!("hash:{}", sni.display())]);
        namespace.run("postfix", &["-c", config, "start"]);
    }

    /// Of the certificate that clients without a server name see.
    pub(crate) fn digests(&self, name: &str) -> &Digests {
        &self.digests[name]
    }
}

/// The first labels of the MX hosts' names.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    SERVICES.iter().map(|service| service.name)
}

/// The addresses of a service.
pub(crate) fn addresses_of(name: &str) -> (Ipv4Addr, Ipv6Addr) {
    addresses(SERVICES.iter().position(|service| service.name == name).unwrap())
}

fn addresses(place: usize) -> (Ipv4Addr, Ipv6Addr) {
    let host = 100 + u8::try_from(place).unwrap();
    (Ipv4Addr::new(198, 51, 100, host), Ipv6Addr::new(0x2001, 0xdb8, 0x25, 0, 0, 0, 0, host.into()))
}

/// The names in a service's certificate.
fn host_names(name: &str) -> [String; 2] {
    let label = if name == SOUND { "*" } else { name };
    ["signed.example", "unsigned.example"].map(|zone| format!("{label}.{zone}"))
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
         inet_interfaces = all\ninet_protocols = all\n\
         smtpd_peername_lookup = no\nsmtpd_client_event_limit_exceptions = static:all\n\
         postscreen_cache_map =\npostscreen_access_list =\n\
         postscreen_greet_action = enforce\npostscreen_greet_wait = 12s\n\
         smtpd_tls_chain_files = {path}/screened.pem\nsmtpd_tls_security_level = may\nsmtpd_tls_loglevel = 1\n\
         smtpd_tls_protocols = >=TLSv1.2\nsmtpd_tls_mandatory_protocols = >=TLSv1.2\n\
         defers = check_client_access static:{{450 4.7.1 come back later}}\n\
         rejects = check_client_access static:{{554 5.7.1 not from you}}\n"
    )
}

fn master_cf(folder: &Path) -> String {
    let mut text = "\
postlog unix-dgram n - n - 1 postlogd
tlsmgr unix - - n 1000? 1 tlsmgr
smtpd pass - - n - - smtpd
"
    .to_owned();
    for (place, service) in SERVICES.iter().enumerate() {
        let (ipv4, ipv6) = addresses(place);
        for address in [ipv4.to_string(), format!("[{ipv6}]")] {
            let chain = chain(folder, service.name);
            writeln!(
                text,
                "{address}:25 inet n - n - {} {}\n  -o syslog_name={}\n  \
                 -o smtpd_tls_chain_files={}",
                if service.daemon == "postscreen" { "1" } else { "-" },
                service.daemon,
                service.name,
                chain.display()
            )
            .unwrap();
            for setting in service.settings {
                writeln!(text, "  -o {{ {setting} }}").unwrap();
            }
        }
    }
    text
}

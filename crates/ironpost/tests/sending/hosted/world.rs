//! What a hosted domain and those who write to it need: all of it looks at one clock.

use crate::arrivals::Arrivals;
use crate::certificates::Authority;
use crate::clock::Clock;
use crate::domains::HOSTED;
use crate::hosted::installation::Installation;
use crate::hosted::pebble::Pebble;
use crate::mail_hosts::MailHosts;
use crate::moved;
use crate::name_servers::{NameServers, UNBOUND};
use crate::namespace::Namespace;
use crate::programs::{Ended, assert_all_present, program};
use crate::resolver::Resolver;
use crate::sender::{Detour, Release, Sender};
use std::fs::{self, Permissions};
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use tempfile::TempDir;

/// Running servers; they end with the value.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) names: NameServers,
    pub(crate) arrivals: Arrivals,
    pub(crate) senders: [Sender; 2],
    pub(crate) installation: Installation,
    _ca: Pebble,
    // The processes end before their files go.
    pub(crate) namespace: Namespace,
    folder: TempDir,
}

/// Recipients for whom Postfix asks resolvers that will be cut off.
pub(crate) const DETOURS: [Detour; 3] = [
    Detour { name: "enforced", to: "enforced@hosted.unsigned.example", resolver: local(2) },
    Detour { name: "widened", to: "widened@hosted.unsigned.example", resolver: local(3) },
    Detour { name: "narrowed", to: "narrowed@hosted.unsigned.example", resolver: local(4) },
];

const fn local(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, number)
}

impl World {
    /// Everything but resolvers.
    pub(crate) fn start() -> Self {
        assert_all_present(&[
            ("faketime", "faketime"),
            ("unshare", "util-linux"),
            ("pebble", "pebble"),
            ("openssl", "openssl"),
        ]);
        let folder = tempfile::tempdir().unwrap();
        // Postfix's daemons are not root.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let part = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
            path
        };
        let (namespace, clock, authority) = (Namespace::new(), Clock::default(), Authority::new());
        let mail = MailHosts::prepare(&authority, &part("mail"));
        let dns = part("dns");
        let unbound = moved::command(&namespace, &clock.variables(&dns), &program("unbound"));
        let addresses = DETOURS.iter().map(|detour| detour.resolver).chain([UNBOUND]);
        let addresses: Vec<_> = addresses.map(Into::into).collect();
        let names = NameServers::start(&mail, &addresses, unbound, &namespace, &dns);
        let arrivals = mail.start(&namespace);

        let ca = Pebble::start(&authority, &namespace, &part("pebble"));
        let [mail_root, roots] = ["mail.pem", ROOTS].map(|name| folder.path().join(name));
        fs::write(&mail_root, authority.root_pem()).unwrap();
        fs::write(&roots, authority.root_pem() + ca.root_pem()).unwrap();
        let installation =
            Installation::start(&clock, [&mail_root, &roots], &namespace, &part("installation"));

        let root = authority.root_pem();
        let senders = [(Release::Debian12, "debian12"), (Release::Debian13, "debian13")];
        let senders = senders.map(|(release, name)| {
            let sender = Sender::install(release, &DETOURS, &root, &part(name), &namespace);
            // It would resume a session of before the policy changed, and match no names again.
            let strict = "smtp_tls_session_cache_database =";
            sender.configure(&namespace, ["recipient_delimiter = +", strict]);
            sender.look_at(&clock, &namespace);
            sender.protect(&namespace);
            sender.start(&namespace);
            sender
        });
        Self { clock, names, arrivals, senders, installation, _ca: ca, namespace, folder }
    }

    /// Starts the resolver that Postfix asks at an address.
    pub(crate) fn resolver(&self, address: Ipv4Addr) -> Resolver {
        let folder: PathBuf = self.folder.path().join(format!("resolver-{address}"));
        let roots = self.folder.path().join(ROOTS);
        Resolver::start(address, Some(&self.clock), &roots, &folder, &self.namespace)
    }

    /// `ironpost domain WORD hosted.unsigned.example MORE`
    pub(crate) fn command(&self, word: &str, more: &str) -> Ended {
        self.installation.ironpost(&line(word, more), &self.namespace)
    }

    /// The same, and it has to succeed.
    pub(crate) fn domain(&self, word: &str, more: &str) -> String {
        self.installation.ok(&line(word, more), &self.namespace)
    }
}

fn line(word: &str, more: &str) -> String {
    format!("domain {word} {} {more}", HOSTED.name).trim_end().to_owned()
}

const ROOTS: &str = "roots.pem";

//! The whole of it: names, policy hosts, mail hosts, two senders and the resolver they ask.

use crate::arrivals::Arrivals;
use crate::certificates::Authority;
use crate::clock::Clock;
use crate::domains::{BLOCKED, CHANGING, Domain, EXCEPTED, REMEMBERED};
use crate::mail_hosts::MailHosts;
use crate::name_servers::{NameServers, UNBOUND};
use crate::namespace::Namespace;
use crate::policy_hosts::PolicyHosts;
use crate::programs::{assert_all_present, program};
use crate::resolver::Resolver;
use crate::sender::{Detour, Release, Sender};
use std::fs::{self, Permissions};
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use tempfile::TempDir;

/// Running servers; they end with the value.
#[derive(Debug)]
pub(crate) struct Internet {
    pub(crate) names: NameServers,
    pub(crate) policies: PolicyHosts,
    pub(crate) arrivals: Arrivals,
    pub(crate) senders: [Sender; 2],
    /// The one that the guide has Postfix ask.
    pub(crate) resolver: Resolver,
    // The processes end before their files go.
    pub(crate) namespace: Namespace,
    folder: TempDir,
}

/// Domains with resolvers of their own, which are started by those who need them.
pub(crate) const DETOURS: [Detour; 4] = [
    detour("changing", &CHANGING, 2),
    detour("blocked", &BLOCKED, 3),
    detour("remembered", &REMEMBERED, 4),
    detour("excepted", &EXCEPTED, 5),
];

const fn detour(name: &'static str, domain: &Domain, number: u8) -> Detour {
    Detour { name, to: domain.name, resolver: Ipv4Addr::new(127, 0, 0, number) }
}

impl Internet {
    /// The one that all tests of this process share; it ends with the last of them.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Internet>> = Mutex::new(Weak::new());
        // A test that could not start it says so itself.
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let internet = Arc::new(Self::start());
            *shared = Arc::downgrade(&internet);
            internet
        })
    }

    fn start() -> Self {
        assert_all_present(&[("faketime", "faketime"), ("unshare", "util-linux")]);
        let folder = tempfile::tempdir().unwrap();
        // Postfix's daemons are not root.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let part = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
            path
        };
        let namespace = Namespace::new();
        let authority = Authority::new();
        let roots = folder.path().join(ROOTS);
        fs::write(&roots, authority.root_pem()).unwrap();
        let mail = MailHosts::prepare(&authority, &part("mail"));
        let unbound = DETOURS.iter().map(|detour| detour.resolver).chain([UNBOUND]);
        let unbound: Vec<_> = unbound.map(Into::into).collect();
        let program = namespace.command(&program("unbound"));
        let names = NameServers::start(&mail, &unbound, program, &namespace, &part("dns"));
        let policies = PolicyHosts::start(&authority, &namespace, &part("web"));
        let (sender12, sender13, own) = (part("debian12"), part("debian13"), part("resolver"));
        let sender = |release, own: PathBuf| {
            let sender =
                Sender::install(release, &DETOURS, &authority.root_pem(), &own, &namespace);
            sender.protect(&namespace);
            sender.start(&namespace);
            sender
        };
        let (arrivals, sender12, sender13, resolver) = thread::scope(|scope| {
            let arrivals = scope.spawn(|| mail.start(&namespace));
            let sender12 = scope.spawn(|| sender(Release::Debian12, sender12));
            let sender13 = scope.spawn(|| sender(Release::Debian13, sender13));
            let resolver = Resolver::start(UNBOUND, None, &roots, &own, &namespace);
            (arrivals.join().unwrap(), sender12.join().unwrap(), sender13.join().unwrap(), resolver)
        });
        Self {
            names,
            policies,
            arrivals,
            senders: [sender12, sender13],
            resolver,
            namespace,
            folder,
        }
    }

    /// Starts the resolver of a domain that has its own.
    pub(crate) fn resolver_of(&self, domain: &Domain, clock: Option<&Clock>) -> Resolver {
        let detour = DETOURS.iter().find(|detour| detour.to == domain.name).unwrap();
        let folder = self.folder.path().join(detour.name);
        let roots = self.folder.path().join(ROOTS);
        Resolver::start(detour.resolver, clock, &roots, &folder, &self.namespace)
    }

    /// A folder that nobody else has, for as long as all of it.
    pub(crate) fn new_folder(&self) -> PathBuf {
        let folder = tempfile::tempdir_in(self.folder.path()).unwrap().keep();
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        folder
    }

    /// The certification authority that everybody here believes.
    pub(crate) fn root_pem(&self) -> String {
        fs::read_to_string(self.folder.path().join(ROOTS)).unwrap()
    }

    /// Where the resolver of a domain asks for names.
    pub(crate) fn names_of(domain: &Domain) -> Ipv4Addr {
        DETOURS.iter().find(|detour| detour.to == domain.name).unwrap().resolver
    }
}

const ROOTS: &str = "roots.pem";

//! The whole of it: names, policy hosts and mail hosts in one namespace, and the checker in there.

use crate::cases;
use crate::certificates::Authority;
use crate::mail_log::MailLog;
use crate::mail_server::MailServer;
use crate::name_servers;
use crate::namespace::Namespace;
use crate::programs::{Ended, assert_all_present, finish, program};
use crate::web_server;
use crate::zones;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tempfile::TempDir;

/// Running servers; they end with the value.
#[derive(Debug)]
pub(crate) struct Internet {
    // The processes end before their files go.
    namespace: Namespace,
    folder: TempDir,
    trust_anchor: PathBuf,
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
        assert_all_present(&[]);
        let folder = tempfile::tempdir().unwrap();
        // Postfix's daemons are not root.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let namespace = Namespace::new();
        let authority = Authority::new();
        fs::write(folder.path().join("roots.pem"), authority.root_pem()).unwrap();
        let mail = MailServer::prepare(&authority, &part(&folder, "mail"));
        let zones = zones::all(cases::all(), &mail, &authority);
        let trust_anchor = name_servers::start(&zones, &namespace, &part(&folder, "dns"));
        web_server::start(cases::all(), &authority, &namespace, &part(&folder, "web"));
        mail.start(&namespace);
        Self { namespace, folder, trust_anchor }
    }

    /// `ironpost check --simulate --format json` with `arguments`, and with the resolver that
    /// /etc/resolv.conf names: the validating one.
    pub(crate) fn check(&self, arguments: &[&str]) -> Ended {
        self.check_from(&self.namespace, arguments)
    }

    /// The same from elsewhere.
    pub(crate) fn check_from(&self, namespace: &Namespace, arguments: &[&str]) -> Ended {
        let mut command = self.checker(namespace);
        for network in ["198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"] {
            command.args(["--allow-address", network]);
        }
        finish(command.args(arguments))
    }

    /// What Postfix as a sender that knows DANE says of the first MX of a domain: its words on TLS.
    pub(crate) fn sender(&self, domain: &str) -> String {
        let mut command = self.namespace.command(&program("posttls-finger"));
        finish(command.args(["-c", "-l", "dane", domain])).stdout
    }

    /// The same without leave to connect to addresses that are not public, as all of ours are.
    pub(crate) fn check_guarded(&self, arguments: &[&str]) -> Ended {
        finish(self.checker(&self.namespace).args(arguments))
    }

    fn checker(&self, namespace: &Namespace) -> Command {
        let mut command = namespace.command(Path::new(env!("CARGO_BIN_EXE_ironpost")));
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.args(["check", "--simulate", "--format", "json"]);
        command.arg("--roots").arg(self.folder.path().join("roots.pem"));
        command.args(["--ehlo-name", "probe.unsigned.example"]);
        command
    }

    /// The root's DS records.
    pub(crate) fn trust_anchor(&self) -> &Path {
        &self.trust_anchor
    }

    /// A network whose packets come and go through the one of the servers.
    pub(crate) fn customer(&self, ipv6: bool) -> Namespace {
        self.namespace.customer(ipv6)
    }

    /// What Postfix has to say.
    pub(crate) fn mail_log(&self) -> MailLog {
        MailLog::at(self.folder.path().join("mail/log"))
    }

    /// The lines of nginx's log for one policy domain.
    pub(crate) fn web_log(&self, domain: &str) -> Vec<String> {
        let log = fs::read_to_string(self.folder.path().join("web/access.log")).unwrap();
        let host = format!("mta-sts.{domain} ");
        log.lines().filter_map(|line| line.strip_prefix(&host)).map(str::to_owned).collect()
    }
}

fn part(folder: &TempDir, name: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::create_dir(&path).unwrap();
    path
}

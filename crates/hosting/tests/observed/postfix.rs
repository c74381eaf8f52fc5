//! Debian's Postfix as the SMTP server on loopback, and Dovecot behind it, which knows the
//! passwords. What Postfix takes it holds, so that it can be looked at.

use crate::authority::Authority;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

pub(crate) const USER: &str = "alerts";
pub(crate) const PASSWORD: &str = "pass word of alerts";

/// What a server is to be besides sound, in the words of postconf(5). It knows [`USER`], and takes
/// mail for `ops.test` from anybody, for others from who logs in.
pub(crate) type Settings = &'static [&'static str];

/// The running servers; they end with the value.
pub(crate) struct Postfix {
    pub(crate) address: SocketAddr,
    server: Daemon,
    _dovecot: Daemon,
    seen: BTreeSet<String>,
    directory: TempDir,
}

/// A program in the foreground, and what it says.
struct Daemon {
    child: Child,
    said: mpsc::UnboundedReceiver<String>,
    before: String,
}

impl Postfix {
    /// Starts the servers; Postfix shows a certificate for `name`.
    pub(crate) async fn start(authority: &Authority, name: &str, settings: Settings) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path();
        // Its parts give up root's rights before they look at their files.
        fs::set_permissions(place, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(place.join("server.pem"), authority.pem(name)).unwrap();
        fs::write(place.join("users"), format!("{USER}:{PASSWORD}\n")).unwrap();
        fs::write(place.join("dovecot.conf"), dovecot_conf(place)).unwrap();
        let mut command = Command::new(program("dovecot", "dovecot-core"));
        let mut dovecot =
            Daemon::start(command.arg("-F").arg("-c").arg(place.join("dovecot.conf")));
        dovecot.says("starting up").await;

        let (address, greylist) = (free_address(), TcpListener::bind(ANY).unwrap());
        let asks = greylist.local_addr().unwrap();
        greylist.set_nonblocking(true).unwrap();
        tokio::spawn(refuse_strangers_once(tokio::net::TcpListener::from_std(greylist).unwrap()));
        fs::write(place.join("main.cf"), main_cf(place, asks, settings)).unwrap();
        fs::write(place.join("master.cf"), master_cf(address)).unwrap();
        make_queue(place);
        program("postfix", "postfix");
        let mut command = Command::new("/usr/lib/postfix/sbin/master");
        let mut server =
            Daemon::start(command.env("MAIL_CONFIG", place).arg("-c").arg(place).arg("-s"));
        server.says("daemon started").await;
        Self { address, server, _dovecot: dovecot, seen: BTreeSet::new(), directory }
    }

    /// The mails that it has taken since it was asked last, each with the line of `Received:` that
    /// says how.
    pub(crate) fn taken(&mut self) -> Vec<String> {
        let held = fs::read_dir(self.directory.path().join("queue/hold")).unwrap();
        let ids = held.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let new: Vec<String> = ids.filter(|id| self.seen.insert(id.clone())).collect();
        new.iter().map(|id| self.mail(id)).collect()
    }

    fn mail(&self, id: &str) -> String {
        let mut command = Command::new(program("postcat", "postfix"));
        command.arg("-c").arg(self.directory.path()).args(["-bhq", id]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Waits for its last words on a client: which commands came.
    pub(crate) async fn last_words(&mut self) -> String {
        let said = self.server.says("disconnect from ").await;
        said.split_once("]: disconnect from ").unwrap().1.to_owned()
    }
}

impl Daemon {
    fn start(command: &mut Command) -> Self {
        let (reader, writer) = std::io::pipe().unwrap();
        command.stdin(Stdio::null()).stdout(writer.try_clone().unwrap()).stderr(writer);
        let child = command.spawn().unwrap();
        // The command would keep the pipe open.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let (sender, said) = mpsc::unbounded_channel();
        thread::spawn(move || {
            for line in BufReader::new(reader).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, said, before: String::new() }
    }

    /// The next line with these words.
    async fn says(&mut self, words: &str) -> String {
        loop {
            let Ok(Some(line)) = timeout(PATIENCE, self.said.recv()).await else {
                panic!("it never says {words:?}: {}", self.before);
            };
            if line.contains(words) {
                return line;
            }
            writeln!(self.before, "{line}").unwrap();
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Both end their own children before they end.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// A policy service of Postfix (SMTPD_POLICY_README): who is not known yet is to come again. Those
/// whose name has no `grey` in it are known.
async fn refuse_strangers_once(listener: tokio::net::TcpListener) {
    let mut known = BTreeSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let _ = answer_policy(stream, &mut known).await;
    }
}

async fn answer_policy(stream: TcpStream, known: &mut BTreeSet<String>) -> std::io::Result<()> {
    let (mut stream, mut recipient) = (BufStream::new(stream), String::new());
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        match line.trim_end().split_once('=') {
            Some(("recipient", value)) => value.clone_into(&mut recipient),
            Some(_) => {}
            None => {
                let fine = !recipient.starts_with("grey") || !known.insert(recipient.clone());
                let action = if fine { "DUNNO" } else { "DEFER_IF_PERMIT Greylisted" };
                stream.write_all(format!("action={action}\n\n").as_bytes()).await?;
                stream.flush().await?;
            }
        }
    }
}

fn dovecot_conf(place: &Path) -> String {
    let place = place.display();
    format!(
        "base_dir = {place}/dovecot\nstate_dir = {place}/dovecot\nprotocols = none\n\
         log_path = /dev/stderr\nssl = no\nauth_mechanisms = plain\n\
         disable_plaintext_auth = no\n\
         passdb {{\n  driver = passwd-file\n  args = scheme=PLAIN {place}/users\n}}\n\
         service auth {{\n  unix_listener smtp {{\n    mode = 0666\n  }}\n}}\n"
    )
}

/// Strict where it may be. What it takes is held.
fn main_cf(place: &Path, greylist: SocketAddr, settings: Settings) -> String {
    let place = place.display();
    let mut text = format!(
        "compatibility_level = 3.6\nqueue_directory = {place}/queue\ndata_directory = {place}/data\n\
         maillog_file = /dev/stdout\nmail_owner = postfix\nsetgid_group = postdrop\n\
         myhostname = mail.ops.test\nmydestination = ops.test\nlocal_recipient_maps =\n\
         alias_maps =\nalias_database =\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\n\
         mynetworks =\nsmtpd_peername_lookup = no\n\
         smtpd_tls_chain_files = {place}/server.pem\nsmtpd_tls_received_header = yes\n\
         smtpd_tls_auth_only = yes\nsmtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\n\
         smtpd_sasl_path = {place}/dovecot/smtp\nsmtpd_sasl_authenticated_header = yes\n\
         strict_rfc821_envelopes = yes\nstrict_7bit_headers = yes\nstrict_8bitmime_body = yes\n\
         smtpd_forbid_bare_newline = yes\nsmtpd_helo_required = yes\n\
         smtpd_helo_restrictions = reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname\n\
         smtpd_sender_restrictions = reject_non_fqdn_sender\n\
         smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination\n\
         smtpd_recipient_restrictions = check_recipient_access inline:{{ gone@ops.test=REJECT }},\n  \
         check_policy_service inet:{greylist}, check_client_access static:HOLD\n"
    );
    for setting in settings {
        writeln!(text, "{setting}").unwrap();
    }
    text
}

fn master_cf(address: SocketAddr) -> String {
    format!(
        "postlog unix-dgram n - n - 1 postlogd\ntlsmgr unix - - n 1000? 1 tlsmgr\n\
         anvil unix - - n - 1 anvil\nrewrite unix - - n - - trivial-rewrite\n\
         cleanup unix n - n - 0 cleanup\n{address} inet n - n - - smtpd\n"
    )
}

/// What `postfix check` makes, without a look at the whole of an installation.
fn make_queue(place: &Path) {
    let queue = place.join("queue");
    let own = ["active", "incoming", "hold", "deferred", "defer", "private", "public"];
    let own = own.map(|name| queue.join(name)).into_iter().chain([place.join("data")]);
    fs::create_dir_all(queue.join("pid")).unwrap();
    for folder in own {
        fs::create_dir(&folder).unwrap();
        chown(&folder, Some(postfix_user()), None).expect(
            "Postfix is started by root alone: as root, `cargo xtask test` runs everything",
        );
    }
}

fn postfix_user() -> u32 {
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    let user = passwd.lines().find_map(|line| line.strip_prefix("postfix:x:"));
    let user = user.expect("there is no user postfix: install the Debian package postfix");
    user.split(':').next().unwrap().parse().unwrap()
}

fn free_address() -> SocketAddr {
    TcpListener::bind(ANY).unwrap().local_addr().unwrap()
}

fn program(name: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|directory| directory.join(name))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("{name} is missing: install the Debian package {package}"))
}

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const PATIENCE: Duration = Duration::from_secs(30);

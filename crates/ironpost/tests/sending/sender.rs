//! A Postfix that sends, as its Debian release sets it up, and then as docs/setup/postfix.md says.

use crate::clock::Clock;
use crate::domains::{RELAY, RELAYED};
use crate::growing::Growing;
use crate::guide;
use crate::mail_hosts::postfix_user;
use crate::name_servers::resolv_conf;
use crate::namespace::Namespace;
use crate::programs::{Ended, finish, program, run};
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whose Postfix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Release {
    /// Postfix 3.7 of this machine.
    Debian12,
    /// Postfix 3.10 in a root of its own.
    Debian13,
}

/// A Postfix that sends. Its files are those of a system, so that everything is where the guide
/// says, but nobody else sees them.
#[derive(Debug)]
pub(crate) struct Sender {
    release: Release,
    /// The files that are its own, at their places below `/`.
    own: PathBuf,
    log: Growing,
}

/// For some mail a resolver of its own is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Detour {
    /// Of the service of `master.cf`.
    pub(crate) name: &'static str,
    /// A domain, or a recipient.
    pub(crate) to: &'static str,
    /// Where the resolver listens.
    pub(crate) resolver: std::net::Ipv4Addr,
}

impl Release {
    /// The root of its file system.
    pub(crate) fn root(self) -> PathBuf {
        match self {
            Self::Debian12 => "/".into(),
            Self::Debian13 => Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../../target/trixie")
                .canonicalize()
                .unwrap_or_else(|error| {
                    panic!("target/trixie: {error}; as root, `cargo xtask test` makes it")
                }),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Debian12 => "debian12",
            Self::Debian13 => "debian13",
        }
    }
}

impl Sender {
    /// Writes the files of a fresh installation into `own`, except that the network ends before
    /// the next house and everything is logged into a file. Nothing protects mail yet.
    pub(crate) fn install(
        release: Release,
        detours: &[Detour],
        roots: &str,
        own: &Path,
        namespace: &Namespace,
    ) -> Self {
        let (root, etc) = (release.root(), own.join("etc/postfix"));
        for place in PLACES {
            fs::create_dir_all(own.join(place)).unwrap();
        }
        chown(own.join("var/lib/postfix"), Some(postfix_user(&root)), None).unwrap();
        fs::write(own.join("roots.pem"), roots).unwrap();
        for name in ["postfix-files", "dynamicmaps.cf"] {
            fs::copy(root.join("etc/postfix").join(name), etc.join(name)).unwrap();
        }
        let shipped =
            |name: &str| fs::read_to_string(root.join("usr/share/postfix").join(name)).unwrap();
        fs::write(etc.join("main.cf"), shipped("main.cf.debian") + &shipped("main.cf.tls"))
            .unwrap();
        fs::write(etc.join("master.cf"), master_cf(release, &shipped("master.cf.dist"), detours))
            .unwrap();
        let transport = detours.iter().map(|detour| format!("{} {}:\n", detour.to, detour.name));
        let relayed = format!("{RELAYED} {RELAY}\n");
        fs::write(etc.join("transport"), transport.collect::<String>() + &relayed).unwrap();
        // What configure-instance.sh does for Debian's smtp(8) in its chroot.
        let chroot = own.join("var/spool/postfix/etc");
        fs::create_dir_all(&chroot).unwrap();
        fs::write(chroot.join("resolv.conf"), resolv_conf()).unwrap();
        for name in ["services", "hosts"] {
            fs::copy(root.join("etc").join(name), chroot.join(name)).unwrap();
        }
        let sender =
            Self { release, own: own.to_owned(), log: Growing::at(&own.join("var/log/mail.log")) };
        let name = format!("myhostname = {}.unsigned.example", release.name());
        sender.configure(namespace, [name.as_str()].iter().chain(HERE).copied());
        sender
    }

    /// Sets parameters of `main.cf`.
    pub(crate) fn configure<'a>(
        &self,
        namespace: &Namespace,
        settings: impl IntoIterator<Item = &'a str>,
    ) {
        run(self.command(namespace, "postconf").arg("-e").args(settings));
    }

    /// Follows the guide, and starts.
    pub(crate) fn protect(&self, namespace: &Namespace) {
        self.configure(namespace, guide::main_cf(self.release).lines());
    }

    /// Has its daemons look at a clock, from the next start on.
    pub(crate) fn look_at(&self, clock: &Clock, namespace: &Namespace) {
        // All work in the queue folder, whether it is their root or not.
        let name = Path::new("etc/clock");
        let file = self.own.join("var/spool/postfix").join(name);
        let mut setting = format!("import_environment = {IMPORTED}");
        for (name, value) in clock.variables_under(&file, name) {
            let mut value = PathBuf::from(value);
            if name == "LD_PRELOAD" {
                // The other root has no faketime(1).
                let here = Path::new("etc/postfix").join(value.file_name().unwrap());
                fs::copy(&value, self.own.join(&here)).unwrap();
                value = Path::new("/").join(here);
            }
            write!(setting, " {name}={}", value.display()).unwrap();
        }
        self.configure(namespace, [setting.as_str()]);
    }

    pub(crate) fn start(&self, namespace: &Namespace) {
        run(self.command(namespace, "postfix").arg("start"));
    }

    /// A command in its system.
    pub(crate) fn command(&self, namespace: &Namespace, name: &str) -> Command {
        let mut command = namespace.command(&program("unshare"));
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.args(["--mount", "--propagation", "private", "sh", "-c", ENTER, "sh"]);
        command.arg(self.release.root()).arg(&self.own).arg(name);
        command
    }

    /// Runs a line of the guide in its system.
    pub(crate) fn shell(&self, namespace: &Namespace, line: &str) -> Ended {
        finish(self.command(namespace, "sh").args(["-c", line]))
    }

    /// Hands in a message.
    pub(crate) fn send(&self, namespace: &Namespace, subject: &str, recipients: &[String]) {
        let words = r#"subject=$1; shift; printf 'Subject: %s\n\nHello.\n' "$subject" |
                       sendmail -f sender@unsigned.example "$@""#;
        let mut command = self.command(namespace, "sh");
        run(command.args(["-c", words, "sh", subject]).args(recipients));
    }

    /// Tries everything in the queue again.
    pub(crate) fn flush(&self, namespace: &Namespace) {
        run(self.command(namespace, "postqueue").arg("-f"));
    }

    /// Tries the message of an attempt again.
    pub(crate) fn retry(&self, namespace: &Namespace, attempt: &Attempt) {
        let (id, _) = attempt.outcome.split_once(": to=").unwrap();
        run(self.command(namespace, "postqueue").args(["-i", id]));
    }

    /// Waits for the attempt number `number`, counted from 1, to deliver to a recipient.
    pub(crate) fn attempt(&self, recipient: &str, number: usize) -> Attempt {
        let what = format!("attempt {number} of {} for {recipient}", self.release.name());
        self.log.wait(&what, |lines| attempts(lines, recipient).into_iter().nth(number - 1))
    }

    pub(crate) fn release(&self) -> Release {
        self.release
    }
}

/// What the log says of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// The line on the recipient: relay, DSN, status and reason.
    pub(crate) outcome: String,
    /// What smtp(8) said before, of connections and of its policy.
    pub(crate) words: Vec<String>,
}

impl Attempt {
    pub(crate) fn is_sent(&self) -> bool {
        self.outcome.contains("status=sent")
    }

    /// Postfix's word for the last TLS connection, `Plain` without one.
    pub(crate) fn tls(&self) -> &str {
        let word = |line: &'_ String| {
            line.split_once(" TLS connection established to ").map(|(word, _)| word.to_owned())
        };
        let place = self.words.iter().rposition(|line| word(line).is_some());
        place.and_then(|place| self.words[place].split(' ').next()).unwrap_or("Plain")
    }
}

fn attempts(lines: &[String], recipient: &str) -> Vec<Attempt> {
    let (to, mut found) = (format!(" to=<{recipient}>, "), Vec::new());
    for (place, line) in lines.iter().enumerate() {
        let Some((process, outcome)) = said(line).filter(|_| line.contains(&to)) else { continue };
        let mut words: Vec<String> = lines[..place]
            .iter()
            .rev()
            .filter_map(|line| said(line))
            .filter(|(other, _)| *other == process)
            .take_while(|(_, words)| !words.contains(", status="))
            .map(|(_, words)| words.to_owned())
            .collect();
        words.reverse();
        found.push(Attempt { outcome: outcome.to_owned(), words });
    }
    found
}

/// The process of a line and its words: `… postfix/smtp[123]: words`.
fn said(line: &str) -> Option<(&str, &str)> {
    let (before, words) = line.split_once("]: ")?;
    before.contains("/smtp[").then_some((before.rsplit('[').next()?, words))
}

/// The services as they are shipped, without the one that listens: who sends hands in by
/// sendmail(1). The default resolver is that of the guide.
fn master_cf(release: Release, shipped: &str, detours: &[Detour]) -> String {
    let mut text = String::new();
    for line in shipped.lines().filter(|line| !line.contains(" inet ")) {
        writeln!(text, "{line}").unwrap();
    }
    for Detour { name, resolver, .. } in detours {
        let map = guide::map_at(release, *resolver);
        writeln!(text, "{name} unix - - y - - smtp\n  -o {{ smtp_tls_policy_maps = {map} }}")
            .unwrap();
    }
    text
}

/// Mounts what is the sender's own over its namesakes, and runs a command there.
const ENTER: &str = r#"
set -e
root=$1 own=$2
shift 2
for place in etc/postfix var/spool/postfix var/lib/postfix var/log; do
    mount --bind "$own/$place" "$root/$place"
done
mount --bind "$own/roots.pem" "$root/etc/ssl/certs/ca-certificates.crt"
if [ "$root" != / ]; then
    mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
fi
# What faketime(1) leaves there goes with the rest.
mount -t tmpfs tmpfs "$root/dev/shm"
exec chroot "$root" "$@"
"#;

/// What Postfix lets in from outside by itself.
const IMPORTED: &str = "MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ XAUTHORITY DISPLAY LANG=C \
                        POSTLOG_SERVICE POSTLOG_HOSTNAME";

const PLACES: [&str; 4] = ["etc/postfix", "var/spool/postfix", "var/lib/postfix", "var/log"];

/// What an installation asks its administrator, and what tests want.
const HERE: &[&str] = &[
    "mydestination =",
    "alias_maps =",
    "alias_database =",
    "inet_interfaces = loopback-only",
    "maillog_file = /var/log/mail.log",
    "transport_maps = texthash:/etc/postfix/transport",
];

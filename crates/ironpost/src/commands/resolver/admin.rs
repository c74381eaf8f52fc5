//! Talking to a running resolver.

use super::AdminSocketArgs;
use crate::config::file::ConfigFile;
use crate::config::resolver::Surroundings;
use crate::config::resolver::values::SocketPath;
use crate::failure::Failure;
use clap::Args;
use ironpost_proto::domain::Domain;
use ironpost_resolver::admin::{Reply, Request};
use std::io;
use std::path::{Path, PathBuf};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

/// Which running resolver is meant.
#[derive(Debug, Clone, Args)]
pub(super) struct AdminArgs {
    #[command(flatten)]
    pub(super) socket: AdminSocketArgs,

    /// The configuration file, which may name the socket
    #[arg(long, value_name = "FILE", env = "IRONPOST_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
}

impl AdminArgs {
    /// Connects to the resolver that is meant; that there is none is told with the way out.
    pub(super) async fn connect(&self) -> Result<Admin, Failure> {
        let file = match &self.config {
            Some(path) => ConfigFile::load(path).map_err(Failure::usage)?,
            None => ConfigFile::default(),
        };
        let named = self.socket.admin_socket.clone().or(file.resolver.admin);
        let path = socket(named, &Surroundings::of_this_process()?);
        Admin::connect(&path).await.map_err(|error| unreachable(&path, &error))
    }
}

/// A connection to a running resolver.
#[derive(Debug)]
pub(super) struct Admin {
    stream: BufReader<UnixStream>,
}

impl Admin {
    /// Connects to the socket at `path`.
    pub(super) async fn connect(path: &Path) -> io::Result<Self> {
        Ok(Self { stream: BufReader::new(UnixStream::connect(path).await?) })
    }

    /// Asks, and waits for the first line of the answer. What the resolver refuses is a failure.
    pub(super) async fn ask(&mut self, request: &Request) -> Result<Reply, Failure> {
        let mut line = serde_json::to_vec(request).map_err(Failure::usage)?;
        line.push(b'\n');
        self.stream.write_all(&line).await.map_err(broken)?;
        self.next().await
    }

    /// The next line of an answer that has several.
    pub(super) async fn next(&mut self) -> Result<Reply, Failure> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.stream).take(MAX_LINE);
        bounded.read_until(b'\n', &mut line).await.map_err(broken)?;
        if !line.ends_with(b"\n") {
            return Err(broken(io::ErrorKind::UnexpectedEof.into()));
        }
        match serde_json::from_slice(&line).map_err(|error| broken(error.into()))? {
            Reply::Refused { reason } => Err(Failure::message(reason)),
            reply => Ok(reply),
        }
    }
}

/// The socket of the resolver that runs, as far as it can be guessed.
pub(super) fn socket(named: Option<SocketPath>, surroundings: &Surroundings) -> PathBuf {
    if let Some(SocketPath(path)) = named {
        return path;
    }
    let likely = surroundings.likely_admin_sockets();
    let there = likely.iter().find(|path| path.exists()).or(likely.first());
    there.cloned().unwrap_or_default()
}

/// Reads a domain from the command line.
pub(super) fn domain(text: &str) -> Result<Domain, String> {
    text.parse().map_err(|fault| format!("not a domain: {fault}"))
}

/// The resolver said something else than was asked for.
pub(super) fn unexpected() -> Failure {
    broken(io::Error::other("an answer to another question"))
}

fn unreachable(path: &Path, error: &io::Error) -> Failure {
    let path = path.display();
    let (what, hint) = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => (
            format!("no resolver is running at {path}"),
            "start it with `ironpost resolver`, or name its socket with --admin-socket",
        ),
        io::ErrorKind::PermissionDenied => {
            (format!("{path} may not be used"), "run this as root or as the resolver's user")
        }
        _ => (format!("{path}: {error}"), "name the resolver's socket with --admin-socket"),
    };
    Failure::could_not_test(anyhow::anyhow!("{what}; {hint}"))
}

fn broken(error: io::Error) -> Failure {
    Failure::could_not_test(anyhow::Error::new(error).context("the resolver broke off"))
}

/// Octets of one line of an answer: a policy of 64 KiB, escaped.
const MAX_LINE: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_named_by_hand_is_taken_as_it_is() {
        let named = Some(SocketPath::from("unix:/tmp/a"));
        assert_eq!(socket(named, &Surroundings::default()), Path::new("/tmp/a"));
        let guessed = socket(None, &Surroundings::default());
        assert!(guessed.ends_with("resolver-admin.sock"), "{guessed:?}");
    }

    #[test]
    fn a_resolver_that_is_not_there_is_told_with_the_way_out() {
        for (kind, word) in [
            (io::ErrorKind::NotFound, "no resolver is running"),
            (io::ErrorKind::ConnectionRefused, "no resolver is running"),
            (io::ErrorKind::PermissionDenied, "root"),
            (io::ErrorKind::InvalidInput, "--admin-socket"),
        ] {
            let failure = unreachable(Path::new("/run/a"), &kind.into());
            assert_eq!(failure.exit(), crate::exit::Exit::CouldNotTest);
            let Failure::CouldNotTest(error) = failure else { panic!("{failure:?}") };
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}

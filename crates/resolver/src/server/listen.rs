//! Listening sockets, TCP and Unix alike.

use std::fs::{self, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// TCP.
    Inet(SocketAddr),
    /// A Unix socket.
    Unix(PathBuf),
}

/// Who may use a Unix socket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Access {
    /// Permission bits.
    pub mode: u32,
    /// The group it is given to, by number.
    pub group: Option<u32>,
}

/// A socket that listens.
#[derive(Debug)]
pub enum Listener {
    /// TCP.
    Inet(TcpListener),
    /// A Unix socket; the path is removed when it goes, if it is ours.
    Unix(UnixListener, Option<PathBuf>),
}

/// A connection of either kind.
pub(super) type Stream = Either<TcpStream, UnixStream>;

/// Binds `address`. A Unix socket that nobody listens on any more is replaced, one that somebody
/// listens on is not.
pub fn bind(address: &Address, access: &Access) -> io::Result<Listener> {
    match address {
        Address::Inet(address) => {
            let listener = std::net::TcpListener::bind(address)?;
            listener.set_nonblocking(true)?;
            Ok(Listener::Inet(TcpListener::from_std(listener)?))
        }
        Address::Unix(path) => bind_unix(path, access),
    }
}

fn bind_unix(path: &Path, access: &Access) -> io::Result<Listener> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    if is_socket {
        match std::os::unix::net::UnixStream::connect(path) {
            Ok(_) => return Err(io::ErrorKind::AddrInUse.into()),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                fs::remove_file(path)?
            }
            Err(error) => return Err(error),
        }
    }
    let listener = UnixListener::bind(path)?;
    if let Some(group) = access.group {
        std::os::unix::fs::chown(path, None, Some(group))?;
    }
    fs::set_permissions(path, Permissions::from_mode(access.mode))?;
    Ok(Listener::Unix(listener, Some(path.to_owned())))
}

impl Listener {
    /// Serves every connection in a task of its own until `shutdown`, and waits for them to end.
    pub(super) async fn serve<F>(
        self,
        shutdown: &CancellationToken,
        serve: impl Fn(Stream, CancellationToken) -> F,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                accepted = self.accept() => match accepted {
                    Ok(stream) => _ = connections.spawn(serve(stream, shutdown.clone())),
                    // Out of descriptors, or the client went away: others are served meanwhile.
                    Err(_) => tokio::time::sleep(BREATH).await,
                },
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
            }
        }
        while connections.join_next().await.is_some() {}
    }

    async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Inet(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Either::Left(stream))
            }
            Self::Unix(listener, _) => Ok(Either::Right(listener.accept().await?.0)),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Self::Unix(_, Some(path)) = self {
            // Nobody is left to tell; the next start replaces it.
            let _ = fs::remove_file(path);
        }
    }
}

const BREATH: Duration = Duration::from_millis(50);

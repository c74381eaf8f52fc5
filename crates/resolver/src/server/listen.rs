//! Listening sockets, TCP and Unix alike.

mod accept;
mod socket_file;

pub(super) use accept::{Stream, Taking, serve_each};
pub use socket_file::SocketFile;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::net::{TcpListener, TcpSocket, UnixListener};

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
    /// A Unix socket; its file is removed when it goes, if it is ours.
    Unix(UnixListener, Option<SocketFile>),
}

/// Why nothing listens at an address.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Somebody else listens there.
    #[error("another program listens there")]
    InUse,
    /// A file of another kind is in the way; it is left alone.
    #[error("there is a file that is no socket")]
    NotASocket,
    /// The folder of a Unix socket is missing.
    #[error("there is no folder {folder}", folder = .0.display())]
    NoFolder(PathBuf),
    /// The path does not fit a socket address (unix(7)).
    #[error("the path is longer than {MAX_PATH} octets")]
    PathTooLong,
    /// The socket could not be given to the group, or its mode could not be set.
    #[error("the socket's {what} cannot be set")]
    Access {
        /// `group` or `mode`.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// What the system says: no permission, no such address.
    #[error("{step} fails")]
    System {
        /// The step that failed.
        step: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

/// Binds `address`; in a Tokio runtime. A Unix socket that nobody listens on any more is
/// replaced, one that somebody listens on is not. Nobody can connect to a Unix socket before it
/// has its mode and group, whatever the process's umask.
pub fn bind(address: &Address, access: &Access) -> Result<Listener, ListenError> {
    match address {
        Address::Inet(address) => inet(*address).map(Listener::Inet),
        Address::Unix(path) => {
            let (listener, file) = socket_file::bind(path, access)?;
            Ok(Listener::Unix(listener, Some(file)))
        }
    }
}

fn inet(address: SocketAddr) -> Result<TcpListener, ListenError> {
    let failed = |step| move |source| ListenError::system(step, source);
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    };
    let socket = socket.map_err(failed("making a socket"))?;
    // Connections of the process before may still be closing; a listener in use is refused all
    // the same.
    socket.set_reuseaddr(true).map_err(failed("making a socket"))?;
    socket.bind(address).map_err(failed("binding"))?;
    socket.listen(BACKLOG).map_err(failed("listening"))
}

impl ListenError {
    fn system(step: &'static str, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::AddrInUse {
            Self::InUse
        } else {
            Self::System { step, source }
        }
    }
}

impl fmt::Display for Listener {
    /// `inet:address:port`, `unix:path`: where it really listens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(listener) => match listener.local_addr() {
                Ok(address) => write!(f, "inet:{address}"),
                Err(_) => f.write_str("inet"),
            },
            Self::Unix(listener, _) => {
                let address = listener.local_addr().ok();
                match address.as_ref().and_then(|address| address.as_pathname()) {
                    Some(path) => write!(f, "unix:{}", path.display()),
                    None => f.write_str("unix"),
                }
            }
        }
    }
}

/// Connections that wait to be accepted: a whole mail system that starts at once. The system may
/// bound it further (`net.core.somaxconn`).
const BACKLOG: u32 = 4096;
/// `sun_path` of unix(7), with its closing zero.
const MAX_PATH: usize = 107;

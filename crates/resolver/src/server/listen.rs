//! Listening sockets, TCP and Unix alike.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::FileTypeExt;
use std::path::PathBuf;
use tokio::net::{TcpListener, UnixListener};

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

/// Binds `address`. A Unix socket that nobody listens on any more is replaced, one that somebody
/// listens on is not.
pub fn bind(address: &Address, access: &Access) -> io::Result<Listener> {
    let _ = (address, access, FileTypeExt::is_socket(&std::fs::metadata("/")?.file_type()));
    todo!()
}

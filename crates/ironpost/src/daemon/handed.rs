//! Sockets that the service manager has opened: sd_listen_fds(3).

use crate::failure::Failure;
use listenfd::ListenFd;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixListener;
use std::{env, io};

/// A socket that the service manager has opened, not blocking.
#[derive(Debug)]
pub(crate) enum Handed {
    Tcp(TcpListener),
    Udp(UdpSocket),
    Unix(UnixListener),
}

impl Handed {
    /// Takes what was handed over, with the names that `FileDescriptorName=` gives. Changes the
    /// environment, so there must be no other thread yet.
    pub(crate) fn take() -> Result<Vec<(String, Self)>, Failure> {
        let names = env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':');
        let mut sockets = ListenFd::from_env();
        let mut handed = Vec::new();
        for index in 0..sockets.len() {
            let name = names.next().unwrap_or_default().to_owned();
            let socket = Self::at(&mut sockets, index).map_err(|error| {
                let context = format!("socket {index} of the service manager cannot be used");
                Failure::usage(anyhow::Error::new(error).context(context))
            })?;
            handed.extend(socket.map(|socket| (name, socket)));
        }
        Ok(handed)
    }

    /// Each attempt of another kind leaves the socket in its place.
    fn at(sockets: &mut ListenFd, index: usize) -> io::Result<Option<Self>> {
        if let Ok(socket) = sockets.take_unix_listener(index) {
            return socket
                .map(|socket| socket.set_nonblocking(true).map(|()| Self::Unix(socket)))
                .transpose();
        }
        if let Ok(socket) = sockets.take_tcp_listener(index) {
            return socket
                .map(|socket| socket.set_nonblocking(true).map(|()| Self::Tcp(socket)))
                .transpose();
        }
        sockets
            .take_udp_socket(index)?
            .map(|socket| socket.set_nonblocking(true).map(|()| Self::Udp(socket)))
            .transpose()
    }
}

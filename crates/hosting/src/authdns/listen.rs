//! Sockets to listen on.

use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;
use tokio::net::{TcpListener, UdpSocket};
use tokio::time::{Instant, sleep};

/// Binds `count` UDP sockets to one address, among which the system shares out what comes
/// (socket(7), SO_REUSEPORT): one for each processor that is to answer. Port 0 gives all of them
/// the same free port. An address that another program has is an error, even if it would share.
/// Call it in a Tokio runtime.
pub fn bind_udp(address: SocketAddr, count: NonZeroUsize) -> io::Result<Vec<UdpSocket>> {
    // It would be shared with any program of the same user, another Ironpost for instance.
    let probe = socket(address, Type::DGRAM, Protocol::UDP)?;
    probe.bind(&address.into())?;
    if count == NonZeroUsize::MIN {
        return Ok(vec![udp(probe)?]);
    }
    let bound = probe.local_addr()?.as_socket().unwrap_or(address);
    drop(probe);
    let shared = || {
        let socket = socket(address, Type::DGRAM, Protocol::UDP)?;
        socket.set_reuse_port(true)?;
        socket.bind(&bound.into())?;
        udp(socket)
    };
    (0..count.get()).map(|_| shared()).collect()
}

/// Binds a TCP listener. Call it in a Tokio runtime.
pub fn bind_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket(address, Type::STREAM, Protocol::TCP)?;
    // Connections of the process before may still be closing; a listener in use is refused all
    // the same.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn socket(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        // `[::]` beside `0.0.0.0`, whatever the system's default is.
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn udp(socket: Socket) -> io::Result<UdpSocket> {
    // The system may grant less (`net.core.rmem_max`), and a smaller one is no fault.
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    UdpSocket::from_std(socket.into())
}

/// What is wrong with a listener, for the log: not more often than once in a while.
#[derive(Debug, Default)]
pub(super) struct Complaint {
    told: Option<Instant>,
}

impl Complaint {
    /// Tells it, and waits: the same error would come again at once.
    pub(super) async fn tell(&mut self, what: &'static str, error: &io::Error) {
        if self.told.is_none_or(|told| told.elapsed() >= SILENCE) {
            tracing::warn!("{what}: {error}");
            self.told = Some(Instant::now());
        }
        sleep(PAUSE).await;
    }
}

/// Octets of questions that wait while others are answered: some ten thousand.
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;
/// Connections that wait to be accepted. The system may bound it further (`net.core.somaxconn`).
const BACKLOG: i32 = 1024;
/// Between two lines of the log about the same trouble.
const SILENCE: Duration = Duration::from_mins(1);
/// Between two attempts, after one that failed.
const PAUSE: Duration = Duration::from_millis(50);

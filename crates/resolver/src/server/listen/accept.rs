//! Taking connections in, whatever happens.

use super::Listener;
use rustix::io::fcntl_dupfd_cloexec;
use rustix::process::{Resource, getrlimit};
use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::time::{Duration, Instant};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::sleep;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A connection.
pub(in crate::server) type Stream = Either<TcpStream, UnixStream>;

/// How many descriptors the connections of a listener may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Taking {
    /// Some are left for lookups, fetches, the store and the service manager: those who are
    /// connected need them, and a crowd must not end the process for want of a sign of life.
    WhatCanBeSpared,
    /// All: administration, which is needed most when there are none left.
    TheLast,
}

/// Serves every connection in a task of its own until `shutdown`, then waits for those that are
/// left.
pub(in crate::server) async fn serve_each<F>(
    listener: Listener,
    taking: Taking,
    shutdown: &CancellationToken,
    serve: impl Fn(Stream) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let connections = TaskTracker::new();
    let accepting = async {
        let room = Room::new(taking);
        let mut told = None;
        loop {
            let accepted = match room.look(&listener) {
                Ok(()) => listener.accept().await,
                Err(error) => Err(error),
            };
            match accepted {
                Ok(stream) => {
                    connections.spawn(serve(stream));
                }
                // The client has left already.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                // Above all EMFILE: the connection stays in the queue and would be reported
                // again at once. Descriptors come back when others leave.
                Err(error) => {
                    if told.is_none_or(|at: Instant| at.elapsed() >= SILENCE) {
                        tracing::warn!("{listener}: no connection can be accepted: {error}");
                        told = Some(Instant::now());
                    }
                    sleep(PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        biased;
        () = shutdown.cancelled() => {}
        () = accepting => {}
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// The numbers of descriptors that connections may have.
struct Room {
    below: Option<RawFd>,
}

impl Room {
    fn new(taking: Taking) -> Self {
        let below = match taking {
            Taking::WhatCanBeSpared => getrlimit(Resource::Nofile)
                .current
                .map(|limit| limit - (limit / SPARED_PART).min(MOST_SPARED)),
            Taking::TheLast => None,
        };
        Self { below: below.and_then(|below| RawFd::try_from(below).ok()) }
    }

    /// Whether another connection may be taken in. The number of a new descriptor is the lowest
    /// that is free (open(2)), so it says how many there are.
    fn look(&self, listener: &Listener) -> io::Result<()> {
        let Some(below) = self.below else { return Ok(()) };
        let descriptor = match listener {
            Listener::Inet(listener) => listener.as_fd(),
            Listener::Unix(listener, _) => listener.as_fd(),
        };
        let next = fcntl_dupfd_cloexec(descriptor, 0)?;
        if next.as_raw_fd() < below {
            return Ok(());
        }
        Err(io::Error::other("too many files are open; the limit can be raised (LimitNOFILE=)"))
    }
}

impl Listener {
    async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Inet(listener) => {
                let (stream, _) = listener.accept().await?;
                // Replies are written whole; waiting for more to say costs the client 40 ms. A
                // connection that cannot be told so is gone, which the first read tells.
                let _ = stream.set_nodelay(true);
                Ok(Either::Left(stream))
            }
            Self::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                Ok(Either::Right(stream))
            }
        }
    }
}

/// Between two attempts to accept when descriptors have run out.
const PAUSE: Duration = Duration::from_millis(50);
/// Between two lines of the log about it.
const SILENCE: Duration = Duration::from_mins(1);
/// One descriptor of so many is spared, but no more than that. Own limits.
const SPARED_PART: u64 = 4;
const MOST_SPARED: u64 = 2048;

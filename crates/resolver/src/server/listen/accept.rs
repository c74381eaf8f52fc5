//! Taking connections in, whatever happens.

use super::Listener;
use std::io;
use std::time::Duration;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::sleep;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A connection.
pub(in crate::server) type Stream = Either<TcpStream, UnixStream>;

/// Serves every connection in a task of its own until `shutdown`, then waits for those that are
/// left.
pub(in crate::server) async fn serve_each<F>(
    listener: Listener,
    shutdown: &CancellationToken,
    serve: impl Fn(Stream) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let connections = TaskTracker::new();
    let accepting = async {
        let mut failing = false;
        loop {
            match listener.accept().await {
                Ok(stream) => {
                    failing = false;
                    connections.spawn(serve(stream));
                }
                // The client has left already.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                // Above all EMFILE: the connection stays in the queue and would be reported
                // again at once. Descriptors come back when others leave.
                Err(error) => {
                    if !failing {
                        tracing::warn!("{listener}: no connection can be accepted: {error}");
                    }
                    failing = true;
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

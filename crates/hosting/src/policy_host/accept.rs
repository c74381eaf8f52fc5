//! Taking connections in, whatever happens.

use super::connection::Door;
use super::counts::Event;
use super::crowd::Seat;
use futures_util::FutureExt;
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A connection that was taken in.
pub(super) struct Guest {
    pub(super) stream: TcpStream,
    /// Who is at the other end: a client or a proxy.
    pub(super) peer: SocketAddr,
    /// Its own child of the end: all of them would wait for one lock at every turn.
    pub(super) end: CancellationToken,
    pub(super) door: Arc<Door>,
}

/// Serves every connection in a task of its own until `end`. Those that the system has accepted by
/// then are served too; all are left a while to finish, and cut off after it.
pub(super) async fn serve_each<F>(
    listener: TcpListener,
    door: &Arc<Door>,
    end: &CancellationToken,
    serve: impl Fn(Guest) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    // Connections inherit it (tcp(7)): replies are written whole, and waiting for more to say would
    // cost the client 40 ms. Where it cannot be set, they are slower.
    let _ = SockRef::from(&listener).set_tcp_nodelay(true);
    let guests = TaskTracker::new();
    let take_in = |(stream, peer), seat: Seat| {
        door.counts.add(Event::Connection);
        let end = end.child_token();
        let guest = Guest { stream, peer, end: end.clone(), door: Arc::clone(door) };
        let served = serve(guest);
        let farewell = door.limits.farewell;
        guests.spawn(async move {
            tokio::select! {
                biased;
                () = served => {}
                () = async { end.cancelled().await; sleep(farewell).await } => {}
            }
            drop(seat);
        });
    };
    tokio::select! {
        biased;
        () = end.cancelled() => {}
        () = accept_all(&listener, door, &take_in) => {}
    }
    while let Some(Ok(guest)) = listener.accept().now_or_never() {
        let Some(seat) = door.crowd.seat_now() else { break };
        take_in(guest, seat);
    }
    drop(listener);
    guests.close();
    guests.wait().await;
}

async fn accept_all(
    listener: &TcpListener,
    door: &Door,
    take_in: impl Fn((TcpStream, SocketAddr), Seat),
) {
    let mut told = None;
    loop {
        match listener.accept().await {
            Ok(guest) => {
                // The others wait in the system's queue meanwhile.
                let Some(seat) = door.crowd.seat().await else { return };
                take_in(guest, seat);
            }
            // The client has left already.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            // Above all EMFILE: the connection stays in the queue and would be reported again at
            // once. Descriptors come back when others leave.
            Err(error) => {
                if told.is_none_or(|at: Instant| at.elapsed() >= SILENCE) {
                    tracing::warn!("the policy host can accept no connection: {error}");
                    told = Some(Instant::now());
                }
                sleep(PAUSE).await;
            }
        }
    }
}

/// Between two attempts to accept when descriptors have run out.
const PAUSE: Duration = Duration::from_millis(50);
/// Between two lines of the log about it.
const SILENCE: Duration = Duration::from_mins(1);

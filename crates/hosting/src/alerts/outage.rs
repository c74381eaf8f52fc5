//! The database is away: the one trouble that cannot be kept in it. Each node tells of its own.

use super::channel::Channel;
use super::message::Message;
use super::{Alerts, FIRST_PAUSE, MOST_DOUBLINGS, Trouble};
use ironpost_net::clock::Clock;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::hosting::alerts::StoredAlert;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

impl Alerts {
    /// Tells when the database is away for longer than `PATIENCE`, and when it is back, until
    /// `end`. `is_there` says of what `health` shows whether it is.
    pub async fn watch_database<T>(
        self,
        node: &str,
        mut health: watch::Receiver<T>,
        is_there: fn(&T) -> bool,
        clock: Arc<dyn Clock>,
        end: CancellationToken,
    ) {
        let watching = async {
            loop {
                if health.wait_for(|health| !is_there(health)).await.is_err() {
                    return;
                }
                let since = clock.now();
                tokio::select! {
                    back = health.wait_for(is_there) => if back.is_err() { return } else { continue },
                    () = sleep(PATIENCE) => {}
                }
                let mut outage = Outage::new(&self.channels, node, since);
                tokio::select! {
                    back = health.wait_for(is_there) => if back.is_err() { return },
                    () = outage.tell(&*clock, None) => {}
                }
                let back = clock.now();
                // One that goes away again meanwhile is another outage, told after this one.
                outage.tell(&*clock, Some(back)).await;
            }
        };
        tokio::select! {
            () = end.cancelled() => {}
            () = watching => {}
        }
    }
}

/// One outage, and who has heard of it.
#[derive(Debug)]
struct Outage<'a> {
    node: &'a str,
    since: Timestamp,
    listeners: Vec<Listener<'a>>,
}

#[derive(Debug)]
struct Listener<'a> {
    channel: &'a Channel,
    told_open: bool,
    told_over: bool,
    failures: u32,
    retry: Instant,
}

impl<'a> Outage<'a> {
    fn new(channels: &'a [Channel], node: &'a str, since: Timestamp) -> Self {
        let listener = |channel| Listener {
            channel,
            told_open: false,
            told_over: false,
            failures: 0,
            retry: Instant::now(),
        };
        Self { node, since, listeners: channels.iter().map(listener).collect() }
    }

    /// Tells everybody. While the outage lasts this never returns: there is nothing after it but its
    /// end. Of its end whoever was reached or tried hears, and then it does.
    async fn tell(&mut self, clock: &dyn Clock, back: Option<Timestamp>) {
        loop {
            let mut next: Option<Instant> = None;
            for listener in &mut self.listeners {
                let is_told = match back {
                    None => &mut listener.told_open,
                    Some(_) => &mut listener.told_over,
                };
                if *is_told {
                    continue;
                }
                if listener.retry <= Instant::now() {
                    let alert = alert(self.node, self.since, back);
                    let message = Message::new(&[alert], clock.now());
                    match listener.channel.send(&message).await {
                        Ok(()) => {
                            *is_told = true;
                            listener.failures = 0;
                            continue;
                        }
                        Err(error) => {
                            let name = listener.channel.name();
                            tracing::error!("alerts cannot be told by {name}: {error}");
                            let doublings = listener.failures.min(MOST_DOUBLINGS);
                            listener.failures = listener.failures.saturating_add(1);
                            listener.retry =
                                Instant::now() + FIRST_PAUSE.saturating_mul(1 << doublings);
                        }
                    }
                }
                next = Some(next.map_or(listener.retry, |next| next.min(listener.retry)));
            }
            match (next, back) {
                (Some(next), _) => sleep_until(next).await,
                (None, Some(_)) => return,
                (None, None) => std::future::pending().await,
            }
        }
    }
}

fn alert(node: &str, since: Timestamp, back: Option<Timestamp>) -> StoredAlert {
    StoredAlert {
        kind: Trouble::Database.as_str().to_owned(),
        subject: node.to_owned(),
        domain: None,
        episode: 1,
        message: "the database is away: what is in memory is served on, and nothing can be changed"
            .to_owned(),
        raised: since,
        quiet: back,
        closed: back.is_some(),
    }
}

/// How long the database may be away without a word but in the log: a restart of it. Own limit.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

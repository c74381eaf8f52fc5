//! The connection to the shared cache, made and made again in the background.

use super::address::{Address, Kind};
use super::{DEADLINE, KEY_PREFIX, State};
use ironpost_proto::visible::Visible;
use redis::aio::MultiplexedConnection;
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use redis::sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, RedisError, RedisResult,
    ServerErrorKind, TlsMode,
};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

/// The connection. Cheap to clone; ends with the last clone.
#[derive(Clone)]
pub(super) struct Link {
    phase: Arc<watch::Sender<Phase>>,
    _keeper: Arc<AbortOnDropHandle<()>>,
}

/// How it is, and if well, by what.
enum Phase {
    Connecting,
    Here(Connection),
    Away(String),
}

/// A connection that worked once.
#[derive(Clone)]
struct Connection {
    /// Which one: a failure of an earlier one says nothing of it.
    number: u64,
    way: Way,
    /// The server has refused something, and the log has it.
    refused: Arc<AtomicBool>,
}

#[derive(Clone)]
enum Way {
    Server(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// Why a command has no answer.
enum Failure {
    /// The connection is of no use any more.
    Lost(String),
    /// The server does not want to: out of memory, or no permission.
    Refused(String),
}

impl Link {
    /// Begins to connect.
    pub(super) fn start(address: Address) -> Self {
        let phase = Arc::new(watch::Sender::new(Phase::Connecting));
        let keeper = tokio::spawn(keep_up(address, Arc::clone(&phase)));
        Self { phase, _keeper: Arc::new(AbortOnDropHandle::new(keeper)) }
    }

    /// The answer to a command; `None` while there is no connection, and if it fails.
    pub(super) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Option<T> {
        let mut connection = match &*self.phase.borrow() {
            Phase::Here(connection) => connection.clone(),
            Phase::Connecting | Phase::Away(_) => return None,
        };
        match connection.ask(command).await {
            Ok(answer) => Some(answer),
            Err(Failure::Lost(reason)) => {
                lose(&self.phase, connection.number, reason);
                None
            }
            Err(Failure::Refused(reason)) => {
                if !connection.refused.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%reason, "the shared cache refuses a command");
                }
                None
            }
        }
    }

    pub(super) fn state(&self) -> State {
        self.phase.borrow().state()
    }

    pub(super) async fn changed(&self, seen: &State) -> State {
        let mut phase = self.phase.subscribe();
        // The sender is in `self`: the wait does not fail.
        match phase.wait_for(|phase| phase.state() != *seen).await {
            Ok(phase) => phase.state(),
            Err(_) => self.state(),
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Link").field(&self.state()).finish()
    }
}

impl Phase {
    fn state(&self) -> State {
        match self {
            Self::Connecting => State::Connecting,
            Self::Here(_) => State::Here,
            Self::Away(reason) => State::Away(reason.clone()),
        }
    }

    fn is_connection(&self, number: u64) -> bool {
        match self {
            Self::Here(connection) => connection.number == number,
            Self::Connecting | Self::Away(_) => false,
        }
    }
}

impl Connection {
    async fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> Result<T, Failure> {
        let answer = async {
            match &mut self.way {
                Way::Server(connection) => command.query_async(connection).await,
                Way::Cluster(connection) => command.query_async(connection).await,
            }
        };
        match timeout(DEADLINE, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(Failure::of(&error)),
            Err(_) => Err(Failure::Lost(format!("no answer within {DEADLINE:?}"))),
        }
    }

    /// Sees whether it reads, by a command that users of the cache need anyway, and that is a
    /// matter of one node in a cluster.
    async fn probe(&mut self) -> Result<(), String> {
        let mut command = redis::cmd("GETRANGE");
        command.arg(KEY_PREFIX).arg(0).arg(0);
        match self.ask::<redis::Value>(&command).await {
            Ok(_) => Ok(()),
            Err(Failure::Lost(reason) | Failure::Refused(reason)) => Err(reason),
        }
    }

    /// Returns once the connection has been lost, here or by a command.
    async fn until_lost(&mut self, phase: &watch::Sender<Phase>) {
        let mut seen = phase.subscribe();
        let number = self.number;
        while timeout(HEARTBEAT, seen.wait_for(|phase| !phase.is_connection(number))).await.is_err()
        {
            if let Err(reason) = self.probe().await {
                lose(phase, number, reason);
            }
        }
    }
}

impl Failure {
    fn of(error: &RedisError) -> Self {
        match error.kind() {
            // A server that starts, has been demoted, or knows that others are missing.
            ErrorKind::Server(
                ServerErrorKind::BusyLoading
                | ServerErrorKind::ReadOnly
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::TryAgain,
            ) => Self::Lost(reason(error)),
            ErrorKind::Server(_) | ErrorKind::Extension | ErrorKind::UnexpectedReturnType => {
                Self::Refused(reason(error))
            }
            _ => Self::Lost(reason(error)),
        }
    }
}

/// For the log and the administrator. What a server answers to a password is not in it: the driver
/// keeps that to itself.
fn reason(error: &RedisError) -> String {
    Visible::excerpt(error.to_string().as_bytes(), MAX_REASON).to_string()
}

/// The connection of that number is no more.
fn lose(phase: &watch::Sender<Phase>, number: u64, reason: String) {
    phase.send_if_modified(|phase| {
        let current = phase.is_connection(number);
        if current {
            tracing::warn!(%reason, "the shared cache is away: going on from memory");
            *phase = Phase::Away(reason);
        }
        current
    });
}

/// Connects, waits for the connection to fail, and begins again.
async fn keep_up(address: Address, phase: Arc<watch::Sender<Phase>>) {
    let mut pause = FIRST_PAUSE;
    for number in 0.. {
        match connect(&address, number).await {
            Ok(mut connection) => {
                let since = Instant::now();
                tracing::info!("the shared cache is here");
                phase.send_replace(Phase::Here(connection.clone()));
                connection.until_lost(&phase).await;
                if since.elapsed() >= STEADY {
                    pause = FIRST_PAUSE;
                }
            }
            Err(reason) => {
                if number == 0 {
                    tracing::warn!(%reason, "the shared cache is away: going on from memory");
                } else {
                    tracing::debug!(%reason, "the shared cache is still away");
                }
                phase.send_replace(Phase::Away(reason));
            }
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn connect(address: &Address, number: u64) -> Result<Connection, String> {
    let way = match timeout(CONNECT_DEADLINE, open(&address.kind)).await {
        Ok(way) => way.map_err(|error| reason(&error))?,
        Err(_) => return Err(format!("no connection within {CONNECT_DEADLINE:?}")),
    };
    let mut connection = Connection { number, way, refused: Arc::default() };
    // One that lacks a password connects, and is told so later.
    connection.probe().await?;
    Ok(connection)
}

async fn open(kind: &Kind) -> RedisResult<Way> {
    // The deadlines here are the ones that count.
    let config =
        AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
    match kind {
        Kind::Server(info) => {
            let client = Client::open(info.clone())?;
            let connection = client.get_multiplexed_async_connection_with_config(&config).await?;
            Ok(Way::Server(connection))
        }
        Kind::Cluster(nodes) => {
            let client = ClusterClientBuilder::new(nodes.clone())
                .connection_timeout(CONNECT_DEADLINE)
                .response_timeout(DEADLINE)
                .retries(CLUSTER_RETRIES)
                .build()?;
            Ok(Way::Cluster(client.get_async_connection().await?))
        }
        Kind::Sentinel { sentinels, service, server, tls } => {
            let node =
                SentinelNodeConnectionInfo::default().set_redis_connection_info(server.clone());
            let node = if *tls { node.set_tls_mode(TlsMode::Secure) } else { node };
            let master = SentinelServerType::Master;
            let mut client = SentinelClient::build(sentinels.clone(), service, Some(node), master)?;
            Ok(Way::Server(client.get_async_connection_with_config(&config).await?))
        }
    }
}

/// For a connection, with its login. A few sentinels that do not answer fit into it.
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
/// How long an idle connection may be dead before the state says so.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Between attempts to connect: doubled each time, until a connection has been steady.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const STEADY: Duration = Duration::from_secs(10);
/// To other nodes, when keys have moved. Time for more there is not.
const CLUSTER_RETRIES: u32 = 2;
/// Characters of what an error says.
const MAX_REASON: usize = 200;

//! Servers that are started, and clients that speak bytes.

use crate::told::Told;
use ironpost_resolver::answer::Dialect;
use ironpost_resolver::server::listen::{Access, Address, Listener, bind};
use ironpost_resolver::server::{http, socketmap, tcp_table};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinHandle;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;

/// A server that runs until it is stopped.
pub(crate) struct Server {
    pub(crate) told: Told,
    pub(crate) address: Address,
    shutdown: CancellationToken,
    serving: JoinHandle<()>,
    _folder: TempDir,
}

/// What a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaks {
    Socketmap,
    TcpTable,
    Http,
}

impl Server {
    /// On a Unix socket.
    pub(crate) fn unix(speaks: Speaks) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = Address::Unix(folder.path().join("socket"));
        Self::start(speaks, &address, folder)
    }

    /// On a free port.
    pub(crate) fn inet(speaks: Speaks) -> Self {
        let address = Address::Inet(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        Self::start(speaks, &address, tempfile::tempdir().unwrap())
    }

    fn start(speaks: Speaks, address: &Address, folder: TempDir) -> Self {
        let listener = bind(address, &Access { mode: 0o600, group: None }).unwrap();
        let address = match &listener {
            Listener::Inet(listener) => Address::Inet(listener.local_addr().unwrap()),
            Listener::Unix(..) => address.clone(),
        };
        let told = Told::new();
        let shutdown = CancellationToken::new();
        let (asked, ends) = (told.clone(), shutdown.clone());
        let serving = match speaks {
            Speaks::Socketmap => tokio::spawn(socketmap::serve(listener, asked, ends)),
            Speaks::TcpTable => {
                tokio::spawn(tcp_table::serve(listener, asked, Dialect::Postfix310, ends))
            }
            Speaks::Http => tokio::spawn(http::serve(listener, asked, ends)),
        };
        Self { told, address, shutdown, serving, _folder: folder }
    }

    pub(crate) fn path(&self) -> &PathBuf {
        match &self.address {
            Address::Unix(path) => path,
            Address::Inet(address) => panic!("{address} is no path"),
        }
    }

    pub(crate) async fn connect(&self) -> Client {
        Client(match &self.address {
            Address::Inet(address) => Either::Left(TcpStream::connect(address).await.unwrap()),
            Address::Unix(path) => Either::Right(UnixStream::connect(path).await.unwrap()),
        })
    }

    /// Tells the server to end.
    pub(crate) fn shut_down(&self) {
        self.shutdown.cancel();
    }

    /// Waits for its end.
    pub(crate) async fn ended(self) {
        self.serving.await.unwrap();
    }
}

/// A connection.
pub(crate) struct Client(pub(crate) Either<TcpStream, UnixStream>);

impl Client {
    pub(crate) async fn send(&mut self, octets: &[u8]) {
        self.0.write_all(octets).await.unwrap();
    }

    /// Says that it has no more to say.
    pub(crate) async fn finish(&mut self) {
        self.0.shutdown().await.unwrap();
    }

    /// Reads exactly what is expected; no more may follow in one go with it.
    #[track_caller]
    pub(crate) fn expect(&mut self, expected: &[u8]) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        let expected = expected.to_vec();
        async move {
            let mut read = Vec::new();
            while read.len() < expected.len() {
                let mut some = vec![0; expected.len() - read.len()];
                let count = self.0.read(&mut some).await.unwrap();
                read.extend_from_slice(&some[..count]);
                if count == 0 || !expected.starts_with(&read) {
                    break;
                }
            }
            assert_eq!(shown(&read), shown(&expected), "{place}");
        }
    }

    /// Everything up to the end.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut read = Vec::new();
        match self.0.read_to_end(&mut read).await {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
        read
    }
}

/// A netstring.
pub(crate) fn frame(payload: &str) -> Vec<u8> {
    format!("{}:{payload},", payload.len()).into_bytes()
}

/// Several.
pub(crate) fn frames<'a>(payloads: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    payloads.into_iter().flat_map(frame).collect()
}

/// The reply to a lookup in a map that is not there.
pub(crate) fn no_such_map() -> String {
    let maps: Vec<_> = Dialect::maps().collect();
    format!("PERM there is no map of this name; the maps are {}", maps.join(", "))
}

pub(crate) fn shown(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

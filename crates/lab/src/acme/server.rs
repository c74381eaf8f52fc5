//! Connections to the CA: one request each.

use super::AcmeCaOptions;
use super::desk::Desk;
use super::fault::Outage;
use super::http::{Request, Response};
use crate::certificates::Authority;
use crate::error::LabError;
use crate::peers::CertificateManners;
use crate::tls::OneCertificate;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

pub(super) async fn open(
    options: &AcmeCaOptions,
    authority: &Authority,
) -> Result<(TcpListener, TlsAcceptor), LabError> {
    let listener = TcpListener::bind(options.listen).await.map_err(|source| LabError::Listen {
        address: options.listen.ip(),
        port: options.listen.port(),
        source,
    })?;
    let names = vec![options.listen.ip().to_string(), "localhost".to_owned()];
    let identity = authority.identity(&names, &CertificateManners::default())?;
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth()
        .with_cert_resolver(OneCertificate::new(&identity));
    Ok((listener, TlsAcceptor::from(Arc::new(config))))
}

pub(super) async fn serve(listener: TcpListener, tls: TlsAcceptor, desk: Arc<Desk>) {
    let mut outage = desk.outage.subscribe();
    let mut listener = Some(listener);
    let mut under_way = JoinSet::new();
    loop {
        let refused = *outage.borrow_and_update() == Some(Outage::Refused);
        if refused {
            listener = None;
        } else if listener.is_none() {
            listener = TcpListener::bind(desk.address).await.ok();
        }
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = outage.changed() => if changed.is_err() { return },
            Some(_) = under_way.join_next(), if !under_way.is_empty() => {}
            accepted = accepted => {
                if let Ok((stream, _)) = accepted {
                    let (tls, desk) = (tls.clone(), Arc::clone(&desk));
                    // A client that goes away is no trouble of ours.
                    under_way.spawn(async move { drop(answer(stream, tls, desk).await) });
                }
            }
        }
    }
}

async fn answer(stream: TcpStream, tls: TlsAcceptor, desk: Arc<Desk>) -> io::Result<()> {
    let mut stream = timeout(DEADLINE, tls.accept(stream)).await??;
    let request = timeout(DEADLINE, Request::read(&mut stream)).await??;
    let outage = *desk.outage.borrow();
    let response = match outage {
        Some(Outage::Hung) => std::future::pending().await,
        Some(Outage::Unavailable) => Response::plain(503, "closed"),
        Some(Outage::Refused) | None => desk.answer(&request),
    };
    stream.write_all(&response.octets(desk.now())).await?;
    stream.shutdown().await
}

/// Where the server is reached.
pub(super) fn url(address: SocketAddr, path: &str) -> String {
    format!("https://{address}/{path}")
}

const DEADLINE: Duration = Duration::from_secs(10);

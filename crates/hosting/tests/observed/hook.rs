//! An endpoint that takes webhooks.

use crate::authority::Authority;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use ironpost_hosting::alerts::{Channel, Webhook, WebhookSettings};
use ironpost_net::address_guard::AddressGuard;
use ironpost_net::dns::resolver::{Dnssec, Resolver, ResolverConfig};
use ironpost_net::http_post::HttpPoster;
use ironpost_net::tls::roots::Roots;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

pub(crate) const SECRET: &[u8] = b"a secret of more than sixteen octets";

/// A request as it came.
pub(crate) struct Call {
    pub(crate) path: String,
    pub(crate) signature: String,
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
}

impl Call {
    /// `state alert subject` of each alert in it.
    pub(crate) fn alerts(&self) -> Vec<String> {
        let object: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        let text = |alert: &serde_json::Value, key: &str| alert[key].as_str().unwrap().to_owned();
        let alerts = object["alerts"].as_array().unwrap().iter();
        alerts
            .map(|alert| ["state", "alert", "subject"].map(|key| text(alert, key)).join(" "))
            .collect()
    }
}

/// Answers everything with one status.
pub(crate) struct Hook {
    pub(crate) address: SocketAddr,
    calls: mpsc::UnboundedReceiver<Call>,
    serving: JoinHandle<()>,
}

impl Hook {
    pub(crate) async fn start(authority: &Authority, status: StatusCode) -> Self {
        Self::at("127.0.0.1:0".parse().unwrap(), authority, status).await
    }

    /// At an address that is known to others already.
    pub(crate) async fn at(address: SocketAddr, authority: &Authority, status: StatusCode) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = TlsAcceptor::from(authority.server("127.0.0.1"));
        let (sender, calls) = mpsc::unbounded_channel();
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(stream) = acceptor.accept(stream).await else { continue };
                let service = service_fn(|request| take(request, sender.clone(), status));
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            }
        });
        Self { address, calls, serving }
    }

    /// The next call that has come already.
    pub(crate) fn call(&mut self) -> Option<Call> {
        self.calls.try_recv().ok()
    }

    /// The next call.
    pub(crate) async fn next(&mut self) -> Call {
        self.calls.recv().await.unwrap()
    }

    pub(crate) async fn stop(self) -> SocketAddr {
        self.serving.abort();
        let _ = self.serving.await;
        self.address
    }
}

async fn take(
    request: Request<Incoming>,
    calls: mpsc::UnboundedSender<Call>,
    status: StatusCode,
) -> Result<Response<Empty<Bytes>>, hyper::Error> {
    let header = |name: &str| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (path, signature) = (request.uri().to_string(), header("ironpost-signature"));
    let content_type = header("content-type");
    let body = request.into_body().collect().await?.to_bytes();
    calls.send(Call { path, signature, content_type, body }).unwrap();
    let mut response = Response::new(Empty::new());
    *response.status_mut() = status;
    // Followed by nobody.
    response.headers_mut().insert("location", "https://127.0.0.1:1/".parse().unwrap());
    Ok(response)
}

pub(crate) async fn poster(authority: &Authority, guard: AddressGuard) -> HttpPoster {
    let config = ResolverConfig {
        // Nobody is asked: the endpoint is an address.
        servers: vec!["127.0.0.1:9".parse().unwrap()],
        dnssec: Dnssec::Off,
        ..ResolverConfig::default()
    };
    HttpPoster {
        resolver: Resolver::new(config).await.unwrap(),
        roots: Roots::load(&authority.roots()).unwrap(),
        guard,
        deadline: Duration::from_secs(30),
    }
}

pub(crate) fn loopback() -> AddressGuard {
    AddressGuard::allowing(vec!["127.0.0.0/8".parse().unwrap()])
}

/// A channel to the endpoint at `address`.
pub(crate) async fn channel(authority: &Authority, address: SocketAddr) -> Channel {
    let settings = WebhookSettings {
        endpoint: format!("https://{address}/hook?of=test").parse().unwrap(),
        secret: SECRET.to_vec().into(),
        poster: poster(authority, loopback()).await,
    };
    Channel::Webhook(Webhook::new(settings).unwrap())
}

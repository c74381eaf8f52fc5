//! HTTPS to a CA: one request, one connection, one deadline; no redirects, no proxies. A CA is whom
//! the administrator names, so its address may be any.
//!
//! It keeps what the ACME library drops or trips over: `Retry-After`, `Location`, answers that are
//! no JSON.

use super::answer::{self, Answer};
use super::failure::Failure;
use super::look::Difference;
use super::settings::{Known, Tls};
use bytes::Bytes;
use http::uri::Authority;
use http::{HeaderValue, Method, Request, Uri, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::visible::Visible;
use rustls_pki_types::ServerName;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout, timeout_at};

/// An absolute `https` URI, as everything of a CA has (RFC 8555 §6.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HttpsUri(Uri);

impl HttpsUri {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let sound = uri.scheme_str() == Some("https") && uri.authority().is_some();
        sound.then_some(Self(uri))
    }
}

impl std::fmt::Display for HttpsUri {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Speaks with one CA. Cheap to clone; clones remember the same.
#[derive(Debug, Clone)]
pub(super) struct Http {
    tls: Tls,
    deadline: Duration,
    /// When the conversation began, by the clock of who began it.
    began: (Timestamp, Instant),
    /// The directory, which the library asks for each time.
    directory: Option<(HttpsUri, Bytes)>,
    last: Arc<Mutex<Last>>,
}

/// What the last answer said beside its body.
#[derive(Debug, Clone, Default)]
pub(super) struct Last {
    /// How long to wait.
    pub(super) retry_after: Option<Duration>,
    /// Where what was made is to be found.
    pub(super) location: Option<String>,
    /// How our clock differs from that of whoever answered.
    pub(super) clock: Option<Difference>,
}

impl Http {
    pub(super) fn new(known: &Known, now: Timestamp) -> Self {
        let began = (now, Instant::now());
        Self {
            tls: known.tls.clone(),
            deadline: known.deadline,
            began,
            directory: None,
            last: Arc::default(),
        }
    }

    /// The same, with this directory at hand.
    pub(super) fn with_directory(mut self, uri: &HttpsUri, body: &Bytes) -> Self {
        self.directory = Some((uri.clone(), body.clone()));
        self
    }

    /// Fetches without a signature: a directory, or when to renew.
    pub(super) async fn fetch(&self, uri: &HttpsUri) -> Result<Bytes, Failure> {
        let request = Request::builder().method(Method::GET).uri(uri.0.clone());
        let request = request.body(BodyWrapper::default());
        let request = request.map_err(|error| Failure::nonsense(&error))?;
        self.ask(request).await.map(|answer| answer.body)
    }

    /// What the last answer said beside its body.
    pub(super) fn last(&self) -> Last {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn ask(&self, request: Request<BodyWrapper<Bytes>>) -> Result<Answer, Failure> {
        self.remember(Last::default());
        let answered = timeout(self.deadline, exchange(&self.tls, request)).await;
        let answer = answered.map_err(|_| Failure::away("no answer in time"))??;
        let (then, instant) = self.began;
        let now = then.after(instant.elapsed());
        let retry_after = answer::retry_after(&answer.head.headers, now);
        let theirs = answer::time(&answer.head.headers);
        let clock = theirs.map(|theirs| Difference::between(now, theirs));
        let location = answer.head.headers.get(header::LOCATION);
        let location = location.and_then(|value| value.to_str().ok()).map(str::to_owned);
        self.remember(Last { retry_after, location, clock });
        answer.judged(retry_after)
    }

    fn remember(&self, last: Last) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }
}

impl HttpClient for Http {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let http = self.clone();
        Box::pin(async move {
            if let Some((uri, body)) = &http.directory
                && request.method() == Method::GET
                && *request.uri() == uri.0
            {
                let (parts, ()) = http::Response::new(()).into_parts();
                return Ok(BytesResponse { parts, body: Box::new(body.clone()) });
            }
            let answer = http.ask(request).await;
            let Answer { mut head, body } =
                answer.map_err(|failure| Error::Other(Box::new(failure)))?;
            // The library adds any number of seconds to the time of day.
            head.headers.remove(header::RETRY_AFTER);
            Ok(BytesResponse { parts: head, body: Box::new(body) })
        })
    }
}

async fn exchange(tls: &Tls, request: Request<BodyWrapper<Bytes>>) -> Result<Answer, Failure> {
    let (request, authority) = addressed(request)?;
    let stream = connect(&authority).await?;
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(host.to_owned()).map_err(|error| Failure::nonsense(&error))?;
    let stream = tls.0.connect(name, stream).await.map_err(|error| Failure::away(&error))?;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| Failure::away(&error))?;
    let receive = async {
        let response = sender.send_request(request).await.map_err(|error| Failure::away(&error))?;
        let (head, body) = response.into_parts();
        match Limited::new(body, MAX_BODY).collect().await {
            Ok(body) => Ok(Answer { head, body: body.to_bytes() }),
            Err(error) if error.is::<LengthLimitError>() => Err(Failure::Nonsense {
                detail: format!("an answer of more than {MAX_BODY} octets"),
            }),
            Err(error) => Err(Failure::away(&error)),
        }
    };
    let mut receive = std::pin::pin!(receive);
    // The connection lives inside this future and goes with it.
    tokio::select! {
        biased;
        answer = &mut receive => answer,
        _ = connection => receive.await,
    }
}

/// A request as it goes over its own connection, and whom it goes to.
fn addressed(
    mut request: Request<BodyWrapper<Bytes>>,
) -> Result<(Request<BodyWrapper<Bytes>>, Authority), Failure> {
    let nonsense = || {
        let uri = Visible::excerpt(request.uri().to_string().as_bytes(), MAX_SHOWN);
        Failure::Nonsense { detail: format!("{uri} is no address of https") }
    };
    let uri = request.uri();
    if uri.scheme_str() != Some("https") {
        return Err(nonsense());
    }
    let authority = uri.authority().cloned().ok_or_else(nonsense)?;
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let path: Uri = path.parse().map_err(|_| nonsense())?;
    let host = match authority.port_u16() {
        None | Some(HTTPS) => authority.host().to_owned(),
        Some(port) => format!("{}:{port}", authority.host()),
    };
    let host = HeaderValue::from_str(&host).map_err(|_| nonsense())?;
    *request.uri_mut() = path;
    let headers = request.headers_mut();
    headers.insert(header::HOST, host);
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    // RFC 8555 §6.1
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("en"));
    Ok((request, authority))
}

/// Connects to the first address that answers.
async fn connect(authority: &Authority) -> Result<TcpStream, Failure> {
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let port = authority.port_u16().unwrap_or(HTTPS);
    let found = lookup_host((host, port)).await;
    let addresses: Vec<_> = found
        .map_err(|error| Failure::away(&format!("{host} cannot be looked up: {error}")))?
        .take(MAX_ADDRESSES)
        .collect();
    let mut failure = Failure::away(&format!("{host} has no address"));
    for address in addresses {
        let end = Instant::now() + CONNECT_DEADLINE;
        failure = match timeout_at(end, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // A failure costs time only.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => Failure::away(&format!("no connection to {address}: {error}")),
            Err(_) => Failure::away(&format!("no connection to {address} in time")),
        };
    }
    Err(failure)
}

const HTTPS: u16 = 443;
const USER_AGENT: &str = concat!("ironpost/", env!("CARGO_PKG_VERSION"));
/// For one address. Own limit.
const CONNECT_DEADLINE: Duration = Duration::from_secs(8);
/// Addresses that are tried. Own limit.
const MAX_ADDRESSES: usize = 4;
/// A chain has some thousand octets. Own limit.
const MAX_BODY: usize = 256 * 1024;
/// Status line and headers together. Own limit.
const MAX_HEAD: usize = 32 * 1024;
/// Shown of a URI. Own limit.
const MAX_SHOWN: usize = 200;

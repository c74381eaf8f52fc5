//! Metrics and health over HTTP, for those who watch a node.
//!
//! | request | reply |
//! | --- | --- |
//! | `GET /metrics` | what is counted, for Prometheus |
//! | `GET /health` | 200: the process runs |
//! | `GET /ready` | 200 while the database answers, else 503; policies are served either way |

use crate::metrics::{self, Metrics};
use crate::node::Health;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// What is told of a node. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Monitor {
    /// What it counts.
    pub metrics: Metrics,
    /// How it is doing.
    pub health: watch::Receiver<Health>,
}

impl Monitor {
    /// Serves until `end`.
    pub async fn serve(self, listener: TcpListener, end: CancellationToken) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            // Without a place nobody is accepted: those who come wait in the system's queue.
            let entered = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (place, listener.accept().await)
            };
            let (place, accepted) = tokio::select! {
                () = end.cancelled() => return,
                entered = entered => entered,
            };
            match accepted {
                Ok((stream, _)) => {
                    let visit = self.clone().visit(stream, end.clone());
                    tokio::spawn(async move {
                        visit.await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::debug!(%error, "a connection to the metrics cannot be accepted");
                    sleep(BREATH).await;
                }
            }
        }
    }

    async fn visit(self, stream: TcpStream, end: CancellationToken) {
        let service = service_fn(|request| {
            let reply = self.reply(&request);
            async move { Ok::<_, Infallible>(reply) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .max_buf_size(MAX_HEAD)
            .half_close(true)
            .serve_connection(TokioIo::new(stream), service);
        let ended = tokio::select! {
            ended = timeout(LIFETIME, connection) => ended,
            () = end.cancelled() => return,
        };
        if let Ok(Err(error)) = ended {
            // What a client does wrong is its own affair: nothing it sends gets into the log.
            tracing::debug!(%error, "a connection to the metrics ends early");
        }
    }

    fn reply<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        let known = ["/metrics", "/health", "/ready"].contains(&request.uri().path());
        // RFC 9110 §15.5.6: of a resource that is there.
        if known && ![Method::GET, Method::HEAD].contains(request.method()) {
            let words = "only GET and HEAD work here\n";
            let mut refused = response(StatusCode::METHOD_NOT_ALLOWED, PLAIN, words.to_owned());
            refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refused;
        }
        let plain = |status, words: &str| response(status, PLAIN, words.to_owned());
        match request.uri().path() {
            "/metrics" => response(StatusCode::OK, metrics::CONTENT_TYPE, self.metrics.render()),
            "/health" => plain(StatusCode::OK, "running\n"),
            "/ready" if self.health.borrow().connected => plain(StatusCode::OK, "ready\n"),
            "/ready" => plain(
                StatusCode::SERVICE_UNAVAILABLE,
                "the database is away; what is in memory is served on\n",
            ),
            _ => plain(StatusCode::NOT_FOUND, "there is nothing here\n"),
        }
    }
}

fn response(status: StatusCode, kind: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

const PLAIN: &str = "text/plain; charset=utf-8";
/// Connections at a time: a few who watch.
const CONNECTIONS: usize = 64;
/// To read the head of a request, and between two requests.
const PATIENCE: Duration = Duration::from_secs(30);
/// Of a connection: whoever reads no replies leaves with it.
const LIFETIME: Duration = Duration::from_mins(10);
/// Octets of the head of a request; what is larger gets 431 (RFC 6585 §5).
const MAX_HEAD: usize = 16 * 1024;
/// After a failed accept, which is for want of descriptors as a rule.
const BREATH: Duration = Duration::from_millis(100);

//! HTTP on one connection.

use super::answer::{Answer, to_http, to_https};
use super::connection::Door;
use super::counts::Event;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue, USER_AGENT};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use std::convert::Infallible;
use std::fmt::Display;
use std::future::{pending, ready};
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// Which HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaking {
    /// 1.0 or 1.1.
    Http1,
    /// 2.
    Http2,
}

/// What is known of a connection while requests come.
pub(super) struct Conversation {
    door: Arc<Door>,
    client: IpAddr,
    /// The host whose certificate was shown; none without TLS.
    name: Option<Box<str>>,
    end: CancellationToken,
    begun: Instant,
    requests: AtomicU32,
    /// When the last one came, in milliseconds since the beginning.
    last: AtomicU64,
    /// Woken at the last request that is permitted.
    full: Notify,
}

/// Answers until the client leaves, wears our patience out, or has asked enough, or `end` comes.
pub(super) async fn converse<S>(stream: S, speaking: Speaking, conversation: Conversation)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let conversation = Arc::new(conversation);
    let answering = Arc::clone(&conversation);
    let service = service_fn(move |request: Request<Incoming>| {
        ready(Ok::<_, Infallible>(answering.respond(&request)))
    });
    let stream = TokioIo::new(stream);
    let head = conversation.door.limits.head;
    match speaking {
        Speaking::Http1 => {
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(None)
                .half_close(true)
                .max_buf_size(head)
                .max_headers(MAX_HEADERS)
                .serve_connection(stream, service);
            conversation.watch(connection, speaking).await;
        }
        Speaking::Http2 => {
            let connection = http2::Builder::new(TokioExecutor::new())
                .max_header_list_size(u32::try_from(head).unwrap_or(u32::MAX))
                .max_concurrent_streams(MAX_STREAMS)
                .max_pending_accept_reset_streams(MAX_RESET_STREAMS)
                .max_local_error_reset_streams(MAX_RESET_STREAMS)
                .initial_stream_window_size(WINDOW)
                .initial_connection_window_size(WINDOW)
                .max_send_buf_size(MAX_SEND_BUFFER)
                .serve_connection(stream, service);
            conversation.watch(connection, speaking).await;
        }
    }
}

impl Conversation {
    pub(super) fn new(
        door: Arc<Door>,
        client: IpAddr,
        name: Option<Box<str>>,
        end: CancellationToken,
    ) -> Self {
        let (requests, last) = (AtomicU32::new(0), AtomicU64::new(0));
        let (begun, full) = (Instant::now(), Notify::new());
        Self { door, client, name, end, begun, requests, last, full }
    }

    fn respond<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let since = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(since, Ordering::Relaxed);
        let is_http2 = request.version() == Version::HTTP_2;
        self.door.counts.add(if is_http2 { Event::Http2 } else { Event::Http1 });
        let answer = match &self.name {
            Some(name) => to_https(&self.door.served, name, request),
            None => to_http(&self.door.served, request),
        };
        self.door.counts.add(answer.event());
        if let Answer::Policy(site, policy) = &answer
            && request.method() == Method::GET
        {
            // RFC 8461 §8.3: what matters is who may hold the policy. Nobody knows whether the
            // octets arrive, so it counts as soon as they are on their way.
            let agent = request.headers().get(USER_AGENT).map(HeaderValue::as_bytes);
            let now = self.door.clock.now();
            self.door.log.record(site, policy.version, self.client, agent, now);
        }
        let mut response = answer.into_response(request.method());
        let is_last = number >= self.door.limits.requests;
        if is_last {
            self.full.notify_one();
        }
        if !is_http2 && (is_last || self.end.is_cancelled()) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// Until the connection has ended, of itself or because it is over.
    async fn watch<C>(&self, connection: C, speaking: Speaking)
    where
        C: GracefulConnection<Error: Display>,
    {
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            biased;
            ended = connection.as_mut() => ended,
            () = self.over(speaking) => {
                connection.as_mut().graceful_shutdown();
                timeout(self.door.limits.farewell, connection).await.unwrap_or(Ok(()))
            }
        };
        if let Err(error) = ended {
            // What a client does wrong is its own affair: nothing it sends gets into the log.
            tracing::debug!("a connection of {} ends early: {error}", self.client);
        }
    }

    /// Until there should be no further request.
    async fn over(&self, speaking: Speaking) {
        tokio::select! {
            () = self.full.notified() => self.door.counts.add(Event::ManyRequests),
            () = self.too_quiet() => self.door.counts.add(Event::Slow),
            () = self.end.cancelled() => {
                // An HTTP/1 client that has only just come would be cut off (RFC 9112 §9.5 lets a
                // server do so at any time, but the next one may be a while away): its request is
                // awaited, and the reply says that it is the last.
                if speaking == Speaking::Http1 && self.requests.load(Ordering::Relaxed) == 0 {
                    pending::<()>().await;
                }
            }
        }
    }

    /// Until no request has come for too long.
    async fn too_quiet(&self) {
        loop {
            let last = self.begun + Duration::from_millis(self.last.load(Ordering::Relaxed));
            let patient_until = last + self.door.limits.patience;
            if patient_until <= Instant::now() {
                return;
            }
            sleep_until(patient_until).await;
        }
    }
}

/// Header fields of a request in HTTP/1. A sender's has three or four. Own limit.
const MAX_HEADERS: usize = 64;
/// Requests at a time on one HTTP/2 connection. There is one thing to ask for. Own limit.
const MAX_STREAMS: u32 = 16;
/// Streams that a client opened and reset, or that it broke, before the connection ends
/// (CVE-2023-44487). Own limit.
const MAX_RESET_STREAMS: usize = 32;
/// What a client may send in bodies, which nobody reads. The initial window of RFC 9113 §6.9.2.
const WINDOW: u32 = 65_535;
/// Octets of replies in memory for each stream. A policy has some 200. Own limit.
const MAX_SEND_BUFFER: usize = 16 * 1024;

//! The HTTP server: policies for MTAs other than Postfix, metrics, health.
//!
//! | request | reply |
//! | --- | --- |
//! | `GET /v1/policy/KEY` | 200 and what is demanded of the next-hop, also if that is nothing; 400 for a key that makes no sense; 503 if it cannot be told yet |
//! | `GET /metrics` | what is counted, for Prometheus |
//! | `GET /health` | 200: the process runs |
//! | `GET /ready` | 200, or 503 while policies kept from before are still being read |

mod route;

use super::Answers;
use super::listen::{Listener, Stream, Taking, serve_each};
use crate::answer::{Dialect, Status};
use crate::metrics::{Format, Protocol};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use route::Route;
use serde::Serialize;
use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Serves until `shutdown`; connections then end after the reply under way.
pub async fn serve(listener: Listener, answers: impl Answers, shutdown: CancellationToken) {
    serve_each(listener, Taking::WhatCanBeSpared, &shutdown, |stream| {
        connection(stream, answers.clone(), shutdown.child_token())
    })
    .await;
}

async fn connection(stream: Stream, answers: impl Answers, shutdown: CancellationToken) {
    let _open = answers.metrics().connected(Protocol::Http);
    let service = service_fn(|request| {
        let answers = answers.clone();
        async move { Ok::<_, Infallible>(respond(&answers, &request).await) }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .max_buf_size(MAX_HEAD)
            .half_close(true)
            .serve_connection(TokioIo::new(stream), service)
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        () = sleep(LIFETIME) => {
            connection.as_mut().graceful_shutdown();
            timeout(FAREWELL, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        // What a client does wrong is its own affair: nothing it sends gets into the log.
        tracing::debug!("an HTTP connection ends early: {error}");
    }
}

async fn respond<A: Answers, B>(answers: &A, request: &Request<B>) -> Response<Full<Bytes>> {
    let route = Route::of(request.uri().path());
    // RFC 9110 §15.5.6: of a resource that is there.
    if !matches!(route, Route::Unknown) && ![Method::GET, Method::HEAD].contains(request.method()) {
        let mut refused = problem(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD work here");
        set(&mut refused, header::ALLOW, "GET, HEAD");
        return refused;
    }
    match route {
        Route::Policy(key) => policy(answers, &key).await,
        Route::BadKey => problem(StatusCode::BAD_REQUEST, "the key is not percent-encoded well"),
        Route::Metrics => metrics(answers, request),
        Route::Health => plain(StatusCode::OK, "running\n"),
        Route::Ready if answers.status().loading => {
            let words = "policies kept from before are still being read\n";
            later(plain(StatusCode::SERVICE_UNAVAILABLE, words))
        }
        Route::Ready => plain(StatusCode::OK, "ready\n"),
        Route::Unknown => problem(StatusCode::NOT_FOUND, "there is nothing here"),
    }
}

async fn policy(answers: &impl Answers, key: &[u8]) -> Response<Full<Bytes>> {
    let mut text = String::new();
    match answers.answer(Dialect::Json, key, &mut text).await {
        Status::Found | Status::NotFound => json(StatusCode::OK, text),
        // Not 200: nobody should take "unknown" for "nothing is demanded".
        Status::Temp => later(json(StatusCode::SERVICE_UNAVAILABLE, text)),
        Status::Perm => problem(StatusCode::BAD_REQUEST, &text),
    }
}

fn metrics<A: Answers, B>(answers: &A, request: &Request<B>) -> Response<Full<Bytes>> {
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let format = Format::accepted(accept);
    let text = answers.metrics().render(&answers.status(), format);
    response(StatusCode::OK, format.content_type(), text)
}

/// What went wrong, as an object like every other reply about policies.
fn problem(status: StatusCode, error: &str) -> Response<Full<Bytes>> {
    #[derive(Serialize)]
    struct Problem<'a> {
        error: &'a str,
    }
    // A struct of one text: this cannot fail.
    json(status, serde_json::to_string(&Problem { error }).unwrap_or_default())
}

fn json(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    response(status, "application/json", text)
}

fn plain(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    response(status, "text/plain; charset=utf-8", text.to_owned())
}

fn later(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    set(&mut response, header::RETRY_AFTER, RETRY_AFTER);
    response
}

fn response(status: StatusCode, content_type: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    set(&mut response, header::CONTENT_TYPE, content_type);
    // Answers change with every lookup, and none of them is a page.
    set(&mut response, header::CACHE_CONTROL, "no-store");
    set(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    response
}

fn set(response: &mut Response<Full<Bytes>>, name: HeaderName, value: &'static str) {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
}

/// To read the head of a request, and between two requests.
const PATIENCE: Duration = Duration::from_secs(30);
/// Octets of the head of a request; what is larger gets 431 (RFC 6585 §5).
const MAX_HEAD: usize = 16 * 1024;
/// Of a connection: whoever reads no replies leaves with it.
const LIFETIME: Duration = Duration::from_hours(1);
/// After that, for the reply under way: longer than the engine takes for any.
const FAREWELL: Duration = Duration::from_mins(2);
/// Seconds: by then DNS may answer again.
const RETRY_AFTER: &str = "30";

//! One HTTP/1.1 exchange, bounded in octets; the deadline is the caller's.

use crate::policy_fetch::{Course, FetchFailure, Manner, Response};
use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderMap, HeaderName, Request, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use ironpost_proto::visible::Visible;
use std::pin::pin;
use tokio::io::{AsyncRead, AsyncWrite};

/// Sends `request` over `stream` and puts what comes into `course`.
pub(super) async fn exchange<S>(
    stream: S,
    request: Request<Empty<Bytes>>,
    course: &mut Course,
) -> Result<(), FetchFailure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| FetchFailure::Http(words(&error)))?;
    // The connection lives inside this future and goes with it, so that nobody waits for an
    // answer from a connection that has come to its end.
    let mut driver = pin!(async move {
        // Its errors reach the exchange as well.
        let _ = connection.await;
    });
    let mut receiving = pin!(receive(sender, request, course));
    let outcome = tokio::select! {
        biased;
        outcome = &mut receiving => outcome,
        () = &mut driver => return receiving.await,
    };
    // Lets the connection say goodbye, without waiting for the peer.
    let _ = driver.now_or_never();
    outcome
}

async fn receive(
    mut sender: http1::SendRequest<Empty<Bytes>>,
    request: Request<Empty<Bytes>>,
    course: &mut Course,
) -> Result<(), FetchFailure> {
    let answer = sender.send_request(request).await;
    let (head, body) = answer.map_err(|error| FetchFailure::Http(words(&error)))?.into_parts();
    let fault = head_fault(head.status, &head.headers, &body);
    let response = course.fetch.response.insert(Response {
        status: head.status.as_u16(),
        content_type: shown(&head.headers, &header::CONTENT_TYPE),
        location: shown(&head.headers, &header::LOCATION),
        server: shown(&head.headers, &header::SERVER),
        body: Vec::new(),
        oversized: is_announced_too_large(&body),
        complete: false,
    });
    course.fault.clone_from(&fault);
    // A sender reads no body under another status than 200 (RFC 8461 §3.3).
    if course.fetch.manner == Manner::Strict && matches!(fault, Some(FetchFailure::Status(_))) {
        return fault.map_or(Ok(()), Err);
    }
    let outcome = read_body(body, response).await;
    fault.map_or(outcome, Err)
}

/// What is wrong with a response before its body is read, in the order in which a sender looks.
fn head_fault(status: StatusCode, headers: &HeaderMap, body: &Incoming) -> Option<FetchFailure> {
    // RFC 8461 §3.3: only 200 counts, and redirects are not followed.
    if status != StatusCode::OK {
        return Some(FetchFailure::Status(status.as_u16()));
    }
    // RFC 9110 §8.4: a coding that was not asked for and is not undone.
    let coding = headers.get_all(header::CONTENT_ENCODING).iter();
    if let Some(coding) =
        coding.into_iter().find(|c| !c.as_bytes().eq_ignore_ascii_case(b"identity"))
    {
        let coding = Visible::excerpt(coding.as_bytes(), MAX_SHOWN);
        return Some(FetchFailure::Http(format!("the body is encoded as {coding}, unasked")));
    }
    if !is_plain_text(headers) {
        return Some(FetchFailure::MediaType);
    }
    is_announced_too_large(body).then_some(FetchFailure::TooLarge)
}

/// RFC 8461 §3.2: `text/plain`, its parameters ignored; RFC 9110 §8.3.1: in either case.
fn is_plain_text(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| {
        let media_type = value.as_bytes().split(|octet| *octet == b';').next().unwrap_or_default();
        media_type.trim_ascii().eq_ignore_ascii_case(b"text/plain")
    })
}

fn is_announced_too_large(body: &Incoming) -> bool {
    body.size_hint().lower() > MAX_BODY as u64
}

async fn read_body(mut body: Incoming, response: &mut Response) -> Result<(), FetchFailure> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| FetchFailure::Http(words(&error)))?;
        let Ok(data) = frame.into_data() else { continue };
        let room = MAX_BODY - response.body.len();
        response.body.extend_from_slice(data.get(..room).unwrap_or(&data));
        if data.len() > room {
            response.oversized = true;
            return Err(FetchFailure::TooLarge);
        }
    }
    response.complete = true;
    Ok(())
}

fn shown(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    Some(Visible::excerpt(value.as_bytes(), MAX_SHOWN).as_str().to_owned())
}

fn words(error: &hyper::Error) -> String {
    if error.is_incomplete_message() {
        return "the connection was closed early".to_owned();
    }
    if error.is_parse() {
        return format!("the answer is not HTTP/1.1 ({error})");
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let io = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    match io {
        Some(
            std::io::ErrorKind::UnexpectedEof
            | std::io::ErrorKind::ConnectionReset
            | std::io::ErrorKind::BrokenPipe,
        ) => "the connection was closed early".to_owned(),
        _ => Visible::excerpt(cause.to_string().as_bytes(), MAX_SHOWN).as_str().to_owned(),
    }
}

/// RFC 8461 §3.3 suggests 64 KB.
const MAX_BODY: usize = 64 * 1024;
/// Status line and headers together. Own limit.
const MAX_HEAD: usize = 32 * 1024;
/// Own limit, and hyper's.
const MAX_HEADERS: usize = 100;
/// Shown of one header. Own limit; a `Location` may be long.
const MAX_SHOWN: usize = 512;

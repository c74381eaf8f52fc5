//! One HTTP/1.1 exchange of which only the status counts; the deadline is the caller's.

use super::PostError;
use bytes::Bytes;
use futures_util::FutureExt;
use http::Request;
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use ironpost_proto::visible::Visible;
use std::pin::pin;
use tokio::io::{AsyncRead, AsyncWrite};

/// Sends `request` over `stream` and waits for the head of the answer.
pub(super) async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<(), PostError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| words(&error))?;
    let mut driver = pin!(async move {
        // Its errors reach the exchange as well.
        let _ = connection.await;
    });
    let mut answering = pin!(sender.send_request(request));
    let answer = tokio::select! {
        biased;
        answer = &mut answering => {
            // Lets the connection say goodbye, without waiting for the peer.
            let _ = driver.now_or_never();
            answer
        }
        () = &mut driver => answering.await,
    };
    let status = answer.map_err(|error| words(&error))?.status();
    if status.is_success() { Ok(()) } else { Err(PostError::Status(status.as_u16())) }
}

fn words(error: &hyper::Error) -> PostError {
    if error.is_incomplete_message() {
        return PostError::Http("the connection was closed early".to_owned());
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    PostError::Http(Visible::excerpt(cause.to_string().as_bytes(), MAX_SHOWN).to_string())
}

/// Status line and headers together. Own limit.
const MAX_HEAD: usize = 32 * 1024;
/// Own limit, and hyper's.
const MAX_HEADERS: usize = 100;
/// Shown of an error. Own limit.
const MAX_SHOWN: usize = 512;

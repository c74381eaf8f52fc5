//! HTTP/1.1, as far as an ACME client speaks it.

use super::fault::RetryAfter;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

/// A request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// Without its first slash.
    pub(super) path: String,
    pub(super) body: Vec<u8>,
}

/// A response.
#[derive(Debug)]
pub(super) struct Response {
    status: u16,
    content_type: &'static str,
    headers: Vec<(&'static str, String)>,
    retry_after: Option<RetryAfter>,
    body: Vec<u8>,
}

impl Request {
    pub(super) async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Self> {
        let mut octets = Vec::with_capacity(1024);
        let head = loop {
            if let Some(end) = octets.windows(4).position(|end| end == b"\r\n\r\n") {
                break end + 4;
            }
            if octets.len() > MAX_HEAD || stream.read_buf(&mut octets).await? == 0 {
                return Err(io::ErrorKind::InvalidData.into());
            }
        };
        let text = String::from_utf8_lossy(&octets[..head]).into_owned();
        let mut body = octets.split_off(head);
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        let length = length.unwrap_or_default();
        while body.len() < length {
            if length > MAX_BODY || stream.read_buf(&mut body).await? == 0 {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
        let mut words = text.split(' ');
        let method = words.next().unwrap_or_default().to_owned();
        let path = words.next().unwrap_or_default().trim_start_matches('/').to_owned();
        Ok(Self { method, path, body })
    }
}

impl Response {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self { content_type: "application/json", ..Self::plain(status, &body.to_string()) }
    }

    pub(super) fn pem(body: &str) -> Self {
        Self { content_type: "application/pem-certificate-chain", ..Self::plain(200, body) }
    }

    pub(super) fn plain(status: u16, body: &str) -> Self {
        Self {
            status,
            content_type: "text/plain",
            headers: Vec::new(),
            retry_after: None,
            body: body.as_bytes().to_vec(),
        }
    }

    /// RFC 7807, RFC 8555 §6.7.
    pub(super) fn problem(status: u16, kind: &str, detail: &str) -> Self {
        let body = problem(kind, detail);
        Self { content_type: "application/problem+json", ..Self::json(status, &body) }
    }

    pub(super) fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn after(mut self, retry_after: Option<RetryAfter>) -> Self {
        self.retry_after = retry_after;
        self
    }

    pub(super) fn octets(&self, now: Timestamp) -> Vec<u8> {
        let mut head = format!(
            "HTTP/1.1 {status} {reason}\r\nDate: {date}\r\nContent-Type: {content_type}\r\n\
             Content-Length: {length}\r\nConnection: close\r\n",
            status = self.status,
            reason = if self.status < 400 { "OK" } else { "Because" },
            date = date(now),
            content_type = self.content_type,
            length = self.body.len(),
        );
        let retry_after = self.retry_after.map(|retry_after| match retry_after {
            RetryAfter::Seconds(seconds) => seconds.to_string(),
            RetryAfter::At(moment) => date(moment),
        });
        let retry_after = retry_after.map(|value| ("Retry-After", value));
        for (name, value) in self.headers.iter().cloned().chain(retry_after) {
            // A `String` takes whatever is written to it.
            let _ = write!(head, "{name}: {value}\r\n");
        }
        [head.as_bytes(), b"\r\n", &self.body].concat()
    }
}

/// A problem document.
pub(super) fn problem(kind: &str, detail: &str) -> Value {
    json!({ "type": format!("urn:ietf:params:acme:error:{kind}"), "detail": detail })
}

/// RFC 9110 §5.6.7.
fn date(moment: Timestamp) -> String {
    rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&moment).unwrap_or_default()
}

const MAX_HEAD: usize = 16 * 1024;
const MAX_BODY: usize = 64 * 1024;

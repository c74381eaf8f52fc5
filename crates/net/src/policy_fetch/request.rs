//! The one request: GET of the policy file.

use crate::policy_fetch::{FetchFailure, Manner};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, header};
use http_body_util::Empty;

/// The request to `host`. No conditional headers and nothing that a cache would answer (RFC 8461
/// §3.3), no offer of a content coding.
pub(super) fn get(
    host: &str,
    port: u16,
    manner: Manner,
) -> Result<Request<Empty<Bytes>>, FetchFailure> {
    // RFC 9110 §7.2: the port is named unless it is the scheme's own.
    let authority = if port == HTTPS { host.to_owned() } else { format!("{host}:{port}") };
    let mut request = Request::get(PATH).header(header::HOST, authority);
    for (name, value) in headers(manner) {
        request = request.header(name, HeaderValue::from_static(value));
    }
    // A name that fits into no Host header was never looked up with success either.
    request.body(Empty::new()).map_err(|error| FetchFailure::Http(error.to_string()))
}

fn headers(manner: Manner) -> &'static [(HeaderName, &'static str)] {
    match manner {
        Manner::Strict | Manner::BehindCertificate => &PLAIN,
        Manner::AsBrowser => &BROWSER,
    }
}

/// RFC 8615 and RFC 8461 §3.3.
const PATH: &str = "/.well-known/mta-sts.txt";
const HTTPS: u16 = 443;

const PLAIN: [(HeaderName, &str); 3] = [
    (header::USER_AGENT, concat!("ironpost/", env!("CARGO_PKG_VERSION"))),
    (header::ACCEPT, "*/*"),
    (header::CONNECTION, "close"),
];

/// As a current Firefox introduces itself, but for content codings.
const BROWSER: [(HeaderName, &str); 4] = [
    (header::USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    (header::ACCEPT, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    (header::ACCEPT_LANGUAGE, "en-US,en;q=0.5"),
    (header::CONNECTION, "close"),
];

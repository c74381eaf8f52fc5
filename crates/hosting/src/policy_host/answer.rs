//! What each request comes to: decided here, without a socket.

use super::authority::Named;
use super::counts::Event;
use crate::served::{Served, ServedPolicy, Site};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use std::sync::Arc;

/// An answer, and what it is counted as.
#[derive(Debug)]
pub(super) enum Answer {
    /// The policy that is shown now, of this site.
    Policy(Arc<Site>, ServedPolicy),
    /// The key authorization for HTTP-01.
    Challenge(Bytes),
    /// Something else.
    Refused(Refusal),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    BadHost,
    Misdirected,
    NotFound,
    BadMethod,
}

/// Answers on a TLS connection that was made to `name`.
pub(super) fn to_https<B>(served: &Served, name: &str, request: &Request<B>) -> Answer {
    match Named::by(request) {
        Named::Badly => return Answer::Refused(Refusal::BadHost),
        // RFC 9110 §7.4: neither another host nor another scheme is ours to answer for here.
        Named::Host(host) if !host.eq_ignore_ascii_case(name) => {
            return Answer::Refused(Refusal::Misdirected);
        }
        Named::Host(_) | Named::Nothing => {}
    }
    if request.uri().scheme_str().is_some_and(|scheme| scheme != "https") {
        return Answer::Refused(Refusal::Misdirected);
    }
    // RFC 8461 §3.3: this resource and no other.
    if !is_policy_path(request.uri().path()) || request.uri().query().is_some() {
        return Answer::Refused(Refusal::NotFound);
    }
    // It may have changed, or gone, since the handshake.
    let site = domain_of(name).and_then(|domain| served.by_domain(domain));
    match site.and_then(|site| site.policy.clone().map(|policy| (site, policy))) {
        None => Answer::Refused(Refusal::NotFound),
        Some(_) if !is_reading(request.method()) => Answer::Refused(Refusal::BadMethod),
        Some((site, policy)) => Answer::Policy(site, policy),
    }
}

/// Answers on a connection without TLS.
pub(super) fn to_http<B>(served: &Served, request: &Request<B>) -> Answer {
    let host = match Named::by(request) {
        Named::Badly => return Answer::Refused(Refusal::BadHost),
        Named::Nothing => return Answer::Refused(Refusal::NotFound),
        Named::Host(host) => host.to_ascii_lowercase(),
    };
    let token = request.uri().path().strip_prefix(CHALLENGE_PATH).filter(|token| is_token(token));
    let hosted = domain_of(&host).is_some_and(|domain| served.by_domain(domain).is_some());
    let answer = token.filter(|_| hosted).and_then(|token| served.http_challenge(token));
    match answer {
        None => Answer::Refused(Refusal::NotFound),
        Some(_) if !is_reading(request.method()) => Answer::Refused(Refusal::BadMethod),
        Some(answer) => Answer::Challenge(Bytes::from(answer.into_boxed_bytes())),
    }
}

/// The policy domain whose policy host has that name (RFC 8461 §3.3).
pub(super) fn domain_of(host: &str) -> Option<&str> {
    host.strip_prefix("mta-sts.")
}

impl Answer {
    /// What it is counted as.
    pub(super) fn event(&self) -> Event {
        match self {
            Self::Policy(..) => Event::Served,
            Self::Challenge(_) => Event::HttpChallenge,
            Self::Refused(Refusal::BadHost) => Event::BadHost,
            Self::Refused(Refusal::Misdirected) => Event::Misdirected,
            Self::Refused(Refusal::NotFound) => Event::NotFound,
            Self::Refused(Refusal::BadMethod) => Event::BadMethod,
        }
    }

    /// The response to a request of that method.
    pub(super) fn into_response(self, method: &Method) -> Response<Full<Bytes>> {
        let (status, kind, cached, body) = match self {
            // RFC 8461 §3.2 wants the type; §8.2 knows of reverse proxies that keep it a minute.
            Self::Policy(_, policy) => (StatusCode::OK, TEXT, "max-age=60", policy.body),
            // RFC 8555 §8.3: the octets and nothing else.
            Self::Challenge(answer) => (StatusCode::OK, OCTETS, "no-store", answer),
            Self::Refused(refusal) => {
                let (status, words) = refusal.words();
                (status, TEXT, "no-store", Bytes::from_static(words.as_bytes()))
            }
        };
        let length = HeaderValue::from(body.len());
        let body = if *method == Method::HEAD { Bytes::new() } else { body };
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = status;
        let fields = response.headers_mut();
        fields.reserve(FIELDS);
        fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        fields.insert(header::CONTENT_LENGTH, length);
        // RFC 9110 §15.1: without it, a proxy may keep 404 and 405 as long as it likes.
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static(cached));
        fields.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if status == StatusCode::METHOD_NOT_ALLOWED {
            fields.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        response
    }
}

impl Refusal {
    const fn words(self) -> (StatusCode, &'static str) {
        match self {
            Self::BadHost => (StatusCode::BAD_REQUEST, "the request does not name one host\n"),
            Self::Misdirected => {
                (StatusCode::MISDIRECTED_REQUEST, "this connection is for another host\n")
            }
            Self::NotFound => (StatusCode::NOT_FOUND, "there is nothing here\n"),
            Self::BadMethod => (StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD work here\n"),
        }
    }
}

/// RFC 3986 §6.2.2.2: letters, digits, `-`, `.`, `_` and `~` are the same with a percent sign.
fn is_policy_path(path: &str) -> bool {
    let mut rest = path.as_bytes();
    let path_goes_on = POLICY_PATH.bytes().all(|expected| {
        let (octet, after) = match rest {
            [b'%', high, low, after @ ..] if expected != b'/' => (hex(*high, *low), after),
            [octet, after @ ..] => (Some(*octet), after),
            [] => return false,
        };
        rest = after;
        octet == Some(expected)
    });
    path_goes_on && rest.is_empty()
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| value.try_into().ok());
    let (high, low): (u8, u8) = (digit(high)?, digit(low)?);
    Some(high << 4 | low)
}

fn is_reading(method: &Method) -> bool {
    [Method::GET, Method::HEAD].contains(method)
}

/// RFC 8555 §8.3: the base64url alphabet.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

/// RFC 8461 §3.3.
const POLICY_PATH: &str = "/.well-known/mta-sts.txt";
/// RFC 8555 §8.3.
const CHALLENGE_PATH: &str = "/.well-known/acme-challenge/";
const TEXT: &str = "text/plain; charset=utf-8";
const OCTETS: &str = "application/octet-stream";
/// As many as a response has, with `Date`, `Allow` and `Connection`.
const FIELDS: usize = 7;

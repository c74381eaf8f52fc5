//! Alerts by a signed request.
//!
//! A POST of a JSON object to an HTTPS endpoint, which has taken it when it answers with 2xx:
//!
//! ```json
//! { "id": "5b0c…", "at": "2026-06-01T12:00:00Z", "alerts": [ {
//!     "alert": "certificate", "state": "open", "domain": "a.example", "subject": "a.example",
//!     "text": "the certificate is not renewed", "since": "2026-06-01T11:59:51Z" } ] }
//! ```
//!
//! Its header `Ironpost-Signature: t=<seconds since 1970>,v1=<signature>` has the HMAC-SHA256
//! (RFC 2104) of `<t>.<body>` under the shared secret, in hexadecimal. `t` is the moment of this very
//! attempt. Whoever gets it works that out anew over the octets of the body, compares in constant
//! time, and refuses what is older than some minutes. An object may come twice: its `id` is the same
//! then. docs/serve.md has a receiver, which the tests run.

use super::message::{Message, hexadecimal};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderName, HeaderValue, header};
use ironpost_net::http_post::{Endpoint, HttpPoster, PostError};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;
use std::sync::Arc;

/// Where requests go, and how they are signed.
#[derive(Debug)]
pub struct WebhookSettings {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The secret that both sides know.
    pub secret: SecretSlice<u8>,
    /// How it is reached.
    pub poster: HttpPoster,
}

/// A webhook. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Webhook(Arc<WebhookSettings>);

/// A request that was not taken, or cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The secret is too short to protect anything.
    #[error("the secret of the webhook has {octets} octets: take {MIN_SECRET} or more, at random")]
    ShortSecret {
        /// How long it is.
        octets: usize,
    },
    /// The message cannot be written as JSON.
    #[error("the message cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    /// The endpoint did not take it.
    #[error("{endpoint}: {source}")]
    Post {
        /// The endpoint, without what may be secret in it.
        endpoint: String,
        /// Why.
        source: PostError,
    },
}

impl Webhook {
    /// A webhook.
    pub fn new(settings: WebhookSettings) -> Result<Self, WebhookError> {
        let octets = settings.secret.expose_secret().len();
        if octets < MIN_SECRET {
            return Err(WebhookError::ShortSecret { octets });
        }
        Ok(Self(Arc::new(settings)))
    }

    pub(super) async fn send(&self, message: &Message) -> Result<(), WebhookError> {
        let WebhookSettings { endpoint, secret, poster } = &*self.0;
        let body = serde_json::to_vec(message)?;
        let seconds = message.moment.as_millis() / 1000;
        let signature = signature(secret.expose_secret(), seconds, &body);
        // Digits and letters: this cannot fail.
        let signature = HeaderValue::try_from(signature)
            .unwrap_or_else(|_| HeaderValue::from_static("unsigned"));
        let json = HeaderValue::from_static("application/json");
        let headers = [(header::CONTENT_TYPE, json), (SIGNATURE, signature)];
        poster
            .post(endpoint, &headers, Bytes::from(body))
            .await
            .map_err(|source| WebhookError::Post { endpoint: endpoint.to_string(), source })
    }
}

fn signature(secret: &[u8], seconds: u64, body: &[u8]) -> String {
    // A key of any length will do (RFC 2104 §2).
    let mut text = format!("t={seconds},v1=");
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) {
        mac.update(format!("{seconds}.").as_bytes());
        mac.update(body);
        text.push_str(&hexadecimal(&mac.finalize().into_bytes()));
    }
    text
}

const SIGNATURE: HeaderName = HeaderName::from_static("ironpost-signature");
/// Octets of a secret: 128 bits. Own limit.
const MIN_SECRET: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_hmac_sha256_of_time_and_body() {
        // openssl: printf '1750000000.{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef
        let expected =
            "t=1750000000,v1=aa58696dd1ffda82345efcb2bcbfc7af6083276c4a92b2ca1b6a992e99c63450";
        assert_eq!(signature(b"0123456789abcdef", 1_750_000_000, b"{\"a\":1}"), expected);
    }
}

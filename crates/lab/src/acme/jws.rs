//! Signed requests (RFC 7515, RFC 8555 §6.2): ES256 of accounts, HS256 of external bindings.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The public key of an account (RFC 7517, RFC 7518 §6.2).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Jwk {
    crv: String,
    kty: String,
    x: String,
    y: String,
}

/// A signed request, taken apart.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) header: Header,
    /// Empty: only to be read (RFC 8555 §6.3).
    pub(super) payload: Vec<u8>,
    input: Vec<u8>,
    signature: Vec<u8>,
}

/// What is signed along.
#[derive(Debug, Deserialize)]
pub(super) struct Header {
    alg: String,
    pub(super) nonce: Option<String>,
    pub(super) url: String,
    pub(super) kid: Option<String>,
    pub(super) jwk: Option<Jwk>,
}

#[derive(Deserialize)]
struct Flattened {
    protected: String,
    payload: String,
    signature: String,
}

impl Jwk {
    /// RFC 7638.
    pub(super) fn thumbprint(&self) -> String {
        let Self { crv, kty, x, y } = self;
        let text = format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}","y":"{y}"}}"#);
        encode(&Sha256::digest(text))
    }

    fn point(&self) -> Option<Vec<u8>> {
        let (x, y) = (decode(&self.x)?, decode(&self.y)?);
        (self.kty == "EC" && self.crv == "P-256").then(|| [&[4][..], &x, &y].concat())
    }
}

impl Signed {
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let Flattened { protected, payload, signature } = serde_json::from_slice(body).ok()?;
        Some(Self {
            header: serde_json::from_slice(&decode(&protected)?).ok()?,
            payload: decode(&payload)?,
            input: format!("{protected}.{payload}").into_bytes(),
            signature: decode(&signature)?,
        })
    }

    pub(super) fn is_by(&self, key: &Jwk) -> bool {
        self.header.alg == "ES256"
            && key.point().is_some_and(|point| {
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
                key.verify(&self.input, &self.signature).is_ok()
            })
    }

    pub(super) fn is_by_secret(&self, secret: &[u8]) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        self.header.alg == "HS256" && hmac::verify(&key, &self.input, &self.signature).is_ok()
    }
}

pub(super) fn encode(octets: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

//! Private keys at rest: sealed with a key that is not in the database.
//!
//! XChaCha20-Poly1305 under a nonce of 192 random bits. What is sealed says with which key, so that
//! keys can be changed: a new first line in the file, then [`crate::acme::Acme::reseal`], then the
//! old line may go. A purpose (a domain, an account) is sealed along: what was sealed for one opens
//! for no other.

mod key_file;
mod lost;

pub use lost::{GivenUp, give_up, is_shut, is_used};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The keys that seal. The first seals; all of them open. `Debug` says nothing of them. Cheap to
/// clone.
#[derive(Clone)]
pub struct Seals(Arc<[SealingKey]>);

struct SealingKey {
    /// What it is known by: octets of a digest, which tell nothing of it.
    id: [u8; ID],
    secret: SecretBox<[u8; KEY]>,
}

/// A sealing key that cannot be used, or something that cannot be opened with it.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// There is no such file.
    #[error(
        "there is no sealing key at {path}: put the file back; without it the private keys in the \
         database cannot be used, and every certificate has to be ordered anew (`ironpost db reseal \
         --give-up`, if it is lost for good)",
        path = path.display()
    )]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// It is something else than a file.
    #[error(
        "{path} is no file but {what}: a sealing key is read from a plain file alone",
        path = path.display()
    )]
    NoFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// Others may read or write it.
    #[error(
        "the sealing key {path} is open to others (mode {mode:04o}): chmod 600 {path}",
        path = path.display()
    )]
    Open {
        /// The path.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It belongs to somebody who has no business with it.
    #[error(
        "the sealing key {path} belongs to user {owner}: it has to belong to the user that Ironpost \
         runs as, or to root",
        path = path.display()
    )]
    Owner {
        /// The path.
        path: PathBuf,
        /// The number of the user.
        owner: u32,
    },
    /// It cannot be read or written.
    #[error("{path}: {detail}", path = path.display())]
    File {
        /// The path.
        path: PathBuf,
        /// What the system says.
        detail: String,
    },
    /// A line that is no key.
    #[error(
        "{path}, line {line}: no key; 32 random octets in base64 are expected, as \
         `head -c 32 /dev/urandom | base64` prints them",
        path = path.display()
    )]
    Line {
        /// The path.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
    },
    /// No key in it, or more than anybody has.
    #[error(
        "{path} holds {count} keys: one to {MAX_KEYS} are expected, each in a line of its own",
        path = path.display()
    )]
    Count {
        /// The path.
        path: PathBuf,
        /// How many there are.
        count: usize,
    },
    /// It was sealed with a key that is not there any more.
    #[error(
        "it was sealed with the key {id}, which is not among the sealing keys: add its line to the \
         file again"
    )]
    UnknownKey {
        /// What the key is known by.
        id: String,
    },
    /// It was not sealed here, or for another purpose, or was changed.
    #[error("it is damaged, or was sealed for another purpose")]
    Damaged,
    /// Too much to be sealed at once.
    #[error("too long to be sealed")]
    TooLong,
}

impl Seals {
    /// Reads the keys in a file: one in each line, 32 octets in base64, the newest first. The file
    /// has to be a plain one that only its owner may read; root may own it instead, as with a
    /// credential of systemd.
    pub fn load(path: &Path) -> Result<Self, SealError> {
        key_file::read(path).map(|keys| Self(keys.into_iter().map(SealingKey::new).collect()))
    }

    /// Makes a file with a new key, for its owner alone; leaves one that is there.
    pub fn make(path: &Path) -> Result<Self, SealError> {
        key_file::make(path, &SecretBox::new(Box::new(rand::random())))?;
        Self::load(path)
    }

    /// Seals `plain` for the purpose that `context` names (a domain, an account).
    pub fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let Some(key) = self.0.first() else { return Err(SealError::TooLong) };
        let nonce: [u8; NONCE] = rand::random();
        let mut sealed = vec![FORM];
        sealed.extend_from_slice(&key.id);
        let aad = associated(&sealed, context);
        sealed.extend_from_slice(&nonce);
        let payload = Payload { msg: plain, aad: &aad };
        let body = key.cipher().encrypt(&XNonce::from(nonce), payload);
        sealed.extend_from_slice(&body.map_err(|_| SealError::TooLong)?);
        Ok(sealed)
    }

    /// Opens what was sealed for that purpose.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (head, rest) = sealed.split_at_checked(1 + ID).ok_or(SealError::Damaged)?;
        let (&form, id) = head.split_first().ok_or(SealError::Damaged)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE>().ok_or(SealError::Damaged)?;
        if form != FORM {
            return Err(SealError::Damaged);
        }
        let key = self.0.iter().find(|key| key.id == id);
        let key = key.ok_or_else(|| SealError::UnknownKey { id: hex(id) })?;
        let payload = Payload { msg: body, aad: &associated(head, context) };
        key.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| SealError::Damaged)
    }

    /// True if it was sealed with one of the keys.
    fn knows(&self, sealed: &[u8]) -> bool {
        let id = sealed.get(1..=ID);
        self.0.iter().any(|key| id == Some(&key.id))
    }

    /// True if it was not sealed with the first key.
    pub fn is_old(&self, sealed: &[u8]) -> bool {
        let id = sealed.get(1..=ID);
        self.0.first().is_none_or(|key| id != Some(&key.id))
    }
}

impl fmt::Debug for Seals {
    /// Without the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seals({})", self.0.len())
    }
}

impl SealingKey {
    fn new(secret: SecretBox<[u8; KEY]>) -> Self {
        let digest = Sha256::new_with_prefix(b"ironpost sealing key")
            .chain_update(secret.expose_secret())
            .finalize();
        let mut id = [0; ID];
        id.iter_mut().zip(digest).for_each(|(id, octet)| *id = octet);
        Self { id, secret }
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(*self.secret.expose_secret()))
    }
}

/// What is sealed along: the head of the sealed octets, and the purpose.
fn associated(head: &[u8], context: &str) -> Vec<u8> {
    [head, context.as_bytes()].concat()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |text, octet| format!("{text}{octet:02x}"))
}

/// The form of sealed octets: this one, the key's id, the nonce, the ciphertext with its tag.
const FORM: u8 = 1;
/// Enough to tell the keys of one file apart.
const ID: usize = 8;
/// Of XChaCha20-Poly1305.
const KEY: usize = 32;
/// Of XChaCha20-Poly1305: long enough to be drawn at random.
const NONCE: usize = 24;
/// Own limit.
const MAX_KEYS: usize = 64;

#[cfg(test)]
mod tests;

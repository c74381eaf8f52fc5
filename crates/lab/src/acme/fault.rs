//! What the CA does wrong on command.

use jiff::Timestamp;

/// Something that goes wrong once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AcmeFault {
    /// The next order is refused with 429 (RFC 8555 §6.6).
    RateLimited {
        /// When it says to come back, if it does.
        retry_after: Option<RetryAfter>,
        /// What it says.
        detail: String,
    },
    /// The next order that replaces a certificate is refused with 409 (RFC 9773 §7.4).
    AlreadyReplaced,
    /// The next nonce is not good (RFC 8555 §6.5).
    BadNonce,
    /// The next proof fails without having been looked at, with this type of problem.
    Refuted {
        /// Such as `unauthorized`.
        problem: String,
    },
    /// The next order that is finalized is under way for so many looks.
    Processing {
        /// How many.
        looks: u32,
    },
    /// The next certificate is for another name.
    WrongName,
    /// The next certificate has a chain of a mebibyte.
    HugeChain,
    /// The next certificate has expired.
    Expired,
    /// The next answer to an order is no JSON.
    NoJson,
    /// The next answer about renewals has a window that ends before it starts.
    WindowBackwards,
}

/// When a client may come back (RFC 9110 §10.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// In so many seconds.
    Seconds(u64),
    /// At a moment.
    At(Timestamp),
}

/// How it is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// Nobody listens.
    Refused,
    /// Everything is answered with 503.
    Unavailable,
    /// Nothing is answered.
    Hung,
}

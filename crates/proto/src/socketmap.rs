//! The socketmap protocol (socketmap_table(5) of Postfix, and sendmail's map of that name):
//! netstrings over a stream. A request is `<map> <key>`, a reply a status and a text.

/// A lookup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// Name of the map.
    pub map: &'a [u8],
    /// What is looked up; any octets.
    pub key: &'a [u8],
}

/// A stream that is no socketmap. There is no way to find the next request in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum FrameError {
    /// No decimal length, or one with leading zeros.
    #[error("a request begins with its length in decimal digits")]
    Length,
    /// A request longer than [`MAX_REQUEST`].
    #[error("a request is longer than {MAX_REQUEST} octets")]
    TooLong,
    /// No comma after the request.
    #[error("a request ends with a comma")]
    NoComma,
}

/// A reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply<'a> {
    /// The value.
    Ok(&'a str),
    /// There is none.
    NotFound,
    /// Try again later: why.
    Temp(&'a str),
    /// Never: why.
    Perm(&'a str),
}

/// Takes the first request off `buffer`: the payload `<map> <key>`, and how many octets it took
/// with its frame; `None` while it is incomplete.
pub fn next_request(buffer: &[u8]) -> Result<Option<(Request<'_>, usize)>, FrameError> {
    let _ = buffer;
    todo!()
}

/// Appends a reply in its frame.
pub fn write_reply(out: &mut Vec<u8>, reply: Reply<'_>) {
    let _ = (out, reply);
    todo!()
}

/// Octets of a request: the longest domain in brackets with a port is far shorter. Own limit.
pub const MAX_REQUEST: usize = 4096;

//! The protocol of tcp_table(5) of Postfix: a line for a request, a line for a reply.

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// `get KEY`, the key unescaped.
    Get(Vec<u8>),
    /// Anything else, `put` among it.
    Unknown,
}

/// A line that does not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("a request is longer than {MAX_LINE} octets")]
pub struct LineTooLong;

/// A reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply<'a> {
    /// 200: the value.
    Found(&'a str),
    /// 500: there is none.
    NotFound,
    /// 400: an error, which Postfix takes as "try again later": why.
    Error(&'a str),
}

/// Takes the first line off `buffer`, and how many octets it took; `None` while it is incomplete.
pub fn next_request(buffer: &[u8]) -> Result<Option<(Request, usize)>, LineTooLong> {
    let _ = buffer;
    todo!()
}

/// Appends a reply with its line end, `%` and everything unprintable escaped.
pub fn write_reply(out: &mut Vec<u8>, reply: Reply<'_>) {
    let _ = (out, reply);
    todo!()
}

/// Octets of a line, as tcp_table(5) bounds it.
pub const MAX_LINE: usize = 4096;

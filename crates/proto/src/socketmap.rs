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
    /// No decimal length, or one that is zero or has leading zeros.
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
/// with its frame; `None` while it is incomplete. Without a blank all of it is the map.
pub fn next_request(buffer: &[u8]) -> Result<Option<(Request<'_>, usize)>, FrameError> {
    let digits = buffer.iter().take_while(|byte| byte.is_ascii_digit());
    let mut length = 0;
    let mut prefix = 0;
    for digit in digits {
        // `0:,` is a netstring, but no request.
        if length == 0 && *digit == b'0' {
            return Err(FrameError::Length);
        }
        length = length * 10 + usize::from(digit - b'0');
        prefix += 1;
        if length > MAX_REQUEST {
            return Err(FrameError::TooLong);
        }
    }
    match buffer.get(prefix) {
        None => return Ok(None),
        Some(b':') if prefix > 0 => {}
        Some(_) => return Err(FrameError::Length),
    }
    let start = prefix + 1;
    let end = start + length;
    match (buffer.get(start..end), buffer.get(end)) {
        (Some(payload), Some(b',')) => Ok(Some((Request::split(payload), end + 1))),
        (_, Some(_)) => Err(FrameError::NoComma),
        (_, None) => Ok(None),
    }
}

impl<'a> Request<'a> {
    /// At the first blank: a key may hold more of them.
    fn split(payload: &'a [u8]) -> Self {
        let mut parts = payload.splitn(2, |byte| *byte == b' ');
        let mut part = || parts.next().unwrap_or_default();
        Self { map: part(), key: part() }
    }
}

/// Appends a reply in its frame.
pub fn write_reply(out: &mut Vec<u8>, reply: Reply<'_>) {
    let (status, text) = match reply {
        Reply::Ok(value) => ("OK ", value),
        Reply::NotFound => ("NOTFOUND ", ""),
        Reply::Temp(reason) => ("TEMP ", reason),
        Reply::Perm(reason) => ("PERM ", reason),
    };
    write_decimal(out, status.len() + text.len());
    out.push(b':');
    out.extend_from_slice(status.as_bytes());
    out.extend_from_slice(text.as_bytes());
    out.push(b',');
}

/// Without the machinery of formatting: this is done for every reply.
fn write_decimal(out: &mut Vec<u8>, number: usize) {
    let first = out.len();
    let mut rest = number;
    loop {
        // A digit fits.
        out.push(b'0' + u8::try_from(rest % 10).unwrap_or_default());
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.get_mut(first..).unwrap_or_default().reverse();
}

/// Octets of a request: the longest domain in brackets with a port is far shorter. Own limit.
pub const MAX_REQUEST: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_come_one_after_the_other_and_in_pieces() {
        let stream = b"18:ironpost a.example,9:postfix b,4:JSON,3:a  ,";
        let expected: [(&[u8], &[u8]); 4] =
            [(b"ironpost", b"a.example"), (b"postfix", b"b"), (b"JSON", b""), (b"a", b" ")];
        let mut rest = &stream[..];
        for (map, key) in expected {
            let (request, length) = next_request(rest).unwrap().unwrap();
            assert_eq!(request, Request { map, key });
            for end in 0..length {
                assert_eq!(next_request(&rest[..end]), Ok(None), "incomplete at {end}");
            }
            rest = &rest[length..];
        }
        assert!(rest.is_empty());
    }

    #[test]
    fn a_stream_that_is_no_socketmap_is_found_out_early() {
        use FrameError::{Length, NoComma, TooLong};
        let longest = [b"4096:m ".as_slice(), &[b'k'; 4094], b","].concat();
        let table: &[(&[u8], FrameError, &str)] = &[
            (b"GET / HTTP/1.1", Length, "HTTP"),
            (b":", Length, "no length"),
            (b"x", Length, "no digit"),
            (b" 1:a,", Length, "a blank in front"),
            (b"1 :a,", Length, "a blank behind"),
            (b"-1:a,", Length, "a sign"),
            (b"0:,", Length, "nothing"),
            (b"01:a,", Length, "a leading zero"),
            (b"4097", TooLong, "before its colon"),
            (b"99999999999999999999999999", TooLong, "beyond any number"),
            (b"1:ab", NoComma, "longer than it says"),
            (b"3:ab,x", NoComma, "shorter than it says"),
            (&[0; 8], Length, "NUL"),
        ];
        for (stream, expected, reason) in table {
            assert_eq!(next_request(stream), Err(*expected), "{reason}");
        }
        let (request, length) = next_request(&longest).unwrap().unwrap();
        assert_eq!((request.key.len(), length), (4094, longest.len()));
    }

    #[test]
    fn replies_are_framed() {
        let long = "x".repeat(99_997);
        let table = [
            (Reply::Ok("dane-only"), "12:OK dane-only,"),
            (Reply::Ok(""), "3:OK ,"),
            (Reply::NotFound, "9:NOTFOUND ,"),
            (Reply::Temp("later"), "10:TEMP later,"),
            (Reply::Perm("never"), "10:PERM never,"),
            (Reply::Ok("é"), "5:OK é,"),
            (Reply::Ok(&long), &format!("100000:OK {long},")),
        ];
        let mut all = Vec::new();
        let mut expected = String::new();
        for (reply, frame) in table {
            write_reply(&mut all, reply);
            expected.push_str(frame);
        }
        assert_eq!(String::from_utf8(all).unwrap(), expected);
    }
}

//! The protocol of tcp_table(5) of Postfix: a line for a request, a line for a reply.

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// `get KEY`, the key unescaped.
    Get(Vec<u8>),
    /// Anything else: `put`, a key with a raw blank or a broken escape.
    Unknown,
}

/// A line that does not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("a request is longer than {MAX_LINE} octets")]
pub struct LineTooLong;

/// A reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply<'a> {
    /// 200: the value. One that does not fit a line is replied to as [`Self::Error`]: half a
    /// policy is none.
    Found(&'a str),
    /// 500: there is none.
    NotFound,
    /// 400: an error, which Postfix takes as "try again later": why.
    Error(&'a str),
}

/// Takes the first line off `buffer`, and how many octets it took; `None` while it is incomplete.
/// A carriage return before the line feed is no part of it.
pub fn next_request(buffer: &[u8]) -> Result<Option<(Request, usize)>, LineTooLong> {
    let Some(end) = buffer.iter().take(MAX_LINE).position(|byte| *byte == b'\n') else {
        return if buffer.len() < MAX_LINE { Ok(None) } else { Err(LineTooLong) };
    };
    let line = buffer.get(..end).unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let key = line.strip_prefix(b"get ").and_then(unescape);
    Ok(Some((key.map_or(Request::Unknown, Request::Get), end + 1)))
}

/// Appends a reply with its line end; `%`, blanks and everything unprintable escaped.
pub fn write_reply(out: &mut Vec<u8>, reply: Reply<'_>) {
    let (code, text) = match reply {
        Reply::Found(value) if escaped_length(value) <= MAX_TEXT => ("200 ", value),
        Reply::Found(_) => ("400 ", TOO_LONG),
        Reply::NotFound => ("500 ", "not found"),
        Reply::Error(reason) => ("400 ", reason),
    };
    out.extend_from_slice(code.as_bytes());
    let mut room = MAX_TEXT;
    for byte in text.bytes() {
        let length = escaped_octets(byte);
        // Only a reason can be cut.
        if length > room {
            break;
        }
        room -= length;
        if length == 1 {
            out.push(byte);
        } else {
            let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or_default();
            out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    out.push(b'\n');
}

/// `%XX` in either case; nothing that would have to be escaped.
fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    let mut key = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        if let ([high, low, after @ ..], b'%') = (after, first) {
            key.push(nibble(*high)? << 4 | nibble(*low)?);
            rest = after;
        } else if escaped_octets(*first) == 1 {
            key.push(*first);
            rest = after;
        } else {
            return None;
        }
    }
    Some(key)
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn escaped_length(text: &str) -> usize {
    text.bytes().map(escaped_octets).sum()
}

/// tcp_table(5): `%`, every blank and everything that is not printable is escaped.
fn escaped_octets(byte: u8) -> usize {
    if byte.is_ascii_graphic() && byte != b'%' { 1 } else { 3 }
}

/// Octets of a line, as tcp_table(5) bounds it: fewer than that many, its end included.
pub const MAX_LINE: usize = 4096;

/// Octets of a reply's text beside its code and its end.
const MAX_TEXT: usize = MAX_LINE - "200 \n".len();

const TOO_LONG: &str = "the answer is longer than a line may be";

const HEX: &[u8; 16] = b"0123456789ABCDEF";

#[cfg(test)]
mod tests {
    use super::*;

    fn get(key: &[u8]) -> Request {
        Request::Get(key.to_vec())
    }

    #[test]
    fn requests_are_lines() {
        let longest = [b"get ".as_slice(), &[b'k'; MAX_LINE - 5], b"\n"].concat();
        let table: &[(&[u8], Request, &str)] = &[
            (b"get a.example\n", get(b"a.example"), "a key"),
            (b"get a.example\r\n", get(b"a.example"), "with a carriage return"),
            (b"get a%20%c3%BC%25%0a\n", get(b"a \xc3\xbc%\n"), "escapes in either case"),
            (b"get \n", get(b""), "an empty key"),
            (&longest, get(&[b'k'; MAX_LINE - 5]), "the longest line"),
            (b"\n", Request::Unknown, "nothing"),
            (b"get\n", Request::Unknown, "no key"),
            (b"GET a.example\n", Request::Unknown, "the command has one case"),
            (b"put a b\n", Request::Unknown, "read only"),
            (b"get a b\n", Request::Unknown, "a raw blank"),
            (b"get a%\n", Request::Unknown, "an escape without digits"),
            (b"get a%2\n", Request::Unknown, "with one digit"),
            (b"get a%2x\n", Request::Unknown, "with no hexadecimal digit"),
            (b"get a%+1\n", Request::Unknown, "with a sign"),
            (b"get a\0\n", Request::Unknown, "NUL"),
            (b"get a\xff\n", Request::Unknown, "not ASCII"),
        ];
        for (line, expected, reason) in table {
            let found = next_request(line);
            assert_eq!(found, Ok(Some((expected.clone(), line.len()))), "{reason}");
            assert_eq!(next_request(&line[..line.len() - 1]), Ok(None), "{reason}, incomplete");
        }
        let two = b"get a\nget b\n";
        assert_eq!(next_request(two), Ok(Some((get(b"a"), 6))), "the second stays");
        assert_eq!(next_request(&[b'g'; MAX_LINE]), Err(LineTooLong));
        assert_eq!(
            next_request(&[b"g".repeat(MAX_LINE), b"\n".to_vec()].concat()),
            Err(LineTooLong)
        );
    }

    #[test]
    fn replies_are_escaped_and_never_too_long() {
        let fits = "x".repeat(MAX_TEXT);
        let table = [
            (Reply::Found("secure match=a"), "200 secure%20match=a\n".to_owned()),
            (Reply::Found("a\n200 b%é"), "200 a%0A200%20b%25%C3%A9\n".to_owned()),
            (Reply::NotFound, "500 not%20found\n".to_owned()),
            (Reply::Error("try later"), "400 try%20later\n".to_owned()),
            (Reply::Found(&fits), format!("200 {fits}\n")),
            (
                Reply::Found(&" ".repeat(MAX_TEXT / 3 + 1)),
                "400 the%20answer%20is%20longer%20than%20a%20line%20may%20be\n".to_owned(),
            ),
            (Reply::Error(&"%".repeat(5000)), format!("400 {}\n", "%25".repeat(MAX_TEXT / 3))),
        ];
        for (reply, expected) in table {
            let mut out = Vec::new();
            write_reply(&mut out, reply);
            assert!(out.len() <= MAX_LINE);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}

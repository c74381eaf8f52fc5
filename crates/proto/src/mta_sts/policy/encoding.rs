//! What is wrong with a whole body, so that no line of it needs a look.

use super::{MAX_BODY, PolicyFault};

/// How a body turns out before its lines are read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Body<'a> {
    /// Lines to read.
    Text(&'a [u8]),
    /// The same behind a UTF-8 byte order mark, which is fault enough.
    Marked(&'a [u8]),
    /// Something of which nothing more is worth saying.
    Hopeless(PolicyFault),
}

/// Looks at a body as a whole.
pub(super) fn inspect(body: &[u8]) -> Body<'_> {
    if body.len() > MAX_BODY {
        return Body::Hopeless(PolicyFault::TooLarge);
    }
    if body.starts_with(b"\xff\xfe") || body.starts_with(b"\xfe\xff") || is_utf16(body) {
        return Body::Hopeless(PolicyFault::ByteOrderMark);
    }
    let (text, marked) = match body.strip_prefix(UTF8_MARK) {
        Some(text) => (text, true),
        None => (body, false),
    };
    match text.trim_ascii_start().first() {
        None if marked => Body::Hopeless(PolicyFault::ByteOrderMark),
        None => Body::Hopeless(PolicyFault::Empty),
        // No field name begins with `<`; every HTML and XML page does.
        Some(b'<') => Body::Hopeless(PolicyFault::Html),
        Some(_) if marked => Body::Marked(text),
        Some(_) => Body::Text(text),
    }
}

/// UTF-16 without a mark: of ASCII text, every other octet is NUL.
fn is_utf16(body: &[u8]) -> bool {
    let (pairs, _) = body.as_chunks::<2>();
    let head = pairs.get(..pairs.len().min(16)).unwrap_or_default();
    head.len() >= 2
        && (head.iter().all(|[high, low]| *high == 0 && *low != 0)
            || head.iter().all(|[low, high]| *high == 0 && *low != 0))
}

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_no_policy_at_all() {
        use PolicyFault as F;
        let utf16 = |text: &str, to: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(to).collect()
        };
        let table = [
            (Vec::new(), F::Empty, "no octets"),
            (b" \r\n\t\n".to_vec(), F::Empty, "white space"),
            (b"\xef\xbb\xbf".to_vec(), F::ByteOrderMark, "a mark and nothing else"),
            (b"\xff\xfev\0:\0".to_vec(), F::ByteOrderMark, "UTF-16LE with its mark"),
            (b"\xfe\xff\0v\0:".to_vec(), F::ByteOrderMark, "UTF-16BE with its mark"),
            (utf16("version: STSv1", u16::to_le_bytes), F::ByteOrderMark, "UTF-16LE, no mark"),
            (utf16("version: STSv1", u16::to_be_bytes), F::ByteOrderMark, "UTF-16BE, no mark"),
            (b"\n <!DOCTYPE html><title>404</title>".to_vec(), F::Html, "a web page"),
            (b"\xef\xbb\xbf<?xml version='1.0'?>".to_vec(), F::Html, "a page behind a mark"),
            (vec![b'a'; MAX_BODY + 1], F::TooLarge, "one octet too many"),
        ];
        for (body, fault, reason) in table {
            assert_eq!(inspect(&body), Body::Hopeless(fault), "{reason}");
        }
        let largest = vec![b'a'; MAX_BODY];
        assert_eq!(inspect(&largest), Body::Text(&largest));
        assert_eq!(inspect(b"\xef\xbb\xbfa"), Body::Marked(b"a"));
        assert_eq!(inspect(b"\0\0\0\0"), Body::Text(b"\0\0\0\0"), "NULs alone are no UTF-16");
    }
}

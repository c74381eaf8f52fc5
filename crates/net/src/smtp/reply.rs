//! SMTP replies (RFC 5321 §4.2), read from a peer that may send anything.

use ironpost_proto::visible::Visible;

/// A whole reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    /// Three digits, 200 to 599.
    pub(super) code: u16,
    /// The text of each line, without code and line end, made visible.
    pub(super) lines: Vec<String>,
}

/// What a reply's first digit says (RFC 5321 §4.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// 2xx, or 3xx, which no command of a probe asks for.
    Positive,
    /// 4xx
    Temporary,
    /// 5xx
    Permanent,
}

/// What is not a reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ReplyError {
    /// A line that does not begin with a reply code.
    #[error("{0:?} is no SMTP reply")]
    NoCode(String),
    /// A reply whose lines have different codes (RFC 5321 §4.2.1 forbids it).
    #[error("a reply that changes its code from {from} to {to}")]
    CodeChanges {
        /// Of the first line.
        from: u16,
        /// Of the line that differs.
        to: u16,
    },
    /// A line beyond [`MAX_LINE`].
    #[error("a line of more than {MAX_LINE} octets")]
    LongLine,
    /// A reply beyond [`MAX_LINES`].
    #[error("a reply of more than {MAX_LINES} lines")]
    LongReply,
}

/// A reply that is still coming in.
#[derive(Debug, Default)]
pub(super) struct PartialReply {
    code: Option<u16>,
    lines: Vec<String>,
}

impl Reply {
    /// The class of its code.
    pub(super) fn class(&self) -> Class {
        match self.code {
            400..=499 => Class::Temporary,
            500.. => Class::Permanent,
            _ => Class::Positive,
        }
    }

    /// The text in one line.
    pub(super) fn text(&self) -> String {
        Visible::excerpt(self.lines.join(" ").as_bytes(), MAX_SHOWN).as_str().to_owned()
    }

    /// Code and text in one line.
    pub(super) fn shown(&self) -> String {
        format!("{} {}", self.code, self.text()).trim_end().to_owned()
    }
}

impl PartialReply {
    /// Takes one line without its line end; returns the reply if that was its last.
    pub(super) fn push(&mut self, line: &[u8]) -> Result<Option<Reply>, ReplyError> {
        let (code, is_last, text) = split(line).ok_or_else(|| {
            ReplyError::NoCode(Visible::excerpt(line, MAX_SHOWN_LINE).as_str().to_owned())
        })?;
        let first = *self.code.get_or_insert(code);
        if first != code {
            return Err(ReplyError::CodeChanges { from: first, to: code });
        }
        if self.lines.len() == MAX_LINES {
            return Err(ReplyError::LongReply);
        }
        self.lines.push(Visible::excerpt(text, MAX_SHOWN).as_str().to_owned());
        let lines = &mut self.lines;
        Ok(is_last.then(|| Reply { code, lines: std::mem::take(lines) }))
    }
}

/// RFC 5321 §4.2: `Reply-code [ SP textstring ]`, with `-` before the text in all lines but the last.
fn split(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (&[first @ b'2'..=b'5', second @ b'0'..=b'9', third @ b'0'..=b'9'], rest) =
        line.split_first_chunk()?
    else {
        return None;
    };
    let digit = |octet: u8| u16::from(octet - b'0');
    let code = digit(first) * 100 + digit(second) * 10 + digit(third);
    match rest {
        [] => Some((code, true, rest)),
        [b' ', text @ ..] => Some((code, true, text)),
        [b'-', text @ ..] => Some((code, false, text)),
        _ => None,
    }
}

/// RFC 5321 §4.5.3.1.5 asks for 512; some servers say more.
pub(super) const MAX_LINE: usize = 2048;
/// Lines in one reply. Own limit: the wordiest EHLO answers have about 30.
const MAX_LINES: usize = 100;
/// Shown of a reply or one of its lines. Own limit, RFC 5321 §4.5.3.1.5's for a line.
const MAX_SHOWN: usize = 512;
/// Shown of a line that is no reply.
const MAX_SHOWN_LINE: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Result<Option<Reply>, ReplyError> {
        let mut partial = PartialReply::default();
        for line in lines {
            if let Some(reply) = partial.push(line.as_bytes())? {
                return Ok(Some(reply));
            }
        }
        Ok(None)
    }

    #[test]
    fn a_reply_ends_with_the_line_that_has_no_hyphen() {
        let reply = read(&["250-mx.example", "250-STARTTLS", "250 HELP"]).unwrap().unwrap();
        assert_eq!(reply.code, 250);
        assert_eq!(reply.lines, ["mx.example", "STARTTLS", "HELP"]);
        assert_eq!(read(&["250-mx.example"]).unwrap(), None);
    }

    #[test]
    fn a_code_alone_is_a_reply() {
        assert_eq!(read(&["220"]).unwrap().unwrap().shown(), "220");
        assert_eq!(read(&["454 "]).unwrap().unwrap().shown(), "454");
    }

    #[test]
    fn what_is_no_reply_is_named() {
        for line in ["", "22", "HTTP/1.1 400 Bad Request", "250x", "150 a", "650 b", "２50 c"] {
            assert!(matches!(read(&[line]), Err(ReplyError::NoCode(_))), "{line:?}");
        }
        assert_eq!(read(&["250-a", "500 b"]), Err(ReplyError::CodeChanges { from: 250, to: 500 }));
        assert_eq!(read(&["250-a"; 101]), Err(ReplyError::LongReply));
    }

    #[test]
    fn nothing_in_a_reply_acts_on_a_terminal() {
        let reply = read(&["550 \x1b[2Jgo\u{202e}away\u{7}"]).unwrap().unwrap();
        assert_eq!(reply.shown(), "550 \\x1b[2Jgo\\u{202e}away\\x07");
    }
}

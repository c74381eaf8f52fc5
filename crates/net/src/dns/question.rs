//! Questions, and the queries that carry them.

use super::answer::DnsError;
use bytes::Bytes;
use domain::base::{Name, Rtype};
use ironpost_proto::domain::DnsName;

/// A name and a type, class IN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    /// The name as it goes on the wire.
    pub(super) name: Name<Bytes>,
    /// The type asked for.
    pub(super) rtype: Rtype,
}

/// What the asked server is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    /// Recurse.
    Plain,
    /// Recurse and say whether the answer is authentic: the AD bit in a query, RFC 6840 §5.7.
    AuthenticData,
    /// Recurse and answer even if validation fails: CD, RFC 4035 §3.2.2.
    Unchecked,
    /// The same, with signatures and proofs: CD and DO. What validating here needs.
    Evidence,
    /// Answer from your own zones: an authoritative server, asked directly.
    Direct,
}

/// Whether a query carries an OPT record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edns {
    /// RFC 6891.
    With,
    /// For servers that refuse it, RFC 6891 §7.
    Without,
}

/// A query in wire form.
#[derive(Debug)]
pub(super) struct Query {
    octets: Vec<u8>,
    question_end: usize,
}

impl Question {
    /// The question for `name`.
    pub(super) fn new(name: &DnsName, rtype: Rtype) -> Result<Self, DnsError> {
        let mut wire = Vec::with_capacity(name.as_str().len() + 2);
        if name.as_str().contains('\\') {
            name.labels().iter().for_each(|label| push_label(&mut wire, label));
        } else {
            let labels = name.as_str().split('.').filter(|label| !label.is_empty());
            labels.for_each(|label| push_label(&mut wire, label.as_bytes()));
        }
        wire.push(0);
        // RFC 1035 §2.3.4: 63 octets to a label, 255 to a name.
        let name = Name::from_octets(Bytes::from(wire))
            .map_err(|_| DnsError::NameTooLong { name: name.clone() })?;
        Ok(Self { name, rtype })
    }
}

impl Query {
    /// The query that puts `question`, under `id`.
    pub(super) fn new(id: u16, question: &Question, asking: Asking, edns: Edns) -> Self {
        let (recursion, checking, dnssec) = match asking {
            Asking::Plain => (RD, 0, 0),
            Asking::AuthenticData => (RD, AD, 0),
            Asking::Unchecked => (RD, CD, 0),
            Asking::Evidence => (RD, CD, DO),
            Asking::Direct => (0, 0, 0),
        };
        let mut octets = Vec::with_capacity(64);
        octets.extend(id.to_be_bytes());
        octets.extend([recursion, checking, 0, 1, 0, 0, 0, 0, 0, u8::from(edns == Edns::With)]);
        octets.extend(question.name.as_slice());
        octets.extend(question.rtype.to_int().to_be_bytes());
        octets.extend(CLASS_IN);
        let question_end = octets.len();
        if edns == Edns::With {
            let [high, low] = UDP_PAYLOAD.to_be_bytes();
            octets.extend([0, 0, OPT, high, low, 0, 0, dnssec, 0, 0, 0]);
        }
        Self { octets, question_end }
    }

    /// The octets to send.
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.octets
    }

    /// True if `reply` is a response to this query: same id, same question. Only an error may
    /// leave the question out.
    pub(super) fn is_answered_by(&self, reply: &[u8]) -> bool {
        let (Some(sent), Some(header)) = (self.octets.get(..HEADER), reply.get(..HEADER)) else {
            return false;
        };
        let is_response = header[2] & (QR | OPCODE) == QR;
        if header[..2] != sent[..2] || !is_response {
            return false;
        }
        match [header[4], header[5]] {
            [0, 0] => header[3] & RCODE != 0,
            [0, 1] => self.repeats_question(reply),
            _ => false,
        }
    }

    /// Servers may change the case of the name, not of the type and class after it.
    fn repeats_question(&self, reply: &[u8]) -> bool {
        let (Some(sent), Some(echo)) =
            (self.octets.get(HEADER..self.question_end), reply.get(HEADER..self.question_end))
        else {
            return false;
        };
        let name = sent.len() - 4;
        sent[..name].eq_ignore_ascii_case(&echo[..name]) && sent[name..] == echo[name..]
    }
}

fn push_label(wire: &mut Vec<u8>, label: &[u8]) {
    // A length past 255 is past 63 too: any such label is refused when the name is read back.
    wire.push(u8::try_from(label.len()).unwrap_or(u8::MAX));
    wire.extend(label);
}

const HEADER: usize = 12; // RFC 1035 §4.1.1
const QR: u8 = 0x80;
const OPCODE: u8 = 0x78;
const RD: u8 = 0x01;
const AD: u8 = 0x20; // RFC 4035 §3.2.3
const CD: u8 = 0x10; // RFC 4035 §3.2.2
const RCODE: u8 = 0x0f;
const CLASS_IN: [u8; 2] = [0, 1];
const OPT: u8 = 41; // RFC 6891 §6.1.1
const DO: u8 = 0x80; // RFC 3225 §3
const UDP_PAYLOAD: u16 = 1232; // fits an unfragmented IPv6 packet, RFC 9715 §3

#[cfg(test)]
mod tests {
    use super::*;

    fn question(name: &str, rtype: Rtype) -> Question {
        Question::new(&name.parse().unwrap(), rtype).unwrap()
    }

    fn reply(query: &Query) -> Vec<u8> {
        let mut octets = query.as_slice()[..query.question_end].to_vec();
        octets[2] |= QR;
        octets[11] = 0;
        octets
    }

    #[test]
    fn queries_are_what_the_rfcs_say() {
        let query = Query::new(0x1234, &question("a.b", Rtype::TXT), Asking::Evidence, Edns::With);
        assert_eq!(
            query.as_slice(),
            [
                &[0x12, 0x34, 0x01, 0x10, 0, 1, 0, 0, 0, 0, 0, 1][..], // RD, CD; one OPT
                &[1, b'a', 1, b'b', 0, 0, 16, 0, 1],
                &[0, 0, 41, 0x04, 0xd0, 0, 0, 0x80, 0, 0, 0], // 1232, DO
            ]
            .concat(),
        );
        let plain = Query::new(1, &question(".", Rtype::NS), Asking::Direct, Edns::Without);
        assert_eq!(plain.as_slice(), [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1]);
    }

    #[test]
    fn only_the_answer_to_the_question_is_taken() {
        type Change = fn(&mut Vec<u8>);
        let table: [(Change, bool, &str); 11] = [
            (|_| {}, true, "the reply itself"),
            (|reply| reply[13] = b'A', true, "another case"),
            (|reply| reply[0] ^= 1, false, "another id"),
            (|reply| reply[2] &= !QR, false, "a query"),
            (|reply| reply[2] |= 0x10, false, "another opcode"),
            (|reply| reply[13] = b'z', false, "another name"),
            (|reply| reply[17] ^= 0x20, false, "a type that differs by the case bit alone"),
            (|reply| reply[5] = 2, false, "two questions"),
            (|reply| reply[5] = 0, false, "no question, no error"),
            (|reply| (reply[5], reply[3]) = (0, 2), true, "no question in a SERVFAIL"),
            (|reply| reply.truncate(11), false, "less than a header"),
        ];
        let query = Query::new(7, &question("ab.", Rtype::TXT), Asking::Plain, Edns::With);
        for (change, expected, reason) in table {
            let mut octets = reply(&query);
            change(&mut octets);
            assert_eq!(query.is_answered_by(&octets), expected, "{reason}");
        }
        for length in 0..reply(&query).len() {
            assert!(!query.is_answered_by(&reply(&query)[..length]), "cut at {length}");
        }
    }

    #[test]
    fn names_are_encoded_octet_for_octet() {
        let table: [(&str, &[u8]); 3] = [
            (".", b"\0"),
            ("a.example", b"\x01a\x07example\0"),
            ("a\\046b\\255", b"\x04a.b\xff\0"),
        ];
        for (name, wire) in table {
            assert_eq!(question(name, Rtype::A).name.as_slice(), wire, "{name}");
        }
        let label: &[u8] = &[b'a'; 62];
        let too_long = DnsName::from_labels([label, label, label, label, b"abc"]);
        assert_eq!(
            Question::new(&too_long, Rtype::A),
            Err(DnsError::NameTooLong { name: too_long.clone() })
        );
        let label_too_long = DnsName::from_labels([&[b'a'; 300][..]]);
        assert!(Question::new(&label_too_long, Rtype::A).is_err());
    }
}

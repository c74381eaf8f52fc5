//! Domain names on the wire (RFC 1035 §3.1).

use ironpost_proto::domain::DnsName;

/// The name of a question in lower case, to be looked up with.
#[derive(Debug)]
pub(super) struct Lowered {
    octets: [u8; MAX_NAME],
    length: usize,
}

impl Lowered {
    /// Of a name without compression; nothing past the longest name is taken.
    pub(super) fn of(wire: &[u8]) -> Self {
        let mut octets = [0; MAX_NAME];
        let length = wire.len().min(MAX_NAME);
        for (lower, octet) in octets.iter_mut().zip(wire) {
            // A length octet is at most 63, below every letter: it stays.
            *lower = octet.to_ascii_lowercase();
        }
        Self { octets, length }
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or_default()
    }
}

/// A name as it is written into answers: those within the zone end in a pointer to its apex.
#[derive(Debug, Clone)]
pub(super) struct PackedName {
    labels: Box<[u8]>,
    within: bool,
}

impl PackedName {
    /// Of a name in wire form, given the zone's apex in the same form.
    pub(super) fn new(wire: &[u8], apex: &[u8]) -> Self {
        match below(wire, apex) {
            Some(labels) => Self { labels: labels.into(), within: true },
            None => Self { labels: wire.into(), within: false },
        }
    }

    /// Appends it; the apex stands at the octet `apex` of the message.
    pub(super) fn write(&self, out: &mut Vec<u8>, apex: u16) {
        out.extend_from_slice(&self.labels);
        if self.within {
            // RFC 1035 §4.1.4: two bits that no length has, then the place.
            out.extend_from_slice(&(POINTER | apex).to_be_bytes());
        }
    }
}

/// A name in wire form and lower case; `None` if it is longer than names may be.
pub(super) fn wire(name: &DnsName) -> Option<Box<[u8]>> {
    let mut wire = Vec::with_capacity(MAX_NAME);
    for label in name.labels() {
        wire.push(u8::try_from(label.len()).ok().filter(|length| *length <= MAX_LABEL)?);
        wire.extend_from_slice(&label);
    }
    wire.push(0);
    (wire.len() <= MAX_NAME).then(|| wire.into())
}

/// What stands before `apex` in `name`, both in wire form and lower case; `None` for a name that
/// lies elsewhere.
pub(super) fn below<'a>(name: &'a [u8], apex: &[u8]) -> Option<&'a [u8]> {
    let (labels, end) = name.split_at_checked(name.len().checked_sub(apex.len())?)?;
    let mut rest = labels;
    while let [length, after @ ..] = rest {
        // A label across the border is another name that happens to end in the same octets.
        rest = after.get(usize::from(*length)..)?;
    }
    (end == apex).then_some(labels)
}

/// The octets that the name without compression takes which `octets` begin with; `None` if there
/// is no such name.
pub(super) fn length(octets: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let label = *octets.get(at)?;
        at += 1 + usize::from(label);
        if label > MAX_LABEL || at > MAX_NAME {
            return None;
        }
        if label == 0 {
            return Some(at);
        }
    }
}

/// The same for any name, compressed or not, which nobody here will read.
pub(super) fn length_compressed(octets: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match *octets.get(at)? {
            0 => return Some(at + 1),
            label @ 1..=MAX_LABEL => at += 1 + usize::from(label),
            0xc0..=0xff => return Some(at + 2),
            // RFC 6891 §5: of the other label types none is in use.
            _ => return None,
        }
        if at > MAX_NAME {
            return None;
        }
    }
}

/// RFC 1035 §4.1.4.
pub(super) const POINTER: u16 = 0xc000;
/// RFC 1035 §2.3.4: octets of a name with the lengths of its labels and the root.
pub(super) const MAX_NAME: usize = 255;
/// RFC 1035 §2.3.4.
const MAX_LABEL: u8 = 63;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        let longest = [[&[63][..], &[b'a'; 63]].concat().repeat(3), vec![61; 62], vec![0]].concat();
        assert_eq!(longest.len(), MAX_NAME);
        let too_long = [&[1, b'a'], longest.as_slice()].concat();
        let table = [
            (&b"\x01a\x00rest"[..], Some(3), Some(3), "a name and more"),
            (b"\x00", Some(1), Some(1), "the root"),
            (b"", None, None, "nothing"),
            (b"\x01a", None, None, "no end"),
            (b"\x05a\x00", None, None, "a label cut short"),
            (b"\x01a\xc0\x0c", None, Some(4), "a pointer"),
            (b"\x01a\x40\x00", None, None, "a label type of nobody"),
            (&longest, Some(255), Some(255), "the longest name"),
            (&too_long, None, None, "longer"),
        ];
        for (octets, plain, compressed, reason) in table {
            assert_eq!(length(octets), plain, "{reason}");
            assert_eq!(length_compressed(octets), compressed, "compressed: {reason}");
        }
    }

    #[test]
    fn borders_are_those_of_labels() {
        let wire = |text: &str| wire(&text.parse().unwrap()).unwrap();
        let zone = wire("sts.test");
        let below = |name: &[u8]| below(name, &zone).map(<[u8]>::to_vec);
        assert_eq!(below(&wire("sts.test")), Some(Vec::new()));
        assert_eq!(below(&wire("a.b.sts.test")), Some(b"\x01a\x01b".to_vec()));
        assert_eq!(below(&wire("test")), None);
        assert_eq!(below(&wire("a.test")), None);
        assert_eq!(below(&wire("asts.test")), None);
        // A label that holds what looks like the zone.
        assert_eq!(below(b"\x05x\x03sts\x04test\x00"), None);
    }
}

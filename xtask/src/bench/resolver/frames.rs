//! Netstrings in a row, as they go over a connection again and again.

use std::io::Write as _;

/// Frames with nothing between them. Behind the last the first [`DEEPEST`] stand again, so that
/// what a connection is in the middle of is always one slice.
#[derive(Debug, Clone)]
pub(crate) struct Frames {
    octets: Vec<u8>,
    /// Where each frame begins, and at last where the last one ends.
    starts: Vec<usize>,
    count: usize,
}

impl Frames {
    /// Frames of these payloads.
    pub(crate) fn of<P: AsRef<[u8]>>(payloads: &[P]) -> Self {
        let mut octets = Vec::new();
        let mut starts = vec![0];
        for payload in payloads.iter().cycle().take(payloads.len() + DEEPEST) {
            write_frame(&mut octets, payload.as_ref());
            starts.push(octets.len());
        }
        Self { octets, starts, count: payloads.len() }
    }

    /// How many payloads there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// `many` frames from the `first` on.
    pub(crate) fn slice(&self, first: usize, many: usize) -> &[u8] {
        let bound = |at: usize| self.starts.get(at).copied().unwrap_or(self.octets.len());
        self.octets.get(bound(first)..bound(first + many)).unwrap_or_default()
    }

    /// Compares what came with what is due at `place`, and moves on: how many frames are whole
    /// now; `None` if it is something else.
    pub(crate) fn take(&self, place: &mut Place, came: &[u8]) -> Option<usize> {
        let begin = self.starts.get(place.frame)? + place.octet;
        let end = begin + came.len();
        if self.octets.get(begin..end)? != came {
            return None;
        }
        let mut whole = 0;
        while *self.starts.get(place.frame + whole + 1)? <= end {
            whole += 1;
            if place.frame + whole == self.starts.len() - 1 {
                break;
            }
        }
        place.octet = end - self.starts.get(place.frame + whole)?;
        place.frame = (place.frame + whole) % self.count;
        Some(whole)
    }
}

/// A place in a stream of frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The frame that is under way.
    pub(crate) frame: usize,
    /// How much of it has come.
    pub(crate) octet: usize,
}

/// Appends a netstring.
pub(crate) fn write_frame(out: &mut Vec<u8>, payload: &[u8]) {
    // A `Vec` takes whatever is written to it.
    let _ = write!(out, "{}:", payload.len());
    out.extend_from_slice(payload);
    out.push(b',');
}

/// The length of the netstring that `buffer` begins with, frame included, and where its payload
/// begins; `None` while it is incomplete or if it is none.
pub(crate) fn frame_length(buffer: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0;
    for (at, octet) in buffer.iter().enumerate() {
        match octet {
            b'0'..=b'9' if at < 7 => length = length * 10 + usize::from(octet - b'0'),
            b':' => {
                let end = at + 1 + length;
                return (buffer.get(end) == Some(&b',')).then_some((end + 1, at + 1));
            }
            _ => return None,
        }
    }
    None
}

/// Most lookups that a connection has under way at once.
pub(crate) const DEEPEST: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_compared_in_whatever_pieces_it_comes() {
        let frames = Frames::of(&["a", "bb", "ccc"]);
        assert_eq!(frames.slice(1, 3), b"2:bb,3:ccc,1:a,");
        let stream = frames.slice(0, 12);
        for size in 1..stream.len() {
            let mut place = Place { frame: 0, octet: 0 };
            let mut whole = 0;
            for piece in stream.chunks(size) {
                whole += frames.take(&mut place, piece).unwrap();
            }
            assert_eq!((whole, place), (12, Place { frame: 0, octet: 0 }), "{size}");
        }
        let mut place = Place { frame: 1, octet: 0 };
        assert_eq!(frames.take(&mut place, b"2:bb,3:c"), Some(1));
        assert_eq!(place, Place { frame: 2, octet: 3 });
        assert_eq!(frames.take(&mut place, b"cc,1:b,"), None, "another reply");
    }

    #[test]
    fn netstrings_are_found_whole_or_not_at_all() {
        for (buffer, found) in [
            (&b"3:abc,"[..], Some((6, 2))),
            (b"3:abc,9:", Some((6, 2))),
            (b"3:abc", None),
            (b"3:abcd", None),
            (b"", None),
            (b"x", None),
        ] {
            assert_eq!(frame_length(buffer), found);
        }
    }
}

//! Octets as what differs from others that are much like them.
//!
//! Two certificates of one CA share most of their octets, though not in the same places, for names
//! and signatures differ in length. What is kept is a row of steps: an octet below 128 says that so
//! many octets and one more follow; any other that octets are taken from the sample, at the place
//! that the next two octets give (high one first).

/// What others are compared with.
#[derive(Debug)]
pub(super) struct Sample {
    octets: Box<[u8]>,
    places: Places,
}

impl Sample {
    pub(super) fn of(octets: &[u8]) -> Self {
        Self { octets: octets.into(), places: Places::of(octets) }
    }

    /// What differs. Any octets are differences from any sample: [`Self::apply`] gives back the
    /// same.
    pub(super) fn difference(&self, octets: &[u8]) -> Box<[u8]> {
        let mut steps = Vec::with_capacity(octets.len() / 2);
        let (mut done, mut at) = (0, 0);
        while let Some(rest) = octets.get(at..).filter(|rest| rest.len() >= SHORTEST) {
            match self.places.find(&self.octets, rest) {
                Some((place, length)) => {
                    keep(&mut steps, &octets[done..at]);
                    steps.push(TAKE + u8::try_from(length - SHORTEST).unwrap_or_default());
                    steps.extend_from_slice(&place.to_be_bytes());
                    at += length;
                    done = at;
                }
                None => at += 1,
            }
        }
        keep(&mut steps, &octets[done..]);
        steps.into_boxed_slice()
    }

    /// The octets; none if these are no differences from this sample.
    pub(super) fn apply(&self, mut steps: &[u8]) -> Option<Vec<u8>> {
        let mut octets = Vec::with_capacity(self.octets.len() + self.octets.len() / 8);
        while let Some((step, rest)) = steps.split_first() {
            if *step < TAKE {
                let (kept, rest) = rest.split_at_checked(usize::from(*step) + 1)?;
                octets.extend_from_slice(kept);
                steps = rest;
            } else {
                let (place, rest) = rest.split_first_chunk()?;
                let from = usize::from(u16::from_be_bytes(*place));
                let length = usize::from(step - TAKE) + SHORTEST;
                octets.extend_from_slice(self.octets.get(from..from + length)?);
                steps = rest;
            }
        }
        Some(octets)
    }
}

fn keep(steps: &mut Vec<u8>, octets: &[u8]) {
    for octets in octets.chunks(usize::from(TAKE)) {
        steps.push(u8::try_from(octets.len() - 1).unwrap_or_default());
        steps.extend_from_slice(octets);
    }
}

/// Where in a sample groups of octets are: the last place of each, if no other group has its slot.
#[derive(Debug)]
struct Places(Box<[u16; SLOTS]>);

impl Places {
    fn of(sample: &[u8]) -> Self {
        let mut places = Self(Box::new([u16::MAX; SLOTS]));
        for (place, group) in (0..u16::MAX).zip(sample.windows(SHORTEST)) {
            places.0[slot(group)] = place;
        }
        places
    }

    /// Where in the sample the next octets are, and how many of them.
    fn find(&self, sample: &[u8], next: &[u8]) -> Option<(u16, usize)> {
        let place = self.0[slot(next)];
        let there = sample.get(usize::from(place)..)?;
        let alike = there.iter().zip(next).take(LONGEST).take_while(|(a, b)| a == b).count();
        (alike >= SHORTEST).then_some((place, alike))
    }
}

/// By the first octets, of which there are [`SHORTEST`] at least.
fn slot(octets: &[u8]) -> usize {
    let group = octets.first_chunk::<SHORTEST>().map_or(0, |group| u32::from_le_bytes(*group));
    // Multiplicative hashing: the upper bits are mixed best.
    usize::try_from(group.wrapping_mul(0x9e37_79b1) >> (u32::BITS - SLOTS.ilog2())).unwrap_or(0)
}

/// Steps from here on take from the sample.
const TAKE: u8 = 128;
/// Fewer octets cost as much to take as to keep.
const SHORTEST: usize = 4;
/// What one step can take.
const LONGEST: usize = SHORTEST + 127;
const SLOTS: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn what_is_alike_costs_little() {
        let sample: Vec<u8> = (0..1000_u32).flat_map(|n| (n * n).to_be_bytes()).collect();
        let mut other = sample.clone();
        other.splice(500..503, *b"longer than before");
        other.truncate(3000);
        let steps = Sample::of(&sample).difference(&other);
        assert!(steps.len() < other.len() / 10, "{}", steps.len());
        assert_eq!(Sample::of(&sample).apply(&steps), Some(other));
    }

    #[test]
    fn what_is_not_alike_costs_hardly_more() {
        let octets: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let steps = Sample::of(&[]).difference(&octets);
        assert_eq!(steps.len(), 1000 + 8);
        assert_eq!(Sample::of(&[]).apply(&steps), Some(octets));
    }

    #[test]
    fn what_is_no_difference_is_not_taken_for_one() {
        let sample = Sample::of(b"abcd");
        for steps in [&[0][..], &[5, 1, 2], &[128], &[128, 0], &[128, 0, 1], &[255, 0, 0]] {
            assert_eq!(sample.apply(steps), None, "{steps:?}");
        }
        assert_eq!(sample.apply(&[128, 0, 0]).as_deref(), Some(&b"abcd"[..]));
    }

    proptest! {
        #[test]
        fn differences_lead_back(sample in vec(0..4_u8, 0..600), octets in vec(0..4_u8, 0..600)) {
            let sample = Sample::of(&sample);
            let steps = sample.difference(&octets);
            prop_assert_eq!(sample.apply(&steps), Some(octets));
        }

        #[test]
        fn nothing_that_is_read_does_harm(sample in any::<Vec<u8>>(), steps in any::<Vec<u8>>()) {
            let _ = Sample::of(&sample).apply(&steps);
        }
    }
}

//! SipHash-2-4 (Aumasson and Bernstein, 2012), which RFC 9018 §4.4 asks for.

/// The hash of `message` under `key`.
pub(super) fn siphash(key: &[u8; 16], message: &[u8]) -> u64 {
    let (k0, k1) = key.split_at(8);
    let (k0, k1) = (word(k0), word(k1));
    // "somepseudorandomlygeneratedbytes"
    let mut state = [
        k0 ^ 0x736f_6d65_7073_6575,
        k1 ^ 0x646f_7261_6e64_6f6d,
        k0 ^ 0x6c79_6765_6e65_7261,
        k1 ^ 0x7465_6462_7974_6573,
    ];
    let mut words = message.chunks_exact(8);
    for chunk in &mut words {
        absorb(&mut state, word(chunk));
    }
    // The last word has the length, modulo 256, in its highest octet.
    let length = message.len() as u64 & 0xff;
    absorb(&mut state, word(words.remainder()) | length << 56);
    state[2] ^= 0xff;
    for _ in 0..4 {
        round(&mut state);
    }
    state.iter().fold(0, |hash, part| hash ^ part)
}

fn absorb(state: &mut [u64; 4], word: u64) {
    state[3] ^= word;
    round(state);
    round(state);
    state[0] ^= word;
}

fn round([a, b, c, d]: &mut [u64; 4]) {
    *a = a.wrapping_add(*b);
    *b = b.rotate_left(13) ^ *a;
    *a = a.rotate_left(32);
    *c = c.wrapping_add(*d);
    *d = d.rotate_left(16) ^ *c;
    *a = a.wrapping_add(*d);
    *d = d.rotate_left(21) ^ *a;
    *c = c.wrapping_add(*b);
    *b = b.rotate_left(17) ^ *c;
    *c = c.rotate_left(32);
}

/// Up to eight octets, the lowest first.
fn word(octets: &[u8]) -> u64 {
    octets.iter().rev().fold(0, |word, octet| word << 8 | u64::from(*octet))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The authors' vectors: octets 0, 1, 2, … as key and message.
    #[test]
    fn hashes_are_those_of_the_paper() {
        let octets = std::array::from_fn::<u8, 64, _>(|n| u8::try_from(n).unwrap());
        let key = octets.first_chunk().unwrap();
        let table =
            [(0, 0x726f_db47_dd0e_0e31), (8, 0x93f5_f579_9a93_2462), (15, 0xa129_ca61_49be_45e5)];
        for (length, hash) in table {
            assert_eq!(siphash(key, &octets[..length]), hash, "{length} octets");
        }
    }
}

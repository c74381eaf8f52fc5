//! How near one name comes to another.

/// Edit distance, a swap of neighbours counting as one slip.
pub(super) fn distance(a: &str, b: &str) -> usize {
    strsim::osa_distance(a, b)
}

/// Whether `written` looks like a slip of the pen for `meant`: at most three slips in all, and in
/// no label more than a third of it, so that `mx1` for `mx2` or `old` for `new` is another name.
pub(super) fn is_slip(written: &str, meant: &str) -> bool {
    let total = distance(written, meant);
    if total == 0 || total > MAX_SLIPS {
        return false;
    }
    let (written, meant): (Vec<_>, Vec<_>) =
        (written.split('.').collect(), meant.split('.').collect());
    if written.len() != meant.len() {
        // A dot left out or put in: `mx1example.com`.
        return total == 1;
    }
    written.iter().zip(&meant).all(|(a, b)| distance(a, b) * 3 <= a.len().max(b.len()))
}

/// More is another name.
const MAX_SLIPS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_slips_from_other_names() {
        for (written, meant, expected, why) in [
            ("mx1.exmaple.com", "mx1.example.com", true, "swapped letters"),
            ("mx1.examp1e.com", "mx1.example.com", true, "a digit for a letter"),
            ("mx1.examples.com", "mx1.example.com", true, "one letter more"),
            ("mx1.example.co", "mx1.example.com", true, "one letter less"),
            ("mx1example.com", "mx1.example.com", true, "a dot left out"),
            ("mail1.example.com", "mail2.example.com", true, "one letter of five"),
            ("mx.old.example", "mx.new.example", false, "another label altogether"),
            ("mail.example.com", "mx1.example.com", false, "another label altogether"),
            ("mx1.example.com", "mx1.example.com", false, "the same"),
        ] {
            assert_eq!(is_slip(written, meant), expected, "{written} for {meant}: {why}");
        }
    }
}

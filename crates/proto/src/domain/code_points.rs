//! The code points of U-labels, RFC 5892.

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory as Category;

/// True if a U-label may hold `c`. The mapping of UTS 46 lets symbols and punctuation pass
/// that RFC 5891 §5.4 has a reader refuse, typographic quotes among them.
pub(super) fn is_allowed(c: char) -> bool {
    if EXCEPTIONS.contains(&c) {
        return true;
    }
    if DISALLOWED.contains(&c) {
        return false;
    }
    match CodePointMapData::<Category>::new().get(c) {
        // RFC 5892 §2.1, LetterDigits. Upper case was mapped away before.
        Category::LowercaseLetter
        | Category::OtherLetter
        | Category::ModifierLetter
        | Category::NonspacingMark
        | Category::SpacingMark
        | Category::DecimalNumber => true,
        _ => c.is_ascii_alphanumeric() || c == '-',
    }
}

/// RFC 5892 §2.6 and appendix A: valid, or valid in a context, although no letter or digit.
/// The contexts of the joiners are checked by the mapping.
const EXCEPTIONS: [char; 11] = [
    '\u{b7}', '\u{375}', '\u{5f3}', '\u{5f4}', '\u{6fd}', '\u{6fe}', '\u{f0b}', '\u{200c}',
    '\u{200d}', '\u{3007}', '\u{30fb}',
];

/// RFC 5892 §2.6: letters and marks that no label has.
const DISALLOWED: [char; 10] = [
    '\u{640}', '\u{7fa}', '\u{302e}', '\u{302f}', '\u{3031}', '\u{3032}', '\u{3033}', '\u{3034}',
    '\u{3035}', '\u{303b}',
];

//! Text as JavaScript.

use std::fmt::Write;

/// `text` as a string literal in pure ASCII: nothing in it can end the literal, the line or a
/// `<script>` around it.
pub(super) fn string_literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            '\n' => literal.push_str("\\n"),
            '"' | '\\' => literal.extend(['\\', c]),
            '<' | '>' | '&' | '\'' | '`' | '$' => push_escape(&mut literal, c),
            ' '..='~' => literal.push(c),
            _ => push_escape(&mut literal, c),
        }
    }
    literal.push('"');
    literal
}

fn push_escape(literal: &mut String, c: char) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        // Writing to a `String` cannot fail.
        let _ = write!(literal, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_literal_is_json_too_and_says_the_same(text in any::<String>()) {
            let literal = string_literal(&text);
            prop_assert!(literal.bytes().all(|b| matches!(b, b' '..=b'~')));
            prop_assert!(!literal.contains(['<', '>', '&', '`', '$']));
            prop_assert_eq!(serde_json::from_str::<String>(&literal).unwrap(), text);
        }
    }
}

//! Rust code without its comments, strings and characters: what is left is what runs.

/// The text with every comment, string and character literal blanked out. Lines stay lines.
pub(crate) fn code_only(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = literal_end(&chars, at);
        if end > at {
            code.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        } else {
            code.push(chars[at]);
            at += 1;
        }
    }
    code
}

/// The end of the comment or literal that begins at `at`; `at` itself if none begins there.
fn literal_end(chars: &[char], at: usize) -> usize {
    let next = chars.get(at + 1);
    match chars[at] {
        '/' if next == Some(&'/') => line_end(chars, at),
        '/' if next == Some(&'*') => block_comment_end(chars, at),
        '"' => string_end(chars, at + 1),
        'r' if !continues_a_word(chars, at) => raw_string_end(chars, at).unwrap_or(at),
        '\'' => character_end(chars, at),
        _ => at,
    }
}

fn line_end(chars: &[char], at: usize) -> usize {
    chars[at..].iter().position(|c| *c == '\n').map_or(chars.len(), |length| at + length)
}

/// Block comments nest.
fn block_comment_end(chars: &[char], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = at;
    while at + 1 < chars.len() {
        match (chars[at], chars[at + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

/// `at` is behind the opening quote.
fn string_end(chars: &[char], mut at: usize) -> usize {
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// `r"…"`, `r#"…"#` and so on; `br` and `cr` too, whose first letter is left to the code.
fn raw_string_end(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    let open = at + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return None;
    }
    let closes = |from: usize| {
        chars[from] == '"'
            && chars[from + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes
    };
    let close = (open + 1..chars.len()).find(|from| closes(*from));
    Some(close.map_or(chars.len(), |close| close + 1 + hashes))
}

/// A quote opens a character or a lifetime: only a character has a second quote behind it.
fn character_end(chars: &[char], at: usize) -> usize {
    match (chars.get(at + 1), chars.get(at + 2)) {
        (Some('\\'), _) => {
            let rest = chars.get(at + 3..).unwrap_or_default();
            rest.iter().position(|c| *c == '\'').map_or(chars.len(), |length| at + 4 + length)
        }
        (Some(_), Some('\'')) => at + 3,
        _ => at,
    }
}

fn continues_a_word(chars: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| chars[before]);
    match before {
        Some('b' | 'c') => at >= 2 && is_word(chars[at - 2]),
        Some(c) => is_word(c),
        None => false,
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_comments_go_and_code_stays() {
        let cases = [
            ("a // todo!()\nb", "a b"),
            ("a /* x /* y */ z */ b", "a b"),
            (r#"f("dbg!(\"x\")") g"#, "f( ) g"),
            (r##"f(r#"a"b"#) g"##, "f( ) g"),
            ("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)"),
            (r"('\'', '\u{1b}', '/', 'x') y", "( , , , ) y"),
            ("writer\"x\" z", "writer z"),
            ("br\"\\\" z", "b z"),
            ("\"one\ntwo\" three", "three"),
            ("\"open", ""),
            ("/* open", ""),
            ("r#type", "r#type"),
        ];
        for (text, expected) in cases {
            let code = code_only(text);
            let words: Vec<_> = code.split_whitespace().collect();
            assert_eq!(words.join(" "), expected, "{text}");
            assert_eq!(code.lines().count(), text.lines().count(), "{text}");
        }
    }
}

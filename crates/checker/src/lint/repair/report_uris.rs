//! What the URIs of a broken TLS-RPT record were probably meant to be.

use super::strip_prefix_ignoring_case;
use ironpost_proto::tls_rpt::record::{ReportUri, Target};
use std::fmt::Write;

/// The report URIs that a broken TLS-RPT record was probably meant to have; none may be left.
pub fn corrected_report_uris(text: &str) -> Vec<ReportUri> {
    let mut uris = Vec::new();
    for word in text.split([',', ';', '"']).flat_map(uri_words) {
        let word = strip_prefix_ignoring_case(&word, "rua=").unwrap_or(&word);
        let word = percent_encoded(without_size_suffix(word));
        let word = word.as_str();
        let is_uri = word.contains(':');
        let uri = match strip_prefix_ignoring_case(word, "http://") {
            Some(rest) => format!("https://{rest}"),
            None if !is_uri && word.contains('@') => format!("mailto:{word}"),
            None => word.to_owned(),
        };
        if let Ok(uri) = ReportUri::parse(uri.as_bytes())
            && uri.target() != Target::Unsupported
            && !uris.contains(&uri)
        {
            uris.push(uri);
        }
    }
    uris
}

/// Blanks part URIs, and addresses too; any other blank is a part of what it stands in.
fn uri_words(piece: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in piece.split([' ', '\t']).filter(|word| !word.is_empty()) {
        let begins = word.contains([':', '@', '=']);
        match words.last_mut().filter(|last| !begins && last.contains([':', '@'])) {
            Some(last) => *last = format!("{last} {word}"),
            None => words.push(word.to_owned()),
        }
    }
    words
}

/// Takes off what DMARC allows behind a URI, as in `!10m` (RFC 7489 §6.4).
fn without_size_suffix(word: &str) -> &str {
    match word.rsplit_once('!') {
        Some((uri, size)) => {
            let digits = size.trim_end_matches(['k', 'm', 'g', 't', 'K', 'M', 'G', 'T']);
            let is_size =
                size.len() - digits.len() <= 1 && digits.bytes().all(|b| b.is_ascii_digit());
            if is_size { uri } else { word }
        }
        None => word,
    }
}

/// Encodes what RFC 3986 §2 allows nowhere in a URI, and `!` (RFC 8460 §3).
fn percent_encoded(word: &str) -> String {
    let mut encoded = String::with_capacity(word.len());
    for (at, byte) in word.bytes().enumerate() {
        let hex = |at: usize| word.as_bytes().get(at).is_some_and(u8::is_ascii_hexdigit);
        let plain = match byte {
            b'%' => hex(at + 1) && hex(at + 2),
            b'!' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => false,
            _ => byte.is_ascii_graphic(),
        };
        if plain {
            encoded.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_uris_are_read_for_what_was_meant() {
        let table: &[(&str, &[&str])] = &[
            ("v=TLSRPTv1; rua=tls@example.com", &["mailto:tls@example.com"]),
            ("v=TLSRPTv1;rua=mailto:a@example.com!10m", &["mailto:a@example.com"]),
            (
                "v=TLSRPTv1; RUA=mailto:a@example.com; https://r.example.net/x",
                &["mailto:a@example.com", "https://r.example.net/x"],
            ),
            ("v=TLSRPTv1; rua=http://r.example.net/x", &["https://r.example.net/x"]),
            ("v=TLSRPTv1; rua=mailto:a@example.com,a@example.com", &["mailto:a@example.com"]),
            ("v=TLSRPTv1; rua=ftp://x.example", &[]),
            ("v=TLSRPTv1; rua=https://r.example.net/a!b c", &["https://r.example.net/a%21b%20c"]),
            ("v=TLSRPTv1; rua=https://r.example.net/{a}%", &["https://r.example.net/%7Ba%7D%25"]),
            ("v=TLSRPTv1; rua=mailto:a@exa mple.com", &[]),
            (
                "v=TLSRPTv1; rua=mailto:a@example.com b@example.com",
                &["mailto:a@example.com", "mailto:b@example.com"],
            ),
            ("", &[]),
        ];
        for (text, expected) in table {
            let found = corrected_report_uris(text);
            assert_eq!(
                found.iter().map(ReportUri::as_str).collect::<Vec<_>>(),
                *expected,
                "{text}"
            );
        }
    }
}

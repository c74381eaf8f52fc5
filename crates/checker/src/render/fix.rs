//! Steps of mending, taken apart into prose and what is to be published as it stands.

/// A step: a sentence, and lines to paste.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FixStep<'a> {
    /// What to do.
    pub(crate) prose: &'a str,
    /// The exact text, line by line; empty where the sentence says it all.
    pub(crate) paste: Vec<&'a str>,
}

impl<'a> FixStep<'a> {
    /// Takes a step apart: lines after the first are to be pasted, and so is what stands after
    /// a colon at the end, if it is a line of a zone file (`name. IN TXT "…"`) or of a policy
    /// file (`mx: name`).
    pub(crate) fn read(step: &'a str) -> Self {
        let mut lines = step.lines();
        let first = lines.next().unwrap_or_default();
        let (prose, at_end) = split_at_end(first);
        Self { prose, paste: at_end.into_iter().chain(lines).collect() }
    }
}

/// A piece of prose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span<'a> {
    /// Words.
    Text(&'a str),
    /// What stood between backticks, without them.
    Code(&'a str),
}

/// Takes prose apart at its backticks; one without a partner is a character like others.
pub(crate) fn spans(prose: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    let mut rest = prose;
    while let Some((before, (code, after))) =
        rest.split_once('`').and_then(|(before, after)| Some((before, after.split_once('`')?)))
    {
        spans.extend([Span::Text(before), Span::Code(code)]);
        rest = after;
    }
    spans.push(Span::Text(rest));
    spans.retain(|span| !matches!(span, Span::Text("") | Span::Code("")));
    spans
}

fn split_at_end(line: &str) -> (&str, Option<&str>) {
    let colons = line.match_indices(": ");
    let ends = colons.map(|(at, colon)| line.split_at(at + colon.len()));
    let mut lines = ends.filter(|(_, rest)| is_zone_line(rest) || is_policy_line(rest));
    lines.next().map_or((line, None), |(prose, paste)| (prose.trim_end(), Some(paste)))
}

/// RFC 1035 §5.1, as far as we write it: an absolute name, perhaps a TTL, the class IN.
fn is_zone_line(text: &str) -> bool {
    let mut words = text.split(' ');
    let name = words.next().is_some_and(|name| name.len() > 1 && name.ends_with('.'));
    let class = words.find(|word| !word.bytes().all(|b| b.is_ascii_digit()));
    name && class == Some("IN")
}

/// RFC 8461 §3.2: a field of the policy file, and nothing after its value.
fn is_policy_line(text: &str) -> bool {
    text.split_once(": ").is_some_and(|(key, value)| {
        ["version", "mode", "max_age", "mx"].contains(&key) && !value.contains(' ')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(step: &str) -> (&str, Vec<&str>) {
        let FixStep { prose, paste } = FixStep::read(step);
        (prose, paste)
    }

    #[test]
    fn tells_prose_from_what_is_pasted() {
        assert_eq!(read("Renew it."), ("Renew it.", vec![]));
        assert_eq!(
            read("Write:\nmode: enforce\nmx: a"),
            ("Write:", vec!["mode: enforce", "mx: a"])
        );
        let record = "_mta-sts.example.com. 300 IN TXT \"v=STSv1; id=1;\"";
        assert_eq!(read(&format!("Publish: {record}")), ("Publish:", vec![record]));
        assert_eq!(
            read("Ask: is example.com. IN order?"),
            ("Ask: is example.com. IN order?", vec![])
        );
        assert_eq!(
            read("Add to the policy: mx: a.example"),
            ("Add to the policy:", vec!["mx: a.example"])
        );
        assert_eq!(read("Write: mode: enforce or less"), ("Write: mode: enforce or less", vec![]));
        assert_eq!(read("Do: this"), ("Do: this", vec![]));
        assert_eq!(read(""), ("", vec![]));
    }

    #[test]
    fn tells_words_from_code() {
        let all = spans("Set `mode` to `enforce`.");
        let expected = [
            Span::Text("Set "),
            Span::Code("mode"),
            Span::Text(" to "),
            Span::Code("enforce"),
            Span::Text("."),
        ];
        assert_eq!(all, expected);
        assert_eq!(spans("a ` b"), [Span::Text("a ` b")]);
        assert_eq!(spans(""), []);
    }
}

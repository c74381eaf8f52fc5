//! What was found, and how it is written.

use crate::exit::Exit;
use crate::output::{Style, wrapped};
use ironpost_proto::visible::Visible;
use serde::Serialize;
use std::fmt::Write;

/// What one test found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was tested: the same word in every version.
    pub(super) test: &'static str,
    /// How it is.
    pub(super) verdict: Verdict,
    /// What was seen.
    pub(super) seen: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) way_out: Option<String>,
}

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verdict {
    /// As it should be.
    Sound,
    /// It works, for now or as far as it goes.
    Weak,
    /// It does not.
    Broken,
    /// Nothing can be said.
    NotTested,
}

impl Finding {
    /// As it should be.
    pub(super) fn sound(test: &'static str, seen: impl Into<String>) -> Self {
        Self { test, verdict: Verdict::Sound, seen: seen.into(), way_out: None }
    }

    /// It works, for now or as far as it goes.
    pub(super) fn weak(
        test: &'static str,
        seen: impl Into<String>,
        way_out: impl Into<String>,
    ) -> Self {
        let way_out = Some(way_out.into());
        Self { test, verdict: Verdict::Weak, seen: seen.into(), way_out }
    }

    /// It does not work.
    pub(super) fn broken(
        test: &'static str,
        seen: impl Into<String>,
        way_out: impl Into<String>,
    ) -> Self {
        let way_out = Some(way_out.into());
        Self { test, verdict: Verdict::Broken, seen: seen.into(), way_out }
    }

    /// Nothing can be said, for this reason.
    pub(super) fn not_tested(test: &'static str, seen: impl Into<String>) -> Self {
        Self { test, verdict: Verdict::NotTested, seen: seen.into(), way_out: None }
    }
}

/// For people: a line for each test, and the way out below it.
pub(super) fn text(findings: &[Finding], style: Style, width: usize) -> String {
    let mut out = String::new();
    for Finding { test, verdict, seen, way_out } in findings {
        let word = match verdict {
            Verdict::Sound => style.good("sound"),
            Verdict::Weak => style.warning("weak"),
            Verdict::Broken => style.error("broken"),
            Verdict::NotTested => style.warning("not tested"),
        };
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "{}: {word}: {}", style.strong(test), Visible::from(&**seen));
        if let Some(way_out) = way_out {
            out.push_str(&wrapped(Visible::from(&**way_out).as_str(), 2, width));
        }
    }
    out
}

/// For programs.
pub(super) fn json(findings: &[Finding]) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Report<'a> {
        sound: bool,
        tests: &'a [Finding],
    }
    let sound = findings.iter().all(|finding| finding.verdict == Verdict::Sound);
    Ok(serde_json::to_string_pretty(&Report { sound, tests: findings })? + "\n")
}

/// As of a check: something wrong, something that could not be tried, nothing.
pub(super) fn exit(findings: &[Finding]) -> Exit {
    let exits = findings.iter().map(|finding| match finding.verdict {
        Verdict::Sound => Exit::Clean,
        Verdict::Weak | Verdict::Broken => Exit::Findings,
        Verdict::NotTested => Exit::CouldNotTest,
    });
    exits.fold(Exit::Clean, Exit::worst)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> Vec<Finding> {
        vec![
            Finding::sound("clock", "as that of the CA"),
            Finding::not_tested("ca", "no answer\u{1b}[31m"),
            Finding::broken("ports", "443: another program listens", "end it"),
        ]
    }

    #[test]
    fn what_is_wrong_outranks_what_was_not_tested() {
        assert_eq!(exit(&findings()), Exit::Findings);
        assert_eq!(exit(&findings()[..2]), Exit::CouldNotTest);
        assert_eq!(exit(&findings()[..1]), Exit::Clean);
        assert_eq!(exit(&[Finding::weak("disk", "a", "b")]), Exit::Findings);
    }

    #[test]
    fn each_test_has_its_line_and_nothing_acts_on_a_terminal() {
        let expected = "clock: sound: as that of the CA\nca: not tested: no answer\\x1b[31m\n\
             ports: broken: 443: another program listens\n  end it\n";
        assert_eq!(text(&findings(), Style::new(false), 80), expected);
    }

    #[test]
    fn programs_read_the_same() {
        let report: serde_json::Value = serde_json::from_str(&json(&findings()).unwrap()).unwrap();
        assert_eq!(report["sound"], false);
        assert_eq!(report["tests"][1]["verdict"], "not-tested");
        assert_eq!(report["tests"][2]["way_out"], "end it");
        assert_eq!(report["tests"][0].get("way_out"), None);
    }
}

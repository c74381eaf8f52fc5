use super::table;
use super::{DEFAULT_WIDTH, Depth, View, report};
use crate::render::digest::Digest;
use crate::render::samples;
use crate::render::theme::Theme;
use unicode_width::UnicodeWidthStr;

fn plain(depth: Depth) -> View {
    View { theme: Theme::plain(), width: DEFAULT_WIDTH, depth }
}

#[test]
fn every_verdict() {
    let view = plain(Depth::Brief);
    let pages = samples::all().iter().map(|r| report(r, &view)).collect::<Vec<_>>();
    insta::assert_snapshot!(pages.join("\n======\n\n"));
}

#[test]
fn explained() {
    insta::assert_snapshot!(report(&samples::at_risk(), &plain(Depth::Explained)));
}

#[test]
fn narrow_and_ascii() {
    let theme = Theme::plain().ascii();
    let view = View { theme, width: 40, depth: Depth::Explained };
    let text = report(&samples::at_risk(), &view);
    assert!(text.is_ascii());
    insta::assert_snapshot!(text);
}

#[test]
fn coloured() {
    let view = View { theme: Theme::colour(), ..plain(Depth::Brief) };
    insta::assert_snapshot!(report(&samples::at_risk(), &view).replace('\u{1b}', "␛"));
}

#[test]
fn nothing_acts() {
    for sample in samples::all() {
        let text = report(&sample, &plain(Depth::Explained));
        for line in text.lines() {
            assert!(!line.chars().any(char::is_control), "{line:?}");
            assert!(!line.contains(['\u{202e}', '\u{2028}', '\u{feff}']), "{line:?}");
        }
        let digest = Digest::from(&sample);
        let row = table::render(&[digest], Theme::plain(), DEFAULT_WIDTH);
        assert_eq!(row.lines().count(), 2, "{row:?}");
        assert!(!row.replace('\n', "").chars().any(char::is_control), "{row:?}");
    }
}

#[test]
fn prose_keeps_to_the_width_and_lines_to_paste_stay_whole() {
    let mut sample = samples::at_risk();
    let paste = format!("_mta-sts.risk.example. 300 IN TXT \"{}\"", "v=STSv1; id=1; ".repeat(20));
    sample.findings[0].fix = vec![format!("Publish:\n{paste}")];
    for width in [40, 60, 80, 100] {
        let view = View { width, ..plain(Depth::Brief) };
        let text = report(&sample, &view);
        assert!(text.lines().any(|line| line.trim_start() == paste.trim_end()), "{width}");
        for line in text.lines().filter(|line| line.width() > width && !line.contains("id=1;")) {
            let last = line.split(' ').next_back().unwrap();
            assert!(last.width() >= 20, "only a long name may stand out at {width}: {line}");
        }
    }
}

#[test]
fn a_table_of_domains() {
    let digests = samples::all().iter().map(Digest::from).collect::<Vec<_>>();
    insta::assert_snapshot!(table::render(&digests, Theme::plain(), DEFAULT_WIDTH));
    assert_eq!(table::render(&[], Theme::plain(), DEFAULT_WIDTH), "");
}

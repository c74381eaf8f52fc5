//! `ironpost policy`.

use crate::lab::RunningLab;
use crate::program::{finish, ironpost, ironpost_with};
use std::fs;
use std::path::Path;

#[test]
fn a_new_policy_shows_file_records_and_steps() {
    let run = ironpost([
        "policy",
        "new",
        "--domain",
        "example.com",
        "--mx",
        "mx1.example.com",
        "--mx",
        "mx2.example.com",
        "--id",
        "20260501T120000Z",
    ]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(run.stdout);
}

#[test]
fn what_is_wanted_can_be_said() {
    let table: &[(&[&str], &[&str])] = &[
        (&["--mx", "a.example,b.example"], &["mx: a.example\n  mx: b.example\n", "mode: testing"]),
        (&["--mx", "A.Example."], &["mx: a.example\n"]),
        (&["--mx", "bücher.example"], &["mx: xn--bcher-kva.example\n"]),
        (&["--mx", "*.mail.example"], &["mx: *.mail.example\n"]),
        (&["--mx", "a.example", "--mode", "enforce"], &["mode: enforce", "max_age: 1209600"]),
        (&["--mx", "a.example", "--max-age", "4w"], &["max_age: 2419200"]),
        (&["--mode", "none", "--domain", "example.com"], &["mode: none"]),
        (
            &["--mx", "a.example", "--rua", "https://r.example/t", "--rua", "mailto:t@r.example"],
            &["rua=https://r.example/t,mailto:t@r.example"],
        ),
        (&["--mx", "a.example", "--id", "7"], &["v=STSv1; id=7;"]),
    ];
    for (args, expected) in table {
        let run = ironpost([&["policy", "new"], *args].concat());
        assert_eq!(run.code, 0, "{args:?}: {}", run.stderr);
        for text in *expected {
            assert!(run.stdout.contains(text), "{args:?}: {}", run.stdout);
        }
    }
}

#[test]
fn what_cannot_be_published_is_refused() {
    let table: &[(&[&str], &str)] = &[
        (&[], "which hosts take the mail?"),
        (&["--mx", "192.0.2.1"], "an address; an MX is a host name"),
        (&["--mx", "a*.example"], "`*` may only be the whole left-most label"),
        (&["--mx", "https://mx.example"], "a URL, not a host name"),
        (&["--mx", "a.example", "--from-dns", "example.com"], "cannot be used with"),
        (&["--mx", "a.example", "--max-age", "forever"], "expected seconds"),
        (&["--mx", "a.example", "--max-age", "2y"], "expected seconds"),
        (&["--mx", "a.example", "--max-age", "60w"], "at most 31557600 seconds"),
        (&["--mx", "a.example", "--id", "a-b"], "1 to 32 letters and digits"),
        (&["--mx", "a.example", "--rua", "tls@example.com"], "--rua"),
        (&["--mx", "a.example", "--rua", "ftp://example.com"], "mailto: or https:"),
        (&["--mx", "a.example", "--mode", "Enforce"], "[possible values: testing, enforce, none]"),
        (&["--mx", "a.example", "--domain", "a b"], "--domain"),
        (&["--mx", "a.example", "--force"], "--output"),
    ];
    for (args, expected) in table {
        let run = ironpost([&["policy", "new"], *args].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}");
        assert!(run.stderr.contains(expected), "{args:?}: {}", run.stderr);
    }
}

#[test]
fn what_is_made_passes_the_linters() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("made/here");
    let dir = dir.to_str().unwrap();
    let new =
        ["policy", "new", "--domain", "example.com", "--mx", "mx.example.com", "--mode", "enforce"];
    let run = ironpost(new.into_iter().chain(["--output", dir]));
    assert_eq!(run.code, 0, "{}", run.stderr);
    let file = Path::new(dir).join("mta-sts.txt");
    let lint = ironpost([
        "lint",
        "policy",
        "--domain",
        "example.com",
        "--fail-on",
        "low",
        file.to_str().unwrap(),
    ]);
    assert_eq!(lint.code, 0, "{}", lint.stdout);
    let records = fs::read_to_string(Path::new(dir).join("records.zone")).unwrap();
    let values: Vec<_> = records.lines().map(|line| line.split('"').nth(1).unwrap()).collect();
    for (kind, value) in ["mta-sts", "tls-rpt"].into_iter().zip(values) {
        let lint = ironpost_with(["lint", "record", "--fail-on", "low", kind, "-"], value);
        assert_eq!(lint.code, 0, "{}", lint.stdout);
    }

    let again = ironpost(new.into_iter().chain(["--output", dir]));
    assert_eq!((again.code, again.stdout.as_str()), (2, ""));
    assert!(
        again.stderr.contains("there already; nothing was written; --force"),
        "{}",
        again.stderr
    );
    let forced = ironpost(new.into_iter().chain(["--output", dir, "--force"]));
    assert_eq!(forced.code, 0);
}

#[test]
fn hosts_come_from_dns() {
    let lab = RunningLab::start();
    let run = finish(lab.command("policy new").args(["--from-dns", "sound-enforce.example"]));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stdout.contains("mx: mx1.sound-enforce.example\n  mx: mx2.sound-enforce.example\n")
    );
    assert!(run.stdout.contains("_mta-sts.sound-enforce.example. "), "{}", run.stdout);

    let table = [
        ("mx-null.example", 2, "the domain takes no mail (null MX)"),
        ("mx-ip-literal.example", 2, "mx-ip-literal.example: "),
        ("nothing.invalid", 2, "nothing.invalid does not exist in DNS"),
    ];
    for (domain, code, expected) in table {
        let run = finish(lab.command("policy new").args(["--from-dns", domain]));
        assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{domain}");
        assert!(run.stderr.contains(expected), "{domain}: {}", run.stderr);
    }
}

#[test]
fn every_export_holds_the_policy_and_overwrites_nothing() {
    for format in [
        "nginx",
        "caddy",
        "cloudflare-worker",
        "cloudflare-pages",
        "github-pages",
        "netlify",
        "vercel",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("site");
        let export = |more: &[&str]| {
            let args = [
                "policy",
                "export",
                "--format",
                format,
                "--domain",
                "example.com",
                "--mx",
                "mx.example.com",
            ];
            ironpost(args.into_iter().chain(more.iter().copied()).chain([dir.to_str().unwrap()]))
        };
        let listed = export(&["--dry-run"]);
        assert_eq!(listed.code, 0, "{}", listed.stderr);
        assert!(!dir.exists(), "a dry run writes nothing");

        let run = export(&[]);
        assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{format}: {}", run.stderr);
        let paths: Vec<_> = listed.stdout.lines().collect();
        assert!(!paths.is_empty());
        let texts: Vec<_> = paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
        assert!(texts.iter().any(|text| text.contains("mx: mx.example.com")), "{format}");

        let again = export(&[]);
        assert_eq!(again.code, 2, "{format}");
        assert!(again.stderr.contains("--force replaces"), "{}", again.stderr);
        assert_eq!(export(&["--force"]).code, 0);
    }
}

#[test]
fn a_policy_file_is_exported_as_it_is_meant_and_a_faulty_one_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mta-sts.txt");
    let site = folder.path().join("site");
    let export = || {
        let args = ["policy", "export", "--format", "nginx", "--domain", "example.com", "--policy"];
        let paths = [file.to_str().unwrap(), site.to_str().unwrap()];
        ironpost(args.into_iter().chain(paths))
    };
    fs::write(&file, "version: STSv1\nmode: enforce\nmx: a b\nmax_age: 1\n").unwrap();
    let run = export();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("senders drop this policy"), "{}", run.stderr);
    assert!(!site.exists());

    fs::write(&file, "version: STSv1\r\nmode: enforce\r\nmx: mx.example.com\r\nmax_age: 86400\r\n")
        .unwrap();
    assert_eq!(export().code, 0);
}

#[test]
fn an_export_needs_a_domain() {
    let run = ironpost(["policy", "export", "--format", "nginx", "--mx", "a.example", "site"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("for which domain? Name it with --domain"), "{}", run.stderr);
    assert!(!Path::new("site").exists());
}

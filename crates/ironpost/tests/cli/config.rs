//! `ironpost config check`: faults are named with their place; what is shipped is sound.

use crate::program::{command, finish, ironpost};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;

#[test]
fn faults_of_the_configuration_name_line_and_column() {
    let table: &[(&str, &str)] = &[
        ("[network]\ndnss = []\n", ":2:1: unknown field `dnss`"),
        ("[network]\ndnssec = \"on\"\n", ":2:10: unknown variant `on`"),
        ("[network]\nroots = 1\n", ":2:9: invalid type: integer `1`"),
        ("[network.ports]\nsmtp = 70000\n", ":2:8: invalid value"),
        (
            "[network]\nallow_address = [\n  \"10.0.0.0/33\",\n]\n",
            "expected a network or an address",
        ),
        ("[network]\ndns = [\n", ":2:8: unclosed array"),
        ("[netwrok]\n", ":1:2: unknown field `netwrok`"),
        ("[resolver]\nlisten = 'localhost:8461'\n", ":2:10: expected an address to listen on"),
        ("[resolver]\nsocket_mode = '0999'\n", ":2:15: expected the permission bits"),
        ("[resolver]\ntesting = 'report'\n", ":2:11: unknown variant `report`"),
        ("[resolver]\nin_flight = 0\n", ":2:13: invalid value"),
        ("[resolver.domains.'a b']\n", ":1:19: expected a domain"),
        ("[resolver.domains.'a.example']\npolicy = 'enforce'\n", "needs mx"),
        ("[resolver.domains.'a.example']\nmx = ['mx.a.example']\n", "mx has a use"),
        (
            "[resolver.domains.'a.example']\npolicy = 'enforce'\nmx = ['mx.*.a']\n",
            "expected an MX pattern",
        ),
        ("[resolver.domains.'a.example']\n[resolver.domains.'A.example']\n", "named twice"),
        ("[resolver.domains.'a.example']\ndane = 'off'\n", ":2:8: invalid type"),
        ("[network]\nehlo_name = \"a\\r\\nRSET\"\n", ":2:13: expected a host name"),
        ("a = \"\u{1b}[31m\"\n", ":1:6: "),
        ("[serve]\nzones = 'a'\n", ":2:1: unknown field `zones`"),
        ("[serve]\nzone = 'net'\n", ":2:8: expected the name of a zone"),
        ("[serve]\nroles = ['web']\n", ":2:10: unknown variant `web`"),
        ("[serve]\nhttps = '443'\n", ":2:9: expected an address to listen on"),
        ("[serve]\naddresses = '0.0.0.0'\n", ":2:13: expected an address at which others"),
        ("[serve]\nttl = 5\n", ":2:7: expected seconds from 30 to 86400"),
        ("[serve]\nnode = 'a,b'\n", ":2:8: expected a name of up to 63"),
        ("[serve]\nproxies = '10.0.0.0/33'\n", ":2:11: expected a network"),
        ("[serve.name_servers]\n'a b' = '192.0.2.1'\n", ":2:1: expected the name of a host"),
        ("[acme]\ndirectory = 'http://ca.test'\n", ":2:13: expected a URL that begins with"),
        ("[acme]\nchallenge = 'dns'\n", ":2:13: unknown variant `dns`"),
        ("[acme]\ncontact = 'hostmaster'\n", ":2:11: expected a mail address"),
        ("[acme.fallback]\nroots = 'a'\n", ":1:1: missing field `directory`"),
        ("[alerts.email]\nserver = 'mx.test'\n", ":1:1: missing field `from`"),
        ("[alerts.webhook]\nurl = 'https://a.test'\n", ":1:1: missing field `secret_file`"),
        ("[alerts.pager]\n", ":1:9: unknown field `pager`"),
        ("[checks]\nsmtp = true\n", ":2:1: unknown field `smtp`"),
        ("[senders.a]\nagent = 'a'\n", ":2:1: unknown field `agent`"),
        ("database = 7\n", ":1:12: invalid type: integer `7`"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ironpost.toml");
    for (text, expected) in table {
        fs::write(&path, text).unwrap();
        let run = ironpost([OsStr::new("config"), OsStr::new("check"), path.as_os_str()]);
        assert_eq!(run.code, 2, "{text}");
        assert_eq!(run.stdout, "", "{text}");
        assert!(run.stderr.starts_with(&format!("error: {}:", path.display())), "{}", run.stderr);
        assert!(run.stderr.contains(expected), "{text:?}: {}", run.stderr);
        assert!(!run.stderr.contains('\u{1b}'), "{}", run.stderr);
    }
}

#[test]
fn what_hosting_misses_and_what_does_not_go_together_is_named() {
    let sound = "zone = 'sts.test'\naddresses = '192.0.2.1'\n";
    let agreed = "[acme]\nagree_to_terms = true\n";
    let table = [
        (agreed.to_owned(), "the zone of the installation is missing"),
        ("[serve]\nzone = 'sts.test'\n".to_owned(), "the addresses of the policy host"),
        (format!("[serve]\n{sound}"), "the terms of service of the CA at https://acme-v02.api"),
        (format!("{agreed}[serve]\n{sound}roles = []\n"), "roles in [serve] is empty"),
        (format!("{agreed}[serve]\n{sound}dns = []\n"), "dns in [serve] is empty, and role dns"),
        (format!("{agreed}[serve]\n{sound}http = ':443'\n"), "https and http would listen on"),
        (
            format!("{agreed}roots = 'none.pem'\n[serve]\n{sound}"),
            "none.pem, cannot be read: No such file",
        ),
        (
            format!("{agreed}[serve]\n{sound}sealing_key = 'none.key'\n"),
            "sealing_key of [serve]: there is no sealing key at",
        ),
        (format!("database = 'no/ironpost.db'\n{agreed}[serve]\n{sound}"), "there is no folder"),
        (
            format!("{agreed}[serve]\n{sound}[dns_update.a]\nprovider = 'nobody'\n"),
            "[dns_update.a]: there is no provider nobody",
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ironpost.toml");
    for (text, expected) in table {
        fs::write(&path, &text).unwrap();
        let run = ironpost([OsStr::new("config"), OsStr::new("check"), path.as_os_str()]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{text}");
        assert!(run.stderr.contains(expected), "{text:?}: {}", run.stderr);
    }
    fs::write(&path, format!("{agreed}[serve]\n{sound}")).unwrap();
    let run = ironpost([OsStr::new("config"), OsStr::new("check"), path.as_os_str()]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("192.0.2.1 in [serve] is not an address that others can reach"));
}

#[test]
fn a_node_without_a_word_says_what_is_missing_with_an_example() {
    let folder = tempfile::tempdir().unwrap();
    let mut serve = command();
    serve.env("IRONPOST_STATE", folder.path().join("state")).arg("serve");
    let run = finish(&mut serve);
    assert_eq!(run.code, 2);
    for expected in ["--zone", "--address", "agree_to_terms", "\n  zone = \"sts.example.net\""] {
        assert!(run.stderr.contains(expected), "{expected}: {}", run.stderr);
    }
    assert!(!folder.path().join("state").exists(), "nothing is made");
}

#[test]
fn every_key_of_hosting_is_documented_and_no_other() {
    let document = include_str!("../../../../docs/serve.md");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ironpost.toml");
    for table in [
        "[serve]",
        "[acme]",
        "[acme.fallback]",
        "[alerts.email]",
        "[alerts.webhook]",
        "[checks]",
        "[senders.\"Name\"]",
    ] {
        fs::write(&path, format!("{table}\nno_such_key = 1\n")).unwrap();
        let run = ironpost([OsStr::new("config"), OsStr::new("check"), path.as_os_str()]);
        let (_, known) = run.stderr.split_once("expected").unwrap();
        let known: BTreeSet<_> = known.split('`').skip(1).step_by(2).collect();
        let (_, section) = document.split_once(&format!("\n### `{table}`\n")).unwrap();
        let section = section.split("\n### ").next().unwrap().split("\n## ").next().unwrap();
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        assert_eq!(rows.collect::<BTreeSet<_>>(), known, "{table}");
    }
}

#[test]
fn a_sound_configuration_is_passed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ironpost.toml");
    fs::write(&path, "[network]\ndns = [\"[::1]:5300\"]\nroots = \"system\"\ncanary = []\n")
        .unwrap();
    let run = ironpost([OsStr::new("config"), OsStr::new("check"), path.as_os_str()]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
    assert_eq!(run.stderr, format!("{}: no fault\n", path.display()));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let run = ironpost(["config", "check", "/nonexistent/ironpost.toml"]);
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.starts_with("error: cannot read the configuration /nonexistent/ironpost.toml: "),
        "{}",
        run.stderr
    );
}

/// The program names every key it knows when it meets one that it does not.
#[test]
fn every_key_of_the_resolver_is_documented_and_no_other() {
    let document = include_str!("../../../../docs/resolver.md");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ironpost.toml");
    for table in ["[resolver]", "[resolver.self_test]", "[resolver.domains.\"example.com\"]"] {
        fs::write(&path, format!("{table}\nno_such_key = 1\n")).unwrap();
        let run = ironpost([OsStr::new("config"), OsStr::new("check"), path.as_os_str()]);
        let (_, known) = run.stderr.split_once("expected").unwrap();
        let known: BTreeSet<_> = known.split('`').skip(1).step_by(2).collect();
        let (_, section) = document.split_once(&format!("\n### `{table}`\n")).unwrap();
        let section = section.split("\n### ").next().unwrap();
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        assert_eq!(rows.collect::<BTreeSet<_>>(), known, "{table}");
    }
}

#[test]
fn a_password_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ironpost.toml");
    fs::write(&path, "database = 'mysql://u:hunter2@192.0.2.1/a'\n").unwrap();
    let run = ironpost([OsStr::new("config"), OsStr::new("check"), path.as_os_str()]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains(":1:12: ") && !run.stderr.contains("hunter2"), "{}", run.stderr);
    for cache in ["redis:hunter2", "http://:hunter2@192.0.2.1", "redis://:hunter2@[::"] {
        fs::write(&path, format!("[resolver]\ncache = '{cache}'\n")).unwrap();
        let run = ironpost([OsStr::new("config"), OsStr::new("check"), path.as_os_str()]);
        assert_eq!(run.code, 2, "{cache}");
        assert!(run.stderr.contains(":2:9: "), "{}", run.stderr);
        assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
    }
}

#[test]
fn nor_is_one_in_the_environment() {
    let mut resolver = command();
    resolver.env("IRONPOST_RESOLVER_CACHE", "redis://:hunter2@[::").args(["resolver", "status"]);
    let run = finish(&mut resolver);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.starts_with("error: IRONPOST_RESOLVER_CACHE: "), "{}", run.stderr);
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
}

#[test]
fn the_configuration_that_is_shipped_is_sound_with_and_without_its_comments() {
    let shipped = include_str!("../../../../packaging/ironpost.toml");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ironpost.toml");
    // A line of configuration has no blank after its mark; a line for people has.
    let uncommented = shipped.lines().map(|line| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') => rest,
        Some(_) | None => line,
    });
    let uncommented = uncommented.collect::<Vec<_>>().join("\n");
    assert!(uncommented.contains("\npolicy = \"enforce\"\n"), "{uncommented}");
    assert!(uncommented.contains("\nagree_to_terms = true\n"), "{uncommented}");
    for text in [shipped, &uncommented] {
        fs::write(&path, text).unwrap();
        let run = ironpost([OsStr::new("config"), OsStr::new("check"), path.as_os_str()]);
        assert_eq!(run.code, 0, "{}", run.stderr);
    }
}

/// Read as systemd reads them; a program that is not installed here is no fault of theirs.
#[test]
fn the_units_that_are_shipped_are_understood() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging/systemd");
    let place = tempfile::tempdir().unwrap();
    let mut units = Vec::new();
    for unit in fs::read_dir(folder).unwrap() {
        let unit = unit.unwrap();
        let text = fs::read_to_string(unit.path()).unwrap();
        let path = place.path().join(unit.file_name());
        fs::write(&path, text.replace("ExecStart=ironpost ", "ExecStart=/bin/true ")).unwrap();
        units.push(path);
    }
    assert!(units.len() >= 6, "{units:?}");
    let mut verify = std::process::Command::new("systemd-analyze");
    let verified = verify.args(["verify", "--man=no"]).args(&units).output().unwrap();
    let said = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success() && said.is_empty(), "{said}");
}

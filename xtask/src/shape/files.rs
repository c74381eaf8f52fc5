//! The shape of files: length, names, and what must not stand in them.

use super::Fault;
use super::code::code_only;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Lines that a source file should stay under.
pub(crate) const AIM: usize = 400;

/// Lines that no source file may exceed.
const LIMIT: usize = 600;

/// A text file of the repository.
#[derive(Debug)]
pub(crate) struct Source {
    /// From the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn is_rust(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|extension| extension == "rs")
    }

    pub(crate) fn lines(&self) -> usize {
        self.text.lines().count()
    }
}

/// Every text file under `root` but hidden folders and what cargo builds.
pub(crate) fn read(root: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder)? {
            if path.is_dir() {
                if !is_skipped(root, &path) {
                    folders.push(path);
                }
            } else if let Ok(text) = fs::read_to_string(&path) {
                let path = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
                sources.push(Source { path, text });
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

/// Every fault of one file.
pub(crate) fn faults(source: &Source) -> Vec<Fault> {
    let mut faults = machine_paths(source);
    if source.is_rust() {
        faults.extend(name(&source.path));
        faults.extend(length(source));
        faults.extend(left_overs(source));
    }
    faults
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = || fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
    let read: std::io::Result<_> = read();
    read.with_context(|| format!("cannot read {}", folder.display()))
}

/// Hidden folders other than those of cargo and CI, what cargo built, what a fuzzer found.
fn is_skipped(root: &Path, folder: &Path) -> bool {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let hidden = name.starts_with('.') && name != ".ci" && name != ".cargo";
    let fuzz = folder.parent() == Some(&root.join("fuzz"));
    hidden || folder.join("CACHEDIR.TAG").is_file() || (fuzz && !matches!(name, "fuzz_targets"))
}

/// Names under which anything could hide.
const NAMELESS: &[&str] = &["util", "utils", "helper", "helpers", "common", "misc"];

fn name(path: &str) -> Option<Fault> {
    let stem = Path::new(path).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if stem == "mod" {
        return Some(Fault::new(
            path,
            "`mod.rs`: name the file after the module, beside its folder",
        ));
    }
    let nameless = path.split('/').find(|part| NAMELESS.contains(part));
    let nameless = nameless.or_else(|| NAMELESS.contains(&stem).then_some(stem))?;
    Some(Fault::new(path, format!("`{nameless}` says nothing: name it after what it does")))
}

fn length(source: &Source) -> Option<Fault> {
    let lines = source.lines();
    (lines > LIMIT)
        .then(|| Fault::new(&source.path, format!("{lines} lines: split it, {LIMIT} is the limit")))
}

/// Code that must not be there, and why.
const LEFT_OVERS: &[(&str, &str)] = &[
    ("todo!", "finish it"),
    ("unimplemented!", "finish it"),
    ("dbg!", "left over from a search for a fault"),
    ("#[ignore", "a test runs or goes"),
    ("#[allow", "use `#[expect(…, reason = \"…\")]`, which says when it is no longer needed"),
    ("#![allow", "use `#![expect(…, reason = \"…\")]`, which says when it is no longer needed"),
    ("pub fn get_", "a getter is named after what it gives"),
];

/// Code that stands in some places only.
struct Wall {
    texts: &'static [&'static str],
    /// Beginnings of the paths in which it must not stand …
    within: &'static [&'static str],
    /// … but for these.
    except: &'static [&'static str],
    why: &'static str,
}

const WALLS: &[Wall] = &[
    Wall {
        texts: &["Timestamp::now", "SystemTime::now", "Zoned::now"],
        within: &["crates/proto/src/", "crates/checker/src/"],
        except: &[],
        why: "time is an argument; programs, the lab and TLS read the clock",
    },
    Wall {
        texts: &["TcpStream::connect", "TcpSocket::", "UdpSocket::connect"],
        within: &["crates/net/src/", "crates/checker/src/", "crates/ironpost/src/"],
        except: &[
            // Past the address guard.
            "crates/net/src/tcp.rs",
            // To the resolver that the user chose.
            "crates/net/src/dns/exchange/transport.rs",
        ],
        why: "every connection passes the address guard",
    },
];

impl Wall {
    fn stands_in(&self, path: &str) -> bool {
        let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| path.starts_with(prefix));
        starts(self.within) && !starts(self.except)
    }
}

fn left_overs(source: &Source) -> Vec<Fault> {
    let code = code_only(&source.text);
    let walls = WALLS.iter().filter(|wall| wall.stands_in(&source.path));
    let behind = walls.flat_map(|wall| wall.texts.iter().map(|text| (*text, wall.why)));
    let unwanted: Vec<_> = LEFT_OVERS.iter().copied().chain(behind).collect();
    let mut faults = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let place = || format!("{}:{}", source.path, number + 1);
        for (text, why) in &unwanted {
            if contains_word(line, text) {
                faults.push(Fault::new(place(), format!("`{text}`: {why}")));
            }
        }
        if line.trim_start().starts_with("pub use ") && line.contains("::*") {
            faults.push(Fault::new(place(), "`pub use …::*`: name what is public"));
        }
    }
    faults
}

/// `text` in `line`, not as the end of a longer word.
fn contains_word(line: &str, text: &str) -> bool {
    line.match_indices(text).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// First folders of absolute paths that exist on one person's machine only.
const MACHINE_FOLDERS: &[&str] = &["home", "root", "Users", "work"];

fn machine_paths(source: &Source) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (number, line) in source.text.lines().enumerate() {
        for folder in MACHINE_FOLDERS {
            let path = format!("/{folder}/");
            let absolute = line.match_indices(&path).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || "._-}~*)/".contains(c))
            });
            if absolute {
                let place = format!("{}:{}", source.path, number + 1);
                faults.push(Fault::new(place, format!("`{path}`: a path of one machine")));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(path: &str, text: &str) -> Vec<String> {
        let source = Source { path: path.to_owned(), text: text.to_owned() };
        faults(&source).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_sound_file_has_no_fault() {
        let text = "//! todo!() in a comment\n#[expect(dead_code, reason = \"why\")]\nfn widget() {\n    \
                    let x = \"dbg!(#[ignore])\"; mytodo!();\n}\npub use a::b;\nuse super::*;\n";
        assert_eq!(texts("crates/net/src/dns/answer.rs", text), [""; 0]);
        assert_eq!(texts("crates/net/src/tcp.rs", "TcpStream::connect(address)"), [""; 0]);
        let limit = "//\n".repeat(LIMIT);
        assert_eq!(texts("crates/net/src/dns.rs", &limit), [""; 0]);
        let text = "see https://example.com/home/page, ./work/x and docs/root/y\n";
        assert_eq!(texts("README.md", text), [""; 0]);
    }

    /// Each planted fault is named with its place, and nothing else is.
    #[test]
    fn planted_faults_are_named() {
        let planted = [
            ("a/mod.rs", String::new(), "a/mod.rs: `mod.rs`: name the file"),
            ("a/utils.rs", String::new(), "a/utils.rs: `utils` says nothing"),
            ("common/a.rs", String::new(), "common/a.rs: `common` says nothing"),
            ("a.rs", "//\n".repeat(LIMIT + 1), "a.rs: 601 lines: split it"),
            ("a.rs", "\n    todo!()".into(), "a.rs:2: `todo!`: finish it"),
            ("a.rs", "unimplemented!(\"x\")".into(), "a.rs:1: `unimplemented!`: finish it"),
            ("a.rs", "let x = dbg!(y);".into(), "a.rs:1: `dbg!`: left over"),
            ("a.rs", "#[test]\n#[ignore]".into(), "a.rs:2: `#[ignore`: a test runs or goes"),
            ("a.rs", "#[ignore = \"slow\"]".into(), "a.rs:1: `#[ignore`: a test runs or goes"),
            ("a.rs", "#[allow(dead_code)]".into(), "a.rs:1: `#[allow`: use `#[expect("),
            ("a.rs", "#![allow(dead_code)]".into(), "a.rs:1: `#![allow`: use `#![expect("),
            ("a.rs", "pub use b::*;".into(), "a.rs:1: `pub use …::*`: name what is public"),
            ("a.rs", "pub fn get_name()".into(), "a.rs:1: `pub fn get_`: a getter"),
            (
                "crates/net/src/smtp.rs",
                "TcpStream::connect(address).await".into(),
                "crates/net/src/smtp.rs:1: `TcpStream::connect`: every connection passes",
            ),
            (
                "crates/checker/src/a.rs",
                "let now = Timestamp::now();".into(),
                "crates/checker/src/a.rs:1: `Timestamp::now`: time is an argument",
            ),
            ("a.md", ["cd ", "home", "me"].join("/"), "a.md:1: `"),
        ];
        for (path, text, fault) in planted {
            let found = texts(path, &text);
            assert!(matches!(&found[..], [one] if one.starts_with(fault)), "{fault}: {found:?}");
        }
    }
}

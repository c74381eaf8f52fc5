//! Zones written to files and signed by `ldns-signzone`, sound or with a fault put in.

use crate::{NAME_SERVER, program};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A zone of the small tree. Its parent delegates to it, with DS records if it is signed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Zone {
    /// `.`, or a name without the trailing dot.
    pub(crate) name: &'static str,
    /// Records besides SOA, NS and delegations, in zone-file form, relative to the name.
    pub(crate) records: &'static str,
    /// How it is signed.
    pub(crate) signing: Signing,
}

/// How a zone is signed, and what is wrong with that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signing {
    /// Not at all.
    Unsigned,
    /// Soundly: an algorithm in the words of `ldns-keygen`, and how absence is proven.
    Sound(&'static str, Denial),
    /// The signatures expired in 2020.
    Expired,
    /// The signatures begin in 2040.
    NotYetValid,
    /// The TXT records were changed after signing.
    Tampered,
    /// The parent's DS records belong to another key.
    OtherKey,
    /// The parent has DS records, but the zone is served unsigned.
    Stripped,
}

/// How absence is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denial {
    Nsec,
    Nsec3,
    /// NSEC3 that passes over delegations without DS records.
    OptOut,
}

/// Writes all `zones` into `directory`, children before parents, and returns the path of the
/// root's DS records: the trust anchor.
pub(crate) fn write_all(zones: &[Zone], directory: &Path) -> PathBuf {
    let mut order: Vec<&Zone> = zones.iter().collect();
    order.sort_by_key(|zone| std::cmp::Reverse(zone.depth()));
    for zone in order {
        zone.write(zones, directory);
    }
    directory.join(ds_file("."))
}

impl Zone {
    /// The file that a name server reads.
    pub(crate) fn file(&self, directory: &Path) -> PathBuf {
        directory.join(format!("{}.zone", file_stem(self.name)))
    }

    fn depth(&self) -> usize {
        if self.name == "." { 0 } else { self.name.split('.').count() }
    }

    fn origin(&self) -> String {
        if self.name == "." { ".".to_owned() } else { format!("{}.", self.name) }
    }

    fn write(&self, zones: &[Self], directory: &Path) {
        let unsigned = directory.join(format!("{}.unsigned", file_stem(self.name)));
        fs::write(&unsigned, self.text(zones, directory)).unwrap();
        let (algorithm, denial, dates) = match self.signing {
            Signing::Unsigned => {
                fs::copy(&unsigned, self.file(directory)).unwrap();
                return;
            }
            Signing::Sound(algorithm, denial) => (algorithm, denial, SOUND),
            Signing::Expired => (USUAL, Denial::Nsec, ("20200101000000", "20200201000000")),
            Signing::NotYetValid => (USUAL, Denial::Nsec, ("20400101000000", "20400201000000")),
            Signing::Tampered | Signing::OtherKey | Signing::Stripped => {
                (USUAL, Denial::Nsec, SOUND)
            }
        };
        let key = make_key(self.name, algorithm, directory);
        self.sign(&unsigned, &key, denial, dates, directory);
        let published = match self.signing {
            Signing::OtherKey => make_key(self.name, algorithm, directory),
            _ => key,
        };
        let ds = directory.join(format!("{published}.ds"));
        fs::copy(ds, directory.join(ds_file(self.name))).unwrap();
        match self.signing {
            Signing::Tampered => {
                let text = fs::read_to_string(self.file(directory)).unwrap();
                let tampered = text.replace("TXT\t\"", "TXT\t\"tampered ");
                assert_ne!(text, tampered, "there is a TXT record to tamper with");
                fs::write(self.file(directory), tampered).unwrap();
            }
            Signing::Stripped => {
                fs::copy(&unsigned, self.file(directory)).unwrap();
            }
            _ => {}
        }
    }

    fn sign(
        &self,
        unsigned: &Path,
        key: &str,
        denial: Denial,
        (inception, expiration): (&str, &str),
        directory: &Path,
    ) {
        let mut command = Command::new(program("ldns-signzone"));
        command.current_dir(directory).args(["-i", inception, "-e", expiration]);
        command.args(["-o", &self.origin()]).arg("-f").arg(self.file(directory));
        match denial {
            Denial::Nsec => {}
            Denial::Nsec3 => {
                command.args(["-n", "-t", "0"]);
            }
            Denial::OptOut => {
                command.args(["-n", "-t", "0", "-p"]);
            }
        }
        run(command.arg(unsigned).arg(key));
    }

    /// The zone file before signing, with the delegations to those of `zones` right below.
    fn text(&self, zones: &[Self], directory: &Path) -> String {
        let mut text = format!(
            "$ORIGIN {}\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 120\n@ NS ns\n\
             ns A {NAME_SERVER}\n{}\n",
            self.origin(),
            self.records,
        );
        for child in zones.iter().filter(|child| child.is_child_of(self, zones)) {
            writeln!(text, "{0} NS ns.{0}\nns.{0} A {NAME_SERVER}", child.origin()).unwrap();
            if let Ok(ds) = fs::read_to_string(directory.join(ds_file(child.name))) {
                text.push_str(&ds);
            }
        }
        text
    }

    fn is_child_of(&self, parent: &Self, zones: &[Self]) -> bool {
        self.name != parent.name
            && self.is_below(parent)
            && !zones.iter().any(|between| {
                between.depth() > parent.depth()
                    && between.name != self.name
                    && self.is_below(between)
            })
    }

    fn is_below(&self, other: &Self) -> bool {
        other.name == "." || self.name.ends_with(&format!(".{}", other.name))
    }
}

/// Makes a key and returns the base name of its files.
fn make_key(zone: &str, algorithm: &str, directory: &Path) -> String {
    let mut command = Command::new(program("ldns-keygen"));
    command.current_dir(directory).args(["-a", algorithm, "-b", "2048", "-k", zone]);
    run(&mut command).trim().to_owned()
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn ds_file(zone: &str) -> String {
    format!("{}.ds", file_stem(zone))
}

fn file_stem(zone: &str) -> &str {
    if zone == "." { "root" } else { zone }
}

const USUAL: &str = "ECDSAP256SHA256";
const SOUND: (&str, &str) = ("20200101000000", "20370101000000");

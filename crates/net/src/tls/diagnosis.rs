//! An issuer that is nowhere to be found: has the server left out an intermediate, or is the CA
//! a private one?
//!
//! The chain alone cannot always tell. Both may present a single certificate whose issuer is not
//! among the roots. What is asked, surest first:
//!
//! 1. Does an intermediate that another server of this run sent complete the path to a root? Then
//!    it is missing here, without doubt.
//! 2. Does the authority key identifier name the issuer's own issuer? A root that we know: missing.
//!    The issuer itself: it is a private root.
//! 3. Is the issuer named like a root ("Root", "Private CA")? Then it issues directly, and nothing
//!    in between can be missing. The same holds if it has the name of a root we know without being it.
//! 4. Does the end entity bear a mark of public CAs ([`Certificate::is_publicly_issued`])? They never
//!    issue from a root directly (Baseline Requirements §6.1.7), so their intermediate is missing.
//! 5. Was a certificate sent that leads to a root but is not the issuer? Then the wrong
//!    intermediate (or the root in its place) is installed.
//! 6. Is the issuer named like an intermediate ("Intermediate", "Issuing CA", "R11"), or akin to a
//!    root: by organisation, or, for a root without one, by a distinctive word of its common name?
//!
//! Otherwise the CA is taken for a private one: a public CA has to leave at least one of the marks.
//! Above the first intermediate only 1, 2 and a name of 6 speak for a gap, since servers rightly leave
//! out the root.

use crate::tls::certificate::{Certificate, attribute_value};
use crate::tls::path::{End, Path, signed_by_root};
use crate::tls::roots::Roots;
use crate::tls::trust::Chain;
use jiff::Timestamp;
use rustls::RootCertStore;
use std::collections::BTreeSet;
use x509_parser::asn1_rs::FromDer;
use x509_parser::x509::{RelativeDistinguishedName, X509Name};

/// What the trust roots are called.
#[derive(Debug, Default)]
pub(super) struct RootNames {
    organisations: BTreeSet<String>,
    /// Distinctive words in the common names of roots that name no organisation.
    words: BTreeSet<String>,
}

/// Whether `path` breaks for want of an intermediate that the server should have sent.
pub(super) fn is_intermediate_missing(
    chain: &Chain<'_>,
    path: &Path<'_, '_>,
    moment: Timestamp,
    roots: &Roots,
) -> bool {
    let mut candidates = roots.seen().all();
    if !candidates.is_empty() {
        candidates.extend(chain.others().iter().map(|sent| sent.clone().into_owned()));
        if chain.validate(&candidates, moment, roots).is_ok() {
            return true;
        }
    }
    let Some(top) = path.top() else { return false };
    if let Some(above) = top.issuer_of_issuer() {
        if roots.store().roots.iter().any(|anchor| anchor.subject.as_ref() == above) {
            return true;
        }
        if above == top.issuer() {
            return false;
        }
    }
    let issuer = IssuerName::read(top.issuer_names());
    if path.end != End::IssuerAbsent || issuer.sounds_like_a_root() {
        return false;
    }
    if !path.is_end_entity_alone() {
        return issuer.sounds_like_an_intermediate();
    }
    top.is_publicly_issued()
        || sent_beside(chain, path, roots)
        || issuer.sounds_like_an_intermediate()
        || roots.names().are_akin_to(&issuer)
}

impl RootNames {
    pub(super) fn read(store: &RootCertStore) -> Self {
        let mut names = Self::default();
        for anchor in &store.roots {
            let mut rdns = anchor.subject.as_ref();
            let mut attributes = Vec::new();
            while let Ok((rest, rdn)) = RelativeDistinguishedName::from_der(rdns) {
                attributes.push(rdn);
                rdns = rest;
            }
            let name = IssuerName::read(&X509Name::new(attributes, anchor.subject.as_ref()));
            if name.organisations.is_empty() {
                names.words.extend(name.distinctive_words().map(str::to_owned));
            }
            names.organisations.extend(name.organisations);
        }
        names
    }

    fn are_akin_to(&self, issuer: &IssuerName) -> bool {
        issuer.organisations.iter().any(|organisation| self.organisations.contains(organisation))
            || issuer.distinctive_words().any(|word| self.words.contains(word))
    }
}

/// The parts of an issuer's name that say what kind of CA it is, in lower case.
struct IssuerName {
    organisations: Vec<String>,
    /// The words of its common names.
    words: Vec<String>,
}

impl IssuerName {
    fn read(name: &X509Name<'_>) -> Self {
        let words = name.iter_common_name().flat_map(|common| {
            let text = attribute_value(common).to_lowercase();
            let words = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
            words.map(str::to_owned).collect::<Vec<_>>()
        });
        let organisations = name.iter_organization().map(|o| attribute_value(o).to_lowercase());
        Self { organisations: organisations.collect(), words: words.collect() }
    }

    fn sounds_like_a_root(&self) -> bool {
        self.words.iter().any(|word| ROOT_WORDS.contains(&word.as_str()))
    }

    fn sounds_like_an_intermediate(&self) -> bool {
        self.words.iter().any(|word| INTERMEDIATE_WORDS.contains(&word.as_str()))
            // Let's Encrypt's R10, E5, YR1; Google's WE2, WR1.
            || matches!(self.words.as_slice(), [only] if is_serial_name(only))
    }

    fn distinctive_words(&self) -> impl Iterator<Item = &str> {
        let words = self.words.iter().map(String::as_str);
        words.filter(|word| {
            !COMMON_WORDS.contains(word)
                && !INTERMEDIATE_WORDS.contains(word)
                && !ROOT_WORDS.contains(word)
                && !word.chars().all(|c| c.is_ascii_digit())
        })
    }
}

fn is_serial_name(word: &str) -> bool {
    let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
    letters.len() < word.len()
        && (1..=2).contains(&letters.len())
        && letters.chars().all(|c| c.is_ascii_lowercase())
}

/// True if a certificate was sent that is a root or signed by one, but does not belong to the path.
fn sent_beside(chain: &Chain<'_>, path: &Path<'_, '_>, roots: &Roots) -> bool {
    let strangers = chain.certificates.iter().filter(|sent| !path.holds(sent));
    strangers
        .into_iter()
        .any(|sent: &Certificate<'_>| signed_by_root(sent, roots.store()) == Some(true))
}

/// Words by which a CA says that it stands at the top, or outside the web's public trust.
const ROOT_WORDS: [&str; 21] = [
    "root",
    "private",
    "self",
    "selfsigned",
    "signed",
    "untrusted",
    "distrusted",
    "unknown",
    "internal",
    "local",
    "localhost",
    "intranet",
    "corp",
    "corporate",
    "rogue",
    "evil",
    "fake",
    "bogus",
    "snakeoil",
    "foreign",
    "other",
];

/// Words by which a CA says that another stands above it.
const INTERMEDIATE_WORDS: [&str; 10] =
    ["intermediate", "issuing", "issuer", "sub", "subca", "subordinate", "inter", "dv", "ov", "ev"];

/// Words that half of all CAs have in their names.
const COMMON_WORDS: [&str; 22] = [
    "ca",
    "certificate",
    "certificates",
    "certification",
    "certifying",
    "authority",
    "trust",
    "trusted",
    "server",
    "secure",
    "tls",
    "ssl",
    "test",
    "lab",
    "demo",
    "example",
    "the",
    "of",
    "global",
    "network",
    "rsa",
    "ecc",
];

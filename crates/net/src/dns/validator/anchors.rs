//! Trust anchors: the root's, or those of a file.

use crate::dns::resolver::SetupError;
use bytes::Bytes;
use domain::base::Name;
use domain::base::iana::{Class, SecurityAlgorithm};
use domain::base::name::ToName;
use domain::dnssec::validator::anchor::TrustAnchors;
use domain::dnssec::validator::base::{supported_algorithm, supported_digest};
use domain::rdata::ZoneRecordData;
use domain::zonefile::inplace::{Entry, Zonefile};
use std::path::Path;

/// At least one usable trust anchor.
pub(in crate::dns) struct Anchors {
    /// The zone of the first.
    pub(super) zone: Name<Bytes>,
    /// All of them.
    pub(super) records: TrustAnchors,
}

impl Anchors {
    /// The root's.
    pub(in crate::dns) fn built_in() -> Result<Self, SetupError> {
        Self::parse(ROOT.as_bytes())
            .map_err(|detail| SetupError::TrustAnchor { path: "(built in)".into(), detail })
    }

    /// Those of a file of DS or DNSKEY records in zone-file form, as `unbound-anchor` writes it.
    pub(in crate::dns) fn from_file(path: &Path) -> Result<Self, SetupError> {
        let error = |detail| SetupError::TrustAnchor { path: path.to_owned(), detail };
        let text = std::fs::read(path).map_err(|failure| error(failure.to_string()))?;
        if text.len() > FILE {
            return Err(error(format!("larger than {FILE} octets")));
        }
        Self::parse(&text).map_err(error)
    }

    fn parse(text: &[u8]) -> Result<Self, String> {
        let mut file = Zonefile::new();
        file.set_default_class(Class::IN);
        file.extend_from_slice(text);
        file.extend_from_slice(b"\n");
        let mut first = None;
        while let Some(entry) = file.next_entry().map_err(|error| format!("line {error}"))? {
            let line = line_at(text, file.current_offset());
            let Entry::Record(record) = entry else {
                return Err(format!("line {line}: $INCLUDE is not supported here"));
            };
            let algorithm = match record.data() {
                ZoneRecordData::Ds(ds) if !supported_digest(&ds.digest_type()) => {
                    let digest = ds.digest_type();
                    return Err(format!("line {line}: digest type {digest} is not supported"));
                }
                ZoneRecordData::Ds(ds) => ds.algorithm(),
                ZoneRecordData::Dnskey(key) => key.algorithm(),
                _ => return Err(format!("line {line}: neither a DS nor a DNSKEY record")),
            };
            if !supported_algorithm(&algorithm) {
                let algorithm = describe(algorithm);
                return Err(format!("line {line}: algorithm {algorithm} is not supported"));
            }
            first.get_or_insert_with(|| record.owner().to_name::<Bytes>());
        }
        let zone = first.ok_or("holds neither a DS nor a DNSKEY record")?;
        let records = TrustAnchors::from_u8(text).map_err(|error| error.to_string())?;
        Ok(Self { zone, records })
    }
}

/// The line of the last octet before `offset`.
fn line_at(text: &[u8], offset: usize) -> usize {
    let read = text.get(..offset).unwrap_or(text).trim_ascii_end();
    read.split(|octet| *octet == b'\n').count()
}

fn describe(algorithm: SecurityAlgorithm) -> String {
    let number = algorithm.to_int();
    match algorithm.to_mnemonic_str() {
        Some(name) => format!("{number} ({name})"),
        None => number.to_string(),
    }
}

/// The root's key signing keys, from https://data.iana.org/root-anchors/root-anchors.xml: the one
/// of 2017 and the one of 2024 that follows it in October 2026.
const ROOT: &str = "\
. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
. IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16
";
const FILE: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roots_anchors_are_built_in() {
        assert!(Anchors::built_in().unwrap().zone.is_root());
    }

    #[test]
    fn anchors_are_read_from_zone_files() {
        let table = [
            (
                ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
                "no TTL, no line end",
            ),
            (
                "; comment\n\n.\t86400\tIN\tDS\t( 20326 8 2\n E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D )\n",
                "several lines",
            ),
            (
                ". 172800 IN DNSKEY 257 3 8 AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3 ;{id = 20326 (ksk), size = 2048b} ;;state=2 [  VALID  ]\n",
                "a key file with state",
            ),
            (
                ". DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n",
                "no class",
            ),
        ];
        for (text, reason) in table {
            assert!(Anchors::parse(text.as_bytes()).is_ok(), "{reason}");
        }
    }

    #[test]
    fn faults_are_named_with_their_line() {
        let table = [
            ("", "holds neither a DS nor a DNSKEY record"),
            ("; nothing here\n", "holds neither a DS nor a DNSKEY record"),
            ("\n\n. IN A 192.0.2.1\n. IN NS a.\n", "line 3: neither a DS nor a DNSKEY record"),
            (
                ". IN DS 1 15 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
                "line 1: algorithm 15 (ED25519) is not supported",
            ),
            (". IN DS 1 8 99 00", "line 1: digest type 99 is not supported"),
            ("$INCLUDE other.zone\n", "line 1: $INCLUDE is not supported here"),
        ];
        for (text, expected) in table {
            assert_eq!(Anchors::parse(text.as_bytes()).err().as_deref(), Some(expected), "{text}");
        }
        for text in ["example IN DS 1 8 2 00", ". IN DS nonsense", "\0\u{feff}(", ". IN"] {
            let detail = Anchors::parse(text.as_bytes()).err().unwrap();
            assert!(detail.starts_with("line "), "{text:?}: {detail}");
        }
    }
}

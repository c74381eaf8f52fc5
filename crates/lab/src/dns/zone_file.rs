//! Zone files, read with `domain`.

use super::name::WireName;
use bytes::Bytes;
use domain::base::iana::{Class, Rtype};
use domain::base::rdata::ComposeRecordData;
use domain::base::{Name, RecordData};
use domain::zonefile::inplace::{Entry, Zonefile};

/// A record of a zone file.
#[derive(Debug, Clone)]
pub(crate) struct ZoneRecord {
    pub(crate) owner: WireName,
    pub(crate) rtype: Rtype,
    pub(crate) ttl: u32,
    /// Uncompressed.
    pub(crate) data: Bytes,
}

/// Reads a zone file; the error is for people and names the line.
pub(crate) fn read_zone(text: &str, origin: &str) -> Result<Vec<ZoneRecord>, String> {
    let origin = Name::bytes_from_str(origin).map_err(|error| format!("{origin}: {error}"))?;
    // The last line must end, and the reader wants TTLs from somewhere.
    let mut file = Zonefile::from(format!("$TTL 3600\n{text}\n").as_str()).allow_invalid();
    file.set_origin(origin);
    file.set_default_class(Class::IN);
    let mut records = Vec::new();
    while let Some(entry) = file.next_entry().map_err(|error| error.to_string())? {
        let record = match entry {
            Entry::Record(record) => record,
            Entry::Include { .. } => return Err("$INCLUDE leads nowhere here".to_owned()),
        };
        let mut data = Vec::new();
        // A vector takes whatever is written to it.
        let _ = record.data().compose_rdata(&mut data);
        records.push(ZoneRecord {
            owner: WireName::of(record.owner()),
            rtype: record.data().rtype(),
            ttl: record.ttl().as_secs(),
            data: data.into(),
        });
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_scenarios_are_made_of() {
        let text = "@ IN MX 10 mx1\n@ MX 0 .\n_mta-sts 60 IN TXT \"v=STSv1;\" \" id=1\"\n\
                    \\_odd A 127.53.1.1\nabs.provider.test. CAA 0 issue \";\"\n\
                    _25._tcp.mx1 TLSA 3 1 1 0a0b";
        let records = read_zone(text, "a.example").expect("a readable zone");
        let shown: Vec<_> = records
            .iter()
            .map(|r| (r.owner.to_string(), r.rtype.to_string(), r.ttl, r.data.to_vec()))
            .collect();
        assert_eq!(shown[0].3, b"\0\x0a\x03mx1\x01a\x07example\0");
        assert_eq!(shown[1].3, b"\0\0\0");
        assert_eq!(shown[2].2, 60);
        assert_eq!(shown[2].3, b"\x08v=STSv1;\x05 id=1");
        assert_eq!(shown[4].0, "abs.provider.test");
        assert_eq!(shown[5].3, [3, 1, 1, 10, 11]);
    }

    #[test]
    fn says_where_a_zone_is_wrong() {
        let error = read_zone("@ IN MX ten mx1\n", "a.example").expect_err("no number");
        assert!(error.starts_with("2:"), "{error}");
    }
}

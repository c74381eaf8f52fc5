//! A change of MX hosts as a column has it: JSON.

use ironpost_proto::domain::DnsName;
use ironpost_proto::lifecycle::{Migration, MxSet};
use ironpost_proto::mta_sts::discovery::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Stored {
    from: Vec<String>,
    from_ttl: u32,
    to: Vec<String>,
    wide: u32,
    switched: Option<u64>,
}

pub(super) fn write(migration: &Migration) -> String {
    let names = |names: &[DnsName]| names.iter().map(|name| name.as_str().to_owned()).collect();
    let stored = Stored {
        from: names(&migration.from.hosts),
        from_ttl: migration.from.ttl,
        to: names(&migration.to),
        wide: migration.wide,
        switched: migration.switched.map(Timestamp::as_millis),
    };
    // Texts and numbers alone: it cannot fail.
    serde_json::to_string(&stored).unwrap_or_default()
}

pub(super) fn read(text: &str) -> Option<Migration> {
    let stored: Stored = serde_json::from_str(text).ok()?;
    let names = |names: &[String]| {
        names.iter().map(|name| name.parse().ok()).collect::<Option<Vec<DnsName>>>()
    };
    Some(Migration {
        from: MxSet { hosts: names(&stored.from)?, ttl: stored.from_ttl },
        to: names(&stored.to)?,
        wide: stored.wide,
        switched: stored.switched.map(Timestamp::from_millis),
    })
}

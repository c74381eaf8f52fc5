//! What lies on this machine: configuration, sealing key, disk.

use super::report::Finding;
use crate::config::hosting::inspection::{self, Fault};
use crate::config::hosting::settings::HostingSettings;
use ironpost_hosting::sealing::{self, Seals};
use ironpost_store::database::{Database, DatabaseAddress};
use std::path::Path;

/// What is missing, and files that are not as they should be.
pub(super) fn configuration(settings: &HostingSettings, config: Option<&Path>) -> Vec<Finding> {
    let missing = settings.missing().into_iter().map(|fault| {
        let way_out = "`ironpost serve --help` shows the least that a file has to say";
        Finding::broken(CONFIGURATION, fault.to_string(), way_out)
    });
    let files = inspection::files(settings).into_iter().map(|fault| match fault {
        Fault::Broken { seen, way_out } => Finding::broken(CONFIGURATION, seen, way_out),
        Fault::Weak { seen, way_out } => Finding::weak(CONFIGURATION, seen, way_out),
    });
    let findings: Vec<_> = missing.chain(files).collect();
    if !findings.is_empty() {
        return findings;
    }
    let from = config.map_or_else(|| "no file".to_owned(), |path| path.display().to_string());
    vec![Finding::sound(CONFIGURATION, format!("{from}: nothing is missing"))]
}

/// The sealing key, tried on what was sealed with it.
pub(super) async fn sealing_key(
    settings: &HostingSettings,
    database: Option<&Database>,
) -> Vec<Finding> {
    let path = &settings.sealing_key;
    let place = path.display();
    if !path.exists() && is_made(settings, database).await {
        let seen = format!("{place} is not there yet: the first start makes it");
        return vec![Finding::sound(KEY, seen)];
    }
    let seals = match Seals::load(path) {
        Ok(seals) => seals,
        Err(error) => {
            let way_out = "take it from where a copy is kept, or from another node; without it \
                 every certificate has to be ordered anew";
            return vec![Finding::broken(KEY, error.to_string(), way_out)];
        }
    };
    let Some(database) = database else {
        return vec![Finding::sound(KEY, format!("{place} is in order"))];
    };
    match database.sealed_keys(None, TRIED).await {
        Ok(keys) => vec![opened(&seals, &keys, path)],
        Err(error) => vec![Finding::not_tested(KEY, error.to_string())],
    }
}

/// True if a start would make the key: nothing was sealed with another.
async fn is_made(settings: &HostingSettings, database: Option<&Database>) -> bool {
    if settings.database.address().is_shared() || !settings.sealing_key_is_ours {
        return false;
    }
    let Some(database) = database else { return true };
    sealing::is_used(database).await.is_ok_and(|used| !used)
}

fn opened(
    seals: &Seals,
    keys: &[ironpost_store::hosting::certificates::SealedKey],
    path: &Path,
) -> Finding {
    let place = path.display();
    let shut = keys.iter().find(|key| seals.open(key.name.as_str(), &key.sealed).is_err());
    let old = keys.iter().filter(|key| seals.is_old(&key.sealed)).count();
    match (shut, keys.len()) {
        (Some(key), _) => Finding::broken(
            KEY,
            format!("{place} does not open the private key of {}", key.name),
            "it was sealed with another: add the line that is missing, from another node or from \
             where a copy is kept",
        ),
        (None, 0) => Finding::sound(KEY, format!("{place} is in order; nothing was sealed yet")),
        (None, tried) if old == 0 => {
            Finding::sound(KEY, format!("{place} opens what was sealed ({tried} tried)"))
        }
        (None, tried) => Finding::weak(
            KEY,
            format!("{place} opens what was sealed; {old} of {tried} tried with an older key"),
            "leave the older lines in place until `ironpost serve` has sealed everything anew",
        ),
    }
}

/// Room for the state, and for the database if it is a file.
pub(super) fn disk(settings: &HostingSettings) -> Vec<Finding> {
    let mut places = vec![settings.state.clone()];
    if let DatabaseAddress::Sqlite(path) = settings.database.address() {
        let folder = crate::daemon::folder(path);
        if folder != settings.state {
            places.push(folder);
        }
    }
    places.iter().map(|place| room(place)).collect()
}

fn room(place: &Path) -> Finding {
    // A folder that is not there yet is made on the file system above it.
    let there = place.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    let shown = place.display();
    let found = match rustix::fs::statvfs(there) {
        Ok(found) => found,
        Err(error) => return Finding::not_tested(DISK, format!("{shown}: {error}")),
    };
    let free = found.f_bavail.saturating_mul(found.f_frsize) / MIB;
    // File systems that make inodes as they go say that there are none.
    let inodes = (found.f_files > 0).then_some(found.f_favail);
    let counted = inodes.map(|inodes| format!(" and {inodes} inodes")).unwrap_or_default();
    let seen = format!("{shown}: {free} MiB{counted} are free");
    match (free, inodes) {
        (..SCARCE, _) | (_, Some(..FEW)) => {
            Finding::broken(DISK, seen, "make room: a full disk ends every change")
        }
        (..SHORT, _) => Finding::weak(DISK, seen, "make room before it is used up"),
        _ => Finding::sound(DISK, seen),
    }
}

const CONFIGURATION: &str = "configuration";
const KEY: &str = "sealing key";
const DISK: &str = "disk";
/// Private keys that are tried.
const TRIED: u32 = 100;
const MIB: u64 = 1 << 20;
/// MiB: less than what a day of a large installation writes. Own limit.
const SCARCE: u64 = 64;
/// MiB. Own limit.
const SHORT: u64 = 512;
/// Inodes. Own limit.
const FEW: u64 = 64;

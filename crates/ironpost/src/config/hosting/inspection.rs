//! What can be said of settings by looking at this machine: files that are named, and who may read
//! them.

use super::settings::HostingSettings;
use ironpost_hosting::sealing::Seals;
use ironpost_net::address_guard::AddressGuard;
use ironpost_net::dns::resolver::Dnssec;
use ironpost_net::tls::roots::RootSource;
use ironpost_store::database::DatabaseAddress;
use std::fmt;
use std::fs::{self, File};
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It will not work.
    Broken { seen: String, way_out: String },
    /// It will work, but should not stay so.
    Weak { seen: String, way_out: String },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken { seen, way_out } | Self::Weak { seen, way_out } => {
                write!(f, "{seen}: {way_out}")
            }
        }
    }
}

/// Looks at every file and folder that is named, and at the addresses.
pub(crate) fn files(settings: &HostingSettings) -> Vec<Fault> {
    let mut faults = Vec::new();
    let acme = &settings.acme;
    for (table, ca) in [("[acme]", Some(&acme.ca)), ("[acme.fallback]", acme.fallback.as_ref())] {
        let Some(ca) = ca else { continue };
        faults.extend(roots(&format!("roots of {table}"), &ca.roots));
        if let Some((_, file)) = &ca.binding {
            faults.extend(secret(&format!("eab_key_file of {table}"), file));
        }
    }
    faults.extend(roots("roots of [network]", &settings.network.roots));
    if let Dnssec::Validate { trust_anchor: Some(file) } = &settings.network.dnssec {
        faults.extend(readable("trust_anchor of [network]", file));
    }
    if let Some(file) =
        settings.alerts.email.as_ref().and_then(|email| email.password_file.as_ref())
    {
        faults.extend(secret("password_file of [alerts.email]", file));
    }
    if let Some(webhook) = &settings.alerts.webhook {
        faults.extend(secret("secret_file of [alerts.webhook]", &webhook.secret_file));
    }
    if !settings.sealing_key_is_ours || settings.sealing_key.exists() {
        faults.extend(sealing_key(&settings.sealing_key));
    }
    faults.extend(folders(settings));
    faults.extend(addresses(settings));
    faults
}

fn roots(what: &str, source: &RootSource) -> Option<Fault> {
    match source {
        RootSource::File(path) => readable(what, path),
        RootSource::Bundled | RootSource::System => None,
    }
}

/// A file that has to be there and to be read.
fn readable(what: &str, path: &Path) -> Option<Fault> {
    let error = File::open(path).and_then(|file| file.metadata()).err()?;
    Some(Fault::Broken {
        seen: format!("{what}, {}, cannot be read: {error}", path.display()),
        way_out: "name another file, or let the user that `ironpost serve` runs as read it".into(),
    })
}

/// A file that nobody else is to read.
fn secret(what: &str, path: &Path) -> Option<Fault> {
    if let Some(fault) = readable(what, path) {
        return Some(fault);
    }
    let mode = fs::metadata(path).ok()?.permissions().mode();
    (mode & OTHERS != 0).then(|| Fault::Weak {
        seen: format!("{what}, {}, is a secret that every user can read", path.display()),
        way_out: format!("chmod o= {}", path.display()),
    })
}

/// A sealing key is read here as it is at the start.
fn sealing_key(path: &Path) -> Option<Fault> {
    let error = Seals::load(path).err()?;
    Some(Fault::Broken {
        seen: format!("sealing_key of [serve]: {error}"),
        way_out: "a new one is made with `(umask 077; head -c 32 /dev/urandom | base64 > FILE)`"
            .to_owned(),
    })
}

fn folders(settings: &HostingSettings) -> Vec<Fault> {
    let mut faults = Vec::new();
    let state = &settings.state;
    if fs::metadata(state).is_ok_and(|found| !found.is_dir()) {
        faults.push(Fault::Broken {
            seen: format!("state of [serve], {}, is no folder", state.display()),
            way_out: "name a folder".to_owned(),
        });
    }
    faults.extend(state_folder(settings));
    if let DatabaseAddress::Sqlite(path) = settings.database.address() {
        let folder = crate::daemon::folder(path);
        // That of the state is made at the first start.
        if folder != *state && !folder.is_dir() {
            faults.push(Fault::Broken {
                seen: format!("database: there is no folder {}", folder.display()),
                way_out: "make it, owned by the user that `ironpost serve` runs as".to_owned(),
            });
        }
    }
    faults
}

/// Keys lie in the state folder. They are closed by themselves, but what is put beside them by hand
/// may not be.
pub(crate) fn state_folder(settings: &HostingSettings) -> Option<Fault> {
    let state = &settings.state;
    let found = fs::metadata(state).ok().filter(fs::Metadata::is_dir)?;
    let mode = found.permissions().mode();
    (mode & OTHERS != 0).then(|| Fault::Weak {
        seen: format!(
            "the state folder {} holds keys, and is open to every user (mode {:04o})",
            state.display(),
            mode & 0o7777
        ),
        way_out: format!("chmod o= {}", state.display()),
    })
}

/// Addresses that the zone would give to all the world.
fn addresses(settings: &HostingSettings) -> Vec<Fault> {
    let Ok(zone) = settings.zone() else { return Vec::new() };
    let guard = AddressGuard::allowing(settings.network.allowed.clone());
    let v4 = zone.ipv4.iter().copied().map(IpAddr::V4);
    let own = v4.chain(zone.ipv6.iter().copied().map(IpAddr::V6));
    let servers = zone.name_servers.iter().flat_map(|(_, addresses)| addresses.iter().copied());
    let mut all: Vec<_> = own.chain(servers).collect();
    all.sort_unstable();
    all.dedup();
    let inner = all.into_iter().filter(|address| guard.check(*address).is_err());
    inner
        .map(|address| Fault::Weak {
            seen: format!("{address} in [serve] is not an address that others can reach"),
            way_out: "behind a translated address, name the outer one; for a lab, add it to \
                 allow_address in [network]"
                .to_owned(),
        })
        .collect()
}

/// Rights of everybody.
const OTHERS: u32 = 0o007;

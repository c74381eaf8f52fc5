//! What a node keeps of its rights.

use crate::config::hosting::sections::AlertsSection;
use crate::config::hosting::settings::HostingSettings;
use crate::daemon::confinement::{Confinement, Rules, roots};
use crate::daemon::folder;
use ironpost_store::database::DatabaseAddress;
use std::env;
use std::path::{Path, PathBuf};

/// Gives up every right that the settings have no use for. `config` is read again later.
pub(super) fn confine(settings: &HostingSettings, config: Option<&Path>) -> Confinement {
    rules(settings, config).enforce()
}

fn rules(settings: &HostingSettings, config: Option<&Path>) -> Rules {
    let mut rules = Rules::reading(&settings.network, config);
    let acme = &settings.acme;
    for ca in std::iter::once(&acme.ca).chain(&acme.fallback) {
        rules.read.extend(roots(&ca.roots));
        rules.read.extend(ca.binding.iter().map(|(_, file)| folder(file)));
    }
    let AlertsSection { email, webhook } = &settings.alerts;
    rules.read.extend(email.iter().filter_map(|email| email.password_file.as_deref()).map(folder));
    rules.read.extend(webhook.iter().map(|webhook| folder(&webhook.secret_file)));
    rules.read.push(folder(&settings.sealing_key));
    rules.write.push(settings.state.clone());
    match settings.database.address() {
        DatabaseAddress::Sqlite(path) => rules.write.push(folder(path)),
        DatabaseAddress::Postgres(_) => rules.read.extend(of_libpq()),
    }
    rules
}

/// Where libpq's documentation puts passwords and certificates.
fn of_libpq() -> impl Iterator<Item = PathBuf> {
    let named = ["PGPASSFILE", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY"];
    let named = named.into_iter().filter_map(env::var_os).map(PathBuf::from);
    let home = env::var_os("HOME").map(PathBuf::from).into_iter();
    named.chain(home.flat_map(|home| [".pgpass", ".postgresql"].map(|name| home.join(name))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::hosting::args::HostingArgs;
    use std::fs;

    #[test]
    fn only_the_state_and_the_database_are_written_to() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("ironpost.toml");
        let text = "database = '/srv/db/ironpost.db'\n[serve]\nstate = '/srv/state'\n\
             sealing_key = '/srv/keys/sealing.key'\n[acme]\nroots = '/srv/pki/ca.pem'\n\
             eab_kid = 'a'\neab_key_file = '/srv/eab/key'\n[alerts.webhook]\n\
             url = 'https://a.test'\nsecret_file = '/srv/hook/secret'\n";
        fs::write(&file, text).unwrap();
        let settings = HostingArgs::from_file(file.clone()).settle().unwrap();
        let rules = rules(&settings, Some(&file));
        assert_eq!(rules.write, ["/srv/state", "/srv/db"].map(PathBuf::from));
        assert_eq!(rules.execute, [""; 0].map(PathBuf::from), "nothing is run");
        for folder in ["/srv/keys", "/srv/pki", "/srv/eab", "/srv/hook"] {
            assert!(rules.read.contains(&PathBuf::from(folder)), "{folder}");
        }
        assert!(rules.read.contains(&place.path().to_owned()));
    }
}

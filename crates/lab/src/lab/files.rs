//! What the lab writes down for others.

use crate::address;
use crate::error::LabError;
use crate::listen::LabPorts;
use crate::scenario::Scenario;
use crate::sound::SoundDomains;
use std::fmt::Write as _;
use std::fs;
use std::path::{self, Path, PathBuf};
use tempfile::TempDir;

/// The files that tell others where the lab is.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) roots: PathBuf,
    pub(super) config: PathBuf,
    pub(super) domains: PathBuf,
    pub(super) sound_domains: PathBuf,
    pub(super) records: PathBuf,
    _temporary: Option<TempDir>,
}

impl Files {
    pub(super) fn write(
        dir: Option<PathBuf>,
        ports: LabPorts,
        root_pem: &str,
        scenarios: &[Scenario],
        sound: SoundDomains,
    ) -> Result<Self, LabError> {
        let (dir, temporary) = if let Some(dir) = dir {
            fs::create_dir_all(&dir)
                .map_err(|source| LabError::Write { path: dir.clone(), source })?;
            // Whoever reads the configuration may be somewhere else.
            let dir = path::absolute(&dir).unwrap_or(dir);
            (dir, None)
        } else {
            let temporary = tempfile::Builder::new()
                .prefix("ironpost-lab-")
                .tempdir()
                .map_err(|source| LabError::Write { path: std::env::temp_dir(), source })?;
            (temporary.path().to_owned(), Some(temporary))
        };
        let files = Self {
            roots: dir.join("ca.pem"),
            config: dir.join("ironpost.toml"),
            domains: dir.join("domains.txt"),
            sound_domains: dir.join("sound.txt"),
            records: dir.join("records.zone"),
            _temporary: temporary,
        };
        let mut domains = String::new();
        for scenario in scenarios {
            // A `String` takes whatever is written to it.
            let _ = writeln!(domains, "# {}\n{}", scenario.summary, scenario.domain);
        }
        let mut bulk = String::new();
        for domain in sound.names() {
            let _ = writeln!(bulk, "{domain}");
        }
        for (path, content) in [
            (&files.roots, root_pem),
            (&files.config, &config(ports, &files.roots)),
            (&files.domains, &domains),
            (&files.sound_domains, &bulk),
            (&files.records, RECORDS),
        ] {
            fs::write(path, content)
                .map_err(|source| LabError::Write { path: path.clone(), source })?;
        }
        Ok(files)
    }
}

/// What stands in the file of records at first.
const RECORDS: &str = "; Records put here are in the lab's DNS a moment later, in place of its own \
                       of that name and type.\n";

fn config(ports: LabPorts, roots: &Path) -> String {
    let LabPorts { dns, https, smtp } = ports;
    let roots = toml::Value::String(roots.to_string_lossy().into_owned());
    format!(
        "# Made by the lab; it is gone when the lab stops.\n\
         [network]\n\
         dns = \"{resolver}:{dns}\"\n\
         dnssec = \"trust-ad\"\n\
         roots = {roots}\n\
         allow_address = [\"{network}\"]\n\
         \n\
         [network.ports]\n\
         https = {https}\n\
         smtp = {smtp}\n\
         dns = {dns}\n",
        resolver = address::RESOLVER,
        network = address::NETWORK,
    )
}

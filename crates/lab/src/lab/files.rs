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
            roots: dir.join(ROOTS),
            config: dir.join(CONFIG),
            domains: dir.join(DOMAINS),
            sound_domains: dir.join(SOUND),
            records: dir.join(RECORDS),
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
        // The one with the mark first: it vouches for the others.
        for (path, content) in [
            (&files.config, &*config(ports, &files.roots)),
            (&files.roots, root_pem),
            (&files.domains, &domains),
            (&files.sound_domains, &bulk),
            (&files.records, FIRST_RECORDS),
        ] {
            fs::write(path, content)
                .map_err(|source| LabError::Write { path: path.clone(), source })?;
        }
        Ok(files)
    }
}

/// What stands in the file of records at first.
const FIRST_RECORDS: &str = "\
; Records put here are in the lab's DNS a moment later, in place of its own of that name and type.
; An MX record makes a mail domain of one's own: shop.customers.example. MX 10 mx.bakery.customers.example.
";

const CONFIG: &str = "ironpost.toml";
const ROOTS: &str = "ca.pem";
const DOMAINS: &str = "domains.txt";
const SOUND: &str = "sound.txt";
const RECORDS: &str = "records.zone";

/// The names of the files that a lab writes into its folder; the first begins with [`LAB_MARK`].
pub const LAB_FILES: [&str; 5] = [CONFIG, ROOTS, DOMAINS, SOUND, RECORDS];
/// How the configuration that a lab writes begins.
pub const LAB_MARK: &str = "# Made by `ironpost lab`";

fn config(ports: LabPorts, roots: &Path) -> String {
    let LabPorts { dns, https, smtp } = ports;
    let roots = toml::Value::String(roots.to_string_lossy().into_owned());
    format!(
        "{LAB_MARK}, of use while that runs; its next start in this folder writes it anew.\n\
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

//! Pebble, of Debian 12 and of Debian 13.

use crate::installation::Installation;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// 2.4, which knows nothing of renewals.
    Debian12,
    /// 2.6.
    Debian13,
}

/// A Pebble that looks at an installation. Stopped when dropped.
pub(crate) struct Pebble {
    pub(crate) directory: String,
    pub(crate) roots: String,
    _process: Child,
}

impl Pebble {
    /// Starts one; with `bindings` an account has to be bound.
    pub(crate) async fn start(
        version: Version,
        here: &Installation,
        bindings: &[(&str, &str)],
    ) -> Self {
        let address = free_address();
        let folder = here.folder.path().join(address.to_string());
        std::fs::create_dir(&folder).unwrap();
        let roots = identity(&folder, address);
        let (listen, management) =
            (SocketAddr::from((address, 14_000)), SocketAddr::from((address, 15_000)));
        let config = serde_json::json!({ "pebble": {
            "listenAddress": listen,
            "managementListenAddress": management,
            "certificate": folder.join("cert.pem"),
            "privateKey": folder.join("key.pem"),
            "httpPort": here.http.port(),
            "tlsPort": here.https.port(),
            "ocspResponderURL": "",
            "externalAccountBindingRequired": !bindings.is_empty(),
            "externalAccountMACKeys": bindings.iter().copied().collect::<std::collections::BTreeMap<_, _>>(),
        }});
        let path = folder.join("config.json");
        std::fs::write(&path, config.to_string()).unwrap();
        let log = std::fs::File::create(folder.join("log")).unwrap();
        let mut command = Command::new(program(version));
        command
            .arg("-config")
            .arg(&path)
            .arg("-dnsserver")
            .arg(here.resolver.address.to_string())
            .env("PEBBLE_VA_NOSLEEP", "1")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true);
        let process = command.spawn().unwrap();
        listens(listen, &folder.join("log")).await;
        Self { directory: format!("https://{listen}/dir"), roots, _process: process }
    }
}

fn program(version: Version) -> PathBuf {
    match version {
        Version::Debian12 => PathBuf::from("pebble"),
        Version::Debian13 => {
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/trixie/usr/bin/pebble")
        }
    }
}

/// An address of loopback that nobody else has: Pebble does not look for a free port.
fn free_address() -> Ipv4Addr {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let [high, low] = u16::try_from(std::process::id() & 0xffff).unwrap().to_be_bytes();
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    Ipv4Addr::new(127, 128 | (next & 0x3f), high, low)
}

/// Writes key and certificate for the address, and says whom to trust.
fn identity(folder: &Path, address: Ipv4Addr) -> String {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![address.to_string()]).unwrap();
    let certificate = params.signed_by(&key, &root).unwrap();
    std::fs::write(folder.join("cert.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    root.pem()
}

async fn listens(address: SocketAddr, log: &Path) {
    let end = Instant::now() + Duration::from_mins(1);
    while TcpStream::connect(address).await.is_err() {
        let said = || std::fs::read_to_string(log).unwrap();
        assert!(Instant::now() < end, "pebble does not listen: {}", said());
        sleep(Duration::from_millis(20)).await;
    }
}

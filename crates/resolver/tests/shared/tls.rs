//! A server behind TLS. The roots of the system are those of a file that a variable of the
//! environment names, so the test runs itself anew with one.

use crate::server::{READY, Server, free_port};
use ironpost_resolver::shared::{SharedCache, State};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::fs;
use std::path::Path;
use tokio::process::Command;

#[tokio::test]
async fn a_certificate_is_verified() {
    if let Ok(url) = std::env::var(CHILD) {
        let cache = SharedCache::connect(&url).unwrap();
        let first = State::Connecting;
        println!("{:?}", cache.changed(&first).await);
        return;
    }
    let files = tempfile::tempdir().unwrap();
    let path = |name: &str| files.path().join(name).to_str().unwrap().to_owned();
    write_certificates(files.path());
    let port = free_port();
    let (tls_port, plain_port) = (port.to_string(), 0);
    let (certificate, key) = (path("leaf.pem"), path("key.pem"));
    let arguments = ["--tls-port", &tls_port, "--tls-auth-clients", "no", "--tls-cert-file"];
    let arguments =
        [&arguments, [certificate.as_str(), "--tls-key-file", &key].as_slice()].concat();
    let _server = Server::on_port(plain_port, &arguments, READY).await;
    let table = [
        (format!("rediss://localhost:{port}"), "root.pem", "Here"),
        (format!("rediss://localhost:{port}"), "other.pem", "invalid peer certificate"),
        (format!("rediss://127.0.0.1:{port}"), "root.pem", "invalid peer certificate"),
    ];
    for (url, root, expected) in table {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["tls::a_certificate_is_verified", "--exact", "--nocapture"])
            .env("SSL_CERT_FILE", path(root))
            .env(CHILD, &url)
            .output();
        let output = child.await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains(expected), "{url} {root}: {said}");
    }
}

/// A root, a certificate of `localhost` with its key, and a root that did not sign it.
fn write_certificates(directory: &Path) {
    let authority = || {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        (params.self_signed(&key).unwrap().pem(), Issuer::new(params, key))
    };
    let (root, issuer) = authority();
    let (other, _) = authority();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &issuer).unwrap().pem();
    let files = [
        ("root.pem", root),
        ("other.pem", other),
        ("leaf.pem", leaf),
        ("key.pem", key.serialize_pem()),
    ];
    for (name, text) in files {
        fs::write(directory.join(name), text).unwrap();
    }
}

/// The address to connect to, for the child.
const CHILD: &str = "IRONPOST_TEST_SHARED_CACHE";

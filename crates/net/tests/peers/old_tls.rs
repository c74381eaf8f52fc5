//! OpenSSL as a real peer of the old TLS versions, which rustls does not speak.

use crate::pki::{Authority, Leaf};
use std::fs;
use std::net::SocketAddr;
use std::process::Stdio;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// `openssl s_server` on a port of its own, until it is dropped.
pub(crate) struct OpenSsl {
    pub(crate) address: SocketAddr,
    /// Killed on drop. OpenSSL ends when its standard input does, so that is kept with it.
    _child: Child,
    _files: TempDir,
}

impl OpenSsl {
    /// Serves `leaf` with `options`, such as `-tls1_1`.
    pub(crate) async fn serve(leaf: &Leaf, options: &[&str]) -> Self {
        let files = TempDir::new().unwrap();
        fs::write(files.path().join("leaf.der"), &leaf.der).unwrap();
        fs::write(files.path().join("key.der"), leaf.key.secret_der()).unwrap();
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-cert", "leaf.der", "-key", "key.der"])
            .args(["-cipher", "ALL:@SECLEVEL=0"])
            .args(options)
            .current_dir(files.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("openssl is installed (Debian package openssl)");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap().expect("openssl says where it listens");
            if let Some(address) = line.strip_prefix("ACCEPT ") {
                break address.parse().unwrap();
            }
        };
        // What it prints about its clients must go somewhere.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { address, _child: child, _files: files }
    }
}

/// A self-signed certificate as they were made long ago: X.509 version 1, RSA of 1,024 bits, SHA-1,
/// the host in the Common Name.
pub(crate) async fn leaf_of_old(name: &str) -> Leaf {
    let files = TempDir::new().unwrap();
    let subject = format!("/CN={name}");
    for arguments in [
        &["req", "-new", "-newkey", "rsa:1024", "-nodes", "-keyout", "key.pem", "-subj", &subject]
            as &[&str],
        &["x509", "-req", "-sha1", "-signkey", "key.pem", "-in", "request.pem", "-outform", "DER"],
        &["pkey", "-in", "key.pem", "-outform", "DER"],
    ] {
        let output = if arguments[0] == "req" { "request.pem" } else { arguments[0] };
        let arguments = [arguments, &["-out", output]].concat();
        let mut openssl = Command::new("openssl");
        openssl.args(arguments).current_dir(files.path()).stderr(Stdio::null());
        assert!(openssl.status().await.unwrap().success());
    }
    let read = |name: &str| fs::read(files.path().join(name)).unwrap();
    Leaf { der: read("x509").into(), key: read("pkey").try_into().unwrap() }
}

/// A certificate for OpenSSL to serve.
pub(crate) fn leaf(name: &str) -> (Authority, Leaf) {
    let root = Authority::root("Ironpost Test Root");
    let leaf = root.leaf(&[name]);
    (root, leaf)
}

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

/// A certificate for OpenSSL to serve.
pub(crate) fn leaf(name: &str) -> (Authority, Leaf) {
    let root = Authority::root("Ironpost Test Root");
    let leaf = root.leaf(&[name]);
    (root, leaf)
}

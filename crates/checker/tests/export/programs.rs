//! nginx and Caddy as they come from Debian, each on loopback addresses of its own, and stopped
//! when the test is over.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Runs a program to its end and gives back what it printed. `package` is the Debian package to
/// install where there is no such program.
pub(crate) fn run(
    program: &str,
    package: &str,
    arguments: impl FnOnce(&mut Command) -> &mut Command,
) -> String {
    // Into files: what a program leaves in the background would keep a pipe open.
    let folder = tempfile::tempdir().unwrap();
    let [out, err] = ["out", "err"].map(|name| folder.path().join(name));
    let mut command = Command::new(program);
    command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
    let status = arguments(&mut command).stdin(Stdio::null()).status();
    let status = status.unwrap_or_else(|error| {
        panic!("{program} does not start ({error}); the Debian package {package} has it")
    });
    assert!(status.success(), "{program}: {}", fs::read_to_string(err).unwrap());
    fs::read_to_string(out).unwrap()
}

/// Sends a plain HTTP request and gives back the whole response.
pub(crate) async fn get(address: SocketAddr, host: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    response
}

/// A folder with what a web server needs: a certificate and a place for files.
struct Premises {
    folder: TempDir,
    address: Ipv4Addr,
}

impl Premises {
    /// `net` is the second octet of the loopback address; the others are the process's.
    fn new(host: &str, net: u8) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [.., high, low] = std::process::id().to_be_bytes();
        let premises = Self { folder, address: Ipv4Addr::new(127, net, high, low) };
        premises.issue_certificate(host);
        fs::create_dir_all(premises.path("www/.well-known")).unwrap();
        premises
    }

    fn issue_certificate(&self, host: &str) {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        fs::write(self.path("authority.pem"), issuer.pem()).unwrap();
        fs::write(self.path("chain.pem"), certificate.pem()).unwrap();
        fs::write(self.path("key.pem"), key.serialize_pem()).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text_path(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn address(&self, port: u16) -> SocketAddr {
        SocketAddr::from((self.address, port))
    }

    fn put_policy(&self, policy: &str) {
        fs::write(self.path("www/.well-known/mta-sts.txt"), policy).unwrap();
    }
}

/// nginx, from the package nginx-light.
pub(crate) struct Nginx {
    premises: Premises,
    pub(crate) chain: String,
    pub(crate) key: String,
    pub(crate) root: String,
}

impl Nginx {
    pub(crate) fn prepare(host: &str) -> Self {
        let premises = Premises::new(host, 91);
        let [chain, key, root] =
            ["chain.pem", "key.pem", "www"].map(|name| premises.text_path(name));
        Self { premises, chain, key, root }
    }

    pub(crate) fn http(&self) -> SocketAddr {
        self.premises.address(8080)
    }

    pub(crate) fn https(&self) -> SocketAddr {
        self.premises.address(8443)
    }

    pub(crate) fn authority(&self) -> PathBuf {
        self.premises.path("authority.pem")
    }

    pub(crate) fn put_policy(&self, policy: &str) {
        self.premises.put_policy(policy);
    }

    /// Starts nginx with these files as its sites. It listens when this returns: the program goes
    /// into the background only after it has opened its sockets.
    pub(crate) fn start(&self, sites: &[(&str, &str)]) {
        fs::create_dir(self.premises.path("sites")).unwrap();
        for (name, text) in sites {
            fs::write(self.premises.path("sites").join(name), text).unwrap();
        }
        let folder = self.premises.text_path("");
        let folder = folder.trim_end_matches('/');
        let places: Vec<_> = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {folder}/{kind};"))
            .into();
        // Without root the first line has no effect, and nginx says so.
        let main = format!(
            "user root;\nworker_processes 1;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n\
             events {{}}\nhttp {{\naccess_log off;\n{}\ninclude {folder}/sites/*.conf;\n}}\n",
            places.join("\n")
        );
        fs::write(self.premises.path("nginx.conf"), main).unwrap();
        self.run(&["-t"]);
        self.run(&[]);
    }

    fn run(&self, arguments: &[&str]) {
        let configuration = self.premises.path("nginx.conf");
        let log = self.premises.path("error.log");
        run("nginx", "nginx-light", |nginx| {
            nginx.arg("-e").arg(log).arg("-c").arg(configuration).args(arguments)
        });
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        if self.premises.path("nginx.pid").exists() {
            self.run(&["-s", "stop"]);
        }
    }
}

/// Caddy, from the package of that name.
pub(crate) struct Caddy {
    premises: Premises,
    pub(crate) chain: String,
    pub(crate) key: String,
    pub(crate) root: String,
}

impl Caddy {
    pub(crate) fn prepare(host: &str) -> Self {
        let premises = Premises::new(host, 92);
        let [chain, key, root] =
            ["chain.pem", "key.pem", "www"].map(|name| premises.text_path(name));
        Self { premises, chain, key, root }
    }

    pub(crate) fn https(&self) -> SocketAddr {
        self.premises.address(8443)
    }

    pub(crate) fn authority(&self) -> PathBuf {
        self.premises.path("authority.pem")
    }

    pub(crate) fn put_policy(&self, policy: &str) {
        self.premises.put_policy(policy);
    }

    /// Lets Caddy judge a configuration, without starting anything.
    pub(crate) fn validate(&self, caddyfile: &str) {
        let path = self.write("Validated", caddyfile);
        self.run(&["validate", "--adapter", "caddyfile", "--config", &path]);
    }

    /// Starts Caddy; it serves when this returns.
    pub(crate) fn start(&self, caddyfile: &str) {
        let socket = self.premises.text_path("admin.sock");
        let global = format!("{{\n\tadmin unix/{socket}\n\tauto_https disable_redirects\n}}\n");
        let path = self.write("Caddyfile", &(global + caddyfile));
        self.run(&["start", "--adapter", "caddyfile", "--config", &path]);
    }

    fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.premises.path(name), text).unwrap();
        self.premises.text_path(name)
    }

    fn run(&self, arguments: &[&str]) {
        let home: &Path = self.premises.folder.path();
        run("caddy", "caddy", |caddy| {
            caddy
                .env("HOME", home)
                .env("XDG_DATA_HOME", home)
                .env("XDG_CONFIG_HOME", home)
                .args(arguments)
        });
    }
}

impl Drop for Caddy {
    fn drop(&mut self) {
        let socket = self.premises.text_path("admin.sock");
        if Path::new(&socket).exists() {
            self.run(&["stop", "--address", &format!("unix/{socket}")]);
        }
    }
}

//! Why a lab does not start.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

/// Why a lab does not start.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// A scenario folder cannot be read.
    #[error("cannot read {path}", path = path.display())]
    Read {
        /// File or folder.
        path: PathBuf,
        /// The operating system's word.
        source: io::Error,
    },
    /// A file of the lab cannot be written.
    #[error("cannot write {path}", path = path.display())]
    Write {
        /// File or folder.
        path: PathBuf,
        /// The operating system's word.
        source: io::Error,
    },
    /// A scenario is not what it should be.
    #[error("scenario {name}")]
    Scenario {
        /// The folder's name.
        name: String,
        /// What is wrong with it.
        source: ScenarioError,
    },
    /// More scenarios than 127.53.0.0/16 has room for.
    #[error("{count} scenarios, but there is room for {room}")]
    TooManyScenarios {
        /// How many there are.
        count: usize,
        /// How many there can be.
        room: usize,
    },
    /// Two scenarios claim one name, or a scenario claims a name of the lab's own.
    #[error("two scenarios are called {domain}")]
    Twice {
        /// The policy domain.
        domain: String,
    },
    /// No certificate could be made.
    #[error("cannot make a certificate")]
    Certificate(#[from] rcgen::Error),
    /// TLS could not be set up with a certificate just made.
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
    /// A port that was asked for is busy.
    #[error("cannot listen on {address} port {port}")]
    Listen {
        /// The address that refused.
        address: IpAddr,
        /// The port wanted.
        port: u16,
        /// The operating system's word.
        source: io::Error,
    },
    /// None of the ports tried is free on every address.
    #[error("no free port for {service} from {first} to {last}")]
    NoPort {
        /// `DNS`, `HTTPS` or `SMTP`.
        service: &'static str,
        /// The first port tried.
        first: u16,
        /// The last port tried.
        last: u16,
    },
}

/// What is wrong with a scenario.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// A file that every scenario has is not there.
    #[error("{file} is missing")]
    Missing {
        /// Its name.
        file: &'static str,
    },
    /// A file that must be text is not UTF-8.
    #[error("{file} is not UTF-8")]
    NotText {
        /// Its name.
        file: String,
    },
    /// A file that nothing reads.
    #[error("{file} is read by nothing")]
    Stray {
        /// Its name.
        file: String,
    },
    /// `expect.toml` or `peers.toml` cannot be read.
    #[error("{file}: {source}")]
    Toml {
        /// Which one.
        file: &'static str,
        /// Line and reason.
        source: Box<toml::de::Error>,
    },
    /// The zone cannot be read.
    #[error("{file}: {detail}")]
    Zone {
        /// `zone` or `zone.ns2`.
        file: String,
        /// Line and reason.
        detail: String,
    },
    /// A name that is no domain name.
    #[error("{name:?} is not a domain name")]
    Name {
        /// As written.
        name: String,
    },
    /// A record type that nobody knows.
    #[error("{rtype:?} is not a record type")]
    RecordType {
        /// As written.
        rtype: String,
    },
    /// A `{symbol}` that stands for nothing.
    #[error("{{{symbol}}} stands for nothing")]
    Symbol {
        /// Without its braces.
        symbol: String,
    },
    /// A peer is described whose address no record has.
    #[error("{peer} is described, but the zone does not name it")]
    Unnamed {
        /// Its symbol.
        peer: String,
    },
    /// A peer's body is a file that is not there.
    #[error("{file} is served, but not there")]
    NoBody {
        /// Its name.
        file: String,
    },
}

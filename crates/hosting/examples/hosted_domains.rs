//! Writes an installation of many domains in mode enforce, each with a certificate of its own, into
//! a folder: what `cargo xtask bench hosting` measures.
//!
//! ```console
//! cargo run --release -p ironpost-hosting --example hosted_domains -- FOLDER COUNT
//! ```
//!
//! | file | what it is |
//! | --- | --- |
//! | `sealing.key` | the key that private keys are sealed with |
//! | `root.pem` | the root of the certificates |
//! | `export.jsonl` | the database, for `ironpost db import` |
//! | `domains.txt` | a domain and its token in each line |
//! | `pem/mta-sts.DOMAIN.pem` | the chain and the private key of a policy host, for other servers |

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ironpost_hosting::sealing::Seals;
use ironpost_proto::delegation::Token;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CrlDistributionPoint, CustomExtension,
    DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::error::Error;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [folder, count] = arguments.as_slice() else { return Err("FOLDER COUNT".into()) };
    let (folder, count) = (Path::new(folder), count.parse()?);
    fs::create_dir_all(folder.join("pem"))?;
    let seals = Seals::make(&folder.join("sealing.key"))?;
    let ca = Ca::new()?;
    fs::write(folder.join("root.pem"), &ca.root)?;
    let hosts = (1..=count).map(|number| ca.host(number)).collect::<Outcome<Vec<_>>>()?;
    let mut list = BufWriter::new(File::create(folder.join("domains.txt"))?);
    for host in &hosts {
        writeln!(list, "{} {}", host.domain, host.token)?;
        let pem = [host.leaf.pem(), ca.intermediate.pem(), host.key.serialize_pem()].concat();
        fs::write(folder.join(format!("pem/mta-sts.{}.pem", host.domain)), pem)?;
    }
    list.flush()?;
    export(&folder.join("export.jsonl"), &hosts, &ca, &seals)
}

/// A CA of a root and an intermediate.
struct Ca {
    /// PEM.
    root: String,
    intermediate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

/// A policy host and its domain.
struct Host {
    domain: String,
    token: Token,
    leaf: Certificate,
    key: KeyPair,
}

impl Ca {
    fn new() -> Outcome<Self> {
        let root_key = KeyPair::generate()?;
        let root_params = ca_params("Benchmark Root", BasicConstraints::Unconstrained)?;
        let root = root_params.self_signed(&root_key)?.pem();
        let root_issuer = Issuer::new(root_params, root_key);
        let key = KeyPair::generate()?;
        let mut params = ca_params("Benchmark Intermediate 1", BasicConstraints::Constrained(0))?;
        params.crl_distribution_points = lists("http://x1.c.ca.example/");
        let intermediate = params.signed_by(&key, &root_issuer)?;
        Ok(Self { root, intermediate, issuer: Issuer::new(params, key) })
    }

    fn host(&self, number: u32) -> Outcome<Host> {
        let domain = format!("customer-{number:06}.example");
        let name = format!("mta-sts.{domain}");
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new([name.clone()])?;
        params.distinguished_name = named(&name);
        set_validity(&mut params);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.crl_distribution_points = lists("http://i1.c.ca.example/127.crl");
        params.custom_extensions = vec![issuer_place(), policies(), timestamps()];
        let leaf = params.signed_by(&key, &self.issuer)?;
        Ok(Host { domain, token: Token::from_bytes(rand::random()), leaf, key })
    }
}

fn ca_params(name: &str, constraints: BasicConstraints) -> Outcome<CertificateParams> {
    let mut params = CertificateParams::new([])?;
    params.distinguished_name = named(name);
    set_validity(&mut params);
    params.is_ca = IsCa::Ca(constraints);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// From [`SINCE`] to [`UNTIL`].
fn set_validity(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2036, 1, 1);
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

fn lists(uri: &str) -> Vec<CrlDistributionPoint> {
    vec![CrlDistributionPoint { uris: vec![uri.to_owned()] }]
}

/// Authority information access (RFC 5280 §4.2.2.1): where the issuer's certificate is.
fn issuer_place() -> CustomExtension {
    let place = [der(0x06, CA_ISSUERS), der(0x86, b"http://i1.i.ca.example/")].concat();
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], der(0x30, &der(0x30, &place)))
}

/// Certificate policies (RFC 5280 §4.2.1.4): the domain was validated.
fn policies() -> CustomExtension {
    let policy = der(0x30, &der(0x06, DOMAIN_VALIDATED));
    CustomExtension::from_oid_content(&[2, 5, 29, 32], der(0x30, &policy))
}

/// As many octets as two signed certificate timestamps have (RFC 6962 §3.3), which no sender reads.
fn timestamps() -> CustomExtension {
    let stamps: [u8; TIMESTAMPS] = std::array::from_fn(|_| rand::random());
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 11129, 2, 4, 2], der(0x04, &stamps))
}

/// A DER value (X.690 §8.1) of fewer than 256 octets.
fn der(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = u8::try_from(contents.len()).unwrap_or(u8::MAX);
    let head = if length < 0x80 { vec![tag, length] } else { vec![tag, 0x81, length] };
    [&head, contents].concat()
}

/// Writes down the database that would hold these hosts.
fn export(path: &Path, hosts: &[Host], ca: &Ca, seals: &Seals) -> Outcome<()> {
    let mut out = Lines::to(path)?;
    let tables = [
        ("organisations", ORGANISATION, 1),
        ("feed", FEED, 1),
        ("domains", DOMAIN, hosts.len()),
        ("versions", VERSION, hosts.len()),
        ("certificates", CERTIFICATE, hosts.len()),
    ];
    let announced = tables.map(|(name, columns, rows)| {
        let columns: Vec<_> = columns.split(' ').collect();
        json!({ "name": name, "columns": columns, "rows": rows })
    });
    out.line(&json!({ "ironpost_export": 1, "migrations": 1, "tables": announced }))?;
    out.row(&json!(["organisations", 1, "default"]))?;
    out.row(&json!(["feed", 1, hosts.len()]))?;
    for (id, host) in (1..).zip(hosts) {
        let token = host.token.to_string();
        out.row(&json!([
            "domains",
            id,
            1,
            host.domain,
            token,
            "cname",
            "enforce",
            SINCE,
            1,
            1,
            SINCE,
            id
        ]))?;
    }
    for (id, host) in (1..).zip(hosts) {
        let policy =
            format!("version: STSv1\nmode: enforce\nmx: mx.{}\nmax_age: 604800\n", host.domain);
        out.row(&json!(["versions", id, 1, POLICY_ID, policy, 0, SINCE, SINCE, SINCE]))?;
    }
    for (id, host) in (1..).zip(hosts) {
        let chain = [host.leaf.der().as_ref(), ca.intermediate.der().as_ref()].concat();
        let sealed = seals.seal(&host.domain, host.key.serialized_der())?;
        let (chain, sealed) = (STANDARD.encode(chain), STANDARD.encode(sealed));
        out.row(&json!(["certificates", id, chain, sealed, DIRECTORY, SINCE, UNTIL, SINCE, 0]))?;
    }
    out.end()
}

/// The lines of an export.
struct Lines {
    file: BufWriter<File>,
    digest: Sha256,
    rows: usize,
}

impl Lines {
    fn to(path: &Path) -> Outcome<Self> {
        Ok(Self { file: BufWriter::new(File::create(path)?), digest: Sha256::new(), rows: 0 })
    }

    fn row(&mut self, row: &Value) -> Outcome<()> {
        self.rows += 1;
        self.line(row)
    }

    fn line(&mut self, line: &Value) -> Outcome<()> {
        let mut line = serde_json::to_vec(line)?;
        line.push(b'\n');
        self.digest.update(&line);
        Ok(self.file.write_all(&line)?)
    }

    fn end(mut self) -> Outcome<()> {
        let digest = self.digest.clone().finalize();
        let digest = digest.iter().fold(String::new(), |mut text, octet| {
            // A `String` takes whatever is written to it.
            let _ = write!(text, "{octet:02x}");
            text
        });
        self.line(&json!({ "rows": self.rows, "sha256": digest }))?;
        Ok(self.file.flush()?)
    }
}

const ORGANISATION: &str = "id name";
const FEED: &str = "id seq";
const DOMAIN: &str = "id organisation_id name token way state since shown announced added_at seq";
const VERSION: &str = "domain_id number id policy elsewhere shown everywhere announced";
const CERTIFICATE: &str =
    "domain_id chain sealed_key directory not_before not_after ask_at unanswered";
/// 2026-01-01, milliseconds since 1970: everything was done then.
const SINCE: i64 = 1_767_225_600_000;
/// 2036-01-01.
const UNTIL: i64 = 2_082_758_400_000;
const DIRECTORY: &str = "https://ca.example/directory";
const POLICY_ID: &str = "20260101000000";
/// id-ad-caIssuers (RFC 5280 §4.2.2.1), encoded.
const CA_ISSUERS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 2];
/// 2.23.140.1.2.1 of the CA/Browser Forum, encoded.
const DOMAIN_VALIDATED: &[u8] = &[0x67, 0x81, 0x0c, 1, 2, 1];
/// Octets of two timestamps with P-256 signatures, and what is around them.
const TIMESTAMPS: usize = 242;

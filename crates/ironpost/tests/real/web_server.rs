//! nginx as policy hosts.

use crate::case::Case;
use crate::certificates::{Authority, Certificate};
use crate::namespace::Namespace;
use std::fmt::Write;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::slice;

/// What a policy host does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PolicyHost {
    /// Nothing is published about MTA-STS at all.
    None,
    /// The policy, over IPv4 and IPv6, TLS 1.2 and 1.3, HTTP/2 for those who ask.
    Sound,
    /// The policy, over IPv6 alone.
    Ipv6Only,
    /// Another certificate than the sound one.
    Shows(Certificate),
    Redirects,
    NotFound,
    /// The policy as nginx serves files whose type it does not know.
    OctetStream,
    /// 403 for everybody but browsers.
    BrowsersOnly,
    /// TLS 1.1 and no newer.
    OldTls,
    /// HTTP on the port of HTTPS.
    NoTls,
    /// Nothing listens.
    Closed,
    /// Nothing listens at its IPv6 address.
    DeadIpv6,
    /// Its IPv6 address has another certificate.
    Ipv6Shows(Certificate),
    /// Its IPv6 address serves another policy.
    OtherPolicyOverIpv6,
}

impl PolicyHost {
    /// Its addresses.
    pub(crate) fn addresses(self) -> Vec<IpAddr> {
        match self {
            Self::None => Vec::new(),
            Self::Sound
            | Self::Shows(_)
            | Self::Redirects
            | Self::NotFound
            | Self::OctetStream
            | Self::BrowsersOnly => vec![ipv4(SOUND), ipv6(SOUND)],
            Self::Ipv6Only => vec![ipv6(SOUND)],
            Self::OldTls => vec![ipv4(OLD)],
            Self::NoTls => vec![ipv4(BARE)],
            Self::Closed => vec![ipv4(NOBODY), ipv6(NOBODY)],
            Self::DeadIpv6 => vec![ipv4(SOUND), ipv6(NOBODY)],
            Self::Ipv6Shows(_) | Self::OtherPolicyOverIpv6 => vec![ipv4(SOUND), ipv6(OTHER)],
        }
    }

    fn certificate(self) -> Certificate {
        match self {
            Self::Shows(certificate) => certificate,
            _ => Certificate::Sound,
        }
    }

    /// What nginx is to do with a request for the policy.
    fn answer(self) -> &'static str {
        match self {
            Self::Redirects => "return 301 https://www.unsigned.example$request_uri;",
            Self::NotFound => "return 404;",
            Self::OctetStream => "types {}",
            Self::BrowsersOnly => "if ($http_user_agent !~ Mozilla) { return 403; }",
            _ => "",
        }
    }
}

/// Writes policies, certificates and configuration, and starts nginx.
pub(crate) fn start<'a>(
    cases: impl Iterator<Item = &'a Case>,
    authority: &Authority,
    namespace: &Namespace,
    folder: &Path,
) {
    let path = folder.display();
    let mut config = format!(
        "user root;\nworker_processes 1;\npid {path}/nginx.pid;\nerror_log {path}/error.log;\n\
         events {{}}\nhttp {{\nserver_names_hash_bucket_size 128;\n\
         log_format seen '$host $request_method $request_uri $status $ssl_server_name $ssl_protocol';\n\
         access_log {path}/access.log seen;\ntypes {{ text/plain txt; }}\n\
         default_type application/octet-stream;\n\
         ssl_protocols TLSv1.2 TLSv1.3;\ngzip on;\ngzip_types text/plain;\ngzip_min_length 1;\n"
    );
    for case in cases.filter(|case| case.policy_host != PolicyHost::None) {
        add(case, authority, folder, &mut config);
    }
    config.push_str("}\n");
    let path = folder.join("nginx.conf");
    fs::write(&path, config).unwrap();
    let hosts = [SOUND, OLD, BARE, OTHER, NOBODY];
    namespace.add_addresses(hosts.into_iter().flat_map(|host| [ipv4(host), ipv6(host)]));
    let log = folder.join("error.log");
    namespace.run("nginx", &["-e", log.to_str().unwrap(), "-c", path.to_str().unwrap()]);
}

/// Adds the server blocks of one policy host.
fn add(case: &Case, authority: &Authority, folder: &Path, config: &mut String) {
    let host = case.policy_host;
    let (name, policy) = (format!("mta-sts.{}", case.domain), policy(case));
    let mut block = |label: &str, certificate, policy: &str, listen: &[String]| {
        let place = folder.join(format!("{name}{label}"));
        fs::create_dir_all(place.join(".well-known")).unwrap();
        fs::write(place.join(".well-known/mta-sts.txt"), policy).unwrap();
        fs::write(
            place.join("chain.pem"),
            authority.issue(certificate, slice::from_ref(&name)).pem,
        )
        .unwrap();
        let (place, answer) = (place.display(), host.answer());
        let listen: Vec<_> = listen.iter().map(|socket| format!("listen {socket};\n")).collect();
        let listen = listen.concat();
        writeln!(
            config,
            "server {{\n{listen}server_name {name};\nroot {place};\n\
             ssl_certificate {place}/chain.pem;\nssl_certificate_key {place}/chain.pem;\n{}\
             location = /.well-known/mta-sts.txt {{ {answer} }}\n}}",
            if host == PolicyHost::OldTls { OLD_TLS } else { "" },
        )
        .unwrap();
    };
    let over_ipv4 = format!("{}:443 ssl http2", ipv4(SOUND));
    let over_ipv6 = |host| format!("[{}]:443 ssl http2", ipv6(host));
    match host {
        PolicyHost::None | PolicyHost::Closed => {}
        PolicyHost::Sound
        | PolicyHost::Ipv6Only
        | PolicyHost::Shows(_)
        | PolicyHost::Redirects
        | PolicyHost::NotFound
        | PolicyHost::OctetStream
        | PolicyHost::BrowsersOnly => {
            block("", host.certificate(), &policy, &[over_ipv4, over_ipv6(SOUND)]);
        }
        PolicyHost::DeadIpv6 => block("", Certificate::Sound, &policy, &[over_ipv4]),
        PolicyHost::OldTls => {
            block("", Certificate::Sound, &policy, &[format!("{}:443 ssl", ipv4(OLD))]);
        }
        PolicyHost::NoTls => {
            block("", Certificate::Sound, &policy, &[format!("{}:443", ipv4(BARE))]);
        }
        PolicyHost::Ipv6Shows(certificate) => {
            block("", Certificate::Sound, &policy, &[over_ipv4]);
            block("-ipv6", certificate, &policy, &[over_ipv6(OTHER)]);
        }
        PolicyHost::OtherPolicyOverIpv6 => {
            block("", Certificate::Sound, &policy, &[over_ipv4]);
            let other = policy.replace("enforce", "testing");
            block("-ipv6", Certificate::Sound, &other, &[over_ipv6(OTHER)]);
        }
    }
}

fn policy(case: &Case) -> String {
    let patterns: Vec<_> = case.mx.iter().map(|host| format!("mx: {host}\r\n")).collect();
    let patterns = patterns.concat();
    format!("version: STSv1\r\nmode: {}\r\n{patterns}max_age: 2592000\r\n", case.mode)
}

fn ipv4(host: u8) -> IpAddr {
    Ipv4Addr::new(203, 0, 113, host).into()
}

fn ipv6(host: u8) -> IpAddr {
    Ipv6Addr::new(0x2001, 0xdb8, 0x443, 0, 0, 0, 0, host.into()).into()
}

const SOUND: u8 = 1;
const OLD: u8 = 2;
const BARE: u8 = 3;
const OTHER: u8 = 4;
const NOBODY: u8 = 5;

/// OpenSSL of today has to be talked into it.
const OLD_TLS: &str = "ssl_protocols TLSv1.1;\nssl_ciphers DEFAULT:@SECLEVEL=0;\n";

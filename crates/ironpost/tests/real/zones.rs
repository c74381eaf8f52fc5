//! The zones: a signed root, a signed top-level domain, and below it zones of every kind.
//!
//! Records may hold placeholders: `{ipv4:NAME}` and `{ipv6:NAME}` for the addresses of a mail
//! service, `{key:NAME}` and `{certificate:NAME}` for the SHA-256 digests of what it shows. The
//! names `intermediate` and `root` stand for the certification authority, `nobody` for addresses
//! where nothing listens.

use crate::case::Case;
use crate::certificates::{Authority, Digests};
use crate::mail_server::{MailServer, NOBODY, addresses_of, names};
use crate::web_server::PolicyHost;
use crate::zone::{Denial, Signing, Zone};
use std::collections::BTreeMap;
use std::fmt::Write;

/// All zones, with what `cases` publish.
pub(crate) fn all<'a>(
    cases: impl Iterator<Item = &'a Case>,
    mail: &MailServer,
    authority: &Authority,
) -> Vec<Zone> {
    let mut records: BTreeMap<&str, String> =
        ZONES.iter().map(|(name, _, own)| (*name, (*own).to_owned())).collect();
    for zone in ["signed.example", "unsigned.example"] {
        let text = records.get_mut(zone).unwrap();
        for name in names() {
            writeln!(text, "{name} A {{ipv4:{name}}}\n{name} AAAA {{ipv6:{name}}}").unwrap();
        }
    }
    for case in cases {
        let zone = ZONES
            .iter()
            .map(|(name, ..)| *name)
            .filter(|zone| case.domain == *zone || case.domain.ends_with(&format!(".{zone}")))
            .max_by_key(|zone| zone.len());
        publish(case, records.get_mut(zone.unwrap()).unwrap());
    }
    let values = placeholders(mail, authority);
    ZONES
        .iter()
        .map(|(name, signing, _)| {
            let text = values.iter().fold(records[name].clone(), |text, (placeholder, value)| {
                text.replace(placeholder, value)
            });
            assert!(!text.contains('{'), "a placeholder that nobody knows: {text}");
            Zone { name, records: text.leak(), signing: *signing }
        })
        .collect()
}

/// The records of one domain.
fn publish(case: &Case, text: &mut String) {
    let domain = case.domain;
    for (place, host) in case.mx.iter().enumerate() {
        writeln!(text, "{domain}. MX {} {host}.", 10 * (place + 1)).unwrap();
    }
    let rua = "mailto:tls@reports.unsigned.example";
    writeln!(text, "_smtp._tls.{domain}. TXT \"v=TLSRPTv1; rua={rua}\"").unwrap();
    if case.policy_host != PolicyHost::None {
        writeln!(text, "_mta-sts.{domain}. TXT \"v=STSv1; id=20260101\"").unwrap();
        for address in case.policy_host.addresses() {
            let rtype = if address.is_ipv4() { "A" } else { "AAAA" };
            writeln!(text, "mta-sts.{domain}. {rtype} {address}").unwrap();
        }
    }
    writeln!(text, "{}", case.records).unwrap();
}

fn placeholders(mail: &MailServer, authority: &Authority) -> Vec<(String, String)> {
    let mut values = Vec::new();
    let mut add = |kind: &str, name: &str, value: String| {
        values.push((format!("{{{kind}:{name}}}"), value));
    };
    for name in names() {
        let (ipv4, ipv6) = addresses_of(name);
        add("ipv4", name, ipv4.to_string());
        add("ipv6", name, ipv6.to_string());
        add("key", name, mail.digests(name).key.clone());
        add("certificate", name, mail.digests(name).certificate.clone());
    }
    add("ipv4", "nobody", NOBODY.0.to_string());
    add("ipv6", "nobody", NOBODY.1.to_string());
    let authorities =
        [("intermediate", authority.intermediate_digests()), ("root", authority.root_digests())];
    for (name, Digests { certificate, key }) in authorities {
        add("certificate", name, certificate);
        add("key", name, key);
    }
    values
}

const P256: Signing = Signing::Sound("ECDSAP256SHA256", Denial::Nsec);

/// Name, how it is signed, and records of its own.
const ZONES: &[(&str, Signing, &str)] = &[
    (".", P256, ""),
    ("example", Signing::Sound("RSASHA256", Denial::OptOut), ""),
    ("signed.example", P256, ""),
    ("nsec3.example", Signing::Sound("ECDSAP256SHA256", Denial::Nsec3), ""),
    ("ed25519.example", Signing::Sound("ED25519", Denial::Nsec), ""),
    ("unsigned.example", Signing::Unsigned, "reports MX 10 sound\n"),
    ("child.signed.example", Signing::Unsigned, ""),
    ("other-key.example", Signing::OtherKey, ""),
    ("expired.example", Signing::Expired, ""),
    ("early.example", Signing::NotYetValid, ""),
    ("stripped.example", Signing::Stripped, ""),
    ("tampered.example", Signing::Tampered, ""),
    // The TLSA records of a host in a zone of their own, so that they alone are bogus.
    ("_tcp.mx-bogus.signed.example", Signing::OtherKey, "_25 TLSA 3 1 1 {key:sound}\n"),
];

//! What Postfix 3.10 tells a collector of TLS reports (RFC 8460).

use crate::domains::{Domain, STEADY};
use crate::enforcement::recipient;
use crate::internet::Internet;
use crate::sender::{Release, Sender};
use serde_json::Value;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

/// Domain; the type of policy and the result in libtlsrpt's numbers; why.
const REPORTED: &[(&str, u64, Option<u64>, &str)] = &[
    ("enforced.unsigned.example", STS, None, "a session under the policy"),
    ("plain.unsigned.example", STS, Some(201), "starttls-not-supported"),
    ("other.unsigned.example", STS, Some(202), "certificate-host-mismatch"),
    ("old.unsigned.example", STS, Some(204), "certificate-expired"),
    ("dane.signed.example", TLSA, None, "a session under TLSA records"),
    (
        "dane-mismatch.signed.example",
        TLSA,
        Some(203),
        "Postfix's word for no TLSA record that matches",
    ),
    (
        "old-testing.unsigned.example",
        NO_POLICY,
        None,
        "Postfix verifies nothing: no success under the policy",
    ),
];

#[test]
fn reports_claim_no_more_than_was_verified() {
    let internet = Internet::shared();
    let (namespace, own) = (&internet.namespace, internet.new_folder());
    let sender = Sender::install(Release::Debian13, &[], &internet.root_pem(), &own, namespace);
    sender.protect(namespace);
    // Seen from the chroot of smtp(8).
    sender
        .configure(namespace, ["smtp_tlsrpt_enable = yes", "smtp_tlsrpt_socket_name = collector"]);
    let collector = collector(&own.join("var/spool/postfix/collector"));
    sender.start(namespace);
    let domains: Vec<&Domain> = REPORTED
        .iter()
        .map(|(name, ..)| STEADY.iter().find(|domain| domain.name == *name).unwrap())
        .collect();
    let recipients: Vec<String> = domains.iter().map(|domain| recipient(&sender, domain)).collect();
    sender.send(namespace, "reported", &recipients);

    let mut reports = Vec::new();
    for _ in REPORTED {
        reports.push(receive(&collector));
    }
    for (name, policy, result, reason) in REPORTED {
        let of_domain = reports.iter().find(|report| report["d"] == *name);
        let report = of_domain.unwrap_or_else(|| panic!("no report for {name}: {reports:#?}"));
        let told = &report["policies"][0];
        assert_eq!(told["policy-type"], *policy, "{name}, {reason}: {report:#}");
        assert_eq!(told["f"], u64::from(result.is_some()), "{name}, {reason}: {report:#}");
        let code = result.map_or(Value::Null, Value::from);
        assert_eq!(told["failure-details"][0]["c"], code, "{name}, {reason}: {report:#}");
    }
    // RFC 8460 §4.4: a line of the policy each.
    let report = reports.iter().find(|report| report["d"] == REPORTED[0].0).unwrap();
    let policy =
        ["version: STSv1", "mode: enforce", "mx: sound.unsigned.example", "max_age: 2592000"];
    assert_eq!(report["policies"][0]["policy-string"], Value::from(policy.as_slice()));
}

fn collector(path: &Path) -> UnixDatagram {
    let socket = UnixDatagram::bind(path).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o666)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

fn receive(collector: &UnixDatagram) -> Value {
    let mut datagram = vec![0; 1 << 16];
    let length = collector.recv(&mut datagram).expect("a report");
    serde_json::from_slice(&datagram[..length]).unwrap()
}

const TLSA: u64 = 1;
const STS: u64 = 2;
const NO_POLICY: u64 = 9;

const PATIENCE: Duration = Duration::from_secs(30);

//! The zones, NSD that serves them, and Unbound that validates.

use crate::NAME_SERVER;
use crate::domains::{self, Domain};
use crate::mail_hosts::{self, MailHosts};
use crate::name_service::{start_nsd, start_unbound, wait_for};
use crate::namespace::Namespace;
use crate::policy_hosts;
use crate::programs::{program, run};
use crate::zone::{Denial, Signing, Zone, write_all};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Where Unbound listens for Postfix and for a resolver that is left alone.
pub(crate) const UNBOUND: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// NSD and Unbound.
#[derive(Debug)]
pub(crate) struct NameServers {
    folder: PathBuf,
    /// Changes to the zone that changes.
    changes: Mutex<u32>,
}

impl NameServers {
    /// Writes and signs the zones, starts both and waits until they answer. Unbound is started by
    /// a command for it, and listens at `addresses`, all on loopback.
    pub(crate) fn start(
        mail: &MailHosts,
        addresses: &[IpAddr],
        unbound: Command,
        namespace: &Namespace,
        folder: &Path,
    ) -> Self {
        let zones = zones(mail);
        write_all(&zones, folder);
        namespace.set_resolv_conf(&resolv_conf());
        namespace.add_addresses([NAME_SERVER.into()]);
        start_nsd(&zones, NSD, NAME_SERVER, namespace, folder, |zone| zone.file(folder));
        start_unbound("unbound", addresses, "validator iterator", NAME_SERVER, unbound, folder);
        wait_for(UNBOUND.into(), ["enforced.signed.example", "MX"], "sound", namespace);
        Self { folder: folder.to_owned(), changes: Mutex::new(0) }
    }

    /// Gives the record of a domain in [`CHANGES`] another id.
    pub(crate) fn set_id(&self, domain: &Domain, id: &str, namespace: &Namespace) {
        let change = |text: &str| {
            let (before, rest) = text.split_once(&record_before_id(domain)).unwrap();
            let after = rest.split_once('"').unwrap().1;
            format!("{before}{}{id}\"{after}", record_before_id(domain))
        };
        let name = format!("_mta-sts.{}", domain.name);
        self.change(change, [&name, "TXT"], id, namespace);
        wait_for(UNBOUND.into(), [&name, "TXT"], id, namespace);
    }

    /// Changes the zone that changes. Then NSD's answer to a question has `sign` in it.
    pub(crate) fn change(
        &self,
        change: impl FnOnce(&str) -> String,
        question: [&str; 2],
        sign: &str,
        namespace: &Namespace,
    ) {
        let mut changes = self.changes.lock().unwrap();
        let file = self.folder.join(format!("{CHANGES}.zone"));
        let text = change(&fs::read_to_string(&file).unwrap());
        let serial = |number| format!(" hostmaster {number} ");
        let text = text.replace(&serial(*changes + 1), &serial(*changes + 2));
        *changes += 1;
        fs::write(&file, text).unwrap();
        let old = self.servers(namespace);
        run(Command::new(program("kill")).args(["-HUP", &self.parent()]));
        wait_for(NAME_SERVER.into(), question, sign, namespace);
        // Until it has ended, the process that knows the old zone answers too.
        let started = Instant::now();
        while self.servers(namespace).iter().any(|process| old.contains(process)) {
            assert!(started.elapsed() < PATIENCE, "NSD does not let go of the old zone");
        }
    }

    /// The processes of NSD that know zones: all but their parent.
    fn servers(&self, namespace: &Namespace) -> Vec<String> {
        let is_nsd = |process: &String| {
            fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|name| name == "nsd\n")
        };
        let (mut processes, parent) = (namespace.processes(), self.parent());
        processes.retain(|process| is_nsd(process) && *process != parent);
        processes
    }

    fn parent(&self) -> String {
        let file = self.folder.join(format!("nsd-{NSD}.pid"));
        fs::read_to_string(file).unwrap().trim().to_owned()
    }
}

/// What /etc/resolv.conf says.
pub(crate) fn resolv_conf() -> String {
    format!("nameserver {UNBOUND}\n")
}

/// The record up to the id. It is too short-lived to be in anybody's cache but a resolver's.
fn record_before_id(domain: &Domain) -> String {
    format!("_mta-sts.{}. 0 TXT \"v=STSv1; id=", domain.name)
}

fn zones(mail: &MailHosts) -> Vec<Zone> {
    let mut records: BTreeMap<&str, String> =
        ZONES.iter().map(|(name, _, own)| (*name, (*own).to_owned())).collect();
    for zone in ["signed.example", "unsigned.example"] {
        let text = records.get_mut(zone).unwrap();
        for name in mail_hosts::names() {
            writeln!(text, "{name} A {{ipv4:{name}}}").unwrap();
        }
    }
    for domain in domains::all() {
        let zone = ZONES.iter().find(|(zone, ..)| {
            *zone == domain.name || domain.name.split_once('.').is_some_and(|(_, up)| up == *zone)
        });
        publish(domain, records.get_mut(zone.unwrap().0).unwrap());
    }
    let zone = |(name, signing, _): &(&'static str, Signing, &str)| {
        let mut text = records[name].clone();
        for host in mail_hosts::names() {
            let key = &mail.digests(host).key;
            text = text.replace(&format!("{{key:{host}}}"), key);
            let address = mail_hosts::address(host).to_string();
            text = text.replace(&format!("{{ipv4:{host}}}"), &address);
        }
        assert!(!text.contains('{'), "a placeholder that nobody knows: {text}");
        Zone { name, records: text.leak(), signing: *signing }
    };
    ZONES.iter().map(zone).collect()
}

fn publish(domain: &Domain, text: &mut String) {
    let name = domain.name;
    for (place, host) in domain.mx.iter().enumerate() {
        writeln!(text, "{name}. MX {} {host}.", 10 * (place + 1)).unwrap();
    }
    let rua = "mailto:reports@unsigned.example";
    writeln!(text, "_smtp._tls.{name}. TXT \"v=TLSRPTv1; rua={rua}\"").unwrap();
    if let Some(policy) = domain.policy {
        writeln!(text, "{}1\"", record_before_id(domain)).unwrap();
        writeln!(text, "mta-sts.{name}. A {}", policy_hosts::address(policy)).unwrap();
    }
    writeln!(text, "{}", domain.records).unwrap();
}

const PATIENCE: Duration = Duration::from_secs(30);

const NSD: &str = "authoritative";

/// The zone that changes: nobody has to sign it again.
const CHANGES: &str = "unsigned.example";

const P256: Signing = Signing::Sound("ECDSAP256SHA256", Denial::Nsec);

/// Name, how it is signed, and records of its own.
const ZONES: &[(&str, Signing, &str)] = &[
    (".", P256, ""),
    ("example", P256, ""),
    ("signed.example", P256, ""),
    (CHANGES, Signing::Unsigned, ""),
    ("bogus.example", Signing::OtherKey, ""),
    // The TLSA records of a host in a zone of their own, so that they alone are bogus.
    ("_tcp.mx-bogus.signed.example", Signing::OtherKey, "_25 TLSA 3 1 1 {key:sound}\n"),
];

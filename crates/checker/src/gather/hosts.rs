//! MX hosts: addresses, SMTP probes, TLSA; once per run for each host.

use super::{Look, SMTP_DEADLINE, addresses};
use crate::evidence::{HostEvidence, TlsaEvidence};
use futures_util::future::join_all;
use ironpost_net::dns::answer::{Lookup, Security};
use ironpost_net::smtp::{SmtpProbe, SmtpProber, Sni};
use ironpost_net::tls::facts::TlsVersion;
use ironpost_proto::dane::{self, Alias, base_domains};
use ironpost_proto::domain::DnsName;
use ironpost_proto::tls_rpt::record::is_record;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::timeout_at;

/// What was seen of hosts in this run. A host that many domains name is probed once.
#[derive(Debug, Default)]
pub(super) struct HostCache {
    seen: Mutex<HashMap<DnsName, Slot>>,
}

#[derive(Debug, Default)]
struct Slot {
    look: Arc<OnceCell<Arc<HostEvidence>>>,
    /// Domains that have named the host.
    named: usize,
}

impl HostCache {
    fn slot(&self, name: &DnsName) -> Arc<OnceCell<Arc<HostEvidence>>> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MAX_CACHED && !seen.contains_key(name) {
            // Room is made by those that one domain named and nobody waits for; then by all idle ones.
            let idle = |slot: &Slot| Arc::strong_count(&slot.look) == 1;
            seen.retain(|_, slot| slot.named > 1 || !idle(slot));
            if seen.len() >= MAX_CACHED {
                seen.retain(|_, slot| !idle(slot));
            }
        }
        let slot = seen.entry(name.clone()).or_default();
        slot.named += 1;
        Arc::clone(&slot.look)
    }

    fn forget(&self, name: &DnsName, look: &Arc<OnceCell<Arc<HostEvidence>>>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.get(name).is_some_and(|slot| Arc::ptr_eq(&slot.look, look)) {
            seen.remove(name);
        }
    }
}

impl Look<'_> {
    pub(super) async fn host(&self, name: DnsName) -> Arc<HostEvidence> {
        let slot = self.network.hosts.slot(&name);
        let look = slot.get_or_init(|| async { Arc::new(self.look_at_host(&name).await) });
        match timeout_at(self.deadline, look).await {
            Ok(seen) => {
                // A domain that was slow elsewhere does not leave the host untested for all others.
                if seen.cut_short {
                    self.network.hosts.forget(&name, &slot);
                }
                Arc::clone(seen)
            }
            Err(_) => Arc::new(HostEvidence::cut_short(name)),
        }
    }

    async fn look_at_host(&self, name: &DnsName) -> HostEvidence {
        let mut seen = HostEvidence { cut_short: false, ..HostEvidence::cut_short(name.clone()) };
        if seen.is_address() {
            // No lookup will find it.
            return seen;
        }
        let resolver = self.validating();
        let (ipv4, ipv6) = tokio::join!(resolver.ipv4(name), resolver.ipv6(name));
        let candidates = tlsa_candidates(name, &ipv4, &ipv6);
        let to_try = addresses(&ipv4, &ipv6);
        let probing = async {
            if self.skip.smtp { Smtp::default() } else { self.probe_all(name, &to_try).await }
        };
        let (smtp, tlsa) = tokio::join!(probing, self.tlsa(candidates));
        (seen.ipv4, seen.ipv6) = (Some(ipv4), Some(ipv6));
        seen.tlsa = tlsa;
        seen.probes = smtp.probes;
        seen.without_sni = smtp.without_sni;
        seen.legacy_versions = smtp.legacy_versions;
        seen.cut_short = smtp.cut_short;
        seen.forget_what_only_dane_needs();
        seen
    }

    async fn probe_all(&self, name: &DnsName, to_try: &[IpAddr]) -> Smtp {
        let at = |address: &IpAddr| SocketAddr::new(*address, self.network.ports.smtp);
        let asked = to_try.iter().map(|address| self.probe(name, at(address), Sni::MxName));
        let probes: Vec<_> = join_all(asked).await.into_iter().flatten().collect();
        let cut_short = probes.len() < to_try.len();
        if probes.iter().any(|probe| probe.connected_after.is_some()) {
            self.network.egress.connected();
        }
        let speaks_tls = probes.iter().find(|probe| probe.tls.is_some());
        let offers_tls = probes.iter().find(|probe| probe.starttls_offered);
        let (without_sni, legacy_versions) = match (speaks_tls, offers_tls) {
            (Some(sound), _) => tokio::join!(
                self.probe(name, sound.address, Sni::Absent),
                self.legacy_versions(sound.address)
            ),
            // No session with a server name: is the name to blame?
            (None, Some(faulty)) => {
                (self.probe(name, faulty.address, Sni::Absent).await, Vec::new())
            }
            (None, None) => (None, Vec::new()),
        };
        Smtp { probes, without_sni, legacy_versions, cut_short }
    }

    /// One probe, when there is room for it; `None` if the domain's time is over by then.
    async fn probe(&self, name: &DnsName, address: SocketAddr, sni: Sni) -> Option<SmtpProbe> {
        let _place = self.network.smtp_places.acquire().await.ok()?;
        Some(self.prober()?.probe(name, address, sni).await)
    }

    async fn legacy_versions(&self, address: SocketAddr) -> Vec<TlsVersion> {
        let Ok(_place) = self.network.smtp_places.acquire().await else { return Vec::new() };
        match self.prober() {
            Some(prober) => prober.legacy_versions(address).await,
            None => Vec::new(),
        }
    }

    /// A prober for the time that is left; `None` if that is too short to blame a host for silence.
    fn prober(&self) -> Option<SmtpProber> {
        let deadline = self.time_left(SMTP_DEADLINE);
        let prober = SmtpProber { deadline, ..self.network.prober.clone() };
        (deadline >= LEAST_PATIENCE).then_some(prober)
    }

    /// The TLSA records at the first candidate base domain that has secure ones; failing that what
    /// the last candidate showed, insecure records included. A failed lookup ends the search
    /// (RFC 7672 §2.1.2).
    async fn tlsa(&self, candidates: Vec<DnsName>) -> Option<TlsaEvidence> {
        if self.skip.dane {
            return None;
        }
        let mut last = None;
        for base in candidates {
            let at = base.prefixed(&format!("_{TLSA_PORT}._tcp"));
            let lookup = self.validating().tlsa(&at).await;
            let go_on = lookup
                .as_ref()
                .is_ok_and(|a| a.records().is_empty() || a.security != Security::Secure);
            last = Some((base, lookup));
            if !go_on {
                break;
            }
        }
        let (base, lookup) = last?;
        let published = lookup.as_ref().is_ok_and(|answer| !answer.records().is_empty());
        let reports = if published {
            let answer = self.plain().txt(&base.prefixed("_smtp._tls")).await;
            answer.ok().map(|answer| answer.records().iter().any(|text| is_record(text)))
        } else {
            None
        };
        Some(TlsaEvidence { base, lookup, reports })
    }
}

impl HostEvidence {
    /// Certificates and keys are compared with TLSA records and otherwise too large to keep for
    /// thousands of hosts.
    fn forget_what_only_dane_needs(&mut self) {
        let published = |tlsa: &TlsaEvidence| {
            tlsa.lookup.as_ref().is_ok_and(|answer| !answer.records().is_empty())
        };
        if self.tlsa.as_ref().is_some_and(published) {
            return;
        }
        let sessions = self.probes.iter_mut().chain(&mut self.without_sni);
        for certificate in
            sessions.filter_map(|probe| probe.tls.as_mut()).flat_map(|tls| &mut tls.chain)
        {
            (certificate.der, certificate.spki) = (Vec::new(), Vec::new());
        }
    }

    /// A host that was not looked at in time.
    fn cut_short(name: DnsName) -> Self {
        Self {
            name,
            ipv4: None,
            ipv6: None,
            probes: Vec::new(),
            without_sni: None,
            legacy_versions: Vec::new(),
            tlsa: None,
            cut_short: true,
        }
    }
}

#[derive(Default)]
struct Smtp {
    probes: Vec<SmtpProbe>,
    without_sni: Option<SmtpProbe>,
    legacy_versions: Vec<TlsVersion>,
    /// Some address was not tried for want of time.
    cut_short: bool,
}

/// The names below which TLSA records may stand (RFC 7672 §2.2.3). Where the addresses are
/// insecure senders do not look; we do, to tell of records that are published in vain.
fn tlsa_candidates(name: &DnsName, ipv4: &Lookup<IpAddr>, ipv6: &Lookup<IpAddr>) -> Vec<DnsName> {
    let secure = [ipv4, ipv6]
        .into_iter()
        .flatten()
        .find(|answer| answer.security == Security::Secure && !answer.records().is_empty());
    let Some(answer) = secure else { return vec![name.clone()] };
    let alias = match answer.aliases.last() {
        None => Alias::None,
        Some(target) => Alias::To { target: target.clone(), first: dane::Security::Secure },
    };
    base_domains(name, &alias, dane::Security::Secure)
}

/// The port in TLSA names of MX hosts, whatever port a lab uses (RFC 7672 §2.2.3).
const TLSA_PORT: u16 = 25;
/// With less time than this, silence says nothing about a host.
const LEAST_PATIENCE: Duration = Duration::from_secs(2);
/// Hosts remembered; then those nobody waits for are forgotten.
const MAX_CACHED: usize = 4_096;

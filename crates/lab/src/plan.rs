//! From scenario folders to servers: who listens where and says what.

mod draft;
mod symbols;

use crate::address::{self, MAX_SCENARIOS};
use crate::attacker::Attacker;
use crate::certificates::{Authority, Identity};
use crate::dns::{Overlay, Tree, WireName};
use crate::error::{LabError, ScenarioError};
use crate::folder::Folder;
use crate::https::{self, Page, PolicyHost, Site};
use crate::peers::{AttackerManners, Dnssec, HttpsManners, SmtpManners, TlsManners};
use crate::scenario::Scenario;
use crate::smtp::{self, MxHost};
use crate::sound::{SoundCertificates, SoundDomains};
use crate::tls::{OneCertificate, TlsFront};
use domain::base::iana::Rtype;
use draft::Draft;
use rustls::crypto::CryptoProvider;
use std::net::Ipv4Addr;
use std::str::FromStr;
use std::sync::Arc;
use symbols::Role;

/// Everything that is to be served.
pub(crate) struct Plan {
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) tree: Tree,
    /// Addresses of name servers.
    pub(crate) dns: Vec<Ipv4Addr>,
    pub(crate) https: Vec<PolicyHost>,
    pub(crate) smtp: Vec<SmtpPeer>,
}

/// Who may answer on the SMTP port.
pub(crate) enum SmtpPeer {
    Mx(MxHost),
    Attacker(Attacker),
}

impl SmtpPeer {
    pub(crate) fn address(&self) -> Ipv4Addr {
        match self {
            Self::Mx(host) => host.address,
            Self::Attacker(attacker) => attacker.address,
        }
    }
}

impl Plan {
    pub(crate) fn of(
        folders: &[Folder],
        sound: SoundDomains,
        authority: &Arc<Authority>,
        overlay: Overlay,
    ) -> Result<Self, LabError> {
        let mut plan = Self {
            scenarios: Vec::with_capacity(folders.len()),
            tree: Tree::new(sound, overlay),
            dns: vec![address::RESOLVER, address::SECOND_SERVER],
            https: Vec::new(),
            smtp: Vec::new(),
        };
        plan.tree
            .add_own_zones()
            .map_err(|source| LabError::Scenario { name: "(the lab's own)".to_owned(), source })?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        plan.add_sound_hosts(sound, authority, &provider)?;
        for (index, folder) in folders.iter().enumerate() {
            let number = u8::try_from(index + 1).ok().filter(|n| *n <= MAX_SCENARIOS);
            let number = number.ok_or_else(|| LabError::TooManyScenarios {
                count: folders.len(),
                room: MAX_SCENARIOS.into(),
            })?;
            plan.add_scenario(folder, number, authority, &provider)?;
        }
        Ok(plan)
    }

    fn add_sound_hosts(
        &mut self,
        sound: SoundDomains,
        authority: &Arc<Authority>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<(), LabError> {
        let domains = Arc::new(sound);
        let certificates = Arc::new(SoundCertificates::new(sound, Arc::clone(authority))?);
        for address in address::BULK_POLICY_HOSTS {
            let resolver = Arc::clone(&certificates);
            let front = TlsFront::new(provider, TlsManners::Sound, resolver, https::PLAIN_ANSWER)?;
            self.https.push(PolicyHost { address, front, site: Site::Bulk(Arc::clone(&domains)) });
        }
        for address in address::BULK_MX_HOSTS {
            let resolver = Arc::clone(&certificates);
            let front = TlsFront::new(provider, TlsManners::Sound, resolver, smtp::PLAIN_ANSWER)?;
            let name = "mx.bulk.example".to_owned();
            let manners = SmtpManners::default();
            self.smtp.push(SmtpPeer::Mx(MxHost { address, name, front, manners }));
        }
        Ok(())
    }

    fn add_scenario(
        &mut self,
        folder: &Folder,
        number: u8,
        authority: &Authority,
        provider: &Arc<CryptoProvider>,
    ) -> Result<(), LabError> {
        let faulty = |source| LabError::Scenario { name: folder.name.clone(), source };
        let draft = Draft::of(folder, number).map_err(faulty)?;
        let apex = WireName::parse(&draft.origin)
            .ok_or_else(|| faulty(ScenarioError::Name { name: draft.origin.clone() }))?;
        if self.tree.has_zone(&apex) {
            return Err(LabError::Twice { domain: draft.scenario.domain });
        }
        let identities = draft.identities(authority)?;
        let hashes = symbols::hashes(&identities, authority.intermediate());
        let zones = draft.zones(&hashes).map_err(faulty)?;
        let secure = draft.peers.dns.dnssec == Dnssec::Secure;
        self.tree.add_zone(&apex, secure, zones.records);
        for (server, records) in zones.divergent {
            self.tree.add_divergent(server, records);
        }
        self.add_faults(&draft).map_err(faulty)?;
        for (symbol, (role, address)) in &draft.symbols.roles {
            match (role, identities.get(symbol)) {
                (Role::NameServer, _) => self.dns.push(*address),
                (Role::Nobody, _) | (Role::Https(_) | Role::Smtp(_), None) => {}
                (Role::Https(manners), Some(identity)) => {
                    let page = page(folder, manners).map_err(faulty)?;
                    self.add_policy_host(*address, page, identity, provider)?;
                }
                (Role::Smtp(manners), Some(identity)) => {
                    let name = draft.host_name(symbol);
                    self.add_mx_host(*address, name, manners, identity, provider)?;
                }
                (Role::Attacker(AttackerManners { victim }), _) => {
                    let victim = draft.symbols.address(victim).map_err(faulty)?;
                    self.smtp.push(SmtpPeer::Attacker(Attacker { address: *address, victim }));
                }
            }
        }
        self.scenarios.push(draft.scenario);
        Ok(())
    }

    fn add_policy_host(
        &mut self,
        address: Ipv4Addr,
        page: Page,
        identity: &Identity,
        provider: &Arc<CryptoProvider>,
    ) -> Result<(), LabError> {
        if !page.manners.closed {
            let resolver = OneCertificate::new(identity);
            let front = TlsFront::new(provider, page.manners.tls, resolver, https::PLAIN_ANSWER)?;
            self.https.push(PolicyHost { address, front, site: Site::Policy(page) });
        }
        Ok(())
    }

    fn add_mx_host(
        &mut self,
        address: Ipv4Addr,
        name: String,
        manners: &SmtpManners,
        identity: &Identity,
        provider: &Arc<CryptoProvider>,
    ) -> Result<(), LabError> {
        if !manners.closed {
            let resolver = OneCertificate::new(identity);
            let front = TlsFront::new(provider, manners.tls, resolver, smtp::PLAIN_ANSWER)?;
            let manners = manners.clone();
            self.smtp.push(SmtpPeer::Mx(MxHost { address, name, front, manners }));
        }
        Ok(())
    }

    fn add_faults(&mut self, draft: &Draft<'_>) -> Result<(), ScenarioError> {
        for (place, fault) in &draft.peers.dns.faults {
            let (owner, rtype) = match place.split_once(' ') {
                Some((owner, rtype)) => {
                    let unknown = |_| ScenarioError::RecordType { rtype: rtype.to_owned() };
                    (owner, Some(Rtype::from_str(rtype).map_err(unknown)?))
                }
                None => (place.as_str(), None),
            };
            let name = WireName::parse_relative(owner, &draft.origin)
                .ok_or_else(|| ScenarioError::Name { name: owner.to_owned() })?;
            self.tree.add_fault(name, rtype, *fault);
        }
        Ok(())
    }
}

/// What a policy host of the scenario serves.
fn page(folder: &Folder, manners: &HttpsManners) -> Result<Page, ScenarioError> {
    let body = match &manners.body {
        Some(file) => {
            let missing = || ScenarioError::NoBody { file: file.clone() };
            Some(folder.bytes(file).ok_or_else(missing)?)
        }
        None => folder.bytes("mta-sts.txt"),
    };
    let body = body.map(|body| {
        let mut body = body.to_vec();
        while body.len() < manners.pad_to {
            body.extend_from_slice(PADDING);
        }
        body
    });
    Ok(Page { body, manners: manners.clone() })
}

/// A legal line that means nothing.
const PADDING: &[u8] = b"padding: 0123456789 0123456789 0123456789 0123456789 01234567\r\n";

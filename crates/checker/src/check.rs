//! Checking a domain: gather, assess, grade, report.

use crate::assess::history::body_hash;
use crate::assess::hosts::{address_state, dane_state, tls_state};
use crate::assess::view::View;
use crate::assess::{assess, certificate};
use crate::bulk::previous::PreviousRun;
use crate::evidence::{Egress, Evidence, Host, Skip};
use crate::gather::{Gatherer, NetworkError, NetworkOptions};
use crate::report::{
    AddressSummary, MxSummary, PolicySummary, Report, ReportedFinding, SCHEMA, Seen, TlsState,
};
use crate::{grade, simulate, timeline, verdict};
use ironpost_net::dns::answer::{Lookup, Mx};
use ironpost_proto::domain::{DnsName, Domain};
use jiff::Timestamp;

/// What to look at, and what to add.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CheckOptions {
    /// Parts to leave out.
    pub skip: Skip,
    /// Add what a conforming sender would do at each MX.
    pub simulate: bool,
}

/// Checks domains over one run. Cheap to clone; DNS answers and MX probes are shared.
#[derive(Debug, Clone)]
pub struct Checker {
    gatherer: Gatherer,
    options: CheckOptions,
}

impl Checker {
    /// Sets up the network.
    pub async fn new(network: NetworkOptions, options: CheckOptions) -> Result<Self, NetworkError> {
        Ok(Self { gatherer: Gatherer::new(network).await?, options })
    }

    /// Where DNSSEC status comes from in this run.
    pub fn dnssec_source(&self) -> String {
        self.gatherer.dnssec_source()
    }

    /// The MX RRset of a domain.
    pub async fn mx(&self, domain: &Domain) -> Lookup<Mx> {
        self.gatherer.mx(domain).await
    }

    /// What senders that insist on TLS would make of these hosts if they were MX hosts of the domain.
    /// Ends within [`crate::gather::DOMAIN_DEADLINE`].
    pub async fn hosts(&self, domain: &Domain, names: &[DnsName]) -> Vec<(DnsName, TlsState)> {
        let (hosts, egress) = self.gatherer.hosts(domain, names, self.options.skip).await;
        let hosts = hosts.into_iter().map(|host| host.seen);
        hosts.map(|seen| (seen.name.clone(), tls_state(&seen, egress))).collect()
    }

    /// Checks one domain; `now` is the time findings are judged at. Ends within
    /// [`crate::gather::DOMAIN_DEADLINE`].
    pub async fn check(
        &self,
        domain: &Domain,
        previous: Option<&PreviousRun>,
        now: Timestamp,
    ) -> Report {
        let evidence = self.gatherer.gather(domain, self.options.skip, now).await;
        report(&evidence, previous, self.options.simulate)
    }
}

/// The report on a domain's evidence: a pure function.
pub fn report(evidence: &Evidence, previous: Option<&PreviousRun>, simulate: bool) -> Report {
    let assessment = assess(evidence, previous);
    let verdict = verdict::verdict(&assessment);
    let graded = grade::grade(&assessment, verdict);
    let view = &assessment.view;
    Report {
        schema: SCHEMA.to_owned(),
        domain: evidence.domain.to_string(),
        checked_at: evidence.checked_at,
        elapsed_ms: u64::try_from(evidence.elapsed.as_millis()).unwrap_or(u64::MAX),
        verdict,
        summary: verdict::summary(&assessment, verdict),
        grade: graded.grade,
        points: graded.points,
        partial: graded.partial,
        score: graded.score,
        policy: policy(view),
        mx: view.hosts().iter().map(|host| mx_summary(view, host, simulate)).collect(),
        timeline: timeline::timeline(&assessment),
        findings: assessment.findings.iter().map(ReportedFinding::from).collect(),
        seen: seen(view),
        not_tested: [assessment.not_tested, graded.left_out].concat(),
    }
}

fn policy(view: &View<'_>) -> PolicySummary {
    let readable = view.readable();
    PolicySummary {
        status: view.status,
        mode: readable.map(|policy| policy.mode.to_string()),
        max_age: readable.map(|policy| policy.max_age.as_secs()),
        mx: readable.iter().flat_map(|policy| &policy.mx).map(ToString::to_string).collect(),
        id: view.record.map(|record| record.id.as_str().to_owned()),
        certificate_expires: policy_host_expires(view),
    }
}

fn policy_host_expires(view: &View<'_>) -> Option<Timestamp> {
    let fetches = view.evidence.policy_host.fetches.iter();
    let leaves = fetches.filter_map(|fetch| fetch.tls.as_ref()?.chain.first());
    leaves.map(|leaf| leaf.not_after).min()
}

fn mx_summary(view: &View<'_>, host: &Host, simulate: bool) -> MxSummary {
    let seen = &host.seen;
    let egress = view.evidence.egress;
    let tls = seen.probes.iter().find_map(|probe| probe.tls.as_ref());
    MxSummary {
        host: seen.name.to_string(),
        preference: host.preference,
        matched: view
            .readable()
            .filter(|policy| !policy.mx.is_empty())
            .map(|policy| policy.covers(&seen.name)),
        tls: tls_state(seen, egress),
        tls_version: tls.map(|tls| certificate::version(tls).to_owned()),
        certificate_expires: tls.and_then(|tls| tls.chain.first()).map(|leaf| leaf.not_after),
        dane: dane_state(view, seen),
        addresses: addresses(host, egress),
        simulation: simulate.then(|| simulate::simulate(view, host)),
    }
}

fn addresses(host: &Host, egress: Egress) -> Vec<AddressSummary> {
    let name = host.seen.name.as_str();
    host.seen
        .probes
        .iter()
        .map(|probe| {
            let state = address_state(probe, egress);
            AddressSummary {
                address: probe.address.ip().to_string(),
                result: state.clause(name),
                tls: state.tls(),
            }
        })
        .collect()
}

fn seen(view: &View<'_>) -> Seen {
    let body = view.body.as_ref().filter(|body| body.seen_by_senders);
    Seen {
        id: view.record.map(|record| record.id.as_str().to_owned()),
        body_sha256: body.map(|body| body_hash(body.bytes)),
        mx: view.hosts().iter().map(|host| host.seen.name.to_string()).collect(),
    }
}

//! The `_smtp._tls` TXT record, and whether its targets can receive.

use super::record::record_outside;
use super::{HTTPS_DEADLINE, Look, addresses};
use crate::evidence::{TargetEvidence, TargetState, TlsRptEvidence};
use futures_util::future::join_all;
use ironpost_net::dns::answer::{Answer, Outcome};
use ironpost_net::report_target::ReportTargetProber;
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::tls_rpt::record::{RecordOutcome, ReportUri, Target, evaluate, is_record};
use std::net::{IpAddr, SocketAddr};

impl Look<'_> {
    pub(super) async fn tls_rpt(&self) -> Option<TlsRptEvidence> {
        if self.skip.tls_rpt {
            return None;
        }
        let resolver = self.plain();
        let lookup = resolver.txt(&self.domain.prefixed("_smtp._tls")).await;
        let set = evaluate(lookup.as_ref().map_or(&[], Answer::records));
        let misplaced = if set.candidates.is_empty() {
            record_outside(&resolver, self.domain, WRONG_PLACES, is_record).await
        } else {
            Vec::new()
        };
        let targets = match &set.outcome {
            RecordOutcome::Valid(record) => {
                join_all(record.rua.iter().take(MAX_TARGETS).map(|uri| self.target(uri))).await
            }
            RecordOutcome::Absent | RecordOutcome::Several | RecordOutcome::Malformed(_) => {
                Vec::new()
            }
        };
        Some(TlsRptEvidence { lookup, set, misplaced, targets })
    }

    async fn target(&self, uri: &ReportUri) -> TargetEvidence {
        let state = match uri.target() {
            Target::Mail { domain, .. } => self.mail_target(&domain).await,
            Target::Https { host, port, .. } => self.https_target(&host, port).await,
            Target::Unsupported => TargetState::NotTested(None),
        };
        TargetEvidence { uri: uri.clone(), state }
    }

    async fn mail_target(&self, domain: &Domain) -> TargetState {
        let resolver = self.plain();
        let name = DnsName::from(domain);
        match resolver.mx(&name).await {
            Err(error) => TargetState::NotTested(Some(error)),
            Ok(answer) => match answer.outcome {
                Outcome::Found(mx) if mx.iter().all(|mx| mx.exchange.is_root()) => {
                    TargetState::NullMx
                }
                Outcome::Found(_) => TargetState::Receives,
                Outcome::NxDomain => TargetState::NoHost,
                Outcome::NoData => match self.find(&name).await {
                    Ok(found) if found.is_empty() => TargetState::NoHost,
                    Ok(_) => TargetState::Receives,
                    Err(state) => state,
                },
            },
        }
    }

    async fn https_target(&self, host: &str, port: u16) -> TargetState {
        let found = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) => match host.parse::<DnsName>() {
                Err(_) => return TargetState::NoHost,
                Ok(name) => match self.find(&name).await {
                    Ok(found) => found,
                    Err(state) => return state,
                },
            },
        };
        let Some(address) = found.first() else { return TargetState::NoHost };
        // 443 stands for the port of policy hosts, which a lab may move.
        let port = if port == 443 { self.network.ports.https } else { port };
        let prober = ReportTargetProber {
            deadline: self.time_left(HTTPS_DEADLINE),
            ..self.network.report_targets.clone()
        };
        TargetState::Https(prober.probe(host, SocketAddr::new(*address, port)).await)
    }

    /// Every address of a name, or why it cannot be told.
    async fn find(&self, name: &DnsName) -> Result<Vec<IpAddr>, TargetState> {
        let resolver = self.plain();
        let (ipv4, ipv6) = tokio::join!(resolver.ipv4(name), resolver.ipv6(name));
        let found = addresses(&ipv4, &ipv6);
        match (found.is_empty(), ipv4.err().or(ipv6.err())) {
            (true, Some(error)) => Err(TargetState::NotTested(Some(error))),
            (true, None) | (false, _) => Ok(found),
        }
    }
}

/// Where the record is put by mistake.
const WRONG_PLACES: &[(&str, bool)] =
    &[("", false), ("_tls", false), ("_smtp._tls", true), ("_smtp-tls", false), ("_tlsrpt", false)];
/// Report URIs tried.
const MAX_TARGETS: usize = 4;

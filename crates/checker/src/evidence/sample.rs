//! A sound domain, for tests that break one thing at a time.

use super::*;
use ironpost_net::dns::answer::{Answer, Outcome, Security};
use ironpost_net::policy_fetch::{Manner, PolicyFetch, Response};
use ironpost_net::smtp::Sni;
use ironpost_net::tls::facts::{CertificateFacts, TlsFacts, TlsVersion, Trust, Validity};
use std::net::SocketAddr;

pub(crate) const NOW: &str = "2026-06-01T12:00:00Z";

/// An unsigned domain with two MX hosts, a policy in mode enforce and reports to another domain.
pub(crate) fn sound() -> Evidence {
    let domain: Domain = "example.com".parse().unwrap();
    let txt = b"v=STSv1; id=20260501T000000Z;".to_vec();
    let rua = b"v=TLSRPTv1; rua=mailto:reports@example.net".to_vec();
    let rpt_set = tls_rpt::record::evaluate(std::slice::from_ref(&rua));
    let uri = match &rpt_set.outcome {
        tls_rpt::record::RecordOutcome::Valid(record) => record.rua[0].clone(),
        other => panic!("the sample's record is valid: {other:?}"),
    };
    Evidence {
        checked_at: NOW.parse().unwrap(),
        elapsed: Duration::from_millis(120),
        skip: Skip::default(),
        record: RecordEvidence {
            set: ironpost_proto::mta_sts::record::evaluate(std::slice::from_ref(&txt)),
            lookup: found("_mta-sts.example.com", vec![txt]),
            misplaced: Vec::new(),
            wildcard: false,
            servers: Vec::new(),
            elapsed: Duration::from_millis(20),
        },
        policy_host: PolicyHostEvidence {
            name: domain.prefixed("mta-sts"),
            ipv4: found("mta-sts.example.com", vec!["203.0.113.1".parse().unwrap()]),
            ipv6: nothing("mta-sts.example.com"),
            fetches: vec![fetch(POLICY)],
            behind: Vec::new(),
            caa: None,
        },
        mx: found("example.com", vec![mx(10, "mx1.example.com"), mx(20, "mx2.example.com")]),
        hosts: vec![host(10, "mx1.example.com"), host(20, "mx2.example.com")],
        egress: Egress::Open,
        tls_rpt: Some(TlsRptEvidence {
            lookup: found("_smtp._tls.example.com", vec![rua]),
            set: rpt_set,
            misplaced: Vec::new(),
            targets: vec![TargetEvidence { uri, state: TargetState::Receives }],
        }),
        parked: None,
        parent_with_record: None,
        domain,
    }
}

pub(crate) const POLICY: &str = "version: STSv1\nmode: enforce\nmx: mx1.example.com\n\
    mx: mx2.example.com\nmax_age: 1209600\n";

#[expect(clippy::unnecessary_wraps, reason = "evidence holds what a lookup gives")]
pub(crate) fn found<T>(name: &str, records: Vec<T>) -> Lookup<T> {
    Ok(Answer {
        name: name.parse().unwrap(),
        aliases: Vec::new(),
        outcome: Outcome::Found(records),
        ttl: 3600,
        security: Security::Insecure(None),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "evidence holds what a lookup gives")]
pub(crate) fn nothing<T>(name: &str) -> Lookup<T> {
    Ok(Answer {
        name: name.parse().unwrap(),
        aliases: Vec::new(),
        outcome: Outcome::NoData,
        ttl: 3600,
        security: Security::Insecure(None),
    })
}

pub(crate) fn mx(preference: u16, exchange: &str) -> Mx {
    Mx { preference, exchange: exchange.parse().unwrap() }
}

pub(crate) fn fetch(body: &str) -> PolicyFetch {
    PolicyFetch {
        address: SocketAddr::from(([203, 0, 113, 1], 443)),
        manner: Manner::Strict,
        connected_after: Some(Duration::from_millis(20)),
        tls: Some(tls("mta-sts.example.com")),
        response: Some(Response {
            status: 200,
            content_type: Some("text/plain".to_owned()),
            location: None,
            server: None,
            body: body.as_bytes().to_vec(),
            oversized: false,
            complete: true,
        }),
        elapsed: Duration::from_millis(80),
        failure: None,
    }
}

pub(crate) fn host(preference: u16, name: &str) -> Host {
    Host { preference: Some(preference), seen: Arc::new(host_evidence(name)) }
}

pub(crate) fn host_evidence(name: &str) -> HostEvidence {
    HostEvidence {
        name: name.parse().unwrap(),
        ipv4: Some(found(name, vec!["203.0.113.25".parse().unwrap()])),
        ipv6: Some(nothing(name)),
        probes: vec![probe(name, Sni::MxName)],
        without_sni: Some(probe(name, Sni::Absent)),
        legacy_versions: Vec::new(),
        tlsa: Some(TlsaEvidence {
            base: name.parse().unwrap(),
            lookup: nothing(&format!("_25._tcp.{name}")),
            reports: None,
        }),
        cut_short: false,
    }
}

pub(crate) fn probe(name: &str, sni: Sni) -> SmtpProbe {
    SmtpProbe {
        address: SocketAddr::from(([203, 0, 113, 25], 25)),
        sni,
        connected_after: Some(Duration::from_millis(20)),
        banner: Some(format!("{name} ESMTP")),
        ehlo: Some(vec![name.to_owned(), "STARTTLS".to_owned()]),
        starttls_offered: true,
        tls: Some(tls(name)),
        ehlo_inside_tls: true,
        elapsed: Duration::from_millis(150),
        failure: None,
    }
}

pub(crate) fn tls(name: &str) -> TlsFacts {
    TlsFacts {
        version: TlsVersion::Tls13,
        cipher: "TLS13_AES_256_GCM_SHA384".to_owned(),
        sni: Some(name.to_owned()),
        chain: vec![CertificateFacts {
            subject: format!("CN={name}"),
            common_name: Some(name.to_owned()),
            issuer: "CN=Example CA".to_owned(),
            dns_names: vec![name.to_owned()],
            not_before: "2026-05-01T00:00:00Z".parse().unwrap(),
            not_after: "2026-07-30T00:00:00Z".parse().unwrap(),
            der: b"certificate".to_vec(),
            spki: b"key".to_vec(),
            self_signed: false,
        }],
        trust: Trust::Trusted,
        name_matches: true,
        validity: Validity::Valid,
    }
}

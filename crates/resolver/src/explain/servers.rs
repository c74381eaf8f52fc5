//! The servers of the next-hop: MX, DNSSEC, TLSA (RFC 7672 §2.2).

use super::{Look, Step, lines};
use ironpost_net::dane::{self, Host, Servers};
use ironpost_net::dns::answer::{Lookup, Mx, Security};
use ironpost_proto::dane::{NotApplicable, Outcome, Tlsa};
use ironpost_proto::delivery::Dane;
use ironpost_proto::domain::DnsName;
use ironpost_proto::next_hop::Route;
use ironpost_proto::visible::Visible;

/// The servers and what was seen of them.
pub(super) struct Seen {
    pub(super) steps: Vec<Step>,
    pub(super) found: Servers,
}

impl Look<'_> {
    pub(super) async fn servers(&self) -> Seen {
        if !self.uses_dane() {
            // The MX records are of interest to the policy all the same.
            let found = dane::servers(&self.resolver.unvalidated(), self.next_hop).await;
            let so = "DANE is not used, by local decision".to_owned();
            let dane = Step { what: "DANE".to_owned(), seen: Vec::new(), so };
            return Seen { steps: vec![dane], found };
        }
        let mut steps = Vec::new();
        let found = match self.next_hop.route {
            Route::Host => dane::servers(self.resolver, self.next_hop).await,
            Route::Mx => {
                let domain = DnsName::from(&self.next_hop.domain);
                let (mx, found) = tokio::join!(
                    self.resolver.mx(&domain),
                    dane::servers(self.resolver, self.next_hop)
                );
                steps.push(mx_step(&domain, &mx, &found));
                found
            }
        };
        let behind_mx = Outcome::Opportunistic(NotApplicable::InsecureMx);
        let looked_at = found.hosts.iter().filter(|host| host.outcome != behind_mx);
        steps.extend(looked_at.map(|host| host_step(host, self.next_hop.port)));
        steps.push(self.dane_step(&found));
        Seen { steps, found }
    }

    fn dane_step(&self, found: &Servers) -> Step {
        let so = match found.dane {
            Dane::Absent if !found.validated => {
                "DANE is not used: nobody says whether answers are authentic".to_owned()
            }
            Dane::Absent => "DANE does not apply, provably".to_owned(),
            Dane::Every => "every server must be authenticated by DANE".to_owned(),
            Dane::Some => {
                "some servers must be authenticated by DANE; of the others nothing is demanded by \
                 it, or nothing can be told"
                    .to_owned()
            }
            Dane::Unusable => {
                "TLS is mandatory; no TLSA record can authenticate a server".to_owned()
            }
            Dane::Indeterminate(fault) => {
                format!("nothing can be told ({fault}): mail waits, as it might be an attack")
            }
        };
        let status = Visible::from(&*self.resolver.dnssec_source());
        Step { what: "DANE".to_owned(), seen: vec![format!("DNSSEC status: {status}")], so }
    }
}

fn mx_step(domain: &DnsName, mx: &Lookup<Mx>, found: &Servers) -> Step {
    let mut seen = Vec::new();
    match &found.mx {
        Ok(records) => seen
            .extend(lines(records.iter().map(|mx| format!("{} {}", mx.preference, mx.exchange)))),
        Err(error) => seen.push(Visible::from(&*error.to_string()).to_string()),
    }
    seen.extend(mx.as_ref().ok().map(|answer| security(&answer.security)));
    let insecure = found
        .hosts
        .iter()
        .any(|host| host.outcome == Outcome::Opportunistic(NotApplicable::InsecureMx));
    let so = if found.mx.is_err() {
        "nobody knows the servers".to_owned()
    } else if found.null_mx {
        "the domain takes no mail (RFC 7505)".to_owned()
    } else if insecure {
        "DANE can apply to none of these hosts (RFC 7672 §2.2.1)".to_owned()
    } else if found.mx.as_ref().is_ok_and(Vec::is_empty) {
        format!("no MX records: the server is {domain} itself (RFC 5321 §5.1)")
    } else {
        "each host may have TLSA records that count".to_owned()
    };
    Step { what: format!("MX of {domain}"), seen, so }
}

fn host_step(host: &Host, port: u16) -> Step {
    let Host { name, outcome, base, tlsa } = host;
    let mut seen: Vec<String> = base.iter().map(|base| format!("at _{port}._tcp.{base}")).collect();
    seen.extend(lines(tlsa.iter().map(record)));
    let so = match outcome {
        Outcome::Authenticate => "it must match one of these records".to_owned(),
        Outcome::Encrypt => "TLS is mandatory; none of the records can be used".to_owned(),
        Outcome::Opportunistic(NotApplicable::InsecureMx) => {
            "DANE does not apply: the MX records are insecure".to_owned()
        }
        Outcome::Opportunistic(NotApplicable::InsecureAddress) => {
            "DANE does not apply: its addresses are insecure".to_owned()
        }
        Outcome::Opportunistic(NotApplicable::NoTlsa) => {
            "DANE does not apply: it has no secure TLSA records".to_owned()
        }
        Outcome::Unreachable(fault) => format!("not this host, for now: {fault}"),
        Outcome::NoAddress => "it has no address".to_owned(),
    };
    Step { what: format!("TLSA of {name}"), seen, so }
}

fn record(tlsa: &Tlsa) -> String {
    let shown = Visible::excerpt(tlsa.to_string().as_bytes(), MAX_RECORD);
    match tlsa.usability() {
        Ok(()) => shown.to_string(),
        Err(why) => format!("{shown} (not usable: {why})"),
    }
}

fn security(security: &Security) -> String {
    let (word, reason) = match security {
        Security::Secure => ("secure", None),
        Security::Insecure(reason) => ("insecure", reason.as_deref()),
        Security::Bogus(reason) => ("bogus", Some(reason.as_str())),
        Security::Indeterminate(reason) => ("not known", Some(reason.as_str())),
    };
    match reason {
        Some(reason) => format!("DNSSEC: {word} ({})", Visible::from(reason)),
        None => format!("DNSSEC: {word}"),
    }
}

/// Characters of a record shown. Own limit: a record may hold a whole certificate.
const MAX_RECORD: usize = 200;

//! How the set-up is run: CAA, parked domains, subdomains.

use super::view::View;
use crate::catalogue::operations::{C_CAA, K_PARKED, X_SUB};
use crate::evidence::ParkedEvidence;
use crate::finding::{Finding, Severity};
use ironpost_net::dns::answer::Caa;
use ironpost_net::tls::facts::CertificateFacts;

pub(super) fn findings(view: &View<'_>) -> Vec<Finding> {
    [caa(view), parked(view), subdomain(view)].into_iter().flatten().collect()
}

fn caa(view: &View<'_>) -> Option<Finding> {
    let host = &view.evidence.policy_host;
    let (at, records) = host.caa.as_ref()?;
    let fetch = host.fetches.iter().find(|fetch| {
        fetch.tls.as_ref().is_some_and(ironpost_net::tls::facts::TlsFacts::is_acceptable)
    })?;
    let leaf = fetch.tls.as_ref()?.chain.first()?;
    let allowed = allowed_issuers(records)?;
    if allowed.iter().any(|id| issuer_answers_to(leaf, id)) {
        return None;
    }
    let severity = C_CAA.severity(view.mode()).unwrap_or(Severity::Medium);
    let set = if allowed.is_empty() { "no CA at all".to_owned() } else { allowed.join(", ") };
    let detail = format!(
        "CAA at {at} allows {set}; the certificate of {} comes from “{}” and cannot be renewed there",
        host.name, leaf.issuer
    );
    Some(
        Finding::new(&C_CAA, severity, host.name.as_str(), detail)
            .with_fix([format!(
                "Add the CA in use: {at}. IN CAA 0 issue \"<identifier of the CA>\""
            )])
            .with_evidence(
                records.iter().map(|r| {
                    format!("CAA: {} {} \"{}\"", u8::from(r.critical) * 128, r.tag, r.value)
                }),
            ),
    )
}

/// The CAs that may issue, by their CAA identifiers; `None` if the set says nothing about issuing
/// (RFC 8659 §4.2).
fn allowed_issuers(records: &[Caa]) -> Option<Vec<String>> {
    let issue: Vec<_> = records.iter().filter(|record| record.tag == "issue").collect();
    if issue.is_empty() {
        return None;
    }
    let id = |record: &&Caa| {
        let id = record.value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        (!id.is_empty()).then_some(id)
    };
    Some(issue.iter().filter_map(id).collect())
}

/// Whether the CA called `id` in CAA may be the issuer of this certificate. A CA that is not in the
/// table is recognised by the name it shares with its identifier.
fn issuer_answers_to(leaf: &CertificateFacts, id: &str) -> bool {
    let issuer = leaf.issuer.to_ascii_lowercase();
    let known = CA_NAMES.iter().filter(|(known, _)| *known == id).map(|(_, name)| *name);
    let registrable = psl::domain_str(id).unwrap_or(id);
    let own_label = registrable.split('.').next().unwrap_or(id);
    let letters: String = issuer.chars().filter(char::is_ascii_alphanumeric).collect();
    let own_letters: String = own_label.chars().filter(char::is_ascii_alphanumeric).collect();
    known.into_iter().any(|name| issuer.contains(name)) || letters.contains(&own_letters)
}

fn parked(view: &View<'_>) -> Option<Finding> {
    let ParkedEvidence { spf_denies_all, dmarc_rejects } = view.evidence.parked?;
    if view.is_published() {
        return None;
    }
    let domain = &view.evidence.domain;
    let mut fix = Vec::new();
    if !spf_denies_all {
        fix.push(format!("Publish: {domain}. 3600 IN TXT \"v=spf1 -all\""));
    }
    if !dmarc_rejects {
        fix.push(format!("Publish: _dmarc.{domain}. 3600 IN TXT \"v=DMARC1; p=reject\""));
    }
    let detail = if fix.is_empty() {
        format!("{domain} is parked as it should be: null MX, SPF -all, DMARC p=reject")
    } else {
        format!("{domain} takes no mail (null MX), but does not yet say that it sends none")
    };
    Some(Finding::new(&K_PARKED, Severity::Info, domain.as_str(), detail).with_fix(fix))
}

fn subdomain(view: &View<'_>) -> Option<Finding> {
    let parent = view.evidence.parent_with_record.as_ref()?;
    if view.is_published() || view.mx_records().is_none_or(<[_]>::is_empty) || view.has_null_mx() {
        return None;
    }
    let domain = &view.evidence.domain;
    let severity = X_SUB.severity(view.mode()).unwrap_or(Severity::Medium);
    let detail = format!(
        "{domain} has MX records and no policy of its own; the policy of {parent} does not cover it"
    );
    Some(Finding::new(&X_SUB, severity, domain.as_str(), detail).with_fix([
        format!("Make a policy for the subdomain: ironpost policy new --from-dns {domain}"),
        format!(
            "It needs a record at {}, the host {} and a certificate for that host.",
            domain.prefixed("_mta-sts"),
            domain.prefixed("mta-sts")
        ),
    ]))
}

/// CAA identifiers and how the CAs call themselves in certificates, from the CAs' practice statements.
const CA_NAMES: &[(&str, &str)] = &[
    ("letsencrypt.org", "let's encrypt"),
    ("letsencrypt.org", "isrg"),
    ("pki.goog", "google trust services"),
    ("digicert.com", "digicert"),
    ("digicert.com", "geotrust"),
    ("digicert.com", "rapidssl"),
    ("digicert.com", "thawte"),
    ("digicert.com", "cloudflare"),
    ("sectigo.com", "sectigo"),
    ("sectigo.com", "zerossl"),
    ("sectigo.com", "comodo"),
    ("sectigo.com", "gandi"),
    ("comodoca.com", "sectigo"),
    ("comodoca.com", "comodo"),
    ("globalsign.com", "globalsign"),
    ("amazon.com", "amazon"),
    ("amazontrust.com", "amazon"),
    ("amazonaws.com", "amazon"),
    ("awstrust.com", "amazon"),
    ("godaddy.com", "godaddy"),
    ("starfieldtech.com", "starfield"),
    ("entrust.net", "entrust"),
    ("ssl.com", "ssl corporation"),
    ("ssl.com", "ssl.com"),
    ("buypass.com", "buypass"),
    ("actalis.it", "actalis"),
    ("certum.pl", "certum"),
    ("certum.pl", "unizeto"),
    ("harica.gr", "harica"),
    ("harica.gr", "hellenic academic"),
    ("d-trust.net", "d-trust"),
    ("dtrust.de", "d-trust"),
    ("telesec.de", "telekom"),
    ("swisssign.com", "swisssign"),
    ("identrust.com", "identrust"),
    ("zerossl.com", "zerossl"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn record(tag: &str, value: &str) -> Caa {
        Caa { critical: false, tag: tag.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn reads_who_may_issue() {
        for (records, expected, why) in [
            (vec![record("iodef", "mailto:a@b.example")], None, "nothing is said about issuing"),
            (vec![record("issue", ";")], Some(vec![]), "nobody may issue"),
            (
                vec![record("issue", "ca.example; accounturi=x")],
                Some(vec!["ca.example".to_owned()]),
                "parameters do not matter",
            ),
            (vec![record("issuewild", "ca.example")], None, "about wildcards only"),
        ] {
            assert_eq!(allowed_issuers(&records), expected, "{why}");
        }
    }
}

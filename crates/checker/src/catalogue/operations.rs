//! How a set-up is run: CAA, parked domains, subdomains.

use crate::catalogue::{Entry, Section};
use crate::finding::Severity::{Info, Medium};

/// The entries of this section, in the order of the reference.
pub const ENTRIES: &[&Entry] = &[&C_CAA, &K_PARKED, &X_SUB];

/// CAA forbids the certificate's issuer.
pub static C_CAA: Entry = Entry {
    id: "C-CAA",
    section: Section::Operations,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "CAA forbids the certificate's issuer",
    rfc: "RFC 8659 §3",
    explanation: "The CAA records that hold for the policy host do not allow the authority that \
        issued its certificate. The certificate in use stays valid, but the next one will not be \
        issued.",
    consequence: "None today. When the certificate expires, senders stop trusting the policy \
        host.",
    remedy: &[
        "Add an `issue` record for the authority to the name where the CAA records stand.",
        "Or have the certificate issued by an authority that is allowed.",
    ],
    example: r#"Sound:
    example.com. IN CAA 0 issue "letsencrypt.org""#,
};

/// A domain that takes no mail.
pub static K_PARKED: Entry = Entry {
    id: "K-PARKED",
    section: Section::Operations,
    enforce: Some(Info),
    testing: Some(Info),
    title: "A domain that takes no mail",
    rfc: "RFC 7505 §3; RFC 7208 §5.1; RFC 7489 §6.3; RFC 8461 §8.3",
    explanation: "The domain takes no mail, and says so with a null MX. It needs no MTA-STS and \
        no TLS-RPT. Three records make it plain to everybody: a null MX, an SPF record that \
        allows nobody, and a DMARC record that rejects.",
    consequence: "Senders refuse to write to the domain, at once and with a clear message.",
    remedy: &[
        "Publish the three records.",
        "If the domain ever had an MTA-STS policy, serve mode none until it has expired.",
    ],
    example: r#"Publish:
    example.com.        IN MX  0 .
    example.com.        IN TXT "v=spf1 -all"
    _dmarc.example.com. IN TXT "v=DMARC1; p=reject;""#,
};

/// A subdomain takes mail without a policy.
pub static X_SUB: Entry = Entry {
    id: "X-SUB",
    section: Section::Operations,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "A subdomain takes mail without a policy",
    rfc: "RFC 8461 §3.4",
    explanation: "A subdomain has MX records of its own and no MTA-STS policy. A policy covers \
        exactly one domain: senders never look at the parent.",
    consequence: "Senders deliver mail to addresses at the subdomain as if there were no policy.",
    remedy: &[
        "Give the subdomain its own TXT record, policy host and certificate.",
        "If it should take no mail, publish a null MX for it.",
    ],
    example: r#"For mail to user@lists.example.com:
    _mta-sts.lists.example.com. IN TXT   "v=STSv1; id=20260501T120000Z;"
    mta-sts.lists.example.com.  IN CNAME mta-sts-host.example.com.
The certificate must carry mta-sts.lists.example.com."#,
};

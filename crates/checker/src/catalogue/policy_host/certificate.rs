//! The certificate of the policy host.

use crate::catalogue::{Entry, Section};
use crate::finding::Severity::{Critical, High, Medium};

/// The policy host's certificate is out of date.
pub static H_CERT_EXPIRED: Entry = Entry {
    id: "H-CERT-EXPIRED",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host's certificate is out of date",
    rfc: "RFC 8461 §3.3",
    explanation: "The certificate of the policy host is outside its dates: it has expired, or is \
        not valid yet. The second happens when a clock is wrong or a certificate was put in place \
        too early.",
    consequence: "Senders must not use a policy from such a host, and deliver as if there were \
        none, unless they hold one from earlier.",
    remedy: &[
        "Renew the certificate and reload the web server: many renewals fail at the reload.",
        "If it is not valid yet, put one in place that is, or wait.",
        "Let an ACME client renew it, and watch the date from outside.",
    ],
    example: "",
};

/// The policy host's certificate expires soon.
pub static H_CERT_SOON: Entry = Entry {
    id: "H-CERT-SOON",
    section: Section::PolicyHost,
    enforce: Some(High),
    testing: Some(Medium),
    title: "The policy host's certificate expires soon",
    rfc: "RFC 8461 §3.3",
    explanation: "The certificate of the policy host ends within days, or has less than a third of \
        its lifetime left. Automatic renewal acts when about a third of the lifetime is left, so a \
        certificate this near its end says that renewal has stopped working. With more than seven \
        days to go we call it low.",
    consequence: "Nothing yet. When it expires senders stop trusting the host, and a changed \
        policy no longer reaches them.",
    remedy: &[
        "Find out why renewal fails: a challenge that can no longer be answered, a CAA record, a \
            changed address.",
        "Renew now, and check that the web server shows the new certificate.",
    ],
    example: "",
};

/// The policy host's certificate is from no public CA.
pub static H_CERT_UNTRUSTED: Entry = Entry {
    id: "H-CERT-UNTRUSTED",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host's certificate is from no public CA",
    rfc: "RFC 8461 §3.3",
    explanation: "The certificate of the policy host does not lead to a certification authority \
        that senders trust: it is self-signed, or comes from a private CA. DANE does not help \
        here: the policy host is trusted through public authorities alone.",
    consequence: "Senders must not use a policy from such a host, and deliver as if there were \
        none, unless they hold one from earlier.",
    remedy: &[
        "Get a certificate from a public CA; any that does ACME gives them away free.",
        "Check that the web server picks it for this name, and not its default certificate.",
    ],
    example: "",
};

/// The policy host leaves out an intermediate certificate.
pub static H_CERT_CHAIN: Entry = Entry {
    id: "H-CERT-CHAIN",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host leaves out an intermediate certificate",
    rfc: "RFC 8461 §3.3",
    explanation: "The policy host sends its own certificate without the intermediate one that \
        leads to the authority. Browsers hide the fault, because they keep intermediates or fetch \
        them; mail servers do neither.",
    consequence: "Senders cannot build the chain, do not trust the host, and deliver as if there \
        were no policy, unless they hold one from earlier.",
    remedy: &[
        "Configure the file that holds the whole chain, your certificate first; ACME clients call \
            it `fullchain.pem`.",
        "Check: `openssl s_client -connect mta-sts.example.com:443 -servername \
            mta-sts.example.com -showcerts`.",
    ],
    example: "Sound, nginx:
    ssl_certificate /etc/letsencrypt/live/mta-sts.example.com/fullchain.pem;",
};

/// The policy host's certificate is for another name.
pub static H_CERT_NAME: Entry = Entry {
    id: "H-CERT-NAME",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host's certificate is for another name",
    rfc: "RFC 8461 §3.3; RFC 8461 §8.2",
    explanation: "The certificate of the policy host does not carry its name. It must have \
        `mta-sts` under your own domain as a DNS name among its subject alternative names. The \
        common name does not count; `*.example.com` covers `mta-sts.example.com`, but not \
        `mta-sts.mail.example.com`; and where the host is an alias, the name of the provider does \
        not count.",
    consequence: "Senders must not use a policy from such a host, and deliver as if there were \
        none, unless they hold one from earlier.",
    remedy: &[
        "Get a certificate for `mta-sts.example.com`, or add the name to the one in use.",
        "If a provider serves the policy, have the domain set up there, so that the provider gets \
            the certificate for your name.",
    ],
    example: "",
};

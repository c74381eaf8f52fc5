//! DNSSEC and DANE.

use crate::catalogue::{Entry, Section};
use crate::finding::Severity::{Critical, Info, Low, Medium};

/// The entries of this section, in the order of the reference.
pub const ENTRIES: &[&Entry] =
    &[&N_NOSIGN, &N_BOGUS, &N_INSECURE, &N_MISMATCH, &N_PARAM, &N_PARTIAL, &N_BOTH];

/// A zone without DNSSEC.
pub static N_NOSIGN: Entry = Entry {
    id: "N-NOSIGN",
    section: Section::Dane,
    enforce: Some(Info),
    testing: Some(Info),
    title: "A zone without DNSSEC",
    rfc: "RFC 7672 §2.1",
    explanation: "The zone of the domain, or of an MX host, is not signed with DNSSEC. DANE takes \
        its trust from DNSSEC, so it cannot be used here. Nothing is wrong: MTA-STS was made for \
        such domains.",
    consequence: "Senders use MTA-STS alone.",
    remedy: &[
        "If you want DANE as well, sign the zones of the domain and of the MX hosts, and then \
            publish TLSA records.",
    ],
    example: "",
};

/// DNSSEC validation fails.
pub static N_BOGUS: Entry = Entry {
    id: "N-BOGUS",
    section: Section::Dane,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "DNSSEC validation fails",
    rfc: "RFC 4035 §5; RFC 7672 §2.1",
    explanation: "DNSSEC validation fails: signatures have expired, the DS record in the parent \
        zone belongs to a key that is no longer used, or something on the way changes answers. A \
        validating resolver then gives no answer at all.",
    consequence: "Senders behind validating resolvers cannot find the domain's hosts; mail waits \
        and comes back. Those that look for TLSA records must not deliver to a host where that \
        lookup fails.",
    remedy: &[
        "Find the broken link: `delv example.com MX` says what does not validate.",
        "Sign the zone again, or put the right DS record into the parent zone.",
        "If that takes long, have the DS record removed: an unsigned zone is better than a broken \
            one.",
    ],
    example: "",
};

/// TLSA records in an unsigned zone.
pub static N_INSECURE: Entry = Entry {
    id: "N-INSECURE",
    section: Section::Dane,
    enforce: Some(Low),
    testing: Some(Low),
    title: "TLSA records in an unsigned zone",
    rfc: "RFC 7672 §2.2",
    explanation: "There are TLSA records for the MX host, but the answer is not protected by \
        DNSSEC. Anyone who can forge the DNS can forge them too, so senders ignore them.",
    consequence: "Senders act as if there were no TLSA records.",
    remedy: &[
        "Sign the zone and have its DS record published in the parent zone.",
        "Otherwise remove the TLSA records: nobody uses them, and they will be wrong one day.",
    ],
    example: "",
};

/// No TLSA record matches the certificate.
pub static N_MISMATCH: Entry = Entry {
    id: "N-MISMATCH",
    section: Section::Dane,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "No TLSA record matches the certificate",
    rfc: "RFC 7672 §3",
    explanation: "The TLSA records of the MX host are secure and usable, but none of them matches \
        the certificate that the host shows. Most often a certificate was renewed with a new key \
        and the record was not changed.",
    consequence: "Senders that do DANE refuse to deliver to the host. A sound MTA-STS policy does \
        not help: it must never override a DANE failure.",
    remedy: &[
        "Publish a record `3 1 1` with the SHA-256 digest of the present key.",
        "At the next change of keys publish the new record first, wait for the old TTL to pass, \
            and change the key then.",
        "Or keep the key when you renew; ACME clients have a setting for that.",
    ],
    example: "The data of the record:
    openssl x509 -in cert.pem -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum
Publish:
    _25._tcp.mx1.example.com. 3600 IN TLSA 3 1 1 (the digest)",
};

/// A TLSA record that senders cannot use.
pub static N_PARAM: Entry = Entry {
    id: "N-PARAM",
    section: Section::Dane,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "A TLSA record that senders cannot use",
    rfc: "RFC 7672 §3.1",
    explanation: "A TLSA record of the MX host cannot be used for mail. Usages 0 and 1 rest on \
        public authorities, which DANE for SMTP does not use; a selector other than 0 and 1, a \
        matching type other than 0 to 2, or data of the wrong length is meaningless. If none of \
        the records is usable, senders encrypt but authenticate nobody.",
    consequence: "Senders skip the record.",
    remedy: &[
        "Publish `3 1 1`, the SHA-256 digest of the host's public key, or `2 1 1` for the key of \
            its CA.",
        "Remove the record that cannot be used.",
    ],
    example: "Faulty:
    _25._tcp.mx1.example.com. IN TLSA 1 0 1 (digest)
Sound:
    _25._tcp.mx1.example.com. IN TLSA 3 1 1 (digest)",
};

/// Some MX hosts have no TLSA record.
pub static N_PARTIAL: Entry = Entry {
    id: "N-PARTIAL",
    section: Section::Dane,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "Some MX hosts have no TLSA record",
    rfc: "RFC 7672 §2.2",
    explanation: "Some MX hosts of the domain have TLSA records and others do not. An attacker \
        who can disturb connections drives senders to the host without, where DANE protects \
        nothing.",
    consequence: "Senders do DANE at the hosts that have records, and only there.",
    remedy: &["Publish TLSA records for all MX hosts of the domain."],
    example: "",
};

/// DANE and MTA-STS side by side.
pub static N_BOTH: Entry = Entry {
    id: "N-BOTH",
    section: Section::Dane,
    enforce: Some(Info),
    testing: Some(Info),
    title: "DANE and MTA-STS side by side",
    rfc: "RFC 8461 §2",
    explanation: "The domain has both DANE and MTA-STS. That is sound, and reaches most senders. \
        Each must hold by itself: an MTA-STS success never makes up for a DANE failure, and for \
        MTA-STS the certificate must come from a public CA even if a TLSA record matches it.",
    consequence: "Senders that know both do DANE where there are usable TLSA records.",
    remedy: &["Nothing needs mending. When keys or certificates change, mind both."],
    example: "",
};

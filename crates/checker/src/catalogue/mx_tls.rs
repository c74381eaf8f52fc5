//! STARTTLS and the certificates of the MX hosts.

use crate::catalogue::{Entry, Section};
use crate::finding::Severity::{Critical, High, Info, Medium};

/// The entries of this section, in the order of the reference.
pub const ENTRIES: &[&Entry] = &[
    &S_NOSTARTTLS,
    &S_TLSVER,
    &S_CERT_EXPIRED,
    &S_CERT_SOON,
    &S_CERT_UNTRUSTED,
    &S_CERT_CHAIN,
    &S_CERT_NAME,
    &S_SNI,
    &S_PARTIAL,
    &S_CONNECT,
    &S_TEMPFAIL,
    &S_EGRESS,
];

/// An MX does not offer STARTTLS.
pub static S_NOSTARTTLS: Entry = Entry {
    id: "S-NOSTARTTLS",
    section: Section::MxTls,
    enforce: Some(Critical),
    testing: Some(High),
    title: "An MX does not offer STARTTLS",
    rfc: "RFC 8461 §4; RFC 8461 §5",
    explanation: "The MX host does not offer STARTTLS, or refuses it. Either TLS is not set up, \
        or something on the way, a mail firewall as a rule, takes the offer out of the greeting.",
    consequence: "Under enforce, conforming senders do not deliver to this host. In testing they \
        deliver in the clear and report starttls-not-supported. Without a policy, mail crosses \
        the network readable.",
    remedy: &[
        "Enable STARTTLS on port 25 with a certificate for the host's name.",
        "If it is enabled, look for a firewall that inspects SMTP; `EHLO` from inside and outside \
            must answer alike.",
    ],
    example: "Sound, Postfix:
    smtpd_tls_security_level = may
    smtpd_tls_chain_files = /etc/ssl/private/mx1.key, /etc/ssl/mx1-fullchain.pem",
};

/// An MX speaks outdated TLS.
pub static S_TLSVER: Entry = Entry {
    id: "S-TLSVER",
    section: Section::MxTls,
    enforce: Some(Critical),
    testing: Some(High),
    title: "An MX speaks outdated TLS",
    rfc: "RFC 8461 §7.2; RFC 8996 §4; RFC 8996 §5",
    explanation: "The MX host cannot do TLS 1.2 or newer, or still accepts 1.0 or 1.1 beside it. \
        Senders under a policy need at least 1.2; the older versions are withdrawn. Accepting \
        them as well is untidy and we call it low.",
    consequence: "If the host has nothing newer, the handshake fails, and under enforce \
        conforming senders do not deliver to it.",
    remedy: &[
        "Upgrade the TLS library of the mail server, and enable TLS 1.2 and 1.3.",
        "Turn 1.0 and 1.1 off, unless a correspondent of yours has nothing else.",
    ],
    example: "Sound, Postfix:
    smtpd_tls_protocols = >=TLSv1.2",
};

/// The certificate of an MX is out of date.
pub static S_CERT_EXPIRED: Entry = Entry {
    id: "S-CERT-EXPIRED",
    section: Section::MxTls,
    enforce: Some(Critical),
    testing: Some(High),
    title: "The certificate of an MX is out of date",
    rfc: "RFC 8461 §4.2",
    explanation: "The certificate of the MX host is outside its dates: it has expired, or is not \
        valid yet.",
    consequence: "Under enforce, conforming senders do not deliver to this host; in testing they \
        deliver and report certificate-expired.",
    remedy: &[
        "Renew the certificate and reload the mail server: many renewals fail at the reload.",
        "If it is not valid yet, put one in place that is, or wait.",
        "Check every address of the host; a cluster may have one node with the old file.",
    ],
    example: "",
};

/// The certificate of an MX expires soon.
pub static S_CERT_SOON: Entry = Entry {
    id: "S-CERT-SOON",
    section: Section::MxTls,
    enforce: Some(High),
    testing: Some(Medium),
    title: "The certificate of an MX expires soon",
    rfc: "RFC 8461 §4.2",
    explanation: "The certificate of the MX host ends within days. Automatic renewal acts when \
        about a third of the lifetime is left, so a certificate this near its end says that \
        renewal has stopped working. With more than seven days to go we call it low.",
    consequence: "Nothing yet. Once it has expired, conforming senders refuse the host under \
        enforce.",
    remedy: &[
        "Find out why renewal fails, and renew now.",
        "Check that the mail server shows the new certificate: it may have to be reloaded.",
    ],
    example: "",
};

/// The certificate of an MX is from no public CA.
pub static S_CERT_UNTRUSTED: Entry = Entry {
    id: "S-CERT-UNTRUSTED",
    section: Section::MxTls,
    enforce: Some(Critical),
    testing: Some(High),
    title: "The certificate of an MX is from no public CA",
    rfc: "RFC 8461 §4.2",
    explanation: "The certificate of the MX host does not lead to a certification authority that \
        senders trust: it is self-signed, or comes from a private CA. That was usual for mail \
        servers before MTA-STS. A self-signed certificate is enough for DANE, but not for \
        MTA-STS.",
    consequence: "Under enforce, conforming senders do not deliver to this host; in testing they \
        deliver and report certificate-not-trusted.",
    remedy: &[
        "Get a certificate from a public CA for the name in the MX record; any CA that does ACME \
            gives them away free.",
        "If the host has TLSA records, publish the new key's record before you change the key.",
    ],
    example: "",
};

/// An MX leaves out an intermediate certificate.
pub static S_CERT_CHAIN: Entry = Entry {
    id: "S-CERT-CHAIN",
    section: Section::MxTls,
    enforce: Some(Critical),
    testing: Some(High),
    title: "An MX leaves out an intermediate certificate",
    rfc: "RFC 8461 §4.2",
    explanation: "The MX host sends its own certificate without the intermediate one that leads \
        to the authority. Mail servers do not fetch what is missing.",
    consequence: "Under enforce, conforming senders do not deliver to this host, unless they \
        happen to know the intermediate; in testing they report certificate-not-trusted.",
    remedy: &[
        "Configure the file that holds the whole chain, your certificate first; ACME clients call \
            it `fullchain.pem`.",
        "Check: `openssl s_client -starttls smtp -connect mx1.example.com:25 -servername \
            mx1.example.com -showcerts`.",
    ],
    example: "",
};

/// The certificate of an MX is for another name.
pub static S_CERT_NAME: Entry = Entry {
    id: "S-CERT-NAME",
    section: Section::MxTls,
    enforce: Some(Critical),
    testing: Some(High),
    title: "The certificate of an MX is for another name",
    rfc: "RFC 8461 §4.2; RFC 8461 §7.1",
    explanation: "The certificate of the MX host does not carry the name in the MX record. A DNS \
        name among the subject alternative names must match it, asked for by that name; the \
        common name does not count, nor does the name of the mail domain, nor the target of an \
        alias. `*.example.com` covers one label.",
    consequence: "Under enforce, conforming senders do not deliver to this host; in testing they \
        deliver and report certificate-host-mismatch.",
    remedy: &[
        "Get a certificate that carries the name in the MX record, or add the name to the one in \
            use.",
        "Or put the name that the certificate has into the MX record and into the policy, if it \
            leads to the same host.",
    ],
    example: "Faulty:
    example.com. IN MX 10 mx1.example.com.
    certificate: mail.example.com
Sound:
    certificate: mx1.example.com, mail.example.com",
};

/// An MX insists on SNI.
pub static S_SNI: Entry = Entry {
    id: "S-SNI",
    section: Section::MxTls,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "An MX insists on SNI",
    rfc: "RFC 8461 §7.1",
    explanation: "The MX host ends the handshake when the client sends no server name, or one \
        that it does not know. Mail servers must not do that: a client without a policy may \
        expect nothing of the certificate, and one with DANE may ask for another name.",
    consequence: "Senders that use no SNI, or another name, cannot start TLS and deliver in the \
        clear or not at all.",
    remedy: &["Configure a certificate as fallback for unknown or missing server names."],
    example: "",
};

/// Addresses of an MX differ.
pub static S_PARTIAL: Entry = Entry {
    id: "S-PARTIAL",
    section: Section::MxTls,
    enforce: Some(High),
    testing: Some(Medium),
    title: "Addresses of an MX differ",
    rfc: "RFC 8461 §4",
    explanation: "The MX host has several addresses and they do not behave alike: at least one of \
        them fails where others are sound. It is often one node of a cluster, or IPv6.",
    consequence: "Delivery works or fails with the address a sender happens to pick; under \
        enforce mail is late, and reports show failures that come and go.",
    remedy: &[
        "Bring the node at the address shown in line with the others: certificate, STARTTLS, TLS \
            versions.",
        "Or take that address out of the DNS until it is repaired.",
    ],
    example: "",
};

/// An MX gives no SMTP session.
pub static S_CONNECT: Entry = Entry {
    id: "S-CONNECT",
    section: Section::MxTls,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "An MX gives no SMTP session",
    rfc: "RFC 5321 §4.5.4.1",
    explanation: "No usable SMTP session with the MX host came about: the connection was refused, \
        timed out, or ended before the greeting, or what answers does not speak SMTP. The same \
        test reached other hosts, so port 25 is open here. Whether TLS is sound at this host \
        could not be seen, so that this is not counted as a fault of TLS.",
    consequence: "Senders use the other MX hosts, or try again later.",
    remedy: &[
        "Check that a mail server listens on port 25 at every address of the host, and that the \
            firewall lets the Internet in.",
        "If the host no longer exists, remove its MX record, and then its line in the policy.",
    ],
    example: "",
};

/// An MX did not let TLS be tested.
pub static S_TEMPFAIL: Entry = Entry {
    id: "S-TEMPFAIL",
    section: Section::MxTls,
    enforce: Some(Info),
    testing: Some(Info),
    title: "An MX did not let TLS be tested",
    rfc: "RFC 5321 §3.1; RFC 5321 §4.2.1",
    explanation: "The MX host answered, but ended the session before TLS could be looked at: it \
        put the session off (4xx), turned the client away (a 554 greeting, or another 5xx), or \
        sent its answer so slowly that no whole reply came in the time allowed. Greylisting, a \
        blocklist, a limit for strangers, or a tarpit does that. It says nothing of how the host \
        treats the senders it knows.",
    consequence: "Senders that are put off try again and get through. Those that are turned away \
        for good use another MX host, or send the mail back.",
    remedy: &[
        "If the host is meant to be like that, nothing needs mending. Test again later, or from a \
            host that the server knows.",
        "If it turns everyone away, repair it, or remove its MX record.",
    ],
    example: "",
};

/// Port 25 is blocked here.
pub static S_EGRESS: Entry = Entry {
    id: "S-EGRESS",
    section: Section::MxTls,
    enforce: Some(Info),
    testing: Some(Info),
    title: "Port 25 is blocked here",
    rfc: "RFC 8461 §4",
    explanation: "No connection to port 25 leaves this network: hosts that certainly take mail \
        cannot be reached either. Many providers block the port. The MX hosts were not tested, \
        and the result says so instead of blaming them.",
    consequence: "This is about the place of the test; it says nothing about the domain.",
    remedy: &[
        "Run the check on a host from which port 25 can be reached, a mail server for instance.",
    ],
    example: "",
};

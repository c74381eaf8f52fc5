//! The policy host: DNS, TLS and HTTP.

mod certificate;

pub use certificate::{H_CERT_CHAIN, H_CERT_EXPIRED, H_CERT_NAME, H_CERT_SOON, H_CERT_UNTRUSTED};

use crate::catalogue::{Entry, Section};
use crate::finding::Severity::{Critical, High, Medium};

/// The entries of this section, in the order of the reference.
pub const ENTRIES: &[&Entry] = &[
    &H_NXDOMAIN,
    &H_CONNECT,
    &H_TIMEOUT,
    &H_PARTIAL,
    &H_TLS,
    &H_TLSVER,
    &H_CERT_EXPIRED,
    &H_CERT_SOON,
    &H_CERT_UNTRUSTED,
    &H_CERT_CHAIN,
    &H_CERT_NAME,
    &H_STATUS,
    &H_REDIRECT,
    &H_DELEGATE,
    &H_UA,
    &H_CTYPE,
    &H_SIZE,
    &H_SLOW,
];

/// The policy host has no address.
pub static H_NXDOMAIN: Entry = Entry {
    id: "H-NXDOMAIN",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host has no address",
    rfc: "RFC 8461 §3.2",
    explanation: "The policy host, `mta-sts` under the domain, has neither an A nor an AAAA \
        record, or is an alias to a name that has none. Senders cannot fetch the policy that the \
        TXT record announces.",
    consequence: "Senders deliver as if there were no policy, unless they hold one from earlier.",
    remedy: &[
        "Create an A or AAAA record for `mta-sts`, or a CNAME to the host that serves the policy.",
        "Make sure that host has a certificate for `mta-sts` under your domain: an alias does not \
            change which name it must carry.",
    ],
    example: "Publish one of:
    mta-sts.example.com. IN A     203.0.113.10
    mta-sts.example.com. IN CNAME policies.provider.example.",
};

/// The policy host refuses connections.
pub static H_CONNECT: Entry = Entry {
    id: "H-CONNECT",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host refuses connections",
    rfc: "RFC 8461 §3.3",
    explanation: "Connections to port 443 of the policy host are refused or find no way there. \
        Policies are fetched over HTTPS on that port and no other.",
    consequence: "Senders deliver as if there were no policy, unless they hold one from earlier.",
    remedy: &[
        "Check that a web server listens on port 443 at every address of the policy host.",
        "Check the firewall, and that the addresses in the DNS are still the right ones.",
    ],
    example: "",
};

/// The policy host does not answer in time.
pub static H_TIMEOUT: Entry = Entry {
    id: "H-TIMEOUT",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host does not answer in time",
    rfc: "RFC 8461 §3.3",
    explanation: "The policy host took a connection, or seemed to, but did not deliver a complete \
        answer in the time allowed. The RFC suggests that senders wait a minute; many wait far \
        less.",
    consequence: "Senders give up and deliver as if there were no policy, unless they hold one \
        from earlier.",
    remedy: &[
        "Serve the policy as a plain static file, from a host near the edge of the network.",
        "Look for a firewall that drops packets silently, and for a backend that the file has to \
            come from.",
    ],
    example: "",
};

/// Addresses of the policy host differ.
pub static H_PARTIAL: Entry = Entry {
    id: "H-PARTIAL",
    section: Section::PolicyHost,
    enforce: Some(High),
    testing: Some(High),
    title: "Addresses of the policy host differ",
    rfc: "RFC 8461 §3.3",
    explanation: "The policy host has several addresses and they do not behave alike: some fail, \
        or serve another text. It is often the IPv6 address that was forgotten.",
    consequence: "A sender gets the policy or not, or this policy or that, depending on the \
        address it happens to use.",
    remedy: &[
        "Compare the addresses: `curl --resolve mta-sts.example.com:443:ADDRESS \
            https://mta-sts.example.com/.well-known/mta-sts.txt`.",
        "Repair the ones that fail, or remove their A or AAAA records.",
        "When you change the policy, change it on every node before you change the id.",
    ],
    example: "",
};

/// The policy host does not speak TLS.
pub static H_TLS: Entry = Entry {
    id: "H-TLS",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host does not speak TLS",
    rfc: "RFC 8461 §3.3; RFC 8461 §7.1",
    explanation: "Something answers on port 443 of the policy host, but no TLS handshake comes \
        about: it speaks plain HTTP there, or ends the handshake with an alert because it knows \
        no such name.",
    consequence: "Senders cannot fetch the policy and deliver as if there were none, unless they \
        hold one from earlier.",
    remedy: &[
        "Set up HTTPS for this name; the server must pick the certificate by SNI.",
        "If the host belongs to a provider, make sure that your domain has been set up there.",
    ],
    example: "",
};

/// The policy host offers only outdated TLS.
pub static H_TLSVER: Entry = Entry {
    id: "H-TLSVER",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host offers only outdated TLS",
    rfc: "RFC 8461 §7.2; RFC 8996 §4; RFC 8996 §5",
    explanation: "The policy host offers no TLS version newer than 1.1. Versions 1.0 and 1.1 are \
        withdrawn, and senders need at least 1.2.",
    consequence: "The handshake fails, and senders deliver as if there were no policy, unless \
        they hold one from earlier.",
    remedy: &["Enable TLS 1.2 and TLS 1.3 on the web server.", "Turn 1.0 and 1.1 off."],
    example: "Sound, nginx:
    ssl_protocols TLSv1.2 TLSv1.3;",
};

/// The policy host does not answer 200.
pub static H_STATUS: Entry = Entry {
    id: "H-STATUS",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host does not answer 200",
    rfc: "RFC 8461 §3.3",
    explanation: "The policy host answers the request for the policy, but with another status \
        than 200. A 404 means that the file is not where it must be, a 403 that the server may \
        not or will not show it, a 5xx that something behind it is broken.",
    consequence: "Only status 200 counts. Senders drop the answer, whatever text comes with it, \
        and deliver as if there were no policy, unless they hold one from earlier.",
    remedy: &[
        "Put the file at `/.well-known/mta-sts.txt` under the host `mta-sts.example.com`; the \
            name is all lower case.",
        "Check that the web server shows files in directories that begin with a dot.",
        "Check that it answers for this host name with this site and not with another one.",
    ],
    example: "",
};

/// The policy host redirects.
pub static H_REDIRECT: Entry = Entry {
    id: "H-REDIRECT",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy host redirects",
    rfc: "RFC 8461 §3.3",
    explanation: "The policy host answers with a redirect. It usually comes from a rule meant for \
        the web site: to www, to a path with a slash at its end, to a page to log in.",
    consequence: "Senders must not follow redirects. They deliver as if there were no policy, \
        unless they hold one from earlier.",
    remedy: &[
        "Exempt this host and path from the rule, and answer with status 200 and the text itself.",
    ],
    example: "Faulty:
    GET https://mta-sts.example.com/.well-known/mta-sts.txt
    301 Location: https://www.example.com/.well-known/mta-sts.txt
Sound:
    GET https://mta-sts.example.com/.well-known/mta-sts.txt
    200 Content-Type: text/plain",
};

/// The hosting provider does not serve this domain.
pub static H_DELEGATE: Entry = Entry {
    id: "H-DELEGATE",
    section: Section::PolicyHost,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The hosting provider does not serve this domain",
    rfc: "RFC 8461 §8.2",
    explanation: "The policy host is an alias to a provider that hosts policies, but the provider \
        has no policy or no certificate for your domain. Either the domain was never set up \
        there, or it was taken off again and the alias stayed.",
    consequence: "Senders cannot fetch the policy and deliver as if there were none, unless they \
        hold one from earlier.",
    remedy: &[
        "If the provider is to host the policy, add the domain there and wait until its \
            certificate has been issued.",
        "If not, point `mta-sts` at a host of your own; `ironpost policy export` writes what it \
            needs.",
        "If MTA-STS is to go, go by way of mode none, see Y-VANISH, and then remove both aliases.",
    ],
    example: "",
};

/// The policy host answers browsers only.
pub static H_UA: Entry = Entry {
    id: "H-UA",
    section: Section::PolicyHost,
    enforce: Some(High),
    testing: Some(High),
    title: "The policy host answers browsers only",
    rfc: "RFC 8461 §3.3",
    explanation: "The policy host answers a browser and turns away a client that does not look \
        like one. A bot rule or a web application firewall stands before it. Mail servers have no \
        cookies, run no scripts and solve no puzzles.",
    consequence: "Senders are turned away and deliver as if there were no policy, unless they \
        hold one from earlier.",
    remedy: &[
        "Exempt the host `mta-sts.example.com` from bot rules, challenges and blocks by country.",
        "Test with a plain client: `curl -A mail \
            https://mta-sts.example.com/.well-known/mta-sts.txt`.",
    ],
    example: "",
};

/// The policy is not served as text/plain.
pub static H_CTYPE: Entry = Entry {
    id: "H-CTYPE",
    section: Section::PolicyHost,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "The policy is not served as text/plain",
    rfc: "RFC 8461 §3.2",
    explanation: "The policy is not served as `text/plain`. The media type keeps a sender from \
        taking a policy out of a place where strangers can put files of other types. Parameters \
        other than charset do not matter, nor does the case.",
    consequence: "Senders should check the type, and many do; those drop the policy.",
    remedy: &["Have the web server send `Content-Type: text/plain; charset=utf-8` for this file."],
    example: r#"Sound, nginx:
    location = /.well-known/mta-sts.txt {
        types { }
        default_type "text/plain; charset=utf-8";
    }"#,
};

/// The policy file is too large.
pub static H_SIZE: Entry = Entry {
    id: "H-SIZE",
    section: Section::PolicyHost,
    enforce: Some(High),
    testing: Some(High),
    title: "The policy file is too large",
    rfc: "RFC 8461 §3.3",
    explanation: "The policy file is larger than 64 KiB, the limit that the RFC suggests to \
        senders. A policy of ten MX hosts takes less than one.",
    consequence: "Senders may stop reading at the limit, and then have no policy.",
    remedy: &[
        "Remove what is not policy from the file. Where it names very many hosts of one zone, a \
            wildcard such as `mx: *.mail.example.com` covers them in one line.",
    ],
    example: "",
};

/// The policy host is slow.
pub static H_SLOW: Entry = Entry {
    id: "H-SLOW",
    section: Section::PolicyHost,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "The policy host is slow",
    rfc: "RFC 8461 §3.3",
    explanation: "The policy host takes more than ten seconds for a few hundred octets. Senders \
        choose their own time limit; the minute in the RFC is a suggestion.",
    consequence: "Impatient senders give up and deliver as if there were no policy.",
    remedy: &[
        "Serve the policy as a plain static file.",
        "Look at where the time goes: `curl -w '%{time_connect} %{time_appconnect} \
            %{time_starttransfer}\\n' -o /dev/null -s \
            https://mta-sts.example.com/.well-known/mta-sts.txt`.",
    ],
    example: "",
};

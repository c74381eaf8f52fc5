//! MX records against the patterns of the policy.

use crate::catalogue::{Entry, Section};
use crate::finding::Severity::{Critical, High, Low, Medium};

/// The entries of this section, in the order of the reference.
pub const ENTRIES: &[&Entry] = &[
    &M_UNMATCHED,
    &M_NOMATCH,
    &M_WILD,
    &M_STSLABEL,
    &M_TYPO,
    &M_WEAK,
    &M_UNUSED,
    &M_NULL,
    &M_IMPLICIT,
    &M_NXDOMAIN,
    &M_CNAME,
    &M_IPLIT,
    &M_PRIVATE,
];

/// An MX that the policy does not name.
pub static M_UNMATCHED: Entry = Entry {
    id: "M-UNMATCHED",
    section: Section::MxMatch,
    enforce: Some(Critical),
    testing: Some(High),
    title: "An MX that the policy does not name",
    rfc: "RFC 8461 §4.1",
    explanation: "An MX record of the domain names a host that no `mx` line of the policy \
        matches. Senders compare the name in the MX record, in any case, with each pattern. A \
        backup host counts like any other: when the first host is down, senders turn to it, and \
        then refuse it.",
    consequence: "Under enforce, conforming senders never deliver to that host; in testing they \
        deliver and report.",
    remedy: &[
        "Add an `mx:` line with the name exactly as it stands in the MX record.",
        "If the host should not take mail, remove its MX record instead.",
        "Give the TXT record a new id, after the file has been changed everywhere.",
    ],
    example: "Faulty:
    example.com. IN MX 10 mx1.example.com.
    example.com. IN MX 20 backup.example.net.
    mx: mx1.example.com
Sound:
    mx: mx1.example.com
    mx: backup.example.net",
};

/// The policy names none of the MX hosts.
pub static M_NOMATCH: Entry = Entry {
    id: "M-NOMATCH",
    section: Section::MxMatch,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy names none of the MX hosts",
    rfc: "RFC 8461 §4.1; RFC 8461 §5",
    explanation: "No MX host of the domain is matched by the policy. It was written for another \
        domain or another provider, or the MX records have moved since.",
    consequence: "Under enforce, conforming senders deliver nothing: mail waits in their queues \
        and comes back after some days. In testing they deliver and report every session.",
    remedy: &[
        "Now: put one `mx:` line for each MX host into the policy, then give the TXT record a new \
            id. Senders look for a new id before they give a message up.",
        "If you cannot change the file at once, remove nothing: without a new policy senders go \
            on applying the old one.",
    ],
    example: "Faulty:
    example.com. IN MX 10 mail.newprovider.example.
    mx: mail.oldprovider.example
Sound:
    mx: mail.newprovider.example",
};

/// A wildcard does not reach the MX.
pub static M_WILD: Entry = Entry {
    id: "M-WILD",
    section: Section::MxMatch,
    enforce: Some(Critical),
    testing: Some(High),
    title: "A wildcard does not reach the MX",
    rfc: "RFC 8461 §4.1",
    explanation: "A wildcard pattern was meant to cover this MX host but does not. `*.` stands \
        for exactly one label: `*.example.com` covers `mx.example.com`, neither `example.com` \
        itself nor `a.mx.example.com`.",
    consequence: "Under enforce, conforming senders never deliver to that host; in testing they \
        deliver and report.",
    remedy: &[
        "List the host by its full name. The pattern may stay if it covers other hosts.",
        "Give the TXT record a new id, after the file has been changed everywhere.",
    ],
    example: "Faulty:
    example.com. IN MX 10 a.mx.example.com.
    mx: *.example.com
Sound:
    mx: a.mx.example.com",
};

/// The policy host is listed as an MX.
pub static M_STSLABEL: Entry = Entry {
    id: "M-STSLABEL",
    section: Section::MxMatch,
    enforce: Some(Critical),
    testing: Some(High),
    title: "The policy host is listed as an MX",
    rfc: "RFC 8461 §3.2",
    explanation: "An `mx` line names the policy host, `mta-sts` under the domain. The policy host \
        serves the file over HTTPS; what belongs into an `mx` line is the name of a host that \
        takes mail, as in the MX records.",
    consequence: "The pattern matches no MX host. Under enforce, conforming senders deliver only \
        to hosts that other lines match.",
    remedy: &[
        "Replace the line by one `mx:` line for each MX host.",
        "Give the TXT record a new id, after the file has been changed everywhere.",
    ],
    example: "Faulty:
    mx: mta-sts.example.com
Sound:
    mx: mx1.example.com",
};

/// A misspelt MX name in the policy.
pub static M_TYPO: Entry = Entry {
    id: "M-TYPO",
    section: Section::MxMatch,
    enforce: Some(Critical),
    testing: Some(High),
    title: "A misspelt MX name in the policy",
    rfc: "RFC 8461 §4.1",
    explanation: "An MX host is matched by no pattern, and one of the patterns differs from its \
        name by a letter or three. It is most likely a slip of the pen.",
    consequence: "Under enforce, conforming senders never deliver to that host; in testing they \
        deliver and report.",
    remedy: &[
        "Correct the spelling, as the finding shows it.",
        "Give the TXT record a new id, after the file has been changed everywhere.",
    ],
    example: "Faulty:
    example.com. IN MX 10 mail.example.com.
    mx: mial.example.com
Sound:
    mx: mail.example.com",
};

/// A wildcard admits too many hosts.
pub static M_WEAK: Entry = Entry {
    id: "M-WEAK",
    section: Section::MxMatch,
    enforce: Some(Medium),
    testing: Some(Low),
    title: "A wildcard admits too many hosts",
    rfc: "RFC 8461 §10.4",
    explanation: "A wildcard in the policy admits more hosts than yours. `*.` and your own domain \
        admits every host in it for which someone can get a certificate, the web shop and a \
        forgotten test server included. A wildcard directly below a public suffix, or below a \
        domain where anyone can be a customer, admits strangers.",
    consequence: "Senders accept mail routes through any host that the wildcard covers. An \
        attacker who controls one of them and can forge the DNS takes the mail.",
    remedy: &[
        "List the MX hosts by their full names.",
        "If a provider asks for a wildcard, take the one in its documentation; it should cover \
            nothing but its mail hosts.",
    ],
    example: "Weak:
    mx: *.example.com
Better:
    mx: mx1.example.com
    mx: mx2.example.com",
};

/// A pattern that matches no MX.
pub static M_UNUSED: Entry = Entry {
    id: "M-UNUSED",
    section: Section::MxMatch,
    enforce: Some(Low),
    testing: Some(Low),
    title: "A pattern that matches no MX",
    rfc: "RFC 8461 §8.1; RFC 8461 §10.4",
    explanation: "A pattern of the policy matches no present MX host. During a migration that is \
        as it should be: both the old and the new hosts are listed until every sender has the new \
        policy. Otherwise it is a leftover or a misspelling, and it admits a host that is perhaps \
        no longer yours.",
    consequence: "No mail is lost. The pattern widens what senders accept.",
    remedy: &[
        "Once a migration is over, remove the line and give the TXT record a new id.",
        "If a present host was meant, correct the spelling.",
    ],
    example: "",
};

/// A policy for a domain that takes no mail.
pub static M_NULL: Entry = Entry {
    id: "M-NULL",
    section: Section::MxMatch,
    enforce: Some(High),
    testing: Some(Medium),
    title: "A policy for a domain that takes no mail",
    rfc: "RFC 7505 §3; RFC 8461 §8.3",
    explanation: "The domain says with a null MX (`0 .`) that it takes no mail, and at the same \
        time asks senders to protect mail to it. There is no host that the policy could apply to. \
        If an MX record with a host stands beside the null MX, senders differ in what they make \
        of it: a null MX must stand alone.",
    consequence: "Senders deliver nothing, by the null MX. The policy has no effect, but goes on \
        needing a host and a certificate.",
    remedy: &[
        "If the domain takes no mail, leave MTA-STS: serve mode none under a new id, wait until \
            every earlier policy has expired, then remove record and host.",
        "If it does take mail, replace the null MX by proper MX records.",
    ],
    example: "No mail:
    example.com. IN MX 0 .",
};

/// The domain has no MX record.
pub static M_IMPLICIT: Entry = Entry {
    id: "M-IMPLICIT",
    section: Section::MxMatch,
    enforce: Some(High),
    testing: Some(Medium),
    title: "The domain has no MX record",
    rfc: "RFC 5321 §5.1",
    explanation: "The domain has no MX record. Senders then take the domain itself for its mail \
        host, by its A or AAAA record, and the policy must match the domain's own name. More \
        often an MX record has been lost.",
    consequence: "Senders deliver to the address of the domain, if anything there takes mail. \
        Under enforce they do so only if a pattern matches the domain itself.",
    remedy: &[
        "Publish an MX record, and list that host in the policy.",
        "If the domain takes no mail, publish a null MX: `example.com. IN MX 0 .`",
    ],
    example: "Sound:
    example.com. IN MX 10 mx1.example.com.
    mx: mx1.example.com",
};

/// An MX host without an address.
pub static M_NXDOMAIN: Entry = Entry {
    id: "M-NXDOMAIN",
    section: Section::MxMatch,
    enforce: Some(High),
    testing: Some(High),
    title: "An MX host without an address",
    rfc: "RFC 5321 §5.1",
    explanation: "An MX record names a host that has no address, IPv4 or IPv6. It may be \
        misspelt, or the host is gone and its MX record stayed. If the host's domain can be \
        registered by anyone, whoever does so receives mail for you.",
    consequence: "Senders pass the host over. If all hosts are like this, mail to the domain \
        comes back.",
    remedy: &[
        "Give the host an A or AAAA record, or remove the MX record.",
        "Check who holds the domain that the host is in.",
    ],
    example: "",
};

/// An MX is an alias.
pub static M_CNAME: Entry = Entry {
    id: "M-CNAME",
    section: Section::MxMatch,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "An MX is an alias",
    rfc: "RFC 5321 §5.1; RFC 2181 §10.3; RFC 8461 §4.1",
    explanation: "An MX record names an alias. The standards want a host name with an address \
        there. MTA-STS compares the name in the MX record with the policy, and the certificate \
        must carry that name too; what the alias points to counts for neither.",
    consequence: "Most senders follow the alias. Under a policy they accept the host only if \
        policy and certificate have the name in the MX record; a certificate for the target alone \
        fails.",
    remedy: &[
        "Put the host's real name into the MX record, into the policy and into the certificate.",
    ],
    example: "Faulty:
    example.com.      IN MX    10 mail.example.com.
    mail.example.com. IN CNAME mx1.provider.example.
Sound:
    example.com.      IN MX    10 mx1.provider.example.
    mx: mx1.provider.example",
};

/// An MX is an IP address.
pub static M_IPLIT: Entry = Entry {
    id: "M-IPLIT",
    section: Section::MxMatch,
    enforce: Some(High),
    testing: Some(High),
    title: "An MX is an IP address",
    rfc: "RFC 5321 §5.1",
    explanation: "An MX record holds an IP address where a host name must stand. DNS takes the \
        address for a name such as `192.0.2.1.`, which does not exist.",
    consequence: "Senders cannot reach such a host, whether or not a policy lists the address.",
    remedy: &[
        "Give the host a name with an A or AAAA record, and put that name into the MX record and \
            the policy.",
    ],
    example: "Faulty:
    example.com. IN MX 10 192.0.2.1.
Sound:
    mx1.example.com. IN A  192.0.2.1
    example.com.     IN MX 10 mx1.example.com.",
};

/// A host has a non-public address.
pub static M_PRIVATE: Entry = Entry {
    id: "M-PRIVATE",
    section: Section::MxMatch,
    enforce: Some(High),
    testing: Some(High),
    title: "A host has a non-public address",
    rfc: "RFC 6890 §2.2",
    explanation: "An MX host or the policy host has an address that is not reachable from the \
        Internet: private, loopback, link-local, or set aside for another purpose. Usually an \
        inside view of the DNS has got out. Such addresses are not probed.",
    consequence: "Senders cannot connect to that address, or connect to something else in their \
        own network.",
    remedy: &[
        "Publish only public addresses for the hosts, and keep inside addresses in an inside \
            zone.",
        "If the network under test really uses this range, allow it with `--allow-address`.",
    ],
    example: "",
};

//! How the record is found: aliases, name servers, TTL.

use crate::catalogue::{Entry, Section};
use crate::finding::Severity::{Critical, High, Low, Medium};

/// The alias at _mta-sts leads to no record.
pub static D_CNAME: Entry = Entry {
    id: "D-CNAME",
    section: Section::Txt,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The alias at _mta-sts leads to no record",
    rfc: "RFC 8461 §3.1; RFC 8461 §8.2",
    explanation: "`_mta-sts` is an alias, as it may be, but following it ends nowhere: the last \
        name does not exist, has no MTA-STS record, or the aliases run in a circle. If the zone \
        of the target can be registered by anyone, whoever registers it can announce policies for \
        your domain.",
    consequence: "Senders follow aliases and find no policy at the end.",
    remedy: &[
        "If a provider runs the policy for you, ask for the name to point to, and make sure that \
            the domain has been set up there.",
        "If nobody does, replace the alias by a TXT record of your own. No other record can stand \
            beside a CNAME.",
        "If the target's domain is no longer registered, remove the alias today.",
    ],
    example: r#"Faulty:
    _mta-sts.example.com. IN CNAME _mta-sts.gone.example.
Sound:
    _mta-sts.example.com. IN CNAME _mta-sts.provider.example.
    _mta-sts.provider.example. IN TXT "v=STSv1; id=20260501T120000Z;""#,
};

/// A long chain of aliases.
pub static D_CNAME_DEPTH: Entry = Entry {
    id: "D-CNAME-DEPTH",
    section: Section::Txt,
    enforce: Some(Low),
    testing: Some(Low),
    title: "A long chain of aliases",
    rfc: "RFC 8461 §3.1",
    explanation: "More than four aliases follow one another between `_mta-sts` and the record. \
        Senders must follow them, but the RFC says nothing of how many, and at least one sender is \
        known to stop at five.",
    consequence: "Most senders find the record; some may not.",
    remedy: &["Point `_mta-sts` straight at the name that holds the record."],
    example: "Faulty:
    _mta-sts.example.com.  IN CNAME a.example.net.
    a.example.net.         IN CNAME b.example.net.
    b.example.net.         IN CNAME c.example.net.
    c.example.net.         IN CNAME d.example.net.
    d.example.net.         IN CNAME _mta-sts.provider.example.
Sound:
    _mta-sts.example.com.  IN CNAME _mta-sts.provider.example.",
};

/// An unhelpful TTL on the record.
pub static D_TTL: Entry = Entry {
    id: "D-TTL",
    section: Section::Txt,
    enforce: Some(Low),
    testing: Some(Low),
    title: "An unhelpful TTL on the record",
    rfc: "RFC 8461 §8.1",
    explanation: "The TTL of the record is over a day or under a minute. Senders notice a new \
        policy only when the old record has left their resolvers' caches, so a long TTL puts off \
        every change, including the one that repairs a mistake. A very short one makes every \
        delivery a query.",
    consequence: "With a long TTL senders may apply an outdated policy for that much longer.",
    remedy: &[
        "Set the TTL to between 300 and 3600 seconds.",
        "Before a move to other MX hosts lower it, and wait for the old TTL to pass first.",
    ],
    example: r#"Faulty:
    _mta-sts.example.com. 604800 IN TXT "v=STSv1; id=20260501T120000Z;"
Sound:
    _mta-sts.example.com. 3600   IN TXT "v=STSv1; id=20260501T120000Z;""#,
};

/// The record cannot be looked up.
pub static D_DNSFAIL: Entry = Entry {
    id: "D-DNSFAIL",
    section: Section::Txt,
    enforce: Some(High),
    testing: Some(High),
    title: "The record cannot be looked up",
    rfc: "RFC 8461 §10.2",
    explanation: "The question for TXT at `_mta-sts` gets no answer that could be used: the name \
        servers fail, do not reply, or DNSSEC validation rejects what they say. That is not the \
        same as having no record: nobody can tell.",
    consequence: "Senders with a policy from earlier keep applying it. Others deliver without one \
        or put the mail off, as they choose; and an attacker who can cause such failures keeps \
        new senders from ever learning the policy.",
    remedy: &[
        "Ask each name server of the zone for the record, for instance with `dig +norec TXT \
            _mta-sts.example.com @ns1.example.com`.",
        "If they answer and resolvers still fail, check the delegation and the DS record: `dig \
            +cd` gets an answer where DNSSEC is to blame.",
        "Repair the zone, then check again.",
    ],
    example: "",
};

/// Name servers disagree about the record.
pub static D_SPLIT: Entry = Entry {
    id: "D-SPLIT",
    section: Section::Txt,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "Name servers disagree about the record",
    rfc: "RFC 8461 §8.1",
    explanation: "The name servers of the zone give different answers for `_mta-sts`. A zone \
        transfer has failed, a secondary is out of date, or two providers serve the zone and only \
        one was changed.",
    consequence: "Which policy a sender learns of, and whether it learns of one at all, depends \
        on which server it happens to ask.",
    remedy: &[
        "Compare the serial numbers: `dig +nssearch example.com`.",
        "Repair the transfer to the servers that lag, or change the record at every provider.",
        "Check again when all agree.",
    ],
    example: "",
};

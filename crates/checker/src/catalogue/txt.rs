//! The `_mta-sts` TXT record.

mod lookup;

pub use lookup::{D_CNAME, D_CNAME_DEPTH, D_DNSFAIL, D_SPLIT, D_TTL};

use crate::catalogue::{Entry, Section};
use crate::finding::Severity::{Critical, High, Info, Low, Medium};

/// The entries of this section, in the order of the reference.
pub const ENTRIES: &[&Entry] = &[
    &D_NONE,
    &D_ORPHAN,
    &D_MULTI,
    &D_SYNTAX,
    &D_VERSION,
    &D_ID,
    &D_WSP,
    &D_UNRELATED,
    &D_WILDCARD,
    &D_LOCATION,
    &D_CNAME,
    &D_CNAME_DEPTH,
    &D_EXT,
    &D_TTL,
    &D_DNSFAIL,
    &D_SPLIT,
];

/// No MTA-STS record.
pub static D_NONE: Entry = Entry {
    id: "D-NONE",
    section: Section::Txt,
    enforce: Some(High),
    testing: None,
    title: "No MTA-STS record",
    rfc: "RFC 8461 §3.1",
    explanation: "There is no TXT record at `_mta-sts` under the domain, so senders take it that \
        the domain has no MTA-STS policy. Mail to it is encrypted only if nobody on the way \
        objects: whoever can take STARTTLS out of a server's greeting, or forge an answer of the \
        DNS, reads it.",
    consequence: "Senders use TLS if the MX offers it and check no certificate. A sender that \
        fetched a policy earlier goes on applying it until its max_age runs out.",
    remedy: &[
        "Serve a policy file at https://mta-sts.example.com/.well-known/mta-sts.txt, in mode \
            testing to begin with; `ironpost policy new` writes one.",
        "Publish a TLS-RPT record, so that you hear of failures before they cost mail.",
        "Only then publish the record below, so that nobody finds the record before the file.",
        "When the reports have been clean for some weeks, change the file to mode enforce and \
            give the record a new id.",
    ],
    example: r#"Publish:
    _mta-sts.example.com. 3600 IN TXT "v=STSv1; id=20260501T120000Z;""#,
};

/// A policy file without a record.
pub static D_ORPHAN: Entry = Entry {
    id: "D-ORPHAN",
    section: Section::Txt,
    enforce: Some(High),
    testing: None,
    title: "A policy file without a record",
    rfc: "RFC 8461 §3.1; RFC 8461 §5.1",
    explanation: "The policy file is served, but the TXT record that announces it is missing. \
        Senders look for the record first and ask the policy host only when they find it, so the \
        file might as well not exist.",
    consequence: "Senders deliver as if there were no policy. Only one that still holds the \
        policy from an earlier time applies it.",
    remedy: &[
        "Check that the file at https://mta-sts.example.com/.well-known/mta-sts.txt says what you \
            want, above all its mode and its mx lines.",
        "Publish the record below.",
        "If the policy is meant to go, do not leave it at that: serve mode none first, see \
            Y-VANISH.",
    ],
    example: r#"Publish:
    _mta-sts.example.com. 3600 IN TXT "v=STSv1; id=20260501T120000Z;""#,
};

/// More than one MTA-STS record.
pub static D_MULTI: Entry = Entry {
    id: "D-MULTI",
    section: Section::Txt,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "More than one MTA-STS record",
    rfc: "RFC 8461 §3.1",
    explanation: "More than one TXT record at `_mta-sts` begins with `v=STSv1;`. Senders drop \
        every other TXT record there, and if then not exactly one is left, they must act as if \
        there were no policy. That one of the records is broken does not help: records are \
        counted before they are read.",
    consequence: "Senders find no policy and do not ask the policy host. What they hold from \
        earlier stays in force until it expires.",
    remedy: &[
        "Find out where the second record comes from: a record left over from an earlier set-up, \
            or one in a zone and one added by a provider.",
        "Delete all but one. It does not matter which one stays if you give it a new id.",
    ],
    example: r#"Faulty:
    _mta-sts.example.com. IN TXT "v=STSv1; id=20250101T000000Z;"
    _mta-sts.example.com. IN TXT "v=STSv1; id=20260501T120000Z;"
Sound:
    _mta-sts.example.com. IN TXT "v=STSv1; id=20260501T120000Z;""#,
};

/// The record cannot be read.
pub static D_SYNTAX: Entry = Entry {
    id: "D-SYNTAX",
    section: Section::Txt,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The record cannot be read",
    rfc: "RFC 8461 §3.1",
    explanation: "The record begins as it should, but what follows is not a list of fields \
        between semicolons. A field is a name, `=` and a value, with no blanks around `=`; a \
        value has no blank, no `=` and no `;` in it; two semicolons in a row make an empty field, \
        which is not allowed; one semicolon may close the record.",
    consequence: "Senders act as if there were no policy.",
    remedy: &[
        "Replace the record by the one shown with the finding. It needs a version and an id and \
            nothing else.",
    ],
    example: r#"Faulty:
    "v=STSv1; id = 20260501T120000Z"    blanks around =
    "v=STSv1;; id=20260501T120000Z;"    an empty field
    "v=STSv1 id=20260501T120000Z"       no semicolon
Sound:
    "v=STSv1; id=20260501T120000Z;""#,
};

/// The record does not begin with v=STSv1.
pub static D_VERSION: Entry = Entry {
    id: "D-VERSION",
    section: Section::Txt,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The record does not begin with v=STSv1",
    rfc: "RFC 8461 §3.1",
    explanation: "The record is plainly meant for MTA-STS but does not begin with exactly \
        `v=STSv1`. Those characters must come first, in that case, with nothing before them: no \
        space, no quotation mark, no other field. Quotation marks often get into the record \
        itself when a text with quotes is pasted into a form that adds its own.",
    consequence: "Senders drop a record that begins otherwise, as if it were not there.",
    remedy: &[
        "Replace the record by the one shown with the finding.",
        "In a web form type the text without quotation marks; in a zone file put it in one pair.",
    ],
    example: r#"Faulty:
    v=stsv1; id=20260501T120000Z;      lower case
    id=20260501T120000Z; v=STSv1;      version not first
    "v=STSv1; id=20260501T120000Z;"    quotation marks as part of the data
    v=STSv2; id=20260501T120000Z;      there is no version 2
Sound:
    v=STSv1; id=20260501T120000Z;"#,
};

/// The id is missing or not valid.
pub static D_ID: Entry = Entry {
    id: "D-ID",
    section: Section::Txt,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The id is missing or not valid",
    rfc: "RFC 8461 §3.1",
    explanation: "The record has no usable id. An id is 1 to 32 letters and digits, nothing else: \
        no hyphen, no dot, no colon, no underscore. A date as 2026-05-01 and a UUID with its \
        hyphens are therefore not valid. The name is written `id` in lower case.",
    consequence: "The record is malformed, and senders act as if there were no policy.",
    remedy: &[
        "Replace the record by the one shown with the finding. A UTC time without punctuation \
            makes a good id: it is valid, and never the same twice.",
    ],
    example: r#"Faulty:
    "v=STSv1; id=2026-05-01T12:00:00Z;"
    "v=STSv1; ID=20260501T120000Z;"
    "v=STSv1;"
Sound:
    "v=STSv1; id=20260501T120000Z;""#,
};

/// A space before the first semicolon.
pub static D_WSP: Entry = Entry {
    id: "D-WSP",
    section: Section::Txt,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "A space before the first semicolon",
    rfc: "RFC 8461 §3.1",
    explanation: "A blank stands between `v=STSv1` and the first semicolon. The grammar of the \
        record allows it, but the rule by which senders pick the record out of several wants the \
        literal text `v=STSv1;`. Erratum 6285 reports the contradiction.",
    consequence: "Some senders take the record, others find none. As soon as any other TXT record \
        stands beside it, those that follow the letter find none at all.",
    remedy: &["Take the blank out."],
    example: r#"Faulty:
    "v=STSv1 ; id=20260501T120000Z;"
Sound:
    "v=STSv1; id=20260501T120000Z;""#,
};

/// Other text beside the record.
pub static D_UNRELATED: Entry = Entry {
    id: "D-UNRELATED",
    section: Section::Txt,
    enforce: Some(Low),
    testing: Some(Low),
    title: "Other text beside the record",
    rfc: "RFC 8461 §3.1",
    explanation: "Beside the MTA-STS record there are TXT records at `_mta-sts` that have nothing \
        to do with it. Senders must drop them, but not every sender does; and they are often the \
        first sign of a wildcard TXT record that answers for names that should have none.",
    consequence: "Senders that follow the rule ignore them.",
    remedy: &[
        "Remove the other TXT records from `_mta-sts`.",
        "If you find none there in your zone, look for a wildcard record such as `*.example.com. \
            TXT`.",
    ],
    example: r#"Faulty:
    _mta-sts.example.com. IN TXT "v=STSv1; id=20260501T120000Z;"
    _mta-sts.example.com. IN TXT "site-verification=0123456789"
Sound:
    _mta-sts.example.com. IN TXT "v=STSv1; id=20260501T120000Z;""#,
};

/// A wildcard TXT record answers at _mta-sts.
pub static D_WILDCARD: Entry = Entry {
    id: "D-WILDCARD",
    section: Section::Txt,
    enforce: Some(High),
    testing: Some(High),
    title: "A wildcard TXT record answers at _mta-sts",
    rfc: "RFC 8461 §3.1",
    explanation: "The TXT answer at `_mta-sts` is not about MTA-STS: it is text that the zone \
        gives for any name, an SPF record as a rule. A wildcard TXT record stands in the zone, \
        and there is no record of its own at `_mta-sts`.",
    consequence: "Senders drop the text and find no policy.",
    remedy: &[
        "Publish a record of its own at `_mta-sts`: where a name exists, the wildcard does not \
            answer for it.",
        "Consider whether the wildcard TXT is wanted at all; it answers for `_smtp._tls` and \
            `_dmarc` too.",
    ],
    example: r#"Faulty:
    *.example.com.        IN TXT "v=spf1 -all"
Sound:
    *.example.com.        IN TXT "v=spf1 -all"
    _mta-sts.example.com. IN TXT "v=STSv1; id=20260501T120000Z;""#,
};

/// The record stands at the wrong name.
pub static D_LOCATION: Entry = Entry {
    id: "D-LOCATION",
    section: Section::Txt,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The record stands at the wrong name",
    rfc: "RFC 8461 §3.1",
    explanation: "An MTA-STS record exists, but at a name where no sender looks: at the domain \
        itself, at `mta-sts` without the underscore (that is the name of the policy host), or at \
        a name with the domain twice, which comes from typing the full name into a form that adds \
        the domain.",
    consequence: "Senders ask for TXT at `_mta-sts` under the domain and nowhere else. They find \
        no policy.",
    remedy: &[
        "Publish the record at `_mta-sts` under the domain. In a form that shows the domain \
            beside the field, type only `_mta-sts`.",
        "Delete it from where it stands now.",
    ],
    example: r#"Faulty:
    example.com.                      IN TXT "v=STSv1; id=20260501T120000Z;"
    mta-sts.example.com.              IN TXT "v=STSv1; id=20260501T120000Z;"
    _mta-sts.example.com.example.com. IN TXT "v=STSv1; id=20260501T120000Z;"
Sound:
    _mta-sts.example.com.             IN TXT "v=STSv1; id=20260501T120000Z;""#,
};

/// An unknown or repeated field in the record.
pub static D_EXT: Entry = Entry {
    id: "D-EXT",
    section: Section::Txt,
    enforce: Some(Info),
    testing: Some(Info),
    title: "An unknown or repeated field in the record",
    rfc: "RFC 8461 §3.2",
    explanation: "The record has a field that the RFC does not know, or one that appears twice. \
        Unknown fields are allowed, so that the format can grow, and senders skip them; of a \
        repeated field the first one counts. Nothing is broken, but such a field is nearly always \
        a slip.",
    consequence: "Senders ignore the field.",
    remedy: &["Remove the field, or correct its name if it was meant to be `id`."],
    example: r#"Faulty:
    "v=STSv1; id=20260501T120000Z; mode=enforce;"
Sound:
    "v=STSv1; id=20260501T120000Z;"
The mode stands in the policy file, not in the record."#,
};

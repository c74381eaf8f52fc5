//! The fields of the policy file.

use crate::catalogue::{Entry, Section};
use crate::finding::Severity::{Critical, Info, Low, Medium};

/// The policy's version is missing or wrong.
pub static P_VERSION: Entry = Entry {
    id: "P-VERSION",
    section: Section::Body,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy's version is missing or wrong",
    rfc: "RFC 8461 §3.2",
    explanation: "The field `version` is missing or its value is not `STSv1`. Name and value \
        count in exactly that case. It is the only version there is.",
    consequence: "The file is no policy, and senders deliver as if there were none, unless they \
        hold one from earlier.",
    remedy: &["Write `version: STSv1`, and once only."],
    example: "Faulty:
    Version: STSv1
    version: stsv1
    version: 1
Sound:
    version: STSv1",
};

/// The version is not the first line.
pub static P_ORDER: Entry = Entry {
    id: "P-ORDER",
    section: Section::Body,
    enforce: Some(Info),
    testing: Some(Info),
    title: "The version is not the first line",
    rfc: "RFC 8461 §3.2",
    explanation: "`version` is not the first line of the file. The RFC does not ask for that: \
        fields of the policy file come in any order, unlike those of the TXT record. At least one \
        large provider's guide asks for it nevertheless.",
    consequence: "Senders that follow the RFC accept the file.",
    remedy: &["Put `version: STSv1` first, to be on the safe side. There is no hurry."],
    example: "",
};

/// The policy's mode is missing or wrong.
pub static P_MODE: Entry = Entry {
    id: "P-MODE",
    section: Section::Body,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy's mode is missing or wrong",
    rfc: "RFC 8461 §3.2",
    explanation: "The field `mode` is missing or has a value other than `enforce`, `testing` or \
        `none`, in lower case.",
    consequence: "The file is no policy, and senders deliver as if there were none, unless they \
        hold one from earlier.",
    remedy: &[
        "Write `mode: testing` if you are beginning, `mode: enforce` if reports have been clean, \
            `mode: none` if you are leaving.",
    ],
    example: "Faulty:
    mode: Enforce
    mode: report
Sound:
    mode: enforce",
};

/// The policy's max_age is missing or out of range.
pub static P_MAXAGE: Entry = Entry {
    id: "P-MAXAGE",
    section: Section::Body,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy's max_age is missing or out of range",
    rfc: "RFC 8461 §3.2",
    explanation: "The field `max_age` is missing, is not a plain number, or is above the maximum. \
        It is a count of seconds in 1 to 10 digits, from 0 to 31557600, which is a year. No unit, \
        no sign, no separator.",
    consequence: "Without a number the file is no policy, and senders deliver as if there were \
        none. Above the maximum the RFC leaves open what happens: many senders cap the value, \
        some drop the policy.",
    remedy: &["Write digits only; `max_age: 1209600` is two weeks."],
    example: "Faulty:
    max_age: 2w
    max_age: 1,209,600
    max_age: 99999999
Sound:
    max_age: 1209600",
};

/// The policy's max_age is short.
pub static P_MAXAGE_SHORT: Entry = Entry {
    id: "P-MAXAGE-SHORT",
    section: Section::Body,
    enforce: Some(Medium),
    testing: Some(Low),
    title: "The policy's max_age is short",
    rfc: "RFC 8461 §3.2; RFC 8461 §10.2",
    explanation: "Senders forget the policy after this many seconds without a fetch. Whoever can \
        block the fetch for that long gets back to unprotected delivery, so the RFC expects weeks \
        or more. It sets no minimum: a short value is legal and right while you test. Under mode \
        enforce we call less than one week medium and less than two weeks low; under a day is low \
        in any mode, because at least one large sender is said to ignore such policies.",
    consequence: "Senders protect mail to the domain only while they keep the policy.",
    remedy: &[
        "Once enforce has proved itself, raise `max_age` to 1209600 (two weeks) or more.",
        "Give the record a new id, so that senders fetch the file again.",
    ],
    example: "Short:
    max_age: 3600
Better, once stable:
    max_age: 1209600",
};

/// The policy names no MX.
pub static P_MX: Entry = Entry {
    id: "P-MX",
    section: Section::Body,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy names no MX",
    rfc: "RFC 8461 §3.2",
    explanation: "The policy names no MX host, and its mode is not `none`. A policy that no host \
        can satisfy would refuse all mail, so the RFC requires at least one `mx` line.",
    consequence: "The file is no policy, and senders deliver as if there were none, unless they \
        hold one from earlier.",
    remedy: &["Write one `mx:` line for each MX host of the domain, backup hosts included."],
    example: "Sound:
    version: STSv1
    mode: enforce
    mx: mx1.example.com
    mx: mx2.example.com
    max_age: 1209600",
};

/// An mx line is no host name.
pub static P_MX_SYNTAX: Entry = Entry {
    id: "P-MX-SYNTAX",
    section: Section::Body,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "An mx line is no host name",
    rfc: "RFC 8461 §3.2; RFC 8461 §4.1",
    explanation: "The value of an `mx` line is not a host name, nor `*.` and a domain. One line \
        holds one name: no list, no preference number, no URL, no address, no dot at the end. `*` \
        may only be the whole first label. An internationalised name is written as its A-label, \
        with `xn--`.",
    consequence: "Strict senders drop the whole policy for one bad line; lenient ones keep the \
        other lines, and then refuse the host that was meant.",
    remedy: &[
        "Correct the line. As far as it can be told what was meant, the finding shows the file \
            corrected.",
        "Give the record a new id, so that senders fetch the file again.",
    ],
    example: "Faulty:
    mx: mx1.example.com, mx2.example.com
    mx: 10 mx1.example.com
    mx: mx*.example.com
    mx: mx1.example.com.
Sound:
    mx: mx1.example.com
    mx: mx2.example.com
    mx: *.mail.example.com",
};

/// A field of the policy is repeated.
pub static P_DUP: Entry = Entry {
    id: "P-DUP",
    section: Section::Body,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "A field of the policy is repeated",
    rfc: "RFC 8461 §3.2",
    explanation: "`version`, `mode` or `max_age` appears more than once. Senders must take the \
        first and ignore the rest, which may not be the one that you meant; and not every sender \
        follows that rule.",
    consequence: "Conforming senders apply the first value. Some take the last, some drop the \
        policy.",
    remedy: &[
        "Keep one line of each; only `mx` may repeat.",
        "Give the record a new id, so that senders fetch the file again.",
    ],
    example: "Faulty:
    mode: testing
    mode: enforce
Sound:
    mode: enforce",
};

/// An unknown field in the policy.
pub static P_EXT: Entry = Entry {
    id: "P-EXT",
    section: Section::Body,
    enforce: Some(Info),
    testing: Some(Info),
    title: "An unknown field in the policy",
    rfc: "RFC 8461 §3.2",
    explanation: "The file has a field that the RFC does not know. That is allowed, so that the \
        format can grow. But it is often a known name misspelt, such as `max-age`, `Mode` or \
        `MX`, and then the field that was meant is missing.",
    consequence: "Senders ignore the field.",
    remedy: &[
        "Correct the name if a known field was meant: `version`, `mode`, `mx`, `max_age`.",
        "Otherwise remove the line, or keep it if you have a use for it.",
    ],
    example: "",
};

//! What only a look back can show.

use crate::catalogue::{Entry, Section};
use crate::finding::Severity::{Critical, High, Info, Low, Medium};

/// The entries of this section, in the order of the reference.
pub const ENTRIES: &[&Entry] =
    &[&Y_SAMEID, &Y_IDONLY, &Y_VANISH, &Y_MXDRIFT, &Y_OLDMX, &Y_REMOVAL, &Y_STALL];

/// The policy changed and its id did not.
pub static Y_SAMEID: Entry = Entry {
    id: "Y-SAMEID",
    section: Section::Operations,
    enforce: Some(High),
    testing: Some(Medium),
    title: "The policy changed and its id did not",
    rfc: "RFC 8461 §3.1; RFC 8461 §8.1",
    explanation: "Since the last look the policy file has changed and the id of the TXT record \
        has not. Senders take the id to tell whether there is anything new.",
    consequence: "Senders that hold the old policy keep it until it expires or a background \
        refresh happens to find the new one.",
    remedy: &["Give the TXT record a new id, one that was never used before."],
    example: r#"Sound:
    _mta-sts.example.com. 3600 IN TXT "v=STSv1; id=20260501T120000Z;""#,
};

/// The id changed and the policy did not.
pub static Y_IDONLY: Entry = Entry {
    id: "Y-IDONLY",
    section: Section::Operations,
    enforce: Some(Low),
    testing: Some(Low),
    title: "The id changed and the policy did not",
    rfc: "RFC 8461 §8.1",
    explanation: "Since the last look the id of the TXT record has changed and the policy file \
        has not. Either nothing was to be changed, or the record was changed before the file: \
        then senders fetch the old file, note the new id with it, and take themselves to be up to \
        date.",
    consequence: "Senders fetch the file once more. If the file follows later, they may miss it.",
    remedy: &[
        "Change the file first, on every node, and the record second.",
        "If the file has yet to follow, change it now and then give the record another new id.",
    ],
    example: "",
};

/// MTA-STS was taken away too early.
pub static Y_VANISH: Entry = Entry {
    id: "Y-VANISH",
    section: Section::Operations,
    enforce: Some(Critical),
    testing: Some(High),
    title: "MTA-STS was taken away too early",
    rfc: "RFC 8461 §3.3; RFC 8461 §8.3",
    explanation: "The TXT record or the policy file was there at the last look and is gone, while \
        senders may still hold the policy. Removing it does not end it.",
    consequence: "Senders apply the policy that they hold until its max_age has run out, and \
        report that they cannot refresh it. Nobody can tell them of a change, a new MX host for \
        instance.",
    remedy: &[
        "Bring the policy host and the TXT record back, with a file in mode none and a new id.",
        "Keep both until every policy served earlier has expired: its last day plus its max_age, \
            the latest of these.",
        "Then remove the TXT record, and the policy host after it.",
    ],
    example: "Serve until the end:
    version: STSv1
    mode: none
    max_age: 86400",
};

/// The MX records changed and the policy did not.
pub static Y_MXDRIFT: Entry = Entry {
    id: "Y-MXDRIFT",
    section: Section::Operations,
    enforce: Some(Critical),
    testing: Some(High),
    title: "The MX records changed and the policy did not",
    rfc: "RFC 8461 §4.1; RFC 8461 §8.1",
    explanation: "Since the last look the MX records have changed and the policy has not \
        followed: a new host is not matched by any pattern.",
    consequence: "Under enforce, conforming senders do not deliver to the new host; in testing \
        they deliver and report.",
    remedy: &[
        "Add the new host to the policy, then give the TXT record a new id.",
        "The next time change the policy first, wait for the TTL of the TXT record and a day, and \
            change the MX records then.",
    ],
    example: "",
};

/// The policy still names a former MX.
pub static Y_OLDMX: Entry = Entry {
    id: "Y-OLDMX",
    section: Section::Operations,
    enforce: Some(Critical),
    testing: Some(High),
    title: "The policy still names a former MX",
    rfc: "RFC 8461 §8.1",
    explanation: "A pattern of the policy names a host that was an MX earlier and is none now, \
        and a present MX host is not matched. The mail has moved and the policy stayed behind.",
    consequence: "Under enforce, conforming senders do not deliver to the new hosts; in testing \
        they deliver and report.",
    remedy: &[
        "Replace the old host by the new one in the policy, then give the TXT record a new id.",
    ],
    example: "",
};

/// MTA-STS is being removed.
pub static Y_REMOVAL: Entry = Entry {
    id: "Y-REMOVAL",
    section: Section::Operations,
    enforce: Some(Info),
    testing: Some(Info),
    title: "MTA-STS is being removed",
    rfc: "RFC 8461 §8.3",
    explanation: "The policy is in mode none, and earlier ones were not. Senders that have not \
        come by since may still hold an earlier policy. The day from which record and host can go \
        is the latest, over all earlier policies, of the moment it was last served plus its \
        max_age.",
    consequence: "Senders that fetch the policy stop applying the old one; the others apply it \
        until it expires.",
    remedy: &[
        "Go on serving mode none, with the TXT record in place, until the day shown.",
        "Then remove the TXT record, and the policy host after it.",
    ],
    example: "",
};

/// A roll-out that has stopped.
pub static Y_STALL: Entry = Entry {
    id: "Y-STALL",
    section: Section::Operations,
    enforce: Some(Medium),
    testing: Some(Medium),
    title: "A roll-out that has stopped",
    rfc: "RFC 8461 §5",
    explanation: "Something that should have moved on has not: the policy has been in mode \
        testing for more than 60 days, or a certificate was twice renewed less than 14 days \
        before its end.",
    consequence: "Testing protects nothing, however long it lasts. A renewal that comes late each \
        time will one day come too late.",
    remedy: &[
        "If the TLS-RPT reports are clean, change to mode enforce under a new id; if they are \
            not, repair what they show.",
        "Look at when and how the certificate is renewed.",
    ],
    example: "",
};

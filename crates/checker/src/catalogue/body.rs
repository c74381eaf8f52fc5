//! The policy file.

mod fields;

pub use fields::{
    P_DUP, P_EXT, P_MAXAGE, P_MAXAGE_SHORT, P_MODE, P_MX, P_MX_SYNTAX, P_ORDER, P_VERSION,
};

use crate::catalogue::{Entry, Section};
use crate::finding::Severity::{Critical, Low, Medium};

/// The entries of this section, in the order of the reference.
pub const ENTRIES: &[&Entry] = &[
    &P_SYNTAX,
    &P_HTML,
    &P_EMPTY,
    &P_BOM,
    &P_EOL,
    &P_BLANK,
    &P_VERSION,
    &P_ORDER,
    &P_MODE,
    &P_MAXAGE,
    &P_MAXAGE_SHORT,
    &P_MX,
    &P_MX_SYNTAX,
    &P_DUP,
    &P_EXT,
    &P_TESTING,
    &P_NONE,
];

/// A line of the policy cannot be read.
pub static P_SYNTAX: Entry = Entry {
    id: "P-SYNTAX",
    section: Section::Body,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "A line of the policy cannot be read",
    rfc: "RFC 8461 §3.2",
    explanation: "A line of the file is not a field. Each line is a name, a colon and a value; \
        the name begins at the start of the line, and no blank stands before the colon. There are \
        no comments, no continued lines, and no line ends written as the two characters \\n. \
        Blanks after the colon and at the end of a line are fine, and so are LF and CRLF as line \
        ends.",
    consequence: "The file is no policy, and senders deliver as if there were none, unless they \
        hold one from earlier.",
    remedy: &[
        "Correct the line shown. As far as it can be told what was meant, the finding shows the \
            file corrected.",
        "Give the record a new id, so that senders fetch the file again.",
    ],
    example: "Faulty:
    # our policy
    version = STSv1
     mode: enforce
    mx : mail.example.com
Sound:
    version: STSv1
    mode: enforce
    mx: mail.example.com
    max_age: 1209600",
};

/// A web page instead of a policy.
pub static P_HTML: Entry = Entry {
    id: "P-HTML",
    section: Section::Body,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "A web page instead of a policy",
    rfc: "RFC 8461 §3.2",
    explanation: "A web page comes where the policy should be. Either the file is not there and \
        the web site answers every path with its start page or its error page, and with status \
        200; or the request reached another site.",
    consequence: "The page is no policy, and senders deliver as if there were none, unless they \
        hold one from earlier.",
    remedy: &[
        "Put the text file at `/.well-known/mta-sts.txt` on the host `mta-sts.example.com`.",
        "Exempt that path from the rule that sends unknown paths to the web application.",
        "Let missing files be answered with 404.",
    ],
    example: "",
};

/// The policy file is empty.
pub static P_EMPTY: Entry = Entry {
    id: "P-EMPTY",
    section: Section::Body,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy file is empty",
    rfc: "RFC 8461 §3.2",
    explanation: "The policy file has no content. Some providers serve an empty file after a \
        customer has left; a disk that was full leaves one too.",
    consequence: "An empty file is no policy, and senders deliver as if there were none, unless \
        they hold one from earlier.",
    remedy: &[
        "Put the policy back.",
        "If MTA-STS is to go, serve a policy in mode none until the earlier ones have expired, \
            see Y-VANISH.",
    ],
    example: "Sound, to leave MTA-STS:
    version: STSv1
    mode: none
    max_age: 86400",
};

/// The policy file begins with a byte order mark.
pub static P_BOM: Entry = Entry {
    id: "P-BOM",
    section: Section::Body,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "The policy file begins with a byte order mark",
    rfc: "RFC 8461 §3.2",
    explanation: "The file begins with a byte order mark, or is UTF-16 throughout. Editors add it \
        unasked, and it cannot be seen. It becomes part of the first field's name, so that the \
        file has no `version`, or nothing in it can be read.",
    consequence: "Senders that go by the grammar drop the policy.",
    remedy: &[
        "Save the file as plain text in UTF-8 without a byte order mark, or in ASCII.",
        "Check: `head -c 3 mta-sts.txt | od -c` must show the letters v e r.",
    ],
    example: "",
};

/// Lines of the policy end in a bare carriage return.
pub static P_EOL: Entry = Entry {
    id: "P-EOL",
    section: Section::Body,
    enforce: Some(Critical),
    testing: Some(Critical),
    title: "Lines of the policy end in a bare carriage return",
    rfc: "RFC 8461 §3.2",
    explanation: "Lines end in a carriage return alone. A line ends in LF or in CRLF, mixed as \
        you like; a carriage return by itself is a control character in the middle of a line.",
    consequence: "Senders see a single line that is no field and drop the policy.",
    remedy: &[
        "Convert the line ends to LF, for instance with `tr '\\r' '\\n'`, and watch that no blank \
            lines come about.",
    ],
    example: "",
};

/// Blank lines in the policy.
pub static P_BLANK: Entry = Entry {
    id: "P-BLANK",
    section: Section::Body,
    enforce: Some(Low),
    testing: Some(Low),
    title: "Blank lines in the policy",
    rfc: "RFC 8461 §3.2",
    explanation: "There are blank lines in the file. The grammar has none: after a line end comes \
        a field. Most senders skip blank lines, above all at the end of the file, but those that \
        follow the letter do not. Empty lines at the end of the file we call low; between \
        fields, or with spaces or tabs in them, high, as our own reading of the RFC is then to \
        drop the policy.",
    consequence: "A strict sender drops the policy when a blank line stands between fields, or \
        holds spaces; most accept it.",
    remedy: &["Remove the blank lines; exactly one line end may follow the last field."],
    example: "Faulty:
    version: STSv1

    mode: enforce
Sound:
    version: STSv1
    mode: enforce",
};

/// The policy is in mode testing.
pub static P_TESTING: Entry = Entry {
    id: "P-TESTING",
    section: Section::Body,
    enforce: None,
    testing: Some(Medium),
    title: "The policy is in mode testing",
    rfc: "RFC 8461 §5",
    explanation: "The policy is in mode testing. Senders check everything and report what fails, \
        if you publish TLS-RPT, but deliver in any case. It is the right way to begin, and no \
        protection. We call it high after 60 days.",
    consequence: "Senders deliver even where an attacker has taken TLS away; you learn of it from \
        their reports.",
    remedy: &[
        "Read the TLS-RPT reports, and repair what they show.",
        "When they have been clean for some weeks, change to `mode: enforce` and raise `max_age`.",
        "Give the record a new id, so that senders fetch the file again.",
    ],
    example: "Next:
    version: STSv1
    mode: enforce
    mx: mx1.example.com
    max_age: 1209600",
};

/// The policy is in mode none.
pub static P_NONE: Entry = Entry {
    id: "P-NONE",
    section: Section::Body,
    enforce: None,
    testing: None,
    title: "The policy is in mode none",
    rfc: "RFC 8461 §5; RFC 8461 §8.3",
    explanation: "The policy is in mode none. It tells senders that the domain no longer uses \
        MTA-STS, and replaces the policy that they hold. That is how MTA-STS is left in good \
        order; as a lasting state it is work without benefit. It is as it should be for a domain \
        that takes no mail, and while a removal runs.",
    consequence: "Senders deliver as if there were no policy.",
    remedy: &[
        "If you want protection, begin again with `mode: testing`.",
        "If you are leaving, wait until every policy served earlier has expired, that is its last \
            day plus its `max_age`; then remove the TXT record first and the policy host after \
            it.",
    ],
    example: "",
};

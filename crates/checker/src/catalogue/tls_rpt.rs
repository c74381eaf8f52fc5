//! The TLS-RPT record and where reports go.

use crate::catalogue::{Entry, Section};
use crate::finding::Severity::{High, Info, Low, Medium};

/// The entries of this section, in the order of the reference.
pub const ENTRIES: &[&Entry] = &[
    &R_NONE,
    &R_MULTI,
    &R_VERSION,
    &R_RUA,
    &R_SCHEME,
    &R_SYNTAX,
    &R_UNREACHABLE,
    &R_SELF,
    &R_LOCATION,
    &R_UNRELATED,
    &R_HOST,
];

/// No TLS-RPT record.
pub static R_NONE: Entry = Entry {
    id: "R-NONE",
    section: Section::TlsRpt,
    enforce: Some(Medium),
    testing: Some(High),
    title: "No TLS-RPT record",
    rfc: "RFC 8460 §3",
    explanation: "The domain has no TLS-RPT record, so senders cannot tell it when delivery over \
        TLS fails. Large senders write such a report every day; without them mode testing is \
        blind, and under enforce refused mail is noticed only when people miss it.",
    consequence: "Senders send no reports.",
    remedy: &[
        "Choose a mailbox, or an HTTPS address, that takes reports; better outside the reported \
            domain, so that a fault in its mail does not hide the report of it.",
        "Publish the record.",
    ],
    example: r#"Publish:
    _smtp._tls.example.com. 3600 IN TXT "v=TLSRPTv1; rua=mailto:tls-reports@example.com;""#,
};

/// More than one TLS-RPT record.
pub static R_MULTI: Entry = Entry {
    id: "R-MULTI",
    section: Section::TlsRpt,
    enforce: Some(High),
    testing: Some(High),
    title: "More than one TLS-RPT record",
    rfc: "RFC 8460 §3",
    explanation: "More than one TXT record at `_smtp._tls` begins with `v=TLSRPTv1;`. If not \
        exactly one is left after all others are dropped, senders must take it that the domain \
        wants no reports.",
    consequence: "Senders send no reports.",
    remedy: &["Keep one record, and join the addresses in it with commas."],
    example: r#"Faulty:
    _smtp._tls.example.com. IN TXT "v=TLSRPTv1; rua=mailto:a@example.com;"
    _smtp._tls.example.com. IN TXT "v=TLSRPTv1; rua=mailto:b@example.net;"
Sound:
    _smtp._tls.example.com. IN TXT "v=TLSRPTv1; rua=mailto:a@example.com,mailto:b@example.net;""#,
};

/// The TLS-RPT record does not begin with v=TLSRPTv1.
pub static R_VERSION: Entry = Entry {
    id: "R-VERSION",
    section: Section::TlsRpt,
    enforce: Some(High),
    testing: Some(High),
    title: "The TLS-RPT record does not begin with v=TLSRPTv1",
    rfc: "RFC 8460 §3",
    explanation: "The record is plainly meant for TLS-RPT but does not begin with exactly \
        `v=TLSRPTv1;`. Those characters must come first, in that case, with nothing before or \
        between them: no blank, and no quotation mark, as gets into the record itself when a text \
        with quotes is pasted into a form that adds its own. A blank before the semicolon is \
        medium where the record stands alone: the grammar allows it, and only some senders \
        stumble.",
    consequence: "Senders drop the record and send no reports.",
    remedy: &[
        "Replace the record by the one shown with the finding.",
        "In a web form type the text without quotation marks; in a zone file put it in one pair.",
    ],
    example: r#"Faulty:
    v=TLSRPT1; rua=mailto:tls-reports@example.com;      a letter short
    v=tlsrptv1; rua=mailto:tls-reports@example.com;     lower case
    "v=TLSRPTv1; rua=mailto:tls-reports@example.com;"   quotation marks as part of the data
    v=TLSRPTv1 ; rua=mailto:tls-reports@example.com;    a blank before the semicolon
Sound:
    v=TLSRPTv1; rua=mailto:tls-reports@example.com;"#,
};

/// The TLS-RPT record has no rua.
pub static R_RUA: Entry = Entry {
    id: "R-RUA",
    section: Section::TlsRpt,
    enforce: Some(High),
    testing: Some(High),
    title: "The TLS-RPT record has no rua",
    rfc: "RFC 8460 §3",
    explanation: "The record does not say where reports should go: the field `rua` is missing or \
        has nothing in it. The name is written in lower case.",
    consequence: "Senders have nowhere to send reports to.",
    remedy: &["Add `rua=` with an address, `mailto:` or `https:`."],
    example: r#"Faulty:
    "v=TLSRPTv1;"
    "v=TLSRPTv1; RUA=mailto:tls-reports@example.com;"
Sound:
    "v=TLSRPTv1; rua=mailto:tls-reports@example.com;""#,
};

/// A report address without mailto or https.
pub static R_SCHEME: Entry = Entry {
    id: "R-SCHEME",
    section: Section::TlsRpt,
    enforce: Some(High),
    testing: Some(High),
    title: "A report address without mailto or https",
    rfc: "RFC 8460 §3",
    explanation: "An address in `rua` does not begin with `mailto:` or `https:`. Each one is a \
        URI, and a URI needs its scheme; a bare mail address is the most frequent slip. `http:` \
        is not among the schemes that reports may use.",
    consequence: "Senders drop the whole record if an address is no URI, and skip an address \
        whose scheme they do not support.",
    remedy: &["Write `mailto:` before a mail address, `https://` before a web address."],
    example: "Faulty:
    rua=tls-reports@example.com
    rua=http://reports.example.net/tls
Sound:
    rua=mailto:tls-reports@example.com
    rua=https://reports.example.net/tls",
};

/// The TLS-RPT record cannot be read.
pub static R_SYNTAX: Entry = Entry {
    id: "R-SYNTAX",
    section: Section::TlsRpt,
    enforce: Some(High),
    testing: Some(High),
    title: "The TLS-RPT record cannot be read",
    rfc: "RFC 8460 §3",
    explanation: "The record begins as it should, but it, or an address in it, cannot be read. \
        Addresses are separated by commas, not by semicolons or blanks; inside an address `,` `;` \
        and `!` are written %2C, %3B and %21. The size suffix of DMARC, such as `!10m`, does not \
        exist here. An address needs something to deliver to: a mail address with a domain, or a \
        host with a port that exists. One without its scheme is R-SCHEME.",
    consequence: "Senders drop the record and send no reports. Of an address that can be read but \
        leads nowhere they drop that address alone.",
    remedy: &["Replace the record by the one shown with the finding."],
    example: r#"Faulty:
    "v=TLSRPTv1; rua=mailto:a@example.com; mailto:b@example.net"
    "v=TLSRPTv1; rua=mailto:a@example.com mailto:b@example.net"
    "v=TLSRPTv1; rua=mailto:a@example.com!10m"
    "v=TLSRPTv1; rua=mailto:a@"
    "v=TLSRPTv1; rua=https://reports.example.net:99999/tls"
Sound:
    "v=TLSRPTv1; rua=mailto:a@example.com,mailto:b@example.net;""#,
};

/// Reports cannot be delivered.
pub static R_UNREACHABLE: Entry = Entry {
    id: "R-UNREACHABLE",
    section: Section::TlsRpt,
    enforce: Some(High),
    testing: Some(High),
    title: "Reports cannot be delivered",
    rfc: "RFC 8460 §3; RFC 8460 §5",
    explanation: "An address for reports cannot receive any: the domain of a mail address does \
        not exist or takes no mail, or the host of a web address does not answer. A web address \
        with a bad certificate is low: senders may overlook that.",
    consequence: "Senders try for up to a day, then drop the report.",
    remedy: &[
        "Correct the address, or set up what it names.",
        "Remove addresses of services that you no longer use.",
    ],
    example: "",
};

/// Reports go only to the reported domain.
pub static R_SELF: Entry = Entry {
    id: "R-SELF",
    section: Section::TlsRpt,
    enforce: Some(Low),
    testing: Some(Low),
    title: "Reports go only to the reported domain",
    rfc: "RFC 8460 §3",
    explanation: "Every report goes to a mailbox in the very domain that is reported on. Senders \
        must deliver reports even where TLS fails, but when the domain's mail is down altogether \
        the report of it does not arrive either.",
    consequence: "Senders deliver reports as long as the domain takes mail.",
    remedy: &["Add a mailbox in another domain, or an HTTPS address."],
    example: r#"Better:
    "v=TLSRPTv1; rua=mailto:tls-reports@example.com,https://reports.example.net/tls;""#,
};

/// The TLS-RPT record stands at the wrong name.
pub static R_LOCATION: Entry = Entry {
    id: "R-LOCATION",
    section: Section::TlsRpt,
    enforce: Some(High),
    testing: Some(High),
    title: "The TLS-RPT record stands at the wrong name",
    rfc: "RFC 8460 §3",
    explanation: "A TLS-RPT record exists, but at a name where no sender looks: at the domain \
        itself, at `_tls` or `_smtp` alone, or at a name with the domain twice, which comes from \
        typing the full name into a form that adds the domain.",
    consequence: "Senders ask for TXT at `_smtp._tls` under the domain and nowhere else. They \
        send no reports.",
    remedy: &[
        "Publish the record at `_smtp._tls` under the domain. In a form that shows the domain \
            beside the field, type only `_smtp._tls`.",
        "Delete it from where it stands now.",
    ],
    example: r#"Faulty:
    _tls.example.com. IN TXT "v=TLSRPTv1; rua=mailto:tls-reports@example.com;"
Sound:
    _smtp._tls.example.com. IN TXT "v=TLSRPTv1; rua=mailto:tls-reports@example.com;""#,
};

/// Other text beside the TLS-RPT record.
pub static R_UNRELATED: Entry = Entry {
    id: "R-UNRELATED",
    section: Section::TlsRpt,
    enforce: Some(Low),
    testing: Some(Low),
    title: "Other text beside the TLS-RPT record",
    rfc: "RFC 8460 §3",
    explanation: "There are TXT records at `_smtp._tls` that have nothing to do with TLS-RPT. \
        Senders must drop them, but not every sender does; and they are often the sign of a \
        wildcard TXT record.",
    consequence: "Senders that follow the rule ignore them.",
    remedy: &[
        "Remove the other TXT records from `_smtp._tls`.",
        "If you find none there in your zone, look for a wildcard record such as `*.example.com. \
            TXT`.",
    ],
    example: "",
};

/// No TLS-RPT record at the MX host.
pub static R_HOST: Entry = Entry {
    id: "R-HOST",
    section: Section::TlsRpt,
    enforce: Some(Info),
    testing: Some(Info),
    title: "No TLS-RPT record at the MX host",
    rfc: "RFC 8460 §3",
    explanation: "The MX host is protected by DANE and has no TLS-RPT record under its own name. \
        For DANE the reports are about the host, not about the mail domain, and some senders look \
        for the record at the host. It concerns whoever runs the host.",
    consequence: "Some senders send no reports about DANE at this host.",
    remedy: &["If you run the host, publish a TLS-RPT record under its name."],
    example: r#"Publish:
    _smtp._tls.mx1.example.com. 3600 IN TXT "v=TLSRPTv1; rua=mailto:tls-reports@example.com;""#,
};

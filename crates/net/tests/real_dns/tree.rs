//! A small tree of zones, and what is to come of lookups in it.

use crate::zone::{Denial, Signing, Zone};
use End::{Found, NoData, NxDomain};
use Expected::{Bogus, Insecure, Secure};

const P256: &str = "ECDSAP256SHA256";

/// The zones, parents and children.
pub(crate) const ZONES: [Zone; 16] = [
    Zone { name: ".", records: "", signing: Signing::Sound(P256, Denial::Nsec) },
    Zone { name: "example", records: "", signing: Signing::Sound("RSASHA256", Denial::OptOut) },
    Zone { name: "signed.example", records: SIGNED, signing: Signing::Sound(P256, Denial::Nsec) },
    Zone { name: "nsec3.example", records: SIGNED, signing: Signing::Sound(P256, Denial::Nsec3) },
    Zone {
        name: "rsa512.example",
        records: SIGNED,
        signing: Signing::Sound("RSASHA512", Denial::Nsec),
    },
    Zone {
        name: "sha1.example",
        records: SIGNED,
        signing: Signing::Sound("RSASHA1-NSEC3-SHA1", Denial::Nsec3),
    },
    Zone {
        name: "p384.example",
        records: SIGNED,
        signing: Signing::Sound("ECDSAP384SHA384", Denial::Nsec),
    },
    Zone {
        name: "ed25519.example",
        records: SIGNED,
        signing: Signing::Sound("ED25519", Denial::Nsec),
    },
    Zone { name: "unsigned.example", records: SIGNED, signing: Signing::Unsigned },
    Zone { name: "child.signed.example", records: SIGNED, signing: Signing::Unsigned },
    Zone { name: "child.nsec3.example", records: SIGNED, signing: Signing::Unsigned },
    Zone { name: "expired.example", records: SIGNED, signing: Signing::Expired },
    Zone { name: "early.example", records: SIGNED, signing: Signing::NotYetValid },
    Zone { name: "tampered.example", records: SIGNED, signing: Signing::Tampered },
    Zone { name: "otherkey.example", records: SIGNED, signing: Signing::OtherKey },
    Zone { name: "stripped.example", records: SIGNED, signing: Signing::Stripped },
];

/// The same records in every zone below the top.
const SIGNED: &str = "\
_mta-sts TXT \"v=STSv1; id=1;\"
@ MX 10 mx
@ CAA 0 issue \"ca.example\"
mx A 192.0.2.1
mx AAAA 2001:db8::1
*._tcp.mx TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000
*.wild TXT \"from a wildcard\"
alias CNAME _mta-sts
_mta-sts.hosted CNAME _mta-sts.unsigned.example.
_mta-sts.customer CNAME _mta-sts.signed.example.
dangling CNAME nothing.here
dangling-far CNAME nothing.signed.example.
into-bogus CNAME _mta-sts.expired.example.
loop1 CNAME loop2
loop2 CNAME loop1
*.star CNAME _mta-sts
ent.below.deep A 192.0.2.2
renamed DNAME wild
";

/// The status that an answer is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Secure,
    Insecure,
    Bogus,
}

/// The outcome that it is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Found,
    NoData,
    NxDomain,
}

/// Name, type, outcome, status, reason.
pub(crate) const CASES: &[(&str, &str, End, Expected, &str)] = &[
    ("_mta-sts.signed.example", "TXT", Found, Secure, "a signed record"),
    ("_mta-sts.nsec3.example", "TXT", Found, Secure, "a signed record, NSEC3"),
    ("_mta-sts.rsa512.example", "TXT", Found, Secure, "RSA with SHA-512"),
    ("_mta-sts.sha1.example", "TXT", Found, Secure, "RSA with SHA-1"),
    ("signed.example", "MX", Found, Secure, "a signed MX RRset"),
    ("mx.signed.example", "A", Found, Secure, "a signed address"),
    ("mx.signed.example", "AAAA", Found, Secure, "a signed IPv6 address"),
    ("signed.example", "CAA", Found, Secure, "a signed CAA record"),
    ("_25._tcp.mx.signed.example", "TLSA", Found, Secure, "a wildcard TLSA record, NSEC"),
    ("_25._tcp.mx.nsec3.example", "TLSA", Found, Secure, "a wildcard TLSA record, NSEC3"),
    ("a.wild.signed.example", "TXT", Found, Secure, "a wildcard"),
    ("a.b.wild.nsec3.example", "TXT", Found, Secure, "a wildcard two labels up"),
    ("a.wild.signed.example", "MX", NoData, Secure, "a wildcard without the type, NSEC"),
    ("a.wild.nsec3.example", "MX", NoData, Secure, "a wildcard without the type, NSEC3"),
    ("signed.example", "TXT", NoData, Secure, "no such type, NSEC"),
    ("nsec3.example", "TXT", NoData, Secure, "no such type, NSEC3"),
    ("below.deep.signed.example", "TXT", NoData, Secure, "an empty non-terminal, NSEC"),
    ("below.deep.nsec3.example", "TXT", NoData, Secure, "an empty non-terminal, NSEC3"),
    ("nothing.signed.example", "TXT", NxDomain, Secure, "no such name, NSEC"),
    ("nothing.nsec3.example", "TXT", NxDomain, Secure, "no such name, NSEC3"),
    ("nothing", "TXT", NxDomain, Secure, "no such top-level domain"),
    ("alias.signed.example", "TXT", Found, Secure, "an alias within a signed zone"),
    ("alias.nsec3.example", "TXT", Found, Secure, "an alias within a signed zone, NSEC3"),
    ("a.star.signed.example", "TXT", Found, Secure, "a wildcard alias"),
    ("_mta-sts.customer.nsec3.example", "TXT", Found, Secure, "an alias to another signed zone"),
    ("a.renamed.signed.example", "TXT", Found, Secure, "a DNAME"),
    ("dangling.signed.example", "TXT", NxDomain, Secure, "an alias to nothing, NSEC"),
    ("dangling.nsec3.example", "TXT", NxDomain, Secure, "an alias to nothing, NSEC3"),
    ("dangling-far.nsec3.example", "TXT", NxDomain, Secure, "an alias to nothing elsewhere"),
    ("alias.signed.example", "MX", NoData, Secure, "an alias to a name without the type"),
    ("_mta-sts.unsigned.example", "TXT", Found, Insecure, "an unsigned zone, opt-out above"),
    ("nothing.unsigned.example", "TXT", NxDomain, Insecure, "nothing in an unsigned zone"),
    ("unsigned.example", "TXT", NoData, Insecure, "no such type in an unsigned zone"),
    ("_25._tcp.mx.unsigned.example", "TLSA", Found, Insecure, "TLSA in an unsigned zone"),
    ("_mta-sts.child.signed.example", "TXT", Found, Insecure, "unsigned, NSEC above"),
    ("_mta-sts.child.nsec3.example", "TXT", Found, Insecure, "unsigned, NSEC3 above"),
    ("_mta-sts.hosted.signed.example", "TXT", Found, Insecure, "an alias into an unsigned zone"),
    ("_mta-sts.hosted.nsec3.example", "TXT", Found, Insecure, "the same, NSEC3"),
    ("_mta-sts.customer.unsigned.example", "TXT", Found, Insecure, "an alias out of one"),
    ("_mta-sts.expired.example", "TXT", Found, Bogus, "expired signatures"),
    ("nothing.expired.example", "TXT", NxDomain, Bogus, "a denial with expired signatures"),
    ("_mta-sts.early.example", "TXT", Found, Bogus, "signatures of the future"),
    ("_mta-sts.tampered.example", "TXT", Found, Bogus, "a record changed after signing"),
    ("_mta-sts.otherkey.example", "TXT", Found, Bogus, "a key that the parent does not know"),
    ("_mta-sts.stripped.example", "TXT", Found, Bogus, "no signatures where there must be"),
    ("_mta-sts.stripped.example", "MX", NoData, Bogus, "an unproven denial"),
    ("into-bogus.signed.example", "TXT", Found, Bogus, "an alias into a bogus zone"),
];

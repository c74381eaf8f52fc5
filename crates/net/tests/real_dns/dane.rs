//! DANE of next-hops, by signatures and by the AD bit alike.

use crate::servers::{RealDns, Recursor};
use crate::zone::{Denial, Signing, Zone};
use crate::{resolver, validating};
use Dane::{Absent, Every, Indeterminate, Some, Unusable};
use ironpost_net::dane::servers;
use ironpost_net::dns::resolver::Dnssec;
use ironpost_proto::dane::LookupFault;
use ironpost_proto::delivery::Dane;
use ironpost_proto::domain::Domain;
use ironpost_proto::next_hop::{NextHop, Route};

const P256: &str = "ECDSAP256SHA256";

const ZONES: [Zone; 5] = [
    Zone { name: ".", records: "", signing: Signing::Sound(P256, Denial::Nsec) },
    Zone { name: "example", records: "", signing: Signing::Sound(P256, Denial::OptOut) },
    Zone { name: "signed.example", records: SIGNED, signing: Signing::Sound(P256, Denial::Nsec3) },
    Zone { name: "unsigned.example", records: UNSIGNED, signing: Signing::Unsigned },
    Zone { name: "bogus.example", records: BOGUS, signing: Signing::Expired },
];

const SIGNED: &str = "\
usual MX 10 plain
plain A 192.0.2.1
_25._tcp.plain TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000001
_587._tcp.plain TLSA 1 1 1 0000000000000000000000000000000000000000000000000000000000000001
to-alias MX 10 alias
alias CNAME real
real AAAA 2001:db8::1
_25._tcp.real TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000001
_25._tcp.alias TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000002
to-alias-itself MX 10 alias-itself
alias-itself CNAME bare
bare A 192.0.2.1
_25._tcp.alias-itself TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000001
to-bare MX 10 bare
to-far MX 10 far
far CNAME host.unsigned.example.
_25._tcp.far TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000001
to-outside MX 10 host.unsigned.example.
to-outside-alias MX 10 alias.unsigned.example.
to-shared MX 10 shared
shared A 192.0.2.1
_25._tcp.shared CNAME _dane
_dane TLSA 2 0 1 0000000000000000000000000000000000000000000000000000000000000001
to-lost MX 10 lost
lost A 192.0.2.1
_25._tcp.lost CNAME _dane.unsigned.example.
to-bogus MX 10 host.bogus.example.
to-both MX 10 plain
to-both MX 20 host.bogus.example.
to-nothing MX 10 nothing
at-alias CNAME usual
";

const UNSIGNED: &str = "\
@ MX 10 plain.signed.example.
host A 192.0.2.1
_25._tcp.host TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000001
alias CNAME plain.signed.example.
_dane TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000001
";

const BOGUS: &str = "\
@ MX 10 plain.signed.example.
host A 192.0.2.1
";

const BOGUS_FAULT: Dane = Indeterminate(LookupFault::Bogus);

/// Next-hop, what DANE says of it, the TLSA base domain of the first host, reason.
const CASES: &[(&str, Dane, Option<&str>, &str)] = &[
    ("usual.signed.example", Every, Option::Some("plain.signed.example"), "MX, A, TLSA"),
    ("at-alias.signed.example", Every, Option::Some("plain.signed.example"), "an alias to it"),
    ("plain.signed.example", Every, Option::Some("plain.signed.example"), "no MX: the domain"),
    ("[plain.signed.example]", Every, Option::Some("plain.signed.example"), "a host by name"),
    ("[plain.signed.example]:587", Unusable, Option::Some("plain.signed.example"), "of that port"),
    ("[plain.signed.example]:465", Absent, None, "nothing for that port"),
    (
        "to-alias.signed.example",
        Every,
        Option::Some("real.signed.example"),
        "§2.2.3: the fully expanded name comes first",
    ),
    (
        "to-alias-itself.signed.example",
        Every,
        Option::Some("alias-itself.signed.example"),
        "and then the name itself",
    ),
    ("to-bare.signed.example", Absent, None, "a proven denial"),
    (
        "to-far.signed.example",
        Every,
        Option::Some("far.signed.example"),
        "§2.1.3: a secure alias to insecure addresses",
    ),
    ("to-outside.signed.example", Absent, None, "§2.2.2: insecure addresses"),
    ("to-outside-alias.signed.example", Absent, None, "an insecure alias to secure addresses"),
    (
        "to-shared.signed.example",
        Every,
        Option::Some("shared.signed.example"),
        "an alias at the TLSA name does not change the base",
    ),
    ("to-lost.signed.example", Absent, None, "TLSA behind an alias into an unsigned zone"),
    ("to-bogus.signed.example", BOGUS_FAULT, None, "addresses that fail validation"),
    ("to-both.signed.example", Some, Option::Some("plain.signed.example"), "one host is out"),
    ("to-nothing.signed.example", Absent, None, "a host without an address does not count"),
    ("unsigned.example", Absent, None, "§2.2.1: insecure MX records"),
    ("bogus.example", BOGUS_FAULT, None, "MX records that fail validation"),
    ("nobody.signed.example", Absent, None, "no such domain"),
];

/// `d`, `[d]`, `[d]:port`.
fn next_hop(text: &str) -> NextHop {
    let (name, port) = match text.rsplit_once("]:") {
        Option::Some((name, port)) => (name, port.parse().unwrap()),
        None => (text, 25),
    };
    let route = if name.starts_with('[') { Route::Host } else { Route::Mx };
    let name = name.trim_matches(['[', ']']);
    NextHop { domain: Domain::from_a_labels(name.as_bytes()).unwrap(), route, port }
}

#[tokio::test]
async fn next_hops_are_judged_by_signatures_and_by_the_ad_bit() {
    let dns = RealDns::start(&ZONES, Recursor::Validating).await;
    for resolver in [validating(&dns).await, resolver(dns.resolver, Dnssec::TrustAd).await] {
        for (key, dane, base, reason) in CASES {
            let found = servers(&resolver, &next_hop(key)).await;
            let by = resolver.dnssec_source();
            assert_eq!(found.dane, *dane, "{key}, {reason}, {by}: {found:#?}");
            let first = found.hosts.first().and_then(|host| host.base.as_ref());
            assert_eq!(first.map(AsRef::as_ref), *base, "{key}, {reason}, {by}");
        }
    }
}

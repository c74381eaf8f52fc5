//! Whatever comes, the answer is well-formed and within its bounds, or there is none.

use crate::installation::authority;
use crate::message::{Query, Reply};
use ironpost_hosting::authdns::{Client, Transport, Verdict, answer};
use proptest::prelude::*;
use std::net::Ipv4Addr;

fn check(request: &[u8], transport: Transport) {
    let authority = authority();
    let client = Client { address: Ipv4Addr::LOCALHOST.into(), transport };
    let mut out = Vec::new();
    match answer(&authority.view(), request, client, &mut out) {
        Verdict::Silence => assert!(out.is_empty()),
        Verdict::Answer(_) => {
            let reply = Reply::of(&out);
            assert_eq!(reply.id.to_be_bytes(), request[..2]);
            assert!(transport == Transport::Tcp || out.len() <= 1232);
            assert!(!reply.flags.contains("ra") && !reply.flags.contains('z'));
            // What asks for little gets little: no amplifier.
            assert!(out.len() <= request.len() + 500, "{} for {}", out.len(), request.len());
        }
    }
}

fn a_request() -> impl Strategy<Value = Vec<u8>> {
    let names = prop::sample::select(vec![
        "sts.host.test",
        "sts-fullfullfullfull.sts.host.test",
        "host-fullfullfullfull.sts.host.test",
        "rpt-barebarebarebare.sts.host.test",
        "deep.ns.sts.host.test",
        "x.sts.host.test",
        "test",
    ]);
    let types = prop::sample::select(vec!["A", "AAAA", "TXT", "CAA", "NS", "SOA", "ANY", "AXFR"]);
    let options = prop::collection::vec(any::<u8>(), 0..40);
    let edns = prop::option::of((any::<u16>(), 0_u8..2, any::<u16>(), options));
    (names, types, any::<u16>(), edns).prop_map(|(name, rtype, flags, edns)| {
        let query = Query::new(name, rtype).flags(flags & 0x7fff);
        let query = match edns {
            Some((payload, version, flags, options)) => {
                query.edns(payload, version, flags, &options)
            }
            None => query,
        };
        query.octets()
    })
}

proptest! {
    #[test]
    fn of_any_octets(octets in prop::collection::vec(any::<u8>(), 0..600), tcp: bool) {
        check(&octets, if tcp { Transport::Tcp } else { Transport::Udp });
    }

    #[test]
    fn of_requests_with_other_octets_put_in(
        mut request in a_request(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        tcp: bool,
    ) {
        for (place, octet) in changes {
            let place = place.index(request.len());
            request[place] = octet;
        }
        check(&request, if tcp { Transport::Tcp } else { Transport::Udp });
    }
}

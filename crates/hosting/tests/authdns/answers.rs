//! Tables of queries and what is answered, without sockets.

use crate::installation::{BARE, FULL, UNKNOWN, authority, authority_of, clock, site, zone};
use crate::message::{Query, Reply, opt, question};
use domain::base::iana::OptRcode;
use ironpost_hosting::authdns::{Authority, Client, RateLimit, Rcode, Transport, Verdict, answer};
use ironpost_hosting::served::{Served, Site};
use std::net::{IpAddr, Ipv4Addr};

pub(crate) const UDP: Client =
    Client { address: IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1)), transport: Transport::Udp };
pub(crate) const TCP: Client = Client { transport: Transport::Tcp, ..UDP };

pub(crate) fn ask_octets(authority: &Authority, octets: &[u8], client: Client) -> Option<Reply> {
    let mut out = vec![0xaa; 7];
    match answer(&authority.view(), octets, client, &mut out) {
        Verdict::Silence => None,
        Verdict::Answer(answered) => {
            let reply = Reply::of(&out);
            assert_eq!(reply.rcode, OptRcode::masked_from_int(answered.rcode.number().into()));
            assert_eq!(reply.flags.contains("tc"), answered.truncated);
            Some(reply)
        }
    }
}

pub(crate) fn ask(query: &Query) -> Reply {
    ask_octets(&authority(), &query.octets(), UDP).unwrap()
}

fn named(name: &str) -> String {
    let name = name.replace("FULL", FULL).replace("BARE", BARE).replace("NOBODY", UNKNOWN);
    match name.as_str() {
        "@" => "sts.host.test".to_owned(),
        elsewhere if elsewhere.ends_with('.') => elsewhere.trim_end_matches('.').to_owned(),
        within => format!("{within}.sts.host.test"),
    }
}

/// Name, type, data of the records that are found, reason.
#[test]
fn what_there_is_is_found() {
    let table: &[(&str, &str, &[&str], &str)] = &[
        ("sts-FULL", "TXT", &["300 IN TXT \"v=STSv1; id=20260101T000000;\""], "the record"),
        (
            "rpt-FULL",
            "TXT",
            &["86400 IN TXT \"v=TLSRPTv1; rua=mailto:tls@full.test,https://full.test/report;\""],
            "where reports go",
        ),
        ("acme-FULL", "TXT", &["60 IN TXT \"first\"", "60 IN TXT \"second\""], "both challenges"),
        ("host-FULL", "A", &["300 IN A 192.0.2.1", "300 IN A 192.0.2.2"], "the policy host"),
        ("host-FULL", "AAAA", &["300 IN AAAA 2001:db8::1"], "the policy host, IPv6"),
        (
            "host-FULL",
            "CAA",
            &["300 IN CAA 0 issue \"ca.test; accounturi=https://ca.test/acct/1\""],
            "who may certify it",
        ),
        ("host-BARE", "A", &["300 IN A 192.0.2.1", "300 IN A 192.0.2.2"], "from the first day on"),
        ("HOST-FULL", "A", &["300 IN A 192.0.2.1", "300 IN A 192.0.2.2"], "in capitals"),
        (
            "@",
            "SOA",
            &["3600 IN SOA ns1.sts.host.test. hostmaster.host.test. 42 7200 1800 1209600 60"],
            "the zone",
        ),
        (
            "@",
            "NS",
            &[
                "3600 IN NS ns1.sts.host.test.",
                "3600 IN NS a.deep.ns.sts.host.test.",
                "3600 IN NS ns.else.test.",
            ],
            "its name servers",
        ),
        ("ns1", "A", &["3600 IN A 192.0.2.53"], "a name server"),
        ("ns1", "AAAA", &["3600 IN AAAA 2001:db8::53"], "a name server, IPv6"),
        ("a.deep.ns", "A", &["3600 IN A 192.0.2.54"], "a name server of several labels"),
        ("sts-FULL", "ANY", &["300 IN HINFO \"RFC8482\" \"\""], "RFC 8482"),
        ("host-BARE", "ANY", &["300 IN HINFO \"RFC8482\" \"\""], "RFC 8482"),
        ("@", "ANY", &["300 IN HINFO \"RFC8482\" \"\""], "RFC 8482 at the apex"),
    ];
    for (name, rtype, data, reason) in table {
        let name = named(name);
        let reply = ask(&Query::new(&name, rtype));
        let expected: Vec<_> = data.iter().map(|data| format!("{name}. {data}")).collect();
        assert_eq!(reply.answer, expected, "{name} {rtype}: {reason}");
        assert_eq!((reply.rcode, reply.flags.as_str()), (OptRcode::NOERROR, "aa rd"), "{reason}");
        assert_eq!(reply.authority, [""; 0], "{reason}");
    }
}

/// Name, type, whether the name exists, reason.
#[test]
fn what_is_not_there_is_denied() {
    const SOA: &str = "sts.host.test. 60 IN SOA ns1.sts.host.test. hostmaster.host.test. 42 7200 \
                       1800 1209600 60";
    let table = [
        ("sts-BARE", "TXT", true, "published a minute from now, maybe"),
        ("rpt-BARE", "TXT", true, "no reports wanted"),
        ("acme-BARE", "TXT", true, "no challenge"),
        ("acme-BARE", "ANY", true, "nothing at all"),
        ("sts-FULL", "A", true, "of another type"),
        ("sts-FULL", "CNAME", true, "of another type"),
        ("host-FULL", "TXT", true, "of another type"),
        ("host-FULL", "TYPE65280", true, "of a type of nobody"),
        ("rpt-FULL", "CAA", true, "of another type"),
        ("@", "TXT", true, "the apex has SOA and NS alone"),
        ("@", "A", true, "the apex is no host"),
        ("@", "DS", true, "what the parent would know"),
        ("ns1", "TXT", true, "a name server is nothing else"),
        ("ns", "A", true, "an empty non-terminal"),
        ("deep.ns", "A", true, "an empty non-terminal above it"),
        ("deep.ns", "ANY", true, "an empty non-terminal has nothing of any type"),
        ("x.deep.ns", "A", false, "nothing below one"),
        ("x.a.deep.ns", "A", false, "nothing below a name server"),
        ("sts-NOBODY", "TXT", false, "a token of nobody"),
        ("host-NOBODY", "A", false, "a token of nobody"),
        ("mx-FULL", "TXT", false, "a prefix of nobody"),
        ("FULL", "TXT", false, "a token alone"),
        ("sts-FULLa", "TXT", false, "a letter too many"),
        ("_mta-sts.sts-FULL", "TXT", false, "below a hosted domain"),
        ("_mta-sts", "TXT", false, "what the zone itself has not"),
        ("www", "A", false, "nothing"),
        ("a.b.c.d", "A", false, "nothing, deep down"),
        ("*", "TXT", false, "no wildcard"),
    ];
    for (name, rtype, exists, reason) in table {
        let name = named(name);
        let reply = ask(&Query::new(&name, rtype));
        let rcode = if exists { OptRcode::NOERROR } else { OptRcode::NXDOMAIN };
        assert_eq!((reply.rcode, reply.flags.as_str()), (rcode, "aa rd"), "{name}: {reason}");
        assert_eq!((reply.answer, reply.authority), (vec![], vec![SOA.into()]), "{name}: {reason}");
    }
}

/// Query, code, reason. Errors have neither records nor AA.
#[test]
fn what_is_not_for_us_is_refused() {
    let apex = "sts.host.test";
    let of_class =
        |class| Query { questions: vec![question(apex, 6, class)], ..Query::new(apex, "SOA") };
    let opcode = |opcode: u16| Query::new(apex, "SOA").flags(opcode << 11);
    let chaos =
        Query { questions: vec![question("version.bind", 16, 3)], ..Query::new(apex, "TXT") };
    let two = Query {
        questions: vec![question(apex, 6, 1), question(apex, 2, 1)],
        ..Query::new(apex, "SOA")
    };
    let two_opts = Query::new(apex, "SOA").edns(1232, 0, 0, &[]).edns(1232, 0, 0, &[]);
    let named_opt = Query {
        additional: vec![[b"\x01a", opt(1232, 0, 0, &[]).as_slice()].concat()],
        ..Query::new(apex, "SOA")
    };
    let (refused, form_error) = (OptRcode::REFUSED, OptRcode::FORMERR);
    let table = [
        (Query::new("host.test", "SOA"), refused, "the zone above"),
        (Query::new("asts.host.test", "SOA"), refused, "a name that ends alike"),
        (Query::new("full.test", "TXT"), refused, "a hosted domain itself"),
        (Query::new(".", "NS"), refused, "the root"),
        (Query::new(apex, "AXFR"), refused, "the whole zone"),
        (Query::new(apex, "IXFR"), refused, "what changed in it"),
        (Query::new("host.test", "AXFR"), refused, "another zone"),
        (chaos, refused, "what we are"),
        (of_class(3), refused, "class CH"),
        (of_class(4), refused, "class HS"),
        (of_class(254), refused, "class NONE"),
        (of_class(255), refused, "any class"),
        (opcode(1), OptRcode::NOTIMP, "IQUERY"),
        (opcode(2), OptRcode::NOTIMP, "STATUS"),
        (opcode(4), refused, "NOTIFY"),
        (opcode(5), refused, "UPDATE"),
        (opcode(6), OptRcode::NOTIMP, "DSO"),
        (opcode(15), OptRcode::NOTIMP, "an opcode of nobody"),
        (Query { questions: vec![], ..opcode(15) }, OptRcode::NOTIMP, "the same, a header alone"),
        (Query { questions: vec![], ..opcode(0) }, form_error, "no question"),
        (two, form_error, "two questions"),
        (two_opts, form_error, "two OPT records"),
        (named_opt, form_error, "an OPT record with a name"),
        (Query::new(apex, "SOA").edns(1232, 0, 0, &[0, 3]), form_error, "half an option"),
        (Query::new(apex, "SOA").edns(1232, 0, 0, &[0, 3, 0, 1]), form_error, "an option cut"),
        (Query::new(apex, "SOA").cookie(&[1; 7]), form_error, "half a cookie"),
        (Query::new(apex, "SOA").cookie(&[1; 12]), form_error, "half a server cookie"),
        (Query::new(apex, "SOA").cookie(&[1; 41]), form_error, "more than a cookie"),
    ];
    for (query, rcode, reason) in table {
        let reply = ask(&query);
        assert_eq!(reply.rcode, rcode, "{reason}");
        assert!(!reply.flags.contains("aa"), "{reason}");
        assert_eq!((reply.answer, reply.authority), (vec![], vec![]), "{reason}");
        assert_eq!(reply.id, 0x1234, "{reason}");
    }
}

#[test]
fn what_cannot_be_read_is_said_to_be() {
    let good = Query::new(&named("sts-FULL"), "TXT").edns(1232, 0, 0, &[]).octets();
    let authority = authority();
    assert_eq!(ask_octets(&authority, &good, UDP).unwrap().rcode, OptRcode::NOERROR);
    for length in 0..good.len() {
        let reply = ask_octets(&authority, &good[..length], UDP);
        let rcode = reply.map(|reply| reply.rcode);
        let expected = (length >= 12).then_some(OptRcode::FORMERR);
        assert_eq!(rcode, expected, "{length} of {} octets", good.len());
    }
    let more = [good.as_slice(), &[0]].concat();
    assert_eq!(ask_octets(&authority, &more, UDP).unwrap().rcode, OptRcode::FORMERR);
    // A name that begins with a pointer, at itself.
    let mut pointing = Query::new("a", "TXT").octets();
    pointing.splice(12..15, [0xc0, 0x0c]);
    assert_eq!(ask_octets(&authority, &pointing, UDP).unwrap().rcode, OptRcode::FORMERR);
}

/// RFC 8490 §5.4: a message of DSO has TLVs where others have questions. What other operations have
/// there nobody knows who has not got them.
#[test]
fn of_an_operation_that_there_is_not_nothing_but_the_header_is_read() {
    let keep_alive: &[u8] = &[0, 1, 0, 8, 0, 0, 0x3a, 0x98, 0, 0, 0x3a, 0x98];
    for (opcode, rcode) in [
        (1, OptRcode::NOTIMP),
        (6, OptRcode::NOTIMP),
        (15, OptRcode::NOTIMP),
        (0, OptRcode::FORMERR),
        (4, OptRcode::FORMERR),
        (5, OptRcode::FORMERR),
    ] {
        let bare = Query { questions: Vec::new(), ..Query::new("a", "A") }.flags(opcode << 11);
        let octets = [bare.octets().as_slice(), keep_alive].concat();
        let reply = ask_octets(&authority(), &octets, UDP).unwrap();
        assert_eq!((reply.rcode, reply.edns), (rcode, None), "opcode {opcode}");
        assert_eq!(reply.question, Vec::<String>::new(), "opcode {opcode}");
    }
}

/// RFC 1035 §7.3: or two servers could talk to each other for ever.
#[test]
fn answers_are_not_answered() {
    let authority = authority();
    for flags in [0x8000, 0x8180, 0xffff, 0xa800] {
        let octets = Query::new("sts.host.test", "SOA").flags(flags).octets();
        assert_eq!(ask_octets(&authority, &octets, UDP), None, "{flags:04x}");
    }
}

#[test]
fn of_the_flags_rd_alone_is_given_back() {
    let table = [
        (0x0000, "aa", "none"),
        (0x0100, "aa rd", "RD"),
        (0x0200, "aa", "TC, which means nothing here"),
        (0x0400, "aa", "AA"),
        (0x00f0, "aa", "RA, Z, AD, CD"),
        (0x07ff, "aa rd", "all, and a response code"),
    ];
    for (flags, expected, reason) in table {
        let reply = ask(&Query::new("sts.host.test", "SOA").flags(flags));
        assert_eq!((reply.rcode, reply.flags.as_str()), (OptRcode::NOERROR, expected), "{reason}");
    }
}

#[test]
fn the_case_of_the_question_is_kept() {
    for (name, rtype) in [("StS-FuLLfullFULLfull", "TXT"), ("hOsT-fullFULLfullFULL", "CAA")] {
        let name = format!("{name}.sTs.HOST.tesT");
        let reply = ask(&Query::new(&name, rtype));
        assert_eq!(reply.question, [format!("{name}.\t{rtype}\tIN")]);
        assert!(reply.answer[0].starts_with(&format!("{name}. ")), "{reply:?}");
    }
    let reply = ask(&Query::new("NOthing.STS.host.test", "TXT"));
    assert_eq!(reply.question, ["NOthing.STS.host.test.\tTXT\tIN"]);
}

#[test]
fn long_texts_are_strings_of_255_octets() {
    let authority = authority();
    for n in [200, 231, 232, 486, 487, 700] {
        // 16 octets stand before, and one after.
        let rua = "x".repeat(n);
        let site = site(3, "long.test", "longlonglonglong");
        authority.served().put(Site { rua: Some(rua.clone().into()), ..site });
        let octets = Query::new("rpt-longlonglonglong.sts.host.test", "TXT").octets();
        let mut out = Vec::new();
        answer(&authority.view(), &octets, TCP, &mut out);
        let data = &out[octets.len() + 12..];
        let strings: Vec<&[u8]> = data
            .chunks(256)
            .map(|string| {
                assert_eq!(usize::from(string[0]), string.len() - 1, "{n}");
                &string[1..]
            })
            .collect();
        assert_eq!(strings.concat(), format!("v=TLSRPTv1; rua={rua};").into_bytes(), "{n}");
    }
}

/// What is written here is what the protocol core writes.
#[test]
fn the_texts_are_those_of_the_core() {
    let rua = "mailto:tls@full.test,https://full.test/report";
    let text = format!("v=TLSRPTv1; rua={rua};");
    let record = ironpost_proto::tls_rpt::record::parse(text.as_bytes()).verdict.unwrap();
    assert_eq!(record.to_string(), text);
    let reply = ask(&Query::new(&named("rpt-FULL"), "TXT"));
    assert!(reply.answer[0].ends_with(&format!("TXT \"{text}\"")), "{reply:?}");
}

#[test]
fn name_servers_come_with_their_addresses_as_far_as_there_is_room() {
    let all = [
        "ns1.sts.host.test. 3600 IN A 192.0.2.53",
        "ns1.sts.host.test. 3600 IN AAAA 2001:db8::53",
        "a.deep.ns.sts.host.test. 3600 IN A 192.0.2.54",
    ];
    let reply = ask(&Query::new("sts.host.test", "NS"));
    assert_eq!(reply.additional, all, "{reply:?}");
    let mut crowded = zone();
    let ns1 = crowded.ns[0].clone();
    let many = (1..=40).map(|n| IpAddr::V4(Ipv4Addr::new(192, 0, 2, n))).collect();
    crowded.name_servers.insert(1, (ns1, many));
    let query = Query::new("sts.host.test", "NS").octets();
    let reply = ask_octets(&authority_of(&crowded, 0), &query, UDP).unwrap();
    assert_eq!((reply.flags.as_str(), reply.answer.len()), ("aa rd", 3));
    assert_eq!(reply.additional, all[..2]);
}

/// What a node has yet to load does not exist in nobody's cache.
#[test]
fn nothing_is_denied_before_all_is_loaded() {
    let limit = RateLimit::default();
    let clock = clock();
    let served = Served::default();
    let authority = Authority::new(&zone(), served, &limit, clock);
    let ask = |name: &str, rtype: &str| {
        ask_octets(&authority, &Query::new(name, rtype).octets(), UDP).unwrap()
    };
    for name in ["sts.host.test", "sts-fullfullfullfull.sts.host.test", "x.sts.host.test"] {
        let reply = ask(name, "SOA");
        assert_eq!((reply.rcode, reply.flags.as_str()), (OptRcode::SERVFAIL, "rd"), "{name}");
    }
    assert_eq!(ask("else.test", "SOA").rcode, OptRcode::REFUSED);
    authority.set_serial(0);
    assert_eq!(ask("x.sts.host.test", "TXT").rcode, OptRcode::NXDOMAIN);
}

/// RFC 1982: secondary servers and monitors would believe that time runs backwards.
#[test]
fn the_serial_number_only_grows() {
    let authority = authority();
    let serial = || {
        let octets = Query::new("sts.host.test", "SOA").octets();
        let reply = ask_octets(&authority, &octets, UDP).unwrap();
        reply.answer[0].split(' ').nth(6).unwrap().to_owned()
    };
    assert_eq!(serial(), "42");
    authority.set_serial(7);
    assert_eq!(serial(), "42");
    authority.set_serial((7 << 32) + 43);
    assert_eq!(serial(), "43");
}

#[test]
fn codes_have_their_numbers() {
    for rcode in Rcode::ALL {
        let registered = OptRcode::masked_from_int(rcode.number().into());
        assert_eq!(registered.to_string(), rcode.name());
    }
}

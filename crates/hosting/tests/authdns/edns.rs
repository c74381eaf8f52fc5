//! EDNS, cookies and truncation, without sockets.

use crate::answers::{TCP, UDP, ask, ask_octets};
use crate::installation::{authority, site};
use crate::message::{Opt, Query, Reply, opt};
use domain::base::iana::OptRcode;
use ironpost_hosting::authdns::{Authority, Client, Verdict, answer};
use ironpost_hosting::served::Site;

#[test]
fn edns_is_answered_with_edns() {
    let query = Query::new("sts.host.test", "SOA");
    let sound = Opt { payload: 1232, version: 0, dnssec_ok: false, cookie: None, options: 0 };
    assert_eq!(ask(&query).edns, None, "none was sent");
    let table = [
        (query.clone().edns(4096, 0, 0, &[]), OptRcode::NOERROR, sound.clone(), "EDNS"),
        (
            query.clone().edns(4096, 0, 0x8000, &[]),
            OptRcode::NOERROR,
            Opt { dnssec_ok: true, ..sound.clone() },
            "DO",
        ),
        (
            query.clone().edns(4096, 0, 0x7fff, &[]),
            OptRcode::NOERROR,
            sound.clone(),
            "flags of nobody",
        ),
        (query.clone().edns(4096, 1, 0, &[]), OptRcode::BADVERS, sound.clone(), "version 1"),
        (query.clone().edns(4096, 255, 0, &[]), OptRcode::BADVERS, sound.clone(), "version 255"),
        (
            query.clone().edns(4096, 1, 0, &[7, 7, 7]),
            OptRcode::BADVERS,
            sound.clone(),
            "with what version 0 would not have for options",
        ),
        (
            query.clone().edns(4096, 0, 0, &[0, 3, 0, 0, 0, 99, 0, 1, 7]),
            OptRcode::NOERROR,
            sound.clone(),
            "NSID, and an option of nobody",
        ),
        (
            query.clone().flags(5 << 11).edns(4096, 0, 0, &[]),
            OptRcode::REFUSED,
            sound.clone(),
            "with a refusal",
        ),
    ];
    for (query, rcode, edns, reason) in table {
        let reply = ask(&query);
        assert_eq!((reply.rcode, reply.edns), (rcode, Some(edns)), "{reason}");
    }
}

/// RFC 6891 §6.1.1: whoever sends an OPT record gets one, whatever else is amiss.
#[test]
fn what_cannot_be_read_is_answered_with_edns_as_well() {
    let query = Query::new("sts.host.test", "SOA");
    let sound = opt(4096, 0, 0x8000, &[]);
    let with = |additional: &[&[u8]]| {
        let additional = additional.iter().map(|record| record.to_vec()).collect();
        Query { additional, ..query.clone() }.octets()
    };
    let mut two_questions = query.clone().edns(4096, 0, 0x8000, &[]);
    two_questions.questions.extend(query.questions.clone());
    let mut cut = with(&[&sound]);
    cut[11 + 18 + 11 + 1] = 4;
    let table = [
        (with(&[&opt(4096, 0, 0x8000, &[0, 3])]), "half the head of an option"),
        (with(&[&opt(4096, 0, 0x8000, &[0, 3, 0, 1])]), "an option cut short"),
        (with(&[&sound, &sound]), "two OPT records"),
        (with(&[&sound, &opt(512, 1, 0, &[])]), "and the second one of version 1"),
        (with(&[&[b"\x01a", sound.as_slice()].concat()]), "an OPT record with a name"),
        (with(&[&sound, &[0]]), "half a record after it"),
        ([with(&[&sound]), vec![0]].concat(), "an octet that belongs to nothing"),
        (two_questions.octets(), "two questions"),
        (cut, "an OPT record that claims more than there is"),
        (query.clone().cookie(&[1; 7]).octets(), "half a cookie"),
    ];
    for (octets, reason) in table {
        let reply = ask_octets(&authority(), &octets, UDP).unwrap();
        assert_eq!(reply.rcode, OptRcode::FORMERR, "{reason}");
        let edns = reply.edns.unwrap_or_else(|| panic!("{reason}: no EDNS"));
        assert_eq!((edns.payload, edns.version, edns.options), (1232, 0, 0), "{reason}");
    }
    // Nothing else that cannot be read is.
    let octets = [query.octets(), vec![0]].concat();
    assert_eq!(ask_octets(&authority(), &octets, UDP).unwrap().edns, None);
}

/// RFC 7873 §5.4.
#[test]
fn a_cookie_can_be_asked_for_without_a_question() {
    let authority = authority();
    let bare = Query { questions: Vec::new(), ..Query::new("sts.host.test", "SOA") };
    let ask = |cookie: &[u8]| {
        let octets = bare.clone().cookie(cookie).octets();
        let reply = ask_octets(&authority, &octets, UDP).unwrap();
        assert_eq!((reply.question, reply.answer), (vec![], vec![]));
        assert_eq!((reply.authority, reply.flags.as_str()), (vec![], "rd"));
        (reply.rcode, reply.edns.unwrap().cookie.unwrap_or_default())
    };
    let (rcode, cookie) = ask(b"clients1");
    assert_eq!((rcode, cookie.len(), &cookie[..8]), (OptRcode::NOERROR, 24, &b"clients1"[..]));
    assert_eq!(ask(&cookie), (OptRcode::NOERROR, cookie.clone()), "it is known again");
    let spoilt = [&cookie[..23], &[cookie[23] ^ 1]].concat();
    assert_eq!(ask(&spoilt), (OptRcode::BADCOOKIE, cookie.clone()), "a hash of nobody");
    assert_eq!(ask(&[&cookie[..8], &[7; 32]].concat()), (OptRcode::BADCOOKIE, cookie), "another's");
    assert_eq!(ask(&[7; 9]), (OptRcode::FORMERR, vec![]), "half a cookie");
    // Without a cookie, as without EDNS, there is nothing to ask for.
    let octets = bare.edns(1232, 0, 0, &[]).octets();
    assert_eq!(ask_octets(&authority, &octets, UDP).unwrap().rcode, OptRcode::FORMERR);
}

#[test]
fn a_cookie_is_answered_with_a_cookie_that_is_known_again() {
    let authority = authority();
    let query = |cookie: &[u8]| Query::new("sts.host.test", "SOA").cookie(cookie).octets();
    let known = |octets: &[u8], client: Client| {
        let mut out = Vec::new();
        match answer(&authority.view(), octets, client, &mut out) {
            Verdict::Answer(answered) => answered.known,
            Verdict::Silence => panic!("no answer"),
        }
    };
    let reply = ask_octets(&authority, &query(b"clients1"), UDP).unwrap();
    let cookie = reply.edns.unwrap().cookie.unwrap();
    assert_eq!((cookie.len(), &cookie[..8]), (24, &b"clients1"[..]));
    assert!(!known(&query(b"clients1"), UDP));
    assert!(known(&query(&cookie), UDP));
    let elsewhere = Client { address: "198.51.100.2".parse().unwrap(), ..UDP };
    assert!(!known(&query(&cookie), elsewhere), "it is for one address");
    // Somebody else's is as good as none.
    let reply = ask_octets(&authority, &query(&[7; 24]), UDP).unwrap();
    let edns = reply.edns.unwrap();
    assert_eq!((reply.rcode, edns.cookie.unwrap().len()), (OptRcode::NOERROR, 24));
}

/// The octets that a client takes, those that the answer has: whole or cut.
#[test]
fn what_does_not_fit_is_cut() {
    let authority = authority();
    host_long_texts(&authority, 1);
    let name = "rpt-longlonglonglong.sts.host.test";
    let length = |query: Query, client| {
        let mut out = Vec::new();
        answer(&authority.view(), &query.octets(), client, &mut out);
        (Reply::of(&out), out.len())
    };
    let (whole, octets) = length(Query::new(name, "TXT").edns(1232, 0, 0, &[]), TCP);
    assert!(octets > 512 && octets <= 1232, "{octets}");
    assert_eq!(whole.flags, "aa rd");
    let taken = u16::try_from(octets).unwrap();
    let table = [
        (Query::new(name, "TXT").edns(1232, 0, 0, &[]), true, "1232"),
        (Query::new(name, "TXT").edns(65535, 0, 0, &[]), true, "all"),
        (Query::new(name, "TXT").edns(taken, 0, 0, &[]), true, "just enough"),
        (Query::new(name, "TXT").edns(taken - 1, 0, 0, &[]), false, "one too few"),
        (Query::new(name, "TXT").edns(0, 0, 0, &[]), false, "less than 512 is 512"),
        (Query::new(name, "TXT"), false, "no EDNS"),
    ];
    for (query, fits, reason) in table {
        let (reply, octets) = length(query.clone(), UDP);
        assert_eq!(reply.edns.is_some(), !query.additional.is_empty(), "{reason}");
        if fits {
            assert_eq!(reply, whole, "{reason}");
        } else {
            assert_eq!((reply.flags.as_str(), reply.answer.len()), ("aa tc rd", 0), "{reason}");
            assert!(octets < 100, "{reason}");
        }
    }
    // More than we ever send in a datagram.
    host_long_texts(&authority, 4);
    let (reply, _) = length(Query::new(name, "TXT").edns(65535, 0, 0, &[]), UDP);
    assert_eq!(reply.flags, "aa tc rd");
    let (reply, _) = length(Query::new(name, "TXT"), TCP);
    assert_eq!((reply.flags.as_str(), reply.answer.len()), ("aa rd", 1));
    // More than any message holds.
    host_long_texts(&authority, 200);
    let (reply, _) = length(Query::new(name, "TXT"), TCP);
    assert_eq!((reply.rcode, reply.answer.len()), (OptRcode::SERVFAIL, 0));
}

/// A site whose reports go to `n` long addresses.
fn host_long_texts(authority: &Authority, n: usize) {
    let rua = vec![format!("https://reports.long.test/{}", "x".repeat(474)); n].join(",");
    let long = site(3, "long.test", "longlonglonglong");
    let rua = Some(rua.into());
    authority.served().put(Site { rua, ..long });
}

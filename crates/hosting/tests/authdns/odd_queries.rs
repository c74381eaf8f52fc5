//! What dig and kdig make of it: parsers of other houses, and queries that libraries do not make.

use crate::installation::{Listening, listening};
use std::process::Stdio;
use tokio::process::Command;

/// Runs a program against the server; all that it says.
async fn run(server: &Listening, program: &str, arguments: &str) -> String {
    let mut command = Command::new(program);
    command
        .arg(format!("@{}", server.address.ip()))
        .args(["-p", &server.address.port().to_string()]);
    // Nobody's own settings.
    command.env("HOME", "/nonexistent").stdin(Stdio::null());
    let output = command.args(arguments.split(' ')).output().await.unwrap_or_else(|error| {
        panic!("{program}: {error}: install the Debian packages bind9-dnsutils and knot-dnsutils")
    });
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    // What a parser finds amiss it says in one of these words.
    for complaint in ["Warning", "WARNING", "malformed", "mismatch", "bad packet"] {
        assert!(!text.contains(complaint), "{program} {arguments}\n{text}");
    }
    text
}

/// Arguments, what the output has, what it has not, reason.
type Case = (&'static str, &'static [&'static str], &'static [&'static str], &'static str);

async fn check(program: &str, cases: &[Case]) {
    let server = listening();
    for (arguments, present, absent, reason) in cases {
        let text = run(&server, program, arguments).await;
        for words in *present {
            assert!(text.contains(words), "{reason}: {words} in\n{program} {arguments}\n{text}");
        }
        for words in *absent {
            assert!(
                !text.contains(words),
                "{reason}: no {words} in\n{program} {arguments}\n{text}"
            );
        }
    }
}

#[tokio::test]
async fn dig_is_content() {
    let cases: &[Case] = &[
        (
            "+norec sts-fullfullfullfull.sts.host.test TXT",
            &["status: NOERROR", "flags: qr aa;", "\"v=STSv1; id=20260101T000000;\"", "COOKIE: "],
            &["recursion requested"],
            "a record",
        ),
        (
            "+norec sTS-fullFULLfullFULL.sts.HOST.test TXT",
            &[";sTS-fullFULLfullFULL.sts.HOST.test. IN", "\nsTS-fullFULLfullFULL.sts.HOST.test."],
            &[],
            "letters keep their case",
        ),
        ("+norec sts.host.test ANY", &["RFC8482", "ANSWER: 1"], &["NS\tns1"], "minimal"),
        ("+norec +notcp sts.host.test ANY", &["RFC8482"], &[], "over UDP as well"),
        ("+norec sts.host.test AXFR", &["Transfer failed"], &["SOA"], "no transfer"),
        ("+norec sts.host.test IXFR=1", &["Transfer failed"], &["SOA\t"], "none in parts"),
        ("+norec CH version.bind TXT", &["status: REFUSED"], &["ronpost"], "nobody is told"),
        ("+norec +noedns sts.host.test SOA", &["status: NOERROR"], &["EDNS"], "without EDNS"),
        (
            "+norec +edns=1 +noednsnegotiation sts.host.test SOA",
            &["status: BADVERS", "EDNS: version: 0", "ANSWER: 0"],
            &[],
            "a later EDNS",
        ),
        (
            "+norec +edns=1 sts.host.test SOA",
            &["status: NOERROR", "ANSWER: 1"],
            &[],
            "which agrees on version 0",
        ),
        (
            "+norec +ednsopt=100 sts.host.test SOA",
            &["status: NOERROR", "ANSWER: 1"],
            &["OPT=100"],
            "an option of nobody",
        ),
        (
            "+norec +ednsflags=0x0080 sts.host.test SOA",
            &["status: NOERROR", "EDNS: version: 0, flags:;"],
            &["MBZ"],
            "a flag of nobody",
        ),
        ("+norec +dnssec sts.host.test SOA", &["flags: do;"], &["RRSIG\tSOA"], "DO"),
        ("+norec +nsid sts.host.test SOA", &["status: NOERROR"], &["NSID"], "no name of its own"),
        ("+norec +subnet=192.0.2.0/24 sts.host.test SOA", &["NOERROR"], &["SUBNET"], "no subnets"),
        ("+norec +bufsize=512 sts.host.test NS", &["udp: 1232", "ANSWER: 3"], &[], "a small one"),
        ("+norec +bufsize=1 sts.host.test NS", &["udp: 1232", "ANSWER: 3"], &[], "smaller still"),
        ("+norec +tcp sts.host.test SOA", &["status: NOERROR", "(TCP)"], &[], "TCP"),
        (
            "+norec +tcp +keepopen sts.host.test SOA sts.host.test NS ns.sts.host.test A",
            &["ANSWER: 1", "ANSWER: 3", "ANSWER: 0"],
            &["REFUSED"],
            "on one connection",
        ),
        ("+norec +opcode=15 +header-only", &["status: NOTIMP"], &[], "an opcode of nobody"),
        ("+norec +opcode=2 sts.host.test SOA", &["opcode: STATUS, status: NOTIMP"], &[], "STATUS"),
        ("+norec +opcode=4 sts.host.test SOA", &["opcode: NOTIFY, status: REFUSED"], &[], "NOTIFY"),
        ("+norec +opcode=5 sts.host.test SOA", &["opcode: UPDATE, status: REFUSED"], &[], "UPDATE"),
        ("+norec +nocookie +header-only", &["FORMERR", "EDNS: version: 0"], &[], "no question"),
        ("+norec +header-only", &["status: NOERROR", "COOKIE: "], &[], "a cookie instead"),
        ("+norec +zflag sts.host.test SOA", &["NOERROR", "flags: qr aa;"], &["MBZ"], "Z"),
        ("+norec +adflag +cdflag sts.host.test SOA", &["flags: qr aa;"], &[], "AD and CD"),
        ("+norec ns.sts.host.test A", &["status: NOERROR", "AUTHORITY: 1"], &[], "an ENT"),
        ("+norec full.test TXT", &["status: REFUSED", "AUTHORITY: 0"], &[], "another's"),
        (
            "+norec x.sts.host.test TXT",
            &["status: NXDOMAIN", "sts.host.test.\t\t60\tIN\tSOA\tns1.sts.host.test."],
            &[],
            "nothing",
        ),
    ];
    check("dig", cases).await;
}

#[tokio::test]
async fn kdig_is_content() {
    let cases: &[Case] = &[
        ("host-fullfullfullfull.sts.host.test CAA", &["issue \"ca.test; accounturi"], &[], "CAA"),
        ("host-fullfullfullfull.sts.host.test AAAA", &["2001:db8::1"], &[], "AAAA"),
        ("+cookie sts.host.test SOA", &["status: NOERROR", "COOKIE"], &[], "a cookie"),
        ("+nsid +padding sts.host.test SOA", &["status: NOERROR"], &["PADDING"], "options"),
        ("+tcp +keepopen sts.host.test SOA sts.host.test NS", &["ANSWER: 3"], &[], "TCP"),
        ("+edns=3 sts.host.test SOA", &["BADVERS"], &[], "a later EDNS"),
        ("+noedns +bufsize=0 sts.host.test NS", &["ANSWER: 3", "ns.else.test."], &[], "plain"),
        ("sts.host.test AXFR", &["REFUSED"], &["SOA\t"], "no transfer"),
        ("sts.host.test IXFR=1", &["REFUSED"], &["SOA\t"], "none in parts"),
        ("sts.host.test NOTIFY=1", &["REFUSED"], &[], "NOTIFY"),
        ("-t ANY sts-fullfullfullfull.sts.host.test", &["RFC8482"], &["STSv1"], "minimal"),
        ("-c CH -t TXT id.server", &["status: REFUSED"], &[], "nobody is told"),
    ];
    check("kdig", cases).await;
}

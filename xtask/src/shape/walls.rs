//! The walls: layers, sole users, purity. Every table carries its reasons.

use super::Fault;
use super::graph::{Dependency, Graph};

/// Every fault in who depends on whom.
pub(crate) fn faults(graph: &Graph) -> Vec<Fault> {
    let mut faults = Vec::new();
    for name in graph.crates() {
        let Some(place) = place(name) else {
            faults.push(Fault::new(name, "has no place on the map: give it a layer and a reason"));
            continue;
        };
        for dependency in graph.declared(name) {
            faults.extend(edge(name, place, dependency));
            faults.extend(sole_user(name, dependency));
        }
    }
    faults.extend(impurities(graph));
    faults.extend(banned(graph));
    faults
}

/// Where a crate of ours stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Arrows go from a higher layer to a lower one, and never between two of one layer.
    Layer(u8),
    /// The small internet: for the binary, and for everybody's tests.
    Lab,
    /// The tools of this repository: nobody depends on them.
    Tools,
}

/// The map. A new crate gets its line here first.
const MAP: &[(&str, Place)] = &[
    ("ironpost-proto", Place::Layer(0)),
    ("ironpost-net", Place::Layer(1)),
    ("ironpost-store", Place::Layer(1)),
    ("ironpost-checker", Place::Layer(2)),
    ("ironpost-resolver", Place::Layer(2)),
    ("ironpost-hosting", Place::Layer(3)),
    ("ironpost", Place::Layer(5)),
    ("ironpost-lab", Place::Lab),
    ("xtask", Place::Tools),
];

fn place(name: &str) -> Option<Place> {
    MAP.iter().find(|(known, _)| *known == name).map(|(_, place)| *place)
}

/// The fault in a dependency of one of our crates on another of ours, if there is one.
fn edge(from: &str, from_place: Place, dependency: &Dependency) -> Option<Fault> {
    let to = dependency.on.as_str();
    let why = match (from_place, place(to)?) {
        (_, Place::Tools) => "nothing depends on the tools of the repository",
        (Place::Layer(above), Place::Layer(below)) if above > below => return None,
        (Place::Layer(above), Place::Layer(below)) if above == below => {
            "crates of one layer are strangers"
        }
        (Place::Layer(_), Place::Layer(_)) => "arrows go downwards only",
        (Place::Layer(5), Place::Lab) | (Place::Lab | Place::Tools, Place::Layer(0)) => {
            return None;
        }
        (Place::Layer(_) | Place::Tools, Place::Lab) if dependency.dev => return None,
        (_, Place::Lab) => "only the binary and tests use the lab",
        // The lab stands for the other side: it must not share our client's mistakes.
        (Place::Lab, Place::Layer(_)) => "the lab knows the protocol core alone",
        (Place::Tools, Place::Layer(_)) => {
            "the tools must build while the rest does not: they know the protocol core alone"
        }
    };
    Some(Fault::new(from, format!("depends on {to}: {why}")))
}

/// A package that only some of our crates may use.
struct SoleUse {
    package: &'static str,
    /// Who uses it in what is shipped.
    users: &'static [&'static str],
    /// Who may use it in tests besides.
    testers: Testers,
    reason: &'static str,
}

enum Testers {
    Users,
    Everybody,
}

const LAB: &str = "ironpost-lab";
const NET: &str = "ironpost-net";
const STORE: &str = "ironpost-store";
const CHECKER: &str = "ironpost-checker";
const RESOLVER: &str = "ironpost-resolver";
const HOSTING: &str = "ironpost-hosting";
const BINARY: &str = "ironpost";

const SOLE_USES: &[SoleUse] = &[
    sole(
        "domain",
        &[NET, LAB, HOSTING],
        "DNS is asked behind the interface of net, and answered by the authority",
    ),
    sole(
        "hyper",
        &[NET, LAB, RESOLVER, HOSTING],
        "HTTP goes out under net's deadlines and guard; the rest serves",
    ),
    sole(
        "hyper-util",
        &[NET, LAB, RESOLVER, HOSTING],
        "HTTP goes out under net's deadlines and guard; the rest serves",
    ),
    sole("sqlx", &[STORE], "one place knows how things are kept"),
    sole("instant-acme", &[HOSTING], "one place orders certificates"),
    sole("chacha20poly1305", &[HOSTING], "one place seals keys"),
    sole("quinn-udp", &[HOSTING], "one place reads datagrams by the dozen"),
    sole("dns-update", &[HOSTING], "one place writes into other people's DNS"),
    sole("lettre", &[HOSTING], "one place sends alerts by mail"),
    sole("flate2", &[RESOLVER], "what is unpacked has its limit where it is read"),
    sole("redis", &[RESOLVER], "one place knows how policies are shared"),
    sole("landlock", &[BINARY], "only the program gives up rights"),
    sole("listenfd", &[BINARY], "only the program is handed sockets"),
    sole("sd-notify", &[BINARY], "only the program talks to its service manager"),
    sole(
        "rustls",
        &[NET, LAB, HOSTING, "xtask"],
        "net decides how TLS is asked for, hosting how it is given; benchmarks measure from outside",
    ),
    sole(
        "tokio-rustls",
        &[NET, LAB, HOSTING],
        "net decides how TLS is asked for, hosting how it is given",
    ),
    sole("webpki-roots", &[NET], "one place decides who is trusted"),
    sole("rustls-native-certs", &[NET], "one place decides who is trusted"),
    sole("x509-parser", &[NET], "certificates reach others as facts"),
    sole("smtp-proto", &[NET], "one SMTP client"),
    SoleUse {
        testers: Testers::Everybody,
        ..sole("rcgen", &[LAB, HOSTING], "the lab is a CA; hosting writes requests to one")
    },
    sole("idna", &["ironpost-proto"], "a domain name is parsed in one place"),
    sole("askama", &[CHECKER], "pages are made by the renderers"),
    sole("csv", &[CHECKER], "tables are made by the renderers"),
    sole("quick-junit", &[CHECKER], "test reports are made by the renderers"),
    sole("anyhow", &[BINARY, "xtask"], "a library's error is an enum with facts"),
    sole("clap", &[BINARY, "xtask"], "only programs have a command line"),
    sole("tracing-subscriber", &[BINARY], "only the program decides where logs go"),
    sole("indicatif", &[BINARY], "only one module of the binary writes to the terminal"),
    sole("comfy-table", &[BINARY], "only one module of the binary writes to the terminal"),
    sole("anstream", &[BINARY], "only one module of the binary writes to the terminal"),
    sole("cargo_metadata", &["xtask"], "nothing shipped asks cargo"),
];

const fn sole(
    package: &'static str,
    users: &'static [&'static str],
    reason: &'static str,
) -> SoleUse {
    SoleUse { package, users, testers: Testers::Users, reason }
}

/// The fault in a use of a package that has its sole users, if there is one.
fn sole_user(name: &str, dependency: &Dependency) -> Option<Fault> {
    let rule = SOLE_USES.iter().find(|rule| rule.package == dependency.on)?;
    let tester = match rule.testers {
        Testers::Users => false,
        Testers::Everybody => dependency.dev,
    };
    (!tester && !rule.users.contains(&name)).then(|| {
        let users = rule.users.join(", ");
        Fault::new(name, format!("uses {}: {} (users: {users})", rule.package, rule.reason))
    })
}

/// What must not be reachable from the protocol core.
const IMPURE: &[(&str, &str)] = &[
    ("tokio", "no I/O"),
    ("mio", "no I/O"),
    ("socket2", "no I/O"),
    ("domain", "no I/O"),
    ("hyper", "no I/O"),
    ("rustls", "no I/O"),
    ("sqlx", "no I/O"),
    ("tracing", "it returns what happened, it does not log it"),
    ("jiff", "no clock"),
    ("chrono", "no clock"),
    ("time", "no clock"),
    ("rand", "randomness is an argument"),
    ("getrandom", "randomness is an argument"),
];

fn impurities(graph: &Graph) -> Vec<Fault> {
    let pure = "ironpost-proto";
    let mut faults = Vec::new();
    for way in graph.ways_from(pure) {
        let last = way.last().copied();
        if let Some((_, reason)) = IMPURE.iter().find(|(package, _)| Some(*package) == last) {
            let way = way.join(" → ");
            faults.push(Fault::new(pure, format!("is not pure: {way}: {reason}")));
        }
    }
    faults
}

/// What must not be in the tree at all.
const BANNED: &[(&str, &str)] = &[
    ("openssl-sys", "TLS is rustls with aws-lc-rs alone"),
    ("native-tls", "TLS is rustls with aws-lc-rs alone"),
    ("hickory-resolver", "it calls sound DNSSEC answers bogus; DNS is the `domain` crate"),
];

fn banned(graph: &Graph) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (package, reason) in BANNED {
        if graph.packages().any(|name| name == *package) {
            faults.push(Fault::new(*package, format!("is in the tree: {reason}")));
        }
    }
    if graph.has_feature("rustls", "ring") {
        faults.push(Fault::new(
            "rustls",
            "has its feature `ring` on: aws-lc-rs is our only provider",
        ));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sound workspace of our shape.
    fn sound() -> Graph {
        Graph::default()
            .with_crate("ironpost-proto", &["idna"], &[])
            .with_crate(NET, &["ironpost-proto", "domain", "hyper"], &[LAB, "rcgen"])
            .with_crate(CHECKER, &["ironpost-proto", NET, "csv"], &[LAB])
            .with_crate(LAB, &["ironpost-proto", "rcgen"], &[])
            .with_crate(BINARY, &["ironpost-proto", NET, CHECKER, LAB, "clap"], &[])
            .with_crate("xtask", &["ironpost-proto", "clap", "anyhow"], &[])
            .with_package("idna", &["icu_normalizer"], &[])
            .with_package("rustls", &[], &["std", "aws_lc_rs"])
    }

    fn texts(graph: &Graph) -> Vec<String> {
        faults(graph).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_map_itself_is_sound() {
        assert_eq!(texts(&sound()), [""; 0]);
    }

    /// Each planted fault is named, and nothing else is.
    #[test]
    fn planted_faults_are_named() {
        let planted = [
            (
                sound().with_crate(NET, &[CHECKER], &[]),
                "ironpost-net: depends on ironpost-checker: arrows go downwards only",
            ),
            (
                sound().with_crate("ironpost-proto", &[], &[NET]),
                "ironpost-proto: depends on ironpost-net: arrows go downwards only",
            ),
            (
                sound().with_crate(CHECKER, &[LAB], &[]),
                "ironpost-checker: depends on ironpost-lab: only the binary and tests use the lab",
            ),
            (
                sound().with_crate(LAB, &[NET], &[]),
                "ironpost-lab: depends on ironpost-net: the lab knows the protocol core alone",
            ),
            (
                sound().with_crate(BINARY, &["xtask"], &[]),
                "ironpost: depends on xtask: nothing depends on the tools of the repository",
            ),
            (
                sound().with_crate("xtask", &[CHECKER], &[]),
                "xtask: depends on ironpost-checker: the tools must build while the rest does not: \
                 they know the protocol core alone",
            ),
            (
                sound().with_crate(CHECKER, &["domain"], &[]),
                "ironpost-checker: uses domain: DNS is asked behind the interface of net, and answered \
                 by the authority (users: ironpost-net, ironpost-lab, ironpost-hosting)",
            ),
            (
                sound().with_crate(CHECKER, &["rcgen"], &[]),
                "ironpost-checker: uses rcgen: the lab is a CA; hosting writes requests to one \
                 (users: ironpost-lab, ironpost-hosting)",
            ),
            (
                sound().with_crate(NET, &[], &["anyhow"]),
                "ironpost-net: uses anyhow: a library's error is an enum with facts \
                 (users: ironpost, xtask)",
            ),
            (
                sound().with_crate("ironpost-utils", &[], &[]),
                "ironpost-utils: has no place on the map: give it a layer and a reason",
            ),
            (
                sound().with_package("icu_normalizer", &["tokio"], &[]),
                "ironpost-proto: is not pure: ironpost-proto → idna → icu_normalizer → tokio: \
                 no I/O",
            ),
            (
                sound().with_package("openssl-sys", &[], &[]),
                "openssl-sys: is in the tree: TLS is rustls with aws-lc-rs alone",
            ),
            (
                sound().with_package("rustls", &[], &["ring"]),
                "rustls: has its feature `ring` on: aws-lc-rs is our only provider",
            ),
        ];
        for (graph, fault) in planted {
            assert_eq!(texts(&graph), [fault]);
        }
    }

    #[test]
    fn crates_of_one_layer_are_strangers() {
        let dependency = Dependency { on: NET.to_owned(), dev: false };
        let fault = edge("ironpost-store", Place::Layer(1), &dependency).map(|f| f.to_string());
        let expected = "ironpost-store: depends on ironpost-net: crates of one layer are strangers";
        assert_eq!(fault.as_deref(), Some(expected));
    }

    #[test]
    fn every_rule_has_a_reason_and_known_users() {
        for rule in SOLE_USES {
            assert!(!rule.reason.is_empty(), "{}", rule.package);
            for user in rule.users {
                assert!(place(user).is_some(), "{user} uses {}", rule.package);
            }
        }
    }
}

//! A node from its start to its end, and what keeps it from starting.

use crate::lab::signal;
use crate::node::{
    NodeHome, address, ask_over_tcp, assert_soa, connect, get, receive, sections, send_question,
};
use ironpost_hosting::sealing::Seals;
use ironpost_store::database::{Database, DatabaseAddress, Migration};
use ironpost_store::hosting::acme::StoredAccount;
use std::collections::BTreeSet;
use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_node_answers_on_all_its_ports_and_ends_in_order() {
    let home = NodeHome::new();
    let node = home.start();
    assert_soa(&receive(&send_question(address(&node, "DNS on udp"))));
    assert_soa(&ask_over_tcp(address(&node, "DNS on tcp")));
    let http = get(address(&node, "HTTP on tcp"), "/.well-known/acme-challenge/none");
    assert!(http.starts_with("HTTP/1.1 404 "), "{http}");
    connect(address(&node, "HTTPS on tcp"));
    let metrics = address(&node, "metrics on tcp");
    assert!(get(metrics, "/health").ends_with("\r\n\r\nrunning\n"));
    assert!(get(metrics, "/ready").starts_with("HTTP/1.1 200 "));
    assert!(get(metrics, "/elsewhere").starts_with("HTTP/1.1 404 "));
    for file in ["state/ironpost.db", "state/sealing.key"] {
        let mode = fs::metadata(home.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert_eq!(node.stop(), Some(0));
    let log = fs::read_to_string(home.path("log")).unwrap();
    assert!(log.lines().next_back().unwrap().ends_with("ended"), "{log}");
    assert!(!log.contains("cut off") && !log.contains("ERROR"), "{log}");
}

#[test]
fn what_was_made_at_the_first_start_is_there_at_the_next() {
    let home = NodeHome::new();
    let node = home.start();
    let key = fs::read(home.path("state/sealing.key")).unwrap();
    let add = ["domain", "add", "example.com", "--mx", "mx.example.com"];
    assert_eq!(home.ironpost(add).code, 0);
    node.kill();
    let node = home.start();
    assert_eq!(fs::read(home.path("state/sealing.key")).unwrap(), key);
    assert_eq!(home.ironpost(add).code, 2, "it is hosted already");
    assert_eq!(node.stop(), Some(0));
}

#[test]
fn a_node_does_what_its_roles_say() {
    let home = NodeHome::new();
    home.configure(&sections("roles = [\"dns\"]\n"));
    let node = home.start();
    assert_soa(&receive(&send_question(address(&node, "DNS on udp"))));
    let log = node.log();
    assert!(!log.contains("HTTPS on") && !log.contains("HTTP on"), "{log}");
    assert_eq!(node.stop(), Some(0));

    let node = home.start_with(|command| {
        command.args(["--roles", "policy"]);
    });
    node.wait_for("READY=1");
    let log = node.log();
    assert!(log.contains("HTTPS on") && !log.contains("DNS on"), "an option outranks: {log}");
    assert_eq!(node.stop(), Some(0));
}

#[test]
fn a_port_in_use_is_named_and_nothing_is_left_half_made() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (taken, busy) = (tcp.local_addr().unwrap(), udp.local_addr().unwrap());
    for (key, address, over) in [
        ("https", taken, "TCP"),
        ("http", taken, "TCP"),
        ("metrics", taken, "TCP"),
        ("dns", busy, "UDP and TCP"),
    ] {
        let home = NodeHome::new();
        home.configure(&sections(&format!("{key} = \"{address}\"\n")));
        let node = home.start_with(|_| {});
        assert_eq!(node.end(), Some(2), "{key}");
        let log = fs::read_to_string(home.path("log")).unwrap();
        let expected = format!(
            "error: cannot listen on {address} over {over} ({key} in [serve]): another program \
             listens there"
        );
        assert!(log.contains(&expected), "{log}");
        let left = fs::read_dir(home.path("state")).unwrap().count();
        assert_eq!(left, 0, "{key}: no database, and no key");
    }
}

/// Of two processes in one folder each would take the other for a former self.
#[test]
fn a_second_node_of_one_state_folder_is_refused() {
    let home = NodeHome::new();
    let node = home.start();
    let log = node.log();
    let second = home.ironpost(["serve"]);
    assert_eq!((second.code, &*second.stdout), (2, ""), "{second:?}");
    let told = format!("another `ironpost serve` (process {}) runs with the state", node.id());
    assert!(second.stderr.contains(&told), "{second:?}");
    assert!(second.stderr.contains("stop it first"), "{second:?}");
    assert_eq!(node.log(), log, "the first has not noticed");
    assert!(get(address(&node, "metrics on tcp"), "/ready").starts_with("HTTP/1.1 200 "));
    node.kill();
    // What it left behind keeps nobody out.
    let node = home.start();
    assert_eq!(node.stop(), Some(0));
    assert!(!home.path("state/serve.lock").exists());
}

/// A database that was put back without its key: a new one would open nothing in it.
#[test]
fn a_key_that_was_forgotten_is_not_made_anew() {
    let home = NodeHome::new();
    let node = home.start();
    assert_eq!(node.stop(), Some(0));
    let key = home.path("state/sealing.key");
    let kept = fs::read(&key).unwrap();
    seal_something(&home);
    fs::remove_file(&key).unwrap();
    let start = || home.ironpost(["serve"]);
    let run = start();
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("there is no sealing key at"), "{run:?}");
    assert!(run.stderr.contains("put the file back") && !key.exists(), "{run:?}");

    // Another one is no better.
    let other = "MDEyMzQ1Njc4OWFiY2RlZmZlZGNiYTk4NzY1NDMyMTA=\n";
    fs::write(&key, other).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let run = start();
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("opens nothing of what is sealed in the database"), "{run:?}");

    // Beside the old one it is the new one of a rotation.
    fs::write(&key, [other.as_bytes(), &kept].concat()).unwrap();
    assert_eq!(home.start().stop(), Some(0));

    // Lost for good.
    fs::remove_file(&key).unwrap();
    let run = home.ironpost(["db", "reseal", "--give-up", "--dry-run"]);
    assert!(
        run.code == 0 && run.stdout.contains("0 private keys of domains, 1 account"),
        "{run:?}"
    );
    assert_eq!(start().code, 2, "nothing was given up");
    let run = home.ironpost(["db", "reseal", "--give-up"]);
    assert!(run.code == 0 && run.stdout.starts_with("Forgotten: "), "{run:?}");
    assert_eq!(home.start().stop(), Some(0));
    assert!(key.exists());
}

/// A backup of a running node, restored on a host of another name.
#[test]
fn a_database_that_moved_does_not_wait_for_its_former_host() {
    let home = NodeHome::new();
    let node = home.start();
    let copy = home.path("copy.db");
    assert_eq!(home.ironpost(["db", "backup", copy.to_str().unwrap()]).code, 0);
    assert_eq!(node.stop(), Some(0));
    fs::remove_dir_all(home.path("state")).unwrap();
    fs::create_dir(home.path("state")).unwrap();
    fs::rename(&copy, home.path("state/ironpost.db")).unwrap();
    home.configure(&sections("node = \"two\"\n"));
    let nodes = || home.ironpost(["db", "nodes"]).stdout;
    assert!(nodes().starts_with("one "), "{}", nodes());
    let node = home.start();
    assert!(nodes().starts_with("two ") && !nodes().contains("one "), "{}", nodes());
    assert_eq!(node.stop(), Some(0));
}

/// Puts an account with a CA into the database, sealed with the key of the home.
fn seal_something(home: &NodeHome) {
    let directory = "https://ca.example/directory";
    let seals = Seals::load(&home.path("state/sealing.key")).unwrap();
    let account = StoredAccount {
        directory: directory.to_owned(),
        url: "https://ca.example/acct/1".to_owned(),
        caa_identities: Vec::new(),
        credentials: seals.seal(directory, b"{}").unwrap(),
    };
    let address = DatabaseAddress::Sqlite(home.path("state/ironpost.db"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let database = Database::open(&address, Migration::Refuse).await.unwrap();
        database.add_acme_account(&account).await.unwrap();
        database.close().await;
    });
}

/// Another port is no help as long as the database is of no use.
#[test]
fn a_database_that_cannot_be_used_is_told_before_a_port_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let home = NodeHome::new();
    let https = format!("https = \"{}\"\n", taken.local_addr().unwrap());
    fs::create_dir(home.path("state")).unwrap();
    fs::write(home.path("state/ironpost.db"), foreign()).unwrap();
    home.configure(&sections(&https));
    let node = home.start_with(|_| {});
    assert_eq!(node.end(), Some(2));
    let log = fs::read_to_string(home.path("log")).unwrap();
    assert!(log.contains("another program made it") && !log.contains("cannot listen"), "{log}");
    assert!(!home.path("state/sealing.key").exists());
}

#[test]
fn a_database_that_cannot_be_used_ends_the_start() {
    let table = [
        // Nobody is there, and nothing was kept from before.
        ("database = \"postgres://ironpost@127.0.0.1:1/ironpost\"\n", Some(3), "cannot be reached"),
        ("database = \"no/such/folder/ironpost.db\"\n", Some(2), "no/such/folder is not there"),
        ("database = \"other.db\"\n", Some(2), "another program made it"),
    ];
    for (line, code, expected) in table {
        let home = NodeHome::new();
        fs::create_dir(home.path("state")).unwrap();
        // A database that others share has its key from them.
        let key = "MDEyMzQ1Njc4OWFiY2RlZmZlZGNiYTk4NzY1NDMyMTA=\n";
        fs::write(home.path("state/sealing.key"), key).unwrap();
        fs::set_permissions(home.path("state/sealing.key"), fs::Permissions::from_mode(0o600))
            .unwrap();
        fs::write(home.path("other.db"), foreign()).unwrap();
        home.configure(&format!("{line}{}", sections("")));
        let node = home.start_with(|_| {});
        assert_eq!(node.end(), code, "{line}");
        let log = fs::read_to_string(home.path("log")).unwrap();
        assert!(log.contains(expected), "{line}: {log}");
        assert_eq!(fs::read(home.path("other.db")).unwrap(), foreign(), "{line}");
    }
}

#[test]
fn nodes_of_one_database_do_not_make_keys_of_their_own() {
    let home = NodeHome::new();
    let line = "database = \"postgres://ironpost@127.0.0.1:1/ironpost\"\n";
    home.configure(&format!("{line}{}", sections("")));
    let node = home.start_with(|_| {});
    assert_eq!(node.end(), Some(2));
    let log = fs::read_to_string(home.path("log")).unwrap();
    assert!(log.contains("there is no sealing key") && log.contains("copy theirs"), "{log}");
    assert!(!home.path("state/sealing.key").exists());
}

#[test]
fn a_configuration_that_is_read_again_says_what_has_to_wait() {
    let home = NodeHome::new();
    let node = home.start();
    home.configure(&sections("ttl = 60\nproxies = \"192.0.2.0/24\"\n"));
    node.reload();
    let log = node.log();
    let told = log.lines().find(|line| line.contains("holds from the next start")).unwrap();
    assert!(told.contains("ttl") && told.contains("proxies") && !told.contains("dns"), "{told}");
    home.configure(&sections("zones = 1\n"));
    node.reload();
    let log = node.log();
    let told = log.lines().find(|line| line.contains("stays as it was")).unwrap();
    assert!(told.contains("unknown field `zones`"), "{told}");
    home.configure(" \n");
    node.reload();
    assert!(node.log().contains("is empty, and the configuration stays as it was"));
    // What is said of alerts holds at once; a secret that is not there is told.
    let hook = "[alerts.webhook]\nurl = \"https://127.0.0.1:1/\"\nsecret_file = \"none\"\n";
    home.configure(&(sections("") + hook));
    node.reload();
    assert!(node.log().contains("cannot read the secret of [alerts.webhook]"), "{}", node.log());
    assert_eq!(node.stop(), Some(0));
}

#[test]
fn an_interrupt_ends_it_like_a_service_manager() {
    let home = NodeHome::new();
    let node = home.start();
    signal("INT", node.id());
    assert_eq!(node.end(), Some(0));
}

/// What is drawn or described, is there.
#[test]
fn metrics_of_the_dashboard_and_of_the_guide_are_there() {
    let home = NodeHome::new();
    let node = home.start();
    let metrics = get(address(&node, "metrics on tcp"), "/metrics");
    assert_eq!(node.stop(), Some(0));
    let there: BTreeSet<_> = names(&metrics).collect();
    assert!(there.contains("ironpost_hosting_domains"), "{metrics}");
    for (place, text) in [
        ("the dashboard", include_str!("../../../../packaging/grafana/ironpost-hosting.json")),
        ("the guide", include_str!("../../../../docs/serve.md")),
    ] {
        let named: BTreeSet<_> = names(text).collect();
        assert!(named.len() > 5, "{place}");
        let missing: Vec<_> = named.difference(&there).collect();
        assert!(missing.is_empty(), "{place} names {missing:?}, which nobody counts");
    }
    let documented: BTreeSet<_> = names(include_str!("../../../../docs/serve.md")).collect();
    let counted = metrics.lines().filter_map(|line| line.strip_prefix("ironpost_hosting_"));
    for line in counted {
        let name = line.split(['{', ' ']).next().unwrap();
        assert!(documented.contains(&*format!("ironpost_hosting_{name}")), "{name}");
    }
}

fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with("ironpost_hosting_"))
}

/// A database of SQLite (<https://www.sqlite.org/fileformat.html>): one page with nothing in it but
/// the mark of another program.
fn foreign() -> Vec<u8> {
    let mut page = vec![0; 512];
    let fields: [(usize, &[u8]); 9] = [
        (0, b"SQLite format 3\0"),
        (16, &[2, 0, 1, 1, 0, 64, 32, 32]),
        (27, &[1]),
        (31, &[1]),
        (47, &[4]),
        (59, &[1]),
        (71, &[7]),
        (95, &[1, 0, 46, 99, 0]),
        (100, &[13, 0, 0, 0, 0, 2, 0]),
    ];
    for (place, octets) in fields {
        page[place..place + octets.len()].copy_from_slice(octets);
    }
    page
}

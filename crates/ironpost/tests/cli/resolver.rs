//! `ironpost resolver`: the daemon and the commands that talk to it.

use crate::daemon::Home;
use crate::lab::{RunningLab, signal};
use crate::program::ironpost;
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::Command;

const ENFORCE: &str = "sound-enforce.example";
const SECURE: &str =
    "OK secure match=mx1.sound-enforce.example:mx2.sound-enforce.example servername=hostname";

#[test]
fn it_answers_an_mta_and_ends_in_order() {
    let lab = RunningLab::start();
    let home = Home::new(&lab);
    let daemon = home.start();
    assert_eq!(daemon.lookup("ironpost", ENFORCE), SECURE);
    assert_eq!(daemon.lookup("ironpost", ".example"), "NOTFOUND ");
    let log = daemon.log();
    assert!(log.contains("socketmap on unix:"), "{log}");
    assert!(!log.contains(ENFORCE), "no line for a lookup: {log}");
    assert_eq!(daemon.stop(), Some(0));
    assert!(!home.path("lookup.sock").exists(), "its sockets go with it");
}

#[test]
fn a_restart_forgets_no_policy() {
    let lab = RunningLab::start();
    let home = Home::new(&lab);
    let daemon = home.start();
    assert_eq!(daemon.lookup("ironpost", ENFORCE), SECURE);
    assert_eq!(daemon.stop(), Some(0));
    drop(lab);
    // Nobody answers any more: neither DNS nor the policy host.
    let daemon = home.start();
    assert_eq!(daemon.lookup("ironpost-3.10", ENFORCE).split(' ').nth(1), Some("secure"));
    let listed = home.resolver(["list", "--format", "jsonl"]);
    assert_eq!((listed.code, listed.stderr.as_str()), (0, ""));
    let policy: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!((&policy["domain"], &policy["mode"]), (&ENFORCE.into(), &"enforce".into()));
    daemon.kill();
}

#[test]
fn administration_tells_and_changes_what_is_remembered() {
    let lab = RunningLab::start();
    let home = Home::new(&lab);
    let daemon = home.start();
    let status = home.resolver(["status"]);
    assert_eq!((status.code, status.stderr.as_str()), (0, ""), "{}", status.stdout);
    assert!(status.stdout.starts_with("Nothing is wrong.\n"), "{}", status.stdout);

    let refreshed = home.resolver(["refresh", ENFORCE]);
    assert_eq!((refreshed.code, refreshed.stderr.as_str()), (0, ""), "{}", refreshed.stdout);
    assert!(refreshed.stdout.contains("mx1.sound-enforce.example"), "{}", refreshed.stdout);
    let listed = home.resolver(["list"]);
    assert!(
        listed.stdout.starts_with("sound-enforce.example  enforce  until "),
        "{}",
        listed.stdout
    );

    let status = home.resolver(["status", "--format", "json"]);
    let status: Value = serde_json::from_str(&status.stdout).unwrap();
    assert_eq!((&status["enforce"], &status["fetches"]), (&1.into(), &1.into()));

    let purged = home.resolver(["purge", ENFORCE]);
    assert_eq!((purged.code, purged.stdout.as_str()), (0, ""));
    assert_eq!(purged.stderr, "sound-enforce.example: forgotten\n");
    let again = home.resolver(["purge", ENFORCE]);
    assert_eq!(
        (again.code, again.stderr.as_str()),
        (0, "sound-enforce.example: nothing was known\n")
    );
    assert_eq!(home.resolver(["list"]).stdout, "");

    let absent = home.resolver(["refresh", "parked.example"]);
    assert_eq!((absent.code, absent.stderr.as_str()), (1, ""), "{}", absent.stdout);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn administration_is_for_the_resolvers_own_user() {
    let lab = RunningLab::start();
    let home = Home::new(&lab);
    home.configure("socket_mode = \"0666\"\n");
    let daemon = home.start();
    let mode = |name| fs::metadata(home.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("admin.sock"), mode("lookup.sock"), mode("http.sock")), (0o600, 0o666, 0o666));
    assert_eq!((mode("state"), mode("state/resolver.db")), (0o700, 0o600));
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_reload_changes_the_rules_and_keeps_connections() {
    let lab = RunningLab::start();
    let home = Home::new(&lab);
    let daemon = home.start();
    let mut client = daemon.client();
    assert_eq!(client.lookup("ironpost", ENFORCE), SECURE);

    home.configure("[resolver.domains.\"Sound-Enforce.Example.\"]\npolicy = \"encrypt\"\n");
    daemon.reload();
    assert_eq!(client.lookup("ironpost", ENFORCE), "OK encrypt");

    home.configure("[resolver.domains.\"sound-enforce.example\"]\npolicy = \"strict\"\n");
    daemon.reload();
    assert_eq!(client.lookup("ironpost", ENFORCE), "OK encrypt", "a broken file changes nothing");
    let log = daemon.log();
    assert!(log.contains("the configuration stays as it was"), "{log}");
    assert!(log.contains("unknown variant `strict`"), "{log}");

    home.configure("in_flight = 7\n");
    daemon.reload();
    assert_eq!(client.lookup("ironpost", ENFORCE), SECURE, "the policy was remembered");
    let log = daemon.log();
    assert!(log.contains("holds from the next start: in_flight"), "{log}");
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn the_log_can_be_json() {
    let lab = RunningLab::start();
    let home = Home::new(&lab);
    let daemon = home.start_with(|command| {
        command.args(["--log-format", "json"]);
    });
    daemon.wait_for("READY=1");
    let log = daemon.log();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["level"] == "INFO"), "{log}");
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn the_service_manager_hears_that_it_lives() {
    let lab = RunningLab::start();
    let home = Home::new(&lab);
    let daemon = home.start_with(|command| {
        command.env("WATCHDOG_USEC", "400000");
    });
    let heard = daemon.wait_for("READY=1");
    assert!(heard.contains("STATUS=0 enforced"), "{heard}");
    for _ in 0..3 {
        daemon.wait_for("WATCHDOG=1");
    }
    signal("INT", daemon.id());
    daemon.wait_for("STOPPING=1");
    assert_eq!(daemon.end(), Some(0));
}

#[test]
fn sockets_of_the_service_manager_are_taken_instead_of_our_own() {
    let lab = RunningLab::start();
    let home = Home::new(&lab);
    let handed = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = handed.local_addr().unwrap();
    let daemon = home.start_with(|command| {
        // So that the child has it; the descriptor keeps its number.
        rustix::io::fcntl_setfd(&handed, rustix::io::FdFlags::empty()).unwrap();
        let number = std::os::fd::AsRawFd::as_raw_fd(&handed).to_string();
        command
            .env("LISTEN_FDS", "1")
            .env("LISTEN_FDNAMES", "lookup")
            .env("LISTEN_FDS_FIRST_FD", number);
    });
    daemon.wait_for("READY=1");
    let log = daemon.log();
    assert!(log.contains(&format!("socketmap on inet:{address}")), "{log}");
    assert!(!home.path("lookup.sock").exists());
    assert!(home.path("admin.sock").exists(), "what was not handed over is bound");
    let mut client = connect(address);
    client.write_all(b"19:ironpost .a.example,").unwrap();
    let mut reply = [0; 12];
    client.read_exact(&mut reply).unwrap();
    assert_eq!(&reply, b"9:NOTFOUND ,");
    assert_eq!(daemon.stop(), Some(0));
}

#[expect(
    clippy::disallowed_methods,
    reason = "a client on loopback needs neither deadline nor guard"
)]
fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).unwrap()
}

#[test]
fn without_a_state_folder_that_is_said() {
    let lab = RunningLab::start();
    let home = Home::new(&lab);
    let text = fs::read_to_string(home.path("ironpost.toml")).unwrap();
    fs::write(home.path("ironpost.toml"), text.replace("state = \"state\"\n", "")).unwrap();
    let daemon = home.start_with(|command| {
        command.env_remove("STATE_DIRECTORY");
    });
    daemon.wait_for("READY=1");
    let log = daemon.log();
    assert!(log.contains("policies are kept in memory alone"), "{log}");
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn an_address_that_is_taken_is_named() {
    let lab = RunningLab::start();
    let home = Home::new(&lab);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let daemon = home.start_with(|command| {
        command.arg("--listen").arg(address.to_string());
    });
    let folder = home.path("log");
    assert_eq!(daemon.end(), Some(2));
    let log = fs::read_to_string(folder).unwrap();
    assert!(log.contains(&format!("error: cannot listen on inet:{address}: ")), "{log}");
}

#[test]
fn alerts_reach_a_command_that_can_write_nowhere_else() {
    let lab = RunningLab::start();
    let home = Home::new(&lab);
    let elsewhere = tempfile::tempdir().unwrap();
    let outside = elsewhere.path().join("outside");
    fs::create_dir(home.path("state")).unwrap();
    let pipe = home.path("state/alerts");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let script = format!("echo > {}; cat > {}", outside.display(), pipe.display());
    // Nothing listens there.
    home.configure(&format!(
        "cache = \"redis+unix:///nonexistent/redis.sock\"\n\
         alert_command = [\"/bin/sh\", \"-c\", \"{script}\"]\n"
    ));
    let daemon = home.start();
    assert_eq!(daemon.lookup("ironpost", ENFORCE), SECURE, "it goes on without");
    let alert: Value = serde_json::from_str(&fs::read_to_string(&pipe).unwrap()).unwrap();
    assert_eq!((&alert["alert"], &alert["state"]), (&"shared-away".into(), &"open".into()));
    // A kernel without Landlock holds nobody back, and the log says so.
    assert_eq!(outside.exists(), daemon.log().contains("not confined"), "{}", daemon.log());
    let status = home.resolver(["status"]);
    assert_eq!(status.code, 1, "{}", status.stderr);
    assert!(
        status.stdout.starts_with("One thing is wrong:\n  - the shared cache"),
        "{}",
        status.stdout
    );
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn http_tells_the_policy() {
    let lab = RunningLab::start();
    let home = Home::new(&lab);
    let daemon = home.start();
    let mut client = UnixStream::connect(home.path("http.sock")).unwrap();
    write!(client, "GET /v1/policy/{ENFORCE} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut response = String::new();
    client.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.0 200") || head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(body.contains("mx1.sound-enforce.example"), "{body}");
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn an_explanation_needs_no_resolver_that_runs() {
    let lab = RunningLab::start();
    let home = Home::new(&lab);
    let run = home.resolver(["explain", ENFORCE]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains(&SECURE[3..]), "{}", run.stdout);
    let run = home.resolver(["explain", "--format", "json", "[192.0.2.1]:587"]);
    let explanation: Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(explanation["replies"].is_array(), "{}", run.stdout);
    let run = home.resolver(["explain", "[example.com"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("the brackets do not pair"), "{}", run.stderr);
}

#[test]
fn the_self_test_says_what_it_found_and_serves_nothing() {
    let lab = RunningLab::start();
    let home = Home::new(&lab);
    let run = home.resolver(["--self-test"]);
    assert!(matches!(run.code, 1 | 3), "the lab signs nothing: {} {}", run.stdout, run.stderr);
    assert!(!home.path("lookup.sock").exists() && !home.path("state").exists());
}

#[test]
fn that_no_resolver_runs_is_told_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("admin.sock");
    let socket = socket.to_str().unwrap();
    for command in [&["status"][..], &["list"], &["refresh", "a.example"], &["purge", "a.example"]]
    {
        let run = ironpost(["resolver"].iter().chain(command).chain(&["--admin-socket", socket]));
        assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{command:?}");
        let expected = format!("error: no resolver is running at {socket}; start it with");
        assert!(run.stderr.starts_with(&expected), "{}", run.stderr);
    }
    let run = ironpost(["resolver", "refresh", "not a domain"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
}

#[test]
fn policies_of_another_resolver_are_taken_over() {
    let lab = RunningLab::start();
    let home = Home::new(&lab);
    let daemon = home.start();
    assert_eq!(home.resolver(["refresh", ENFORCE]).code, 0);
    let listed = home.resolver(["list", "--format", "jsonl"]).stdout;
    fs::write(home.path("list.jsonl"), format!("{listed}{{}}\n")).unwrap();
    assert_eq!(home.resolver(["purge", ENFORCE]).code, 0);

    let list = home.path("list.jsonl");
    let list = list.to_str().unwrap();
    let dry = home.resolver(["import", "--dry-run", list]);
    assert_eq!(dry.code, 1, "a line was unusable");
    assert!(dry.stdout.starts_with("sound-enforce.example  enforce  until "), "{}", dry.stdout);
    assert!(dry.stderr.contains("line 2: no entry of such a cache"), "{}", dry.stderr);
    assert!(dry.stderr.contains("1 would be taken"), "{}", dry.stderr);
    assert_eq!(home.resolver(["list"]).stdout, "");

    let run = home.resolver(["import", list]);
    assert!(
        run.stderr.ends_with("1 taken, 0 known already, 0 expired, 1 unusable\n"),
        "{}",
        run.stderr
    );
    let kept = home.resolver(["list", "--format", "jsonl"]).stdout;
    let fact =
        |listed: &str, name: &str| serde_json::from_str::<Value>(listed).unwrap()[name].clone();
    for name in ["domain", "mode", "id", "mx", "max_age", "fetched", "expires"] {
        assert_eq!(fact(&kept, name), fact(&listed, name), "{name}");
    }
    assert_eq!(daemon.stop(), Some(0));

    let other = home.path("other");
    fs::write(&other, "\x1f\u{8b}").unwrap();
    let run = home.resolver(["import", other.to_str().unwrap()]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
}

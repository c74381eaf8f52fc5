//! Sockets handed over by a service manager, and what it is told.

use crate::daemon::{Client, Home};
use crate::lab::{ENFORCE, RunningLab, SECURE, signal};
use crate::launcher::start_behind;
use rustix::io::{FdFlags, fcntl_setfd};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixListener, UnixStream};

/// sd_listen_fds(3): descriptors from 3 on, for the process of that number.
const HAND_OVER: &str = "LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=http:lookup; \
    export LISTEN_PID LISTEN_FDS LISTEN_FDNAMES; exec \"$@\"";

#[test]
fn clients_that_came_before_the_resolver_are_served() {
    let lab = RunningLab::start(0);
    let home = Home::new(&lab);
    let [http, lookup] = ["handed-http", "handed-lookup"].map(|name| home.path(name));
    let sockets = [&http, &lookup].map(|path| UnixListener::bind(path).unwrap());
    // They wait in the queue of the service manager's socket.
    let mut early = Client::connect(&lookup);
    let numbers = sockets.each_ref().map(|socket| {
        // So that the child has it; the descriptor keeps its number.
        fcntl_setfd(socket, FdFlags::empty()).unwrap();
        socket.as_raw_fd()
    });
    // By way of others, so that none is overwritten before it is copied; sh(1) knows those
    // of one digit alone.
    let [http_number, lookup_number] = numbers;
    let script =
        format!("exec 98<&{http_number} 99<&{lookup_number} && exec 3<&98 4<&99 98<&- 99<&-; ");
    let daemon = start_behind(&home, &["bash", "-c", &(script + HAND_OVER), "bash"]);
    assert_eq!(early.lookup("ironpost", ENFORCE), SECURE);
    assert!(!home.path("lookup.sock").exists() && !home.path("http.sock").exists());
    assert!(home.path("admin.sock").exists(), "what was not handed over is bound");

    let mut client = UnixStream::connect(&http).unwrap();
    client.write_all(b"GET /v1/policy/a.example HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut response = String::new();
    client.read_to_string(&mut response).unwrap();
    assert!(response.contains("mx1.a.example"), "{response}");
    assert_eq!(daemon.stop(), Some(0));
    assert!(http.exists() && lookup.exists(), "they are the service manager's");
    drop(sockets);
}

#[test]
fn the_service_manager_hears_every_turn() {
    let lab = RunningLab::start(0);
    let home = Home::new(&lab);
    let daemon = home.start_with(|_| {});
    let ready = daemon.wait_for("READY=1");
    assert!(ready.contains("STATUS="), "{ready}");
    // Ready means that a connection is accepted.
    assert_eq!(daemon.lookup("ironpost", ".example"), "NOTFOUND ");
    signal("HUP", daemon.id());
    let reloading = daemon.wait_for("RELOADING=1");
    // Without it systemd takes the message for one of another reload (systemd.service(5)).
    let since = reloading.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC=")).unwrap();
    assert!(since.parse::<u64>().is_ok(), "{reloading}");
    daemon.wait_for("READY=1");
    assert_eq!(daemon.stop(), Some(0));
}

//! Sockets that a service manager holds: a restart that nobody notices.

use crate::daemon::Daemon;
use crate::launcher::put_behind;
use crate::node::{
    NodeHome, answer, ask, assert_soa, connect, get, receive, sections, send_question,
};
use rustix::io::{FdFlags, fcntl_setfd};
use std::fs;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// What a service manager listens on.
struct Manager {
    http: TcpListener,
    dns: TcpListener,
    udp: UdpSocket,
}

impl Manager {
    fn new() -> Self {
        let dns = TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = UdpSocket::bind(dns.local_addr().unwrap()).unwrap();
        let manager = Self { http: TcpListener::bind("127.0.0.1:0").unwrap(), dns, udp };
        // So that a child has them; each keeps its number.
        fcntl_setfd(&manager.http, FdFlags::empty()).unwrap();
        fcntl_setfd(&manager.dns, FdFlags::empty()).unwrap();
        fcntl_setfd(&manager.udp, FdFlags::empty()).unwrap();
        manager
    }

    fn numbers(&self) -> [RawFd; 3] {
        [self.http.as_raw_fd(), self.dns.as_raw_fd(), self.udp.as_raw_fd()]
    }

    fn http(&self) -> SocketAddr {
        self.http.local_addr().unwrap()
    }

    fn dns(&self) -> SocketAddr {
        self.udp.local_addr().unwrap()
    }
}

/// sd_listen_fds(3): descriptors from 3 on, in this order, for the process of that number.
fn hand_over(command: &mut Command, sockets: &[RawFd], names: &str, home: &NodeHome) {
    // By way of others, so that none is overwritten before it is copied; bash(1) alone knows
    // those of several digits.
    let far = sockets.iter().zip(90..).map(|(from, to)| format!("exec {to}<&{from}; "));
    let near = (90..)
        .zip(3..)
        .take(sockets.len())
        .map(|(from, to)| format!("exec {to}<&{from} {from}<&-; "));
    let steps: String = far.chain(near).collect();
    let count = sockets.len();
    let script = format!(
        "{steps}LISTEN_PID=$$ LISTEN_FDS={count} LISTEN_FDNAMES={names}; \
         export LISTEN_PID LISTEN_FDS LISTEN_FDNAMES; exec \"$@\""
    );
    put_behind(command, &["bash", "-c", &script, "bash"], &home.path("log"));
}

fn start(home: &NodeHome, manager: &Manager) -> Daemon {
    let node = home.start_with(|command| {
        hand_over(command, &manager.numbers(), "http:dns:dns", home);
    });
    node.wait_for("READY=1");
    node
}

#[test]
fn nobody_is_refused_while_a_node_is_restarted() {
    let home = NodeHome::new();
    let manager = Manager::new();
    let (stop, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (http, stop, served) = (manager.http(), Arc::clone(&stop), Arc::clone(&served));
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let response = get(http, "/.well-known/acme-challenge/none");
                    assert!(response.starts_with("HTTP/1.1 404 "), "{response:?}");
                    served.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for _ in 0..3 {
        let node = start(&home, &manager);
        assert_soa(&receive(&send_question(manager.dns())));
        assert_eq!(node.stop(), Some(0));
        // Nobody runs now, and whoever comes waits.
        let mut early = connect(manager.http());
        ask(&mut early, "/");
        let asked = send_question(manager.dns());
        let before = served.load(Ordering::Relaxed);
        let node = start(&home, &manager);
        assert!(answer(&mut early).starts_with("HTTP/1.1 404 "));
        assert_soa(&receive(&asked));
        assert_eq!(node.stop(), Some(0));
        assert!(served.load(Ordering::Relaxed) >= before);
    }
    let node = start(&home, &manager);
    stop.store(true, Ordering::Relaxed);
    // A client that was refused, or cut off in the middle of its answer, has panicked.
    for client in clients {
        client.join().unwrap();
    }
    assert!(served.load(Ordering::Relaxed) > 0);
    assert_eq!(node.stop(), Some(0));
}

#[test]
fn what_is_handed_over_replaces_what_is_configured_and_the_rest_is_bound() {
    let home = NodeHome::new();
    let manager = Manager::new();
    // It is taken, which does not matter: nobody binds it.
    home.configure(&sections(&format!("http = \"{}\"\n", manager.http())));
    let node = start(&home, &manager);
    let log = node.log();
    assert!(log.contains(&format!("HTTP on tcp:{}\n", manager.http())), "{log}");
    assert!(log.contains("HTTPS on tcp:127.0.0.1:"), "{log}");
    assert_eq!(node.stop(), Some(0));
}

#[test]
fn sockets_that_make_no_sense_are_named() {
    let manager = Manager::new();
    let [http, dns, udp] = manager.numbers();
    let table: [(&[RawFd], &str, &str); 4] = [
        (&[http], "smtp", "(smtp): FileDescriptorName= in its unit has to be https, http, dns"),
        (&[udp], "http", "the socket of the service manager named http is of another kind"),
        (&[dns], "dns", "no socket named dns for UDP"),
        (&[udp], "dns", "no socket named dns for TCP"),
    ];
    for (sockets, names, expected) in table {
        let home = NodeHome::new();
        let node = home.start_with(|command| hand_over(command, sockets, names, &home));
        assert_eq!(node.end(), Some(2), "{names}");
        let log = fs::read_to_string(home.path("log")).unwrap();
        assert!(log.contains(expected), "{names}: {log}");
    }
}

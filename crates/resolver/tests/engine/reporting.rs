//! What a domain's reporters hear of its policy (RFC 8461 §6).

use crate::world::{Domain, World, ask, eventually};
use ironpost_net::dns::resolver::Resolver;
use ironpost_resolver::engine::{Engine, Parts};
use ironpost_resolver::failure_report::FailureReports;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

const ZONE: &str =
    "@ MX 10 mx1\nmx1 A {mx1}\n_smtp._tls TXT \"v=TLSRPTv1; rua=mailto:r@a.example\"\n";
const DOWN: &str = "[https.policy]\nstatus = 503\n";

#[tokio::test]
async fn an_update_that_cannot_be_fetched_is_reported() {
    let sound = Domain { zone: ZONE, ..Domain::sound("a") };
    let mut world = World::new(std::slice::from_ref(&sound)).await;
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("collector.sock");
    let collector = UnixDatagram::bind(&socket).unwrap();
    collector.set_nonblocking(true).unwrap();
    let parts = world.parts().await;
    let resolver: Resolver = parts.resolver.clone();
    let engine =
        Engine::start(Parts { reports: Some(FailureReports::new(socket, resolver)), ..parts });
    assert!(ask(&engine, "a.example").await.starts_with("OK secure"));
    assert!(ask(&engine, "a.example").await.starts_with("OK secure"), "mail goes there");
    world.change(&Domain { peers: DOWN, ..sound.with_id("2") }).await;
    world.clock.advance(Duration::from_secs(601));
    let mut datagram = vec![0; 4096];
    let mut length = 0;
    eventually("a report", async || match collector.recv(&mut datagram) {
        Ok(read) => {
            length = read;
            true
        }
        Err(_) => false,
    })
    .await;
    let text = String::from_utf8_lossy(&datagram[..length]);
    assert!(text.contains("http-status-503+fallback-to-cached-policy"), "{text}");
    assert!(text.contains("\"mx-host\":[\"mx1.a.example\"]"), "the policy that holds: {text}");
}

//! A server that goes away, comes back, or never was.

use crate::server::Server;
use crate::{connected, domain, fetched, here, now, refused};
use ironpost_resolver::shared::State;
use rustix::process::Signal;

#[tokio::test]
async fn a_server_that_is_killed_comes_back() {
    let mut server = Server::start(&[]).await;
    let (asked, idle) = (connected(&server.url()).await, connected(&server.url()).await);
    let name = domain("a.test");
    asked.keep(&name, &fetched(0), now(0)).await;
    server.kill().await;
    assert_eq!(asked.policy(&name, now(0)).await, None);
    assert_ne!(asked.state(), State::Here);
    // Nobody asks this one anything.
    assert_ne!(idle.changed(&State::Here).await, State::Here);
    // Of no effect, and no wait.
    asked.keep(&name, &fetched(0), now(0)).await;
    asked.forget(&name).await;
    server.start_again().await;
    here(&asked).await;
    here(&idle).await;
    assert_eq!(asked.policy(&name, now(0)).await, None);
    asked.keep(&name, &fetched(0), now(0)).await;
    assert_eq!(idle.policy(&name, now(0)).await, Some(fetched(0)));
}

/// Waiting for a server that hangs each time would take minutes.
#[tokio::test]
async fn a_server_that_hangs_is_waited_for_once() {
    let server = Server::start(&[]).await;
    let cache = connected(&server.url()).await;
    let name = domain("a.test");
    cache.keep(&name, &fetched(0), now(0)).await;
    server.signal(Signal::STOP);
    for _ in 0..1_000 {
        assert_eq!(cache.policy(&name, now(0)).await, None);
    }
    assert_eq!(cache.state(), State::Away("no answer within 250ms".to_owned()));
    server.signal(Signal::CONT);
    here(&cache).await;
    assert_eq!(cache.policy(&name, now(0)).await, Some(fetched(0)));
}

#[tokio::test]
async fn a_server_that_never_was_is_away() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("redis+unix://{}/socket", directory.path().display());
    let reason = refused(&url).await;
    assert!(reason.contains("No such file or directory"), "{reason}");
}

#[tokio::test]
async fn the_connection_ends_with_the_last_clone() {
    let server = Server::start(&[]).await;
    let mut console = server.console().await;
    let cache = connected(&server.url()).await;
    let clone = cache.clone();
    drop(cache);
    clone.keep(&domain("a.test"), &fetched(0), now(0)).await;
    assert_eq!(clone.policy(&domain("a.test"), now(0)).await, Some(fetched(0)));
    drop(clone);
    loop {
        let clients: String =
            redis::cmd("CLIENT").arg("LIST").query_async(&mut console).await.unwrap();
        if clients.lines().count() == 1 {
            break;
        }
    }
}

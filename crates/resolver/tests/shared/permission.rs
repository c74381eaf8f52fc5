//! What a server lets its clients do.

use crate::server::{Server, console};
use crate::{connected, domain, fetched, now, refused};
use ironpost_resolver::shared::State;

#[tokio::test]
async fn a_password_is_asked_for() {
    let server = Server::start(&["--requirepass", "s3cret"]).await;
    let with = |login: &str| format!("redis+unix://{login}{}", server.socket().display());
    connected(&with(":s3cret@")).await;
    connected(&with("default:s3cret@")).await;
    let table = [
        ("", "NOAUTH"),
        (":s3cret2@", "Password authentication failed"),
        ("s3crets:s3cret@", "Password authentication failed"),
    ];
    for (login, expected) in table {
        let reason = refused(&with(login)).await;
        assert!(reason.contains(expected), "{login}: {reason}");
        assert!(!reason.contains("s3cret"), "{reason}");
    }
}

/// What the documentation says a user needs.
#[tokio::test]
async fn few_commands_are_enough() {
    let rules = "mta on >s3cret ~ironpost:sts:1:* +getrange +set +del +eval";
    let user = [&["--user"], rules.split(' ').collect::<Vec<_>>().as_slice()].concat();
    let server = Server::start(&user).await;
    let cache = connected(&format!("redis+unix://mta:s3cret@{}", server.socket().display())).await;
    let name = domain("a.test");
    cache.keep(&name, &fetched(0), now(0)).await;
    assert_eq!(cache.policy(&name, now(0)).await, Some(fetched(0)));
    cache.forget(&name).await;
    assert_eq!(cache.policy(&name, now(0)).await, None);
}

/// A server without memory for more is still read from.
#[tokio::test]
async fn a_full_server_is_here() {
    let server = Server::start(&[]).await;
    let cache = connected(&server.url()).await;
    let name = domain("a.test");
    cache.keep(&name, &fetched(0), now(10)).await;
    let mut console = console(&format!("unix://{}", server.socket().display())).await;
    let mut limit = redis::cmd("CONFIG");
    limit.arg("SET").arg("maxmemory").arg(1);
    let _: redis::Value = limit.query_async(&mut console).await.unwrap();
    cache.keep(&name, &fetched(10), now(10)).await;
    assert_eq!(cache.policy(&name, now(10)).await, Some(fetched(0)));
    assert_eq!(cache.state(), State::Here);
}

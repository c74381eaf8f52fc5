//! What is kept, for how long, and what is read back.

use crate::server::Server;
use crate::{connected, domain, fetched, now};
use ironpost_resolver::shared::State;

#[tokio::test]
async fn resolvers_see_each_others_policies() {
    let server = Server::start(&[]).await;
    let (one, other) = (connected(&server.url()).await, connected(&server.url()).await);
    let name = domain("a.test");
    assert_eq!(other.policy(&name, now(0)).await, None);
    one.keep(&name, &fetched(0), now(0)).await;
    assert_eq!(other.policy(&name, now(0)).await, Some(fetched(0)));
    assert_eq!(other.policy(&domain("b.test"), now(0)).await, None);
    other.forget(&name).await;
    assert_eq!(one.policy(&name, now(0)).await, None);
}

#[tokio::test]
async fn a_newer_fetch_stays() {
    let server = Server::start(&[]).await;
    let cache = connected(&server.url()).await;
    let table = [
        (0, 10, 10, "a newer one takes the place of an older one"),
        (10, 0, 10, "an older one does not take the place of a newer one"),
        (0, 0, 0, "the same again"),
    ];
    for (first, second, expected, what) in table {
        let name = domain("a.test");
        cache.forget(&name).await;
        cache.keep(&name, &fetched(first), now(10)).await;
        cache.keep(&name, &fetched(second), now(10)).await;
        assert_eq!(cache.policy(&name, now(10)).await, Some(fetched(expected)), "{what}");
    }
}

#[tokio::test]
async fn a_policy_is_kept_until_it_expires() {
    let server = Server::start(&[]).await;
    let cache = connected(&server.url()).await;
    let mut console = server.console().await;
    let name = domain("a.test");
    let key = "ironpost:sts:1:a.test";
    cache.keep(&name, &fetched(0), now(3_600)).await;
    cache.keep(&name, &fetched(301), now(0)).await;
    let kept: bool = redis::cmd("EXISTS").arg(key).query_async(&mut console).await.unwrap();
    assert!(!kept, "neither what has expired nor what is out of the future is kept");
    cache.keep(&name, &fetched(0), now(600)).await;
    let left: u64 = redis::cmd("PTTL").arg(key).query_async(&mut console).await.unwrap();
    // It counts down; a test takes less than an hour.
    assert!((1..=3_000_000).contains(&left), "{left}");
    assert_eq!(cache.policy(&name, now(3_599)).await, Some(fetched(0)));
    assert_eq!(cache.policy(&name, now(3_600)).await, None, "whatever the server's clock says");
}

/// Whatever is there: it is no policy, takes nothing down, and gives way to a policy.
#[tokio::test]
async fn what_is_no_entry_is_none() {
    let server = Server::start(&[]).await;
    let cache = connected(&server.url()).await;
    let mut console = server.console().await;
    let name = domain("a.test");
    let body = "version: STSv1\nmode: enforce\nmx: mx.a.test\nmax_age: 3600\n";
    let future = format!("{} id1\n{body}", now(301).as_millis());
    let stale = format!("{} id1\n{body}", now(-3_600).as_millis());
    let evil = format!("{} id1\nversion: STSv1\nmode: enforce\nmx: a servername=b\n", 1);
    let table: &[(&[&str], &str)] = &[
        (&["SET", "VALUE"], "no entry"),
        (&["SET", ""], "empty"),
        (&["SET", &future], "fetched further ahead than clocks are apart"),
        (&["SET", &stale], "expired"),
        (&["SET", &evil], "no policy"),
        (&["RPUSH", "item"], "another type"),
        (&["SETRANGE", "200000000", "x"], "200 megabytes"),
    ];
    for (command, what) in table {
        let _: redis::Value =
            redis::cmd("DEL").arg("ironpost:sts:1:a.test").query_async(&mut console).await.unwrap();
        let mut plant = redis::cmd(command[0]);
        plant.arg("ironpost:sts:1:a.test").arg(&command[1..]);
        let _: redis::Value = plant.query_async(&mut console).await.unwrap();
        assert_eq!(cache.policy(&name, now(0)).await, None, "{what}");
        assert_eq!(cache.state(), State::Here, "{what}");
        cache.keep(&name, &fetched(0), now(0)).await;
        assert_eq!(cache.policy(&name, now(0)).await, Some(fetched(0)), "{what}");
    }
}

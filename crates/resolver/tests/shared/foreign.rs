//! The Redis cache of another resolver.

use crate::server::Server;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::visible::Visible;
use ironpost_resolver::import::{Fault, LeftOut, Reason, read_from_redis};
use ironpost_resolver::shared::Address;

/// As postfix-mta-sts-resolver packs an entry.
fn member(seed: u8, json: &str) -> Vec<u8> {
    [&[seed; 16], json.as_bytes()].concat()
}

#[tokio::test]
async fn the_newest_entry_of_each_domain_is_taken() {
    const POLICY: &str =
        r#"{"version": "STSv1", "mode": "enforce", "mx": ["mx.a.example"], "max_age": 86400}"#;
    let server = Server::start(&[]).await;
    let mut console = server.console().await;
    let entry = |id: &str| format!("[\"{id}\", {POLICY}]");
    for (key, score, member) in [
        ("a.example", 1_750_000_000_i64, member(1, &entry("old"))),
        ("a.example", 1_750_000_600, member(2, &entry("new"))),
        ("b.example", 1_740_000_000, member(3, &entry("gone"))),
        ("c.example", 1_750_000_000, member(4, "[1]")),
    ] {
        let mut add = redis::cmd("ZADD");
        add.arg(key).arg(score).arg(member).exec_async(&mut console).await.unwrap();
    }
    let mut hash = redis::cmd("HSET");
    hash.arg("_metadata").arg("proactive_fetch_ts").arg(1).exec_async(&mut console).await.unwrap();

    let address: Address = server.url().parse().unwrap();
    let now = Timestamp::from_millis(1_750_001_000_000);
    let contents = read_from_redis(&address, now).await.unwrap();
    let [a] = contents.policies.as_slice() else { panic!("{contents:?}") };
    assert_eq!((a.domain.as_str(), a.cached.id.as_str()), ("a.example", "new"));
    assert_eq!(a.cached.fetched_at, Timestamp::from_millis(1_750_000_600_000));
    let [b, c] = contents.left_out.as_slice() else { panic!("{contents:?}") };
    assert_eq!(*b, LeftOut { name: Visible::from("b.example"), reason: Reason::Expired });
    assert!(matches!(c.reason, Reason::Unusable(Fault::Entry(_))), "{c:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_without_the_password() {
    let address = "redis+unix://:s3cret@/nonexistent/redis.sock".parse().unwrap();
    let error = read_from_redis(&address, Timestamp::from_millis(0)).await.unwrap_err();
    assert!(!error.to_string().contains("s3cret"), "{error}");
    let cluster = "redis+cluster://127.0.0.1:9".parse().unwrap();
    assert!(read_from_redis(&cluster, Timestamp::from_millis(0)).await.is_err());
}

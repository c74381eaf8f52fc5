//! Several servers that act as one.

use crate::server::{IN_SYNC, READY, Server, console, free_port};
use crate::{connected, domain, fetched, here, now};
use ironpost_resolver::shared::State;

/// The master dies, and the sentinel makes the replica the new one.
#[tokio::test]
async fn a_sentinel_leads_to_the_master_of_the_moment() {
    let (master_port, replica_port, port) = (free_port(), free_port(), free_port());
    let mut master = Server::on_port(master_port, &[], READY).await;
    let follow = ["--replicaof", "127.0.0.1", &master_port.to_string()];
    let _replica = Server::on_port(replica_port, &follow, IN_SYNC).await;
    let _sentinel = Server::sentinel(port, master_port).await;
    let cache = connected(&format!("redis+sentinel://127.0.0.1:{port}/main")).await;
    let name = domain("a.test");
    cache.keep(&name, &fetched(0), now(10)).await;
    assert_eq!(cache.policy(&name, now(10)).await, Some(fetched(0)));
    master.kill().await;
    assert_eq!(cache.policy(&name, now(10)).await, None);
    assert_ne!(cache.state(), State::Here);
    here(&cache).await;
    cache.keep(&name, &fetched(10), now(10)).await;
    assert_eq!(cache.policy(&name, now(10)).await, Some(fetched(10)));
}

/// Two nodes with half of the keys each; the cache is told of one.
#[tokio::test]
async fn a_cluster_is_one_cache() {
    let ports = [free_port(), free_port(), free_port(), free_port()];
    let mut nodes = Vec::new();
    let mut consoles = Vec::new();
    for (at, slots) in [(0, [0, 8_191]), (2, [8_192, 16_383])] {
        let bus = ports[at + 1].to_string();
        let cluster = ["--cluster-enabled", "yes", "--cluster-port", &bus];
        nodes.push(Server::on_port(ports[at], &cluster, READY).await);
        let mut console = console(&format!("redis://127.0.0.1:{}", ports[at])).await;
        let mut own = redis::cmd("CLUSTER");
        own.arg("ADDSLOTSRANGE").arg(&slots);
        let _: redis::Value = own.query_async(&mut console).await.unwrap();
        consoles.push(console);
    }
    let mut meet = redis::cmd("CLUSTER");
    meet.arg("MEET").arg("127.0.0.1").arg(ports[2]).arg(ports[3]);
    let _: redis::Value = meet.query_async(&mut consoles[0]).await.unwrap();
    for console in &mut consoles {
        let mut info = String::new();
        while !info.contains("cluster_state:ok") {
            info = redis::cmd("CLUSTER").arg("INFO").query_async(console).await.unwrap();
        }
    }
    let cache = connected(&format!("redis+cluster://127.0.0.1:{}", ports[0])).await;
    let names: Vec<_> = (0..32).map(|n| domain(&format!("d{n}.test"))).collect();
    for name in &names {
        cache.keep(name, &fetched(0), now(0)).await;
    }
    for name in &names {
        assert_eq!(cache.policy(name, now(0)).await, Some(fetched(0)), "{name}");
    }
    for console in &mut consoles {
        let keys: usize = redis::cmd("DBSIZE").query_async(console).await.unwrap();
        assert!((1..names.len()).contains(&keys), "{keys}");
    }
}

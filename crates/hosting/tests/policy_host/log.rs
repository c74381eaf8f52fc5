//! Who is written down as having fetched a policy.

use crate::client::{Asks, exchange, get};
use crate::host::{Host, NOW, PATH, PATIENT};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::proxy_protocol::Header;
use ironpost_store::database::{Database, DatabaseAddress, Migration};
use ironpost_store::hosting::DomainId;
use tokio::io::AsyncWriteExt;

const HERE: &str = "mta-sts.a.test";

/// Version, network, sender and count.
async fn written(host: &Host) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let address = DatabaseAddress::Sqlite(folder.path().join("hosting.db"));
    let database = Database::open(&address, Migration::Apply).await.unwrap();
    let node = database.join("a", "policy", NOW).await.unwrap();
    host.log.flush(&database, node, NOW).await.unwrap();
    let fetches = database.fetches(DomainId(1), Timestamp::from_millis(0)).await.unwrap();
    let row = |row: &ironpost_store::hosting::fetches::Fetched| {
        format!("{} {} {} {}", row.version, row.network, row.sender, row.fetches)
    };
    fetches.iter().map(row).collect()
}

#[tokio::test]
async fn what_went_out_whole_is_written_down_once() {
    let host = Host::start().await;
    let google = "User-Agent: Google-SMTP-STS\r\nConnection";
    let requests = [
        get(HERE, PATH),
        get(HERE, PATH).replace("Connection", google),
        get(HERE, PATH).replace("Connection", google),
        // Nobody holds a policy after these.
        get(HERE, PATH).replace("GET", "HEAD"),
        get(HERE, PATH).replace("GET", "POST"),
        get(HERE, "/"),
        get("mta-sts.b.test", PATH),
        get("", PATH),
    ];
    for request in requests {
        exchange(host.connect().await, &request).await;
    }
    assert_eq!(written(&host).await, ["1 127.0.0.0/24 Google 2", "1 127.0.0.0/24 other 1"]);
}

#[tokio::test]
async fn the_client_is_who_the_proxy_says() {
    let host = Host::with(PATIENT, &["127.0.0.1/32"]).await;
    let destination = "192.0.2.80:443".parse().unwrap();
    for source in ["192.0.2.7:1", "[2001:db8::7]:1", "[::ffff:192.0.2.8]:1"] {
        let source = source.parse().unwrap();
        let mut stream = host.tcp().await;
        stream.write_all(&Header::Client { source, destination }.to_bytes()).await.unwrap();
        let stream = host.shake_on(stream, Asks::default()).await.unwrap();
        exchange(stream, &get(HERE, PATH)).await;
    }
    assert_eq!(written(&host).await, ["1 192.0.2.0/24 other 2", "1 2001:db8::/48 other 1"]);
}

//! The receiver of webhooks that docs/serve.md shows, run by Node.js on what is really sent.

use crate::authority::Authority;
use crate::desk::{Desk, now};
use crate::hook::{Call, Hook, SECRET, channel};
use hyper::StatusCode;
use ironpost_hosting::alerts::{About, Alerts, Trouble};
use ironpost_proto::mta_sts::discovery::Timestamp;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// What the receiver says of a request, some time after it was sent.
fn accepts(secret: &[u8], header: &str, body: &[u8], now: Timestamp) -> bool {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/serve.md");
    let guide = fs::read_to_string(guide).unwrap();
    let code = guide.split("```js\n").nth(1).unwrap().split("```").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("receiver.mjs", code.as_bytes()),
        ("main.mjs", MAIN.as_bytes()),
        ("secret", secret),
        ("body", body),
    ] {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let mut node = Command::new("node");
    node.current_dir(folder.path()).args(["main.mjs", header, &now.as_millis().to_string()]);
    let output = node.output().expect("node is missing: install the Debian package nodejs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    match output.stdout.as_slice() {
        b"true" => true,
        b"false" => false,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_receiver_of_the_guide_takes_what_is_sent_and_nothing_else() {
    let (desk, authority) = (Desk::open().await, Authority::new());
    let mut hook = Hook::start(&authority, StatusCode::OK).await;
    let alerts = Alerts::new(desk.database.clone(), vec![channel(&authority, hook.address).await]);
    let sent = now();
    alerts.raise(About::Node("one"), Trouble::Node, "it is silent, é", sent).await.unwrap();
    alerts.tell(sent).await.unwrap();
    let Call { signature, body, .. } = hook.call().unwrap();

    let seconds = |seconds| sent.after(Duration::from_secs(seconds));
    let early = Timestamp::from_millis(sent.as_millis() - 301_000);
    assert!(accepts(SECRET, &signature, &body, sent), "{signature}");
    assert!(accepts(SECRET, &signature, &body, seconds(300)));
    assert!(!accepts(SECRET, &signature, &body, seconds(301)), "sent once more, later");
    assert!(!accepts(SECRET, &signature, &body, early));
    assert!(!accepts(b"another secret of some length", &signature, &body, sent));
    let other = body.iter().map(|octet| if *octet == b'o' { b'0' } else { *octet });
    assert!(!accepts(SECRET, &signature, &other.collect::<Vec<_>>(), sent));
    let later = signature.replacen(&(sent.as_millis() / 1000).to_string(), "9999999999", 1);
    let then = Timestamp::from_millis(9_999_999_999_000);
    assert!(!accepts(SECRET, &later, &body, then), "the time is signed");
    for garbage in ["", "t=1", "v1=00,t=1", "t=x,v1=00", &signature[..signature.len() - 2]] {
        assert!(!accepts(SECRET, garbage, &body, sent), "{garbage}");
    }
}

#[tokio::test]
async fn what_was_not_taken_comes_again_under_the_same_id_and_a_new_signature() {
    let (desk, authority) = (Desk::open().await, Authority::new());
    let mut busy = Hook::start(&authority, StatusCode::SERVICE_UNAVAILABLE).await;
    let alerts = Alerts::new(desk.database.clone(), vec![channel(&authority, busy.address).await]);
    let start = now();
    alerts.raise(About::Node("one"), Trouble::Node, "it is silent", start).await.unwrap();
    alerts.tell(start).await.unwrap();
    let first = busy.call().unwrap();
    let retry = desk.database.channel_failure("webhook").await.unwrap().unwrap().retry;
    let address = busy.stop().await;

    let mut hook = Hook::at(address, &authority, StatusCode::OK).await;
    alerts.tell(retry).await.unwrap();
    let second = hook.call().unwrap();
    let id = |call: &Call| {
        let object: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
        object["id"].as_str().unwrap().to_owned()
    };
    assert_eq!(id(&first), id(&second));
    assert_ne!(first.signature, second.signature);
    assert!(accepts(SECRET, &second.signature, &second.body, retry));
}

const MAIN: &str = r#"
import { readFileSync } from "node:fs";
import { isFromIronpost } from "./receiver.mjs";

const [, , header, now] = process.argv;
const [secret, body] = ["secret", "body"].map((name) => readFileSync(name));
process.stdout.write(String(isFromIronpost(secret, header, body, Number(now))));
"#;

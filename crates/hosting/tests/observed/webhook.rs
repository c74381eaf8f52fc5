//! Webhooks: what is sent, and to whom it is not.

use crate::authority::Authority;
use crate::desk::{Desk, now};
use crate::hook::{Hook, SECRET, channel, loopback, poster};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use hyper::StatusCode;
use ironpost_hosting::alerts::{About, Alerts, Trouble, Webhook, WebhookError, WebhookSettings};
use ironpost_net::address_guard::{AddressGuard, Forbidden};
use ironpost_net::http_post::{Endpoint, PostError};
use sha2::Sha256;

#[tokio::test]
async fn a_request_is_signed() {
    let (desk, authority) = (Desk::open().await, Authority::new());
    let mut hook = Hook::start(&authority, StatusCode::NO_CONTENT).await;
    let alerts = Alerts::new(desk.database.clone(), vec![channel(&authority, hook.address).await]);
    let hosted = desk.domain("a.test", "version: STSv1\nmode: none\nmax_age: 86400\n").await;
    alerts
        .raise(&hosted, Trouble::Certificate, "it\u{1b}[31m \u{202e}expires", now())
        .await
        .unwrap();
    alerts.raise(About::Node("one"), Trouble::Node, "it is silent", now()).await.unwrap();
    let told = now();
    alerts.tell(told).await.unwrap();

    let call = hook.call().unwrap();
    assert_eq!(call.path, "/hook?of=test");
    assert_eq!(call.content_type, "application/json");
    assert_eq!(call.alerts(), ["open certificate a.test", "open node one"]);
    let object: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!(object["alerts"][0]["domain"], "a.test");
    assert_eq!(object["alerts"][0]["text"], "it\\x1b[31m \\u{202e}expires");
    assert_eq!(object["alerts"][1]["domain"], serde_json::Value::Null);
    assert_eq!(object["id"].as_str().unwrap().len(), 32);

    let (time, signature) = call.signature.split_once(",v1=").unwrap();
    let time = time.strip_prefix("t=").unwrap();
    assert_eq!(time, (told.as_millis() / 1000).to_string());
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap();
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(&call.body);
    let octets: Vec<_> = (0..signature.len() / 2)
        .map(|place| u8::from_str_radix(&signature[2 * place..2 * place + 2], 16).unwrap())
        .collect();
    mac.verify_slice(&octets).unwrap();
    assert!(hook.call().is_none());
}

#[tokio::test]
async fn only_success_is_success() {
    let authority = Authority::new();
    let table = [
        (StatusCode::OK, Ok(())),
        (StatusCode::ACCEPTED, Ok(())),
        (StatusCode::FOUND, Err(PostError::Status(302))),
        (StatusCode::FORBIDDEN, Err(PostError::Status(403))),
        (StatusCode::SERVICE_UNAVAILABLE, Err(PostError::Status(503))),
    ];
    for (status, expected) in table {
        let hook = Hook::start(&authority, status).await;
        let endpoint: Endpoint = format!("https://{}/", hook.address).parse().unwrap();
        let poster = poster(&authority, loopback()).await;
        assert_eq!(poster.post(&endpoint, &[], Bytes::new()).await, expected, "{status}");
    }
}

#[tokio::test]
async fn strangers_get_nothing() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let mut hook = Hook::start(&authority, StatusCode::OK).await;
    let endpoint: Endpoint = format!("https://{}/", hook.address).parse().unwrap();

    let guarded = poster(&authority, AddressGuard::default()).await;
    let forbidden = PostError::Forbidden { address: hook.address.ip(), why: Forbidden::Loopback };
    assert_eq!(guarded.post(&endpoint, &[], Bytes::new()).await, Err(forbidden));

    let mistrustful = poster(&stranger, loopback()).await;
    let error = mistrustful.post(&endpoint, &[], Bytes::new()).await.unwrap_err();
    assert!(matches!(error, PostError::Certificate(_)), "{error}");

    // Its certificate is for an address.
    let named: Endpoint = format!("https://localhost:{}/", hook.address.port()).parse().unwrap();
    let trusting = poster(&authority, loopback()).await;
    let error = trusting.post(&named, &[], Bytes::new()).await.unwrap_err();
    assert!(matches!(error, PostError::Unresolved { .. }), "{error}");
    assert!(hook.call().is_none());

    let address = hook.stop().await;
    let error = trusting.post(&endpoint, &[], Bytes::new()).await.unwrap_err();
    let refused = PostError::Unreachable { address, detail: "connection refused".to_owned() };
    assert_eq!(error, refused);
}

#[tokio::test]
async fn a_short_secret_is_refused() {
    let authority = Authority::new();
    let settings = WebhookSettings {
        endpoint: "https://hooks.example/".parse().unwrap(),
        secret: b"too short".to_vec().into(),
        poster: poster(&authority, loopback()).await,
    };
    let error = Webhook::new(settings).unwrap_err();
    assert!(matches!(error, WebhookError::ShortSecret { octets: 9 }));
}

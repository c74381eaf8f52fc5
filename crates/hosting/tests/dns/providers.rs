//! Changes through a provider's interface: PowerDNS's and Amazon's, whose addresses can be chosen.

use crate::http;
use crate::power_dns::{self, PowerDns};
use crate::route_53::Route53;
use crate::{TOKEN, domain, name, resolver};
use ironpost_hosting::delegation::{RecordToPublish, Type};
use ironpost_hosting::dns_update::{Kind, Ours, Plan, Settings, UpdateError, Updater};
use ironpost_net::dns::resolver::Resolver;
use ironpost_proto::mta_sts::discovery::Timestamp;
use std::net::SocketAddr;

fn updater(server: &PowerDns, token: &str) -> Updater {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("token"), format!("{token}\n")).unwrap();
    let settings = format!(
        "provider = \"powerdns\"\nendpoint = \"http://{}\"\nzone = \"customer.test\"\n\
         token_file = \"token\"",
        server.address,
    );
    let settings: Settings = toml::from_str(&settings).unwrap();
    settings.relative_to(directory.path()).open().unwrap()
}

/// Nobody is asked: the zone is given.
async fn nobody() -> Resolver {
    resolver(SocketAddr::from(([127, 0, 0, 1], 9))).await
}

fn policy(id: &str) -> RecordToPublish {
    RecordToPublish {
        owner: name(AT),
        rtype: Type::Txt,
        value: format!("v=STSv1; id={id};"),
        ttl: 60,
        why: "a test",
    }
}

async fn plan(updater: &Updater, id: &str, written: &[&str]) -> Result<Plan, UpdateError> {
    let zone = domain("sts.host.test");
    let written: Vec<_> = written.iter().map(|id| policy(id).value).collect();
    let ours = Ours { token: TOKEN, zone: &zone, written: &written };
    updater.plan(&nobody().await, &[policy(id)], &[], ours, NOW).await
}

async fn apply(updater: &Updater, plan: &Plan) -> Result<(), UpdateError> {
    updater.apply(&nobody().await, plan, NOW).await
}

#[tokio::test]
async fn a_record_is_written_and_replaced_beside_others() {
    let server = PowerDns::start().await;
    server.has(ZONE_AT, "TXT", &["\"some-verification=1\""]);
    let updater = updater(&server, power_dns::TOKEN);
    let first = plan(&updater, "1", &["1"]).await.unwrap();
    assert_eq!(first.changes[0].kind(), Kind::Add);
    apply(&updater, &first).await.unwrap();
    let second = plan(&updater, "2", &["1", "2"]).await.unwrap();
    assert_eq!(second.changes[0].kind(), Kind::Replace);
    apply(&updater, &second).await.unwrap();
    let content = ["\"some-verification=1\"", "\"v=STSv1; id=2;\""];
    assert_eq!(server.content(ZONE_AT, "TXT"), content);
    let changes = server.zone.lock().unwrap().changes.clone();
    assert!(
        changes.iter().all(|change| change.contains("some-verification=1")),
        "what is not ours is never away: {changes:?}"
    );
    assert!(plan(&updater, "2", &["1", "2"]).await.unwrap().is_done());
}

#[tokio::test]
async fn what_is_not_ours_is_never_touched() {
    let server = PowerDns::start().await;
    let updater = updater(&server, power_dns::TOKEN);
    server.has(ZONE_AT, "TXT", &["\"v=STSv1; id=theirs;\""]);
    let conflict = plan(&updater, "1", &["1"]).await.unwrap();
    let refused = apply(&updater, &conflict).await.unwrap_err();
    assert!(matches!(refused, UpdateError::Conflict { .. }), "{refused}");

    // Between plan and change: what is read once more is not what the plan saw.
    server.has(ZONE_AT, "TXT", &[]);
    let late = plan(&updater, "1", &["1"]).await.unwrap();
    server.has(ZONE_AT, "TXT", &["\"v=STSv1; id=theirs;\""]);
    let refused = apply(&updater, &late).await.unwrap_err();
    assert!(matches!(refused, UpdateError::Changed { .. }), "{refused}");
    assert_eq!(server.content(ZONE_AT, "TXT"), ["\"v=STSv1; id=theirs;\""]);
    assert_eq!(server.zone.lock().unwrap().changes, [""; 0]);
}

#[tokio::test]
async fn what_a_provider_says_is_shown_without_secrets() {
    let server = PowerDns::start().await;
    let stranger = updater(&server, "another");
    let refused = plan(&stranger, "1", &[]).await.unwrap_err().to_string();
    assert_eq!(refused, "powerdns could not read the zone: it does not accept what it was shown");

    let updater = updater(&server, power_dns::TOKEN);
    assert!(!format!("{updater:?}").contains(power_dns::TOKEN));
    let body = format!("\u{1b}[2J key {} may not", power_dns::TOKEN);
    let wanted = plan(&updater, "1", &["1"]).await.unwrap();
    server.zone.lock().unwrap().refusal = Some((422, body));
    let refused = apply(&updater, &wanted).await.unwrap_err().to_string();
    assert!(refused.contains("could not add a record"), "{refused}");
    assert!(refused.contains("key (secret) may not") && !refused.contains('\u{1b}'), "{refused}");
    server.zone.lock().unwrap().refusal = Some((200, "{}".into()));
    let refused = apply(&updater, &wanted).await.unwrap_err();
    assert!(matches!(refused, UpdateError::NotDone { .. }), "it says yes and does no: {refused}");
}

#[tokio::test]
async fn amazon_route_53_is_written_by_the_same_rules() {
    let server = Route53::start().await;
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("secret"), "s3cret/of+the/account\n").unwrap();
    let settings = format!(
        "provider = \"route53\"\nendpoint = \"http://{}\"\nzone = \"customer.test\"\n\
         access_key = \"AKIAEXAMPLE\"\nregion = \"eu-north-1\"\nsecret_file = \"secret\"",
        server.address,
    );
    let settings: Settings = toml::from_str(&settings).unwrap();
    let updater = settings.relative_to(directory.path()).open().unwrap();
    server.has("TXT", &["\"some-verification=1\""]);

    let first = plan(&updater, "1", &["1"]).await.unwrap();
    assert_eq!(first.changes[0].kind(), Kind::Add);
    apply(&updater, &first).await.unwrap();
    let second = plan(&updater, "2", &["1", "2"]).await.unwrap();
    assert_eq!(second.changes[0].kind(), Kind::Replace);
    apply(&updater, &second).await.unwrap();
    assert_eq!(server.content("TXT"), ["\"some-verification=1\"", "\"v=STSv1; id=2;\""]);
    assert!(plan(&updater, "2", &["1", "2"]).await.unwrap().is_done());
    let by = "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/";
    let seen = server.zone.lock().unwrap().authorizations.clone();
    assert!(seen.iter().all(|seen| seen.starts_with(by) && seen.contains("/eu-north-1/route53/")));

    // What is not ours: seen before the change, and just before it.
    let late = plan(&updater, "3", &["1", "2", "3"]).await.unwrap();
    server.has("TXT", &["\"v=STSv1; id=theirs;\""]);
    let conflict = plan(&updater, "3", &["1", "2", "3"]).await.unwrap();
    let refused = apply(&updater, &conflict).await.unwrap_err();
    assert!(matches!(refused, UpdateError::Conflict { .. }), "{refused}");
    let refused = apply(&updater, &late).await.unwrap_err();
    assert!(matches!(refused, UpdateError::Changed { .. }), "{refused}");
    assert_eq!(server.content("TXT"), ["\"v=STSv1; id=theirs;\""]);

    let body = "<Message>SignatureDoesNotMatch: s3cret/of+the/account</Message>";
    server.zone.lock().unwrap().excuse = Some((403, body.to_owned()));
    let refused = plan(&updater, "1", &[]).await.unwrap_err().to_string();
    assert!(refused.contains("SignatureDoesNotMatch: (secret)"), "{refused}");
    assert!(!format!("{updater:?}").contains("s3cret"));
}

/// What a provider may answer, and what is said of it.
const FAILURES: [(u16, &str, &str); 10] = [
    (400, "", "BadRequest"),
    (401, "", "it does not accept what it was shown"),
    (403, "s3cret-of-the-interface may not", "HTTP 403: (secret) may not"),
    (404, "", "it does not have the zone or the record"),
    (422, "\u{1b}[2J{\"error\": \"no\"}", "HTTP 422: \\x1b[2J"),
    (429, "slow down", "HTTP 429: slow down"),
    (500, "", "HTTP 500"),
    (502, "<html>", "HTTP 502: <html>"),
    (503, "later", "HTTP 503: later"),
    (200, "no JSON, s3cret-of-the-interface", "(body: no JSON, (secret))"),
];

#[tokio::test]
async fn every_failure_is_told_and_nothing_is_written() {
    let server = PowerDns::start().await;
    let updater = updater(&server, power_dns::TOKEN);
    let wanted = plan(&updater, "1", &["1"]).await.unwrap();
    for (status, body, words) in FAILURES {
        let answer = Some((status, body.to_owned()));
        server.zone.lock().unwrap().excuse.clone_from(&answer);
        let unread = plan(&updater, "1", &["1"]).await.unwrap_err().to_string();
        server.zone.lock().unwrap().excuse = None;
        server.zone.lock().unwrap().refusal = answer;
        let unwritten = apply(&updater, &wanted).await.unwrap_err().to_string();
        server.zone.lock().unwrap().refusal = None;
        let said = [("read the zone", unread), ("add a record", unwritten)];
        for (what, said) in said {
            assert!(said.starts_with(&format!("powerdns could not {what}: ")), "{status}: {said}");
            assert!(said.contains(words), "{status}: {said}");
            assert!(!said.contains(power_dns::TOKEN) && !said.contains('\u{1b}'), "{said}");
        }
        assert_eq!(server.zone.lock().unwrap().changes, [""; 0], "{status}");
    }
}

#[tokio::test]
async fn a_provider_that_is_silent_or_gone_is_given_up() {
    let server = PowerDns::start().await;
    let updater = updater(&server, power_dns::TOKEN);
    server.zone.lock().unwrap().excuse = Some((http::NEVER, String::new()));
    // Nothing but the deadline ends it.
    tokio::time::pause();
    let silent = plan(&updater, "1", &[]).await.unwrap_err();
    assert!(matches!(silent, UpdateError::Silent { seconds: 60, .. }), "{silent}");
    tokio::time::resume();

    let address = server.address;
    drop(server);
    let gone = plan(&updater, "1", &[]).await.unwrap_err().to_string();
    let words =
        format!("powerdns could not read the zone: it cannot be reached at http://{address}/");
    assert!(gone.starts_with(&words), "{gone}");
}

const AT: &str = "_mta-sts.customer.test";
const ZONE_AT: &str = "_mta-sts.customer.test.";
const NOW: Timestamp = Timestamp::from_millis(0);

//! Certificates, challenges, orders, accounts and what keeps them from coming.

use crate::place::{Place, added, at, on_both};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::hosting::acme::{Begun, Block, Budget, NewOrder, OrderTrouble, StoredAccount};
use ironpost_store::hosting::certificates::{Renewal, StoredCertificate};
use ironpost_store::hosting::challenges::Challenge;
use ironpost_store::hosting::{DomainId, Seq};
use std::time::Duration;
use tokio::task::JoinSet;

on_both!(
    a_certificate_takes_the_place_of_the_last,
    challenges_come_in_the_order_of_the_feed,
    an_order_is_written_before_it_is_placed,
    budgets_are_kept_by_all_at_once,
    the_first_account_counts,
    troubles_are_kept_until_they_are_over,
    keys_are_sealed_anew_in_pages,
);

const CA: &str = "https://ca.test/directory";
const HOUR: Duration = Duration::from_hours(1);

fn certificate(contents: u8) -> StoredCertificate {
    StoredCertificate {
        chain: vec![vec![0x30, 1, contents], vec![0x30, 0x81, 1, contents]],
        sealed_key: vec![contents; 3],
        directory: CA.to_owned(),
        not_before: at(10),
        not_after: at(1_000),
        renewal: Renewal::unasked(at(20)),
    }
}

fn order(domain: DomainId, key: &[u8]) -> NewOrder<'_> {
    NewOrder {
        domain,
        directory: CA,
        sealed_key: key,
        replaces: None,
        registered: "a.test",
        renewal: false,
    }
}

fn budget(orders: u32) -> Budget {
    Budget { orders, within: HOUR }
}

async fn a_certificate_takes_the_place_of_the_last(place: Place) {
    let database = place.open().await;
    let hosted = added(&database, "a.test", 1).await;
    assert_eq!(database.certificate(hosted.id).await.unwrap(), None);
    let trouble = OrderTrouble { since: at(1), failures: 1, again_at: at(2), why: "no".into() };
    for contents in [1, 2] {
        let key = [contents];
        let begun = order(hosted.id, &key);
        database.begin_acme_order(&begun, budget(9), budget(9), at(15)).await.unwrap();
        database.put_order_trouble(hosted.id, &trouble).await.unwrap();
        let proof = Challenge::Dns { value: "proof".into() };
        database.put_challenge(hosted.id, &proof, at(99)).await.unwrap();
        let before = database.feed().await.unwrap();
        let seq =
            database.put_certificate(hosted.id, &certificate(contents), at(20)).await.unwrap();
        assert!(seq > before);
        let kept = database.certificate(hosted.id).await.unwrap();
        assert_eq!(kept, Some(certificate(contents)));
        let served = database.served_after(before, 9).await.unwrap();
        let row = &served[0];
        assert_eq!(served.len(), 1);
        let shown = row.certificate.clone().unwrap();
        assert_eq!((row.seq, shown.chain), (seq, certificate(contents).chain));
        assert_eq!(shown.sealed_key, certificate(contents).sealed_key);
        assert_eq!(database.acme_order(hosted.id).await.unwrap(), None);
        assert_eq!(database.order_trouble(hosted.id).await.unwrap(), None);
        assert_eq!(database.challenges_after(Seq(0), at(20)).await.unwrap(), []);
    }
    let renewal = Renewal {
        window: Some((at(500), at(600))),
        at: Some(at(550)),
        explanation: Some("https://ca.test/why".into()),
        ask_at: at(300),
        unanswered: 2,
    };
    database.put_renewal(hosted.id, &renewal).await.unwrap();
    let kept = database.certificate(hosted.id).await.unwrap().unwrap();
    assert_eq!(kept, StoredCertificate { renewal, ..certificate(2) });
}

async fn challenges_come_in_the_order_of_the_feed(place: Place) {
    let database = place.open().await;
    let [one, two] = [added(&database, "a.test", 1).await, added(&database, "b.test", 2).await];
    let challenges = [
        Challenge::Http { token: "token".into(), answer: "token.key".into() },
        Challenge::Alpn { digest: [7; 32] },
        Challenge::Dns { value: "value".into() },
    ];
    let mut numbers = Vec::new();
    for challenge in &challenges {
        numbers.push(database.put_challenge(one.id, challenge, at(100)).await.unwrap());
    }
    let found = database.challenges_after(Seq(0), at(50)).await.unwrap();
    let shown = found.iter().map(|found| found.challenge.clone()).collect::<Vec<_>>();
    assert_eq!(shown, challenges);
    assert_eq!(found.iter().map(|found| found.seq).collect::<Vec<_>>(), numbers);
    let found = database.challenges_after(numbers[0], at(50)).await.unwrap();
    assert_eq!(found.len(), 2);
    // Shown again after a crash, it is there once, and nodes hear of it again.
    let again = database.put_challenge(one.id, &challenges[0], at(200)).await.unwrap();
    let found = database.challenges_after(numbers[2], at(150)).await.unwrap();
    assert_eq!(found.iter().map(|found| found.seq).collect::<Vec<_>>(), [again]);
    database.put_challenge(two.id, &challenges[0], at(200)).await.unwrap();
    database.drop_challenges(one.id, at(50)).await.unwrap();
    let found = database.challenges_after(Seq(0), at(50)).await.unwrap();
    assert_eq!(found.iter().map(|found| found.domain).collect::<Vec<_>>(), [two.id]);
    database.drop_challenges(one.id, at(200)).await.unwrap();
    assert_eq!(database.challenges_after(Seq(0), at(50)).await.unwrap(), []);
}

async fn an_order_is_written_before_it_is_placed(place: Place) {
    let database = place.open().await;
    let hosted = added(&database, "a.test", 1).await;
    let new = NewOrder { replaces: Some("key.serial"), ..order(hosted.id, b"sealed") };
    let begun = database.begin_acme_order(&new, budget(9), budget(9), at(5)).await.unwrap();
    let begun = match begun {
        Begun::Order(order) => Some(order),
        Begun::Spent(_) | Begun::SpentOnRegistered(_) => None,
    };
    let begun = begun.unwrap();
    drop(database);
    let database = place.open().await;
    assert_eq!(database.acme_order(hosted.id).await.unwrap(), Some(begun.clone()));
    assert_eq!((begun.url.as_deref(), begun.created), (None, at(5)));
    database.acme_order_placed(hosted.id, "https://ca.test/order/1").await.unwrap();
    database.acme_order_replaces_nothing(hosted.id).await.unwrap();
    let placed = database.acme_order(hosted.id).await.unwrap().unwrap();
    assert_eq!(placed.url.as_deref(), Some("https://ca.test/order/1"));
    assert_eq!((placed.replaces, placed.sealed_key), (None, b"sealed".to_vec()));
    database.drop_acme_order(hosted.id).await.unwrap();
    assert_eq!(database.acme_order(hosted.id).await.unwrap(), None);
}

async fn budgets_are_kept_by_all_at_once(place: Place) {
    let database = place.open().await;
    let mut domains = Vec::new();
    for number in 0..12 {
        domains.push(added(&database, &format!("d{number}.test"), number).await.id);
    }
    let mut orders = JoinSet::new();
    for (number, domain) in (0..).zip(domains.clone()) {
        let database = if number % 2 == 0 { database.clone() } else { place.open().await };
        orders.spawn(async move {
            let new = order(domain, b"key");
            database.begin_acme_order(&new, budget(5), budget(9), at(1_000 + number)).await.unwrap()
        });
    }
    let begun = orders.join_all().await;
    let placed = begun.iter().filter(|begun| matches!(begun, Begun::Order(_))).count();
    assert_eq!(placed, 5);
    let spent = |until: Timestamp| until.since(at(1_000)) >= HOUR;
    assert!(begun.iter().all(|begun| match begun {
        Begun::Order(_) => true,
        Begun::Spent(until) => spent(*until),
        Begun::SpentOnRegistered(_) => false,
    }));
    let now = at(2_000).after(HOUR);
    let new = order(domains[0], b"key");
    let begun = database.begin_acme_order(&new, budget(5), budget(1), now).await.unwrap();
    assert!(matches!(begun, Begun::Order(_)));
    let begun = database.begin_acme_order(&new, budget(5), budget(1), now).await.unwrap();
    assert_eq!(begun, Begun::SpentOnRegistered(now.after(HOUR)));
    let renewal = NewOrder { renewal: true, ..new };
    let begun = database.begin_acme_order(&renewal, budget(5), budget(1), now).await.unwrap();
    assert!(matches!(begun, Begun::Order(_)), "renewals are left out");
    let elsewhere = NewOrder { directory: "https://other.test/", ..new };
    let begun = database.begin_acme_order(&elsewhere, budget(1), budget(1), now).await.unwrap();
    assert!(matches!(begun, Begun::Order(_)), "another CA counts for itself");
}

async fn the_first_account_counts(place: Place) {
    let database = place.open().await;
    let account = |number: u8| StoredAccount {
        directory: CA.to_owned(),
        url: format!("https://ca.test/acct/{number}"),
        caa_identities: vec!["ca.test".to_owned(), "ca.example".to_owned()],
        credentials: vec![number],
    };
    assert_eq!(database.acme_account(CA).await.unwrap(), None);
    for number in [1, 2] {
        assert_eq!(database.add_acme_account(&account(number)).await.unwrap(), account(1));
    }
    assert_eq!(database.acme_accounts().await.unwrap(), [account(1)]);
    database.reseal_acme_account(&account(2), b"lost").await.unwrap();
    assert_eq!(database.acme_account(CA).await.unwrap(), Some(account(1)));
    database.reseal_acme_account(&account(1), b"anew").await.unwrap();
    let anew = StoredAccount { credentials: b"anew".to_vec(), ..account(1) };
    assert_eq!(database.acme_account(CA).await.unwrap(), Some(anew));
    let hosted = added(&database, "a.test", 1).await;
    let new = order(hosted.id, b"key");
    database.begin_acme_order(&new, budget(9), budget(9), at(5)).await.unwrap();
    database.forget_acme_account(&account(2)).await.unwrap();
    assert!(database.acme_order(hosted.id).await.unwrap().is_some(), "it is another's");
    database.forget_acme_account(&account(1)).await.unwrap();
    assert_eq!(database.acme_accounts().await.unwrap(), []);
    assert_eq!(database.acme_order(hosted.id).await.unwrap(), None);
}

async fn troubles_are_kept_until_they_are_over(place: Place) {
    let database = place.open().await;
    let hosted = added(&database, "a.test", 1).await;
    for failures in [1, 2] {
        let again_at = at(50);
        let trouble = OrderTrouble { since: at(1), failures, again_at, why: "no".into() };
        database.put_order_trouble(hosted.id, &trouble).await.unwrap();
        assert_eq!(database.order_trouble(hosted.id).await.unwrap(), Some(trouble));
        let block = Block { until: at(90), why: "a limit".into(), failures };
        database.block_acme(CA, &block).await.unwrap();
        assert_eq!(database.acme_block(CA).await.unwrap(), Some(block));
    }
    let new = order(hosted.id, b"key");
    database.begin_acme_order(&new, budget(9), budget(9), at(5)).await.unwrap();
    assert!(database.acme_block(CA).await.unwrap().is_some(), "counting ends no block");
    database.forget_order_trouble(hosted.id).await.unwrap();
    database.unblock_acme(CA).await.unwrap();
    assert_eq!(database.order_trouble(hosted.id).await.unwrap(), None);
    assert_eq!(database.acme_block(CA).await.unwrap(), None);
}

async fn keys_are_sealed_anew_in_pages(place: Place) {
    let database = place.open().await;
    let mut expected = Vec::new();
    for number in 0..5 {
        let hosted = added(&database, &format!("d{number}.test"), number).await;
        if number != 2 {
            database.put_certificate(hosted.id, &certificate(1), at(20)).await.unwrap();
            expected.push(hosted.id);
        }
        if number >= 2 {
            let new = order(hosted.id, b"ordered");
            database.begin_acme_order(&new, budget(9), budget(9), at(30)).await.unwrap();
            expected.push(hosted.id);
        }
    }
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = database.sealed_keys(after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.domain);
        seen.extend(page);
    }
    assert_eq!(seen.iter().map(|key| key.domain).collect::<Vec<_>>(), expected);
    let before = database.feed().await.unwrap();
    let anew: Vec<_> =
        seen.into_iter().map(|key| (key.clone(), [b"new-", &*key.sealed].concat())).collect();
    database.reseal(&anew).await.unwrap();
    let page = database.sealed_keys(None, 9).await.unwrap();
    assert!(page.iter().all(|key| key.sealed.starts_with(b"new-")));
    assert_eq!(page.len(), expected.len());
    assert_eq!(database.served_after(before, 9).await.unwrap().len(), 5, "nodes are told");
    // What was replaced meanwhile stays.
    database.reseal(&anew[..1]).await.unwrap();
    assert_eq!(database.sealed_keys(None, 9).await.unwrap(), page);
}

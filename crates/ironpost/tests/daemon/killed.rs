//! kill -9 in the middle of it all: no more than the last second is lost.

use crate::admin::Admin;
use crate::daemon::Home;
use crate::lab::{RunningLab, secure, sound};
use futures_util::TryStreamExt;
use ironpost_store::Store;
use serde_json::json;
use std::collections::HashSet;
use std::time::{Duration, Instant, SystemTime};

#[test]
fn what_was_acknowledged_a_second_before_survives() {
    let lab = RunningLab::start(SOUND);
    let home = Home::new(&lab);
    let daemon = home.start();
    let mut client = daemon.client();
    let mut admin = Admin::connect(&home);
    let began = Instant::now();
    // When, and how many had been taken by then; the same of those looked up.
    let mut imported = vec![(began, 0)];
    let mut looked_up = vec![(began, 0)];
    while last(&imported) < ENOUGH || began.elapsed() < 3 * SECOND {
        let first = last(&imported);
        admin.send(&requests(first..first + AT_ONCE));
        for _ in 0..AT_ONCE {
            assert_eq!(admin.line(), json!({"is": "done", "changed": true}));
        }
        imported.push((Instant::now(), first + AT_ONCE));
        let number = last(&looked_up) + 1;
        if number <= SOUND && number * ENOUGH <= SOUND * last(&imported) {
            assert_eq!(client.lookup("ironpost", &sound(number)), secure(number));
            looked_up.push((Instant::now(), number));
        }
    }
    // In the middle of the next ones.
    let first = last(&imported);
    admin.send(&requests(first..first + AT_ONCE));
    let killed = Instant::now();
    daemon.kill();
    drop(lab);

    let safe = |counts: &[(Instant, usize)]| {
        let old = counts.iter().rev().find(|(at, _)| *at + SECOND < killed);
        old.map(|(_, count)| *count).filter(|count| *count > 0).unwrap()
    };
    let (imported, looked_up) = (safe(&imported), safe(&looked_up));
    // Nobody answers any more, and what is known is known at once.
    let daemon = home.start();
    assert_eq!(daemon.lookup("ironpost", &sound(1)), secure(1));
    assert_eq!(daemon.lookup("ironpost", &sound(looked_up)), secure(looked_up));
    let mut admin = Admin::connect(&home);
    admin.wait_until_written();
    let known: HashSet<_> = admin.domains().into_iter().collect();
    let lost = |names: &mut dyn Iterator<Item = String>| {
        names.filter(|name| !known.contains(name)).count()
    };
    assert_eq!(lost(&mut (1..=looked_up).map(sound)), 0, "of {looked_up} looked up");
    assert_eq!(lost(&mut (0..imported).map(name)), 0, "of {imported} imported");
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(kept(&home), known.len(), "every row can be read");
}

#[test]
fn an_end_in_order_loses_nothing() {
    let lab = RunningLab::start(1);
    let home = Home::new(&lab);
    let daemon = home.start();
    let mut admin = Admin::connect(&home);
    assert_eq!(daemon.lookup("ironpost", &sound(1)), secure(1));
    admin.send(&requests(0..AT_ONCE));
    (0..AT_ONCE).for_each(|_| drop(admin.line()));
    // At once, before anything has had time to be written.
    assert_eq!(daemon.stop(), Some(0));
    drop(lab);
    assert_eq!(kept(&home), AT_ONCE + 1);
    let daemon = home.start();
    assert_eq!(daemon.lookup("ironpost", &sound(1)), secure(1));
    assert_eq!(daemon.stop(), Some(0));
}

/// Requests to import policies, one a line.
pub(crate) fn requests(numbers: std::ops::Range<usize>) -> String {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis();
    let fetched_at = u64::try_from(now).unwrap();
    let mut requests = String::new();
    for number in numbers {
        let domain = name(number);
        let policy = format!("version: STSv1\nmode: enforce\nmx: mx.{domain}\nmax_age: 604800\n");
        let request = json!({"do": "import", "domain": domain, "id": "1", "policy": policy,
            "fetched_at": fetched_at});
        requests.push_str(&request.to_string());
        requests.push('\n');
    }
    requests
}

fn name(number: usize) -> String {
    format!("imported-{number:06}.example")
}

fn last(counts: &[(Instant, usize)]) -> usize {
    counts.last().unwrap().1
}

/// How many policies there are on the disk.
fn kept(home: &Home) -> usize {
    let path = home.path("state/resolver.db");
    let counting = async {
        let store = Store::open(&path).await.unwrap();
        let count = store.policies().try_fold(0, async |count, _| Ok(count + 1)).await.unwrap();
        store.close().await;
        count
    };
    tokio::runtime::Runtime::new().unwrap().block_on(counting)
}

/// Of 100,000 policies that are to be imported so many are taken before the end.
const ENOUGH: usize = 60_000;
const AT_ONCE: usize = 200;
/// Domains that are looked up meanwhile.
const SOUND: usize = 100;
/// What may be lost.
const SECOND: Duration = Duration::from_secs(1);

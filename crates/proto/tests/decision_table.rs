//! What a sender applies, keeps and says: every row of the decision table, from the lookup of the
//! record to what is remembered of the fetch (RFC 8461 §3.3, §5.1, §10.2).
#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test says no")]

use ironpost_proto::mta_sts::discovery::{
    Alert, Applied, Attempts, CachedPolicy, Occasion, Outcome, Settings, Step, Store, Timestamp,
    TxtLookup, conclude, next_refresh, next_step,
};
use ironpost_proto::mta_sts::policy::{MaxAge, Mode, Policy};
use ironpost_proto::mta_sts::record::PolicyId;

/// The cache: none, a valid policy of a mode, an expired one. Its id is `old`.
#[derive(Debug, Clone, Copy)]
enum Cache {
    Empty,
    Valid(Mode),
    Expired,
}

/// What the policy host gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Https {
    /// It must not be asked.
    NotAsked,
    /// A valid policy.
    Gives,
    /// Anything else.
    Fails,
}

/// What mail is subject to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Applies {
    Cached,
    New,
    Nothing,
}

/// What is in the cache afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeps {
    /// As it was, its id and its time too.
    AsItWas,
    /// The new policy under this id, fetched now.
    New(&'static str),
}

/// What came of it all.
#[derive(Debug, PartialEq, Eq)]
struct End {
    applies: Applies,
    keeps: Keeps,
    /// The id that is not fetched again for a while, and whether the fetch failed.
    attempt: Option<(&'static str, bool)>,
    alert: Option<Alert>,
    report: bool,
}

struct Row {
    txt: TxtLookup,
    cache: Cache,
    https: Https,
    end: End,
    reason: &'static str,
}

#[test]
fn on_delivery() {
    use Applies::{Cached, Nothing};
    use Https::{Fails, Gives, NotAsked};
    const CACHES: [Cache; 2] = [Cache::Empty, Cache::Expired];
    let enforce = Cache::Valid(Mode::Enforce);
    let none = Cache::Valid(Mode::None);
    let (gone, failed) = (TxtLookup::Unusable, TxtLookup::Failed);
    let mut table = vec![
        row(found("old"), enforce, NotAsked, quiet(Cached), "the id is known"),
        row(found("new"), enforce, Gives, new("new"), "an update"),
        row(
            found("new"),
            enforce,
            Fails,
            End {
                attempt: Some(("new", true)),
                alert: Some(Alert::FetchFailed),
                report: true,
                ..quiet(Cached)
            },
            "an update that cannot be had: the old policy under its old id",
        ),
        row(
            found("new"),
            none,
            Fails,
            End { attempt: Some(("new", true)), ..quiet(Cached) },
            "nobody is told of a domain that asks for nothing",
        ),
        row(
            gone.clone(),
            enforce,
            NotAsked,
            End { alert: Some(Alert::RecordUnusable), ..quiet(Cached) },
            "a record that is gone leaves the policy",
        ),
        row(gone.clone(), none, NotAsked, quiet(Cached), "a domain that is leaving"),
        row(
            failed.clone(),
            enforce,
            NotAsked,
            End { alert: Some(Alert::DnsFailure), ..quiet(Cached) },
            "a DNS failure is not an absence",
        ),
        row(failed.clone(), none, NotAsked, quiet(Cached), "no alert under mode none"),
    ];
    for cache in CACHES {
        table.extend([
            row(found("old"), cache, Gives, new("old"), "discovered, or had again"),
            row(
                found("old"),
                cache,
                Fails,
                End { attempt: Some(("old", true)), report: true, ..quiet(Nothing) },
                "mail does not wait for a policy that cannot be had",
            ),
            row(gone.clone(), cache, NotAsked, quiet(Nothing), "no MTA-STS"),
            row(
                failed.clone(),
                cache,
                NotAsked,
                End { alert: Some(Alert::DnsFailure), ..quiet(Nothing) },
                "deliver, as the RFC reads",
            ),
        ]);
    }
    for row in table {
        check(Occasion::Delivery, row);
    }
}

#[test]
fn in_the_background() {
    use Applies::{Cached, Nothing};
    use Https::{Fails, Gives, NotAsked};
    let enforce = Cache::Valid(Mode::Enforce);
    let (gone, failed) = (TxtLookup::Unusable, TxtLookup::Failed);
    for (txt, id) in [(found("old"), "old"), (found("new"), "new"), (gone, "old"), (failed, "old")]
    {
        let attempt = Some((id, true));
        let alert = Some(Alert::FetchFailed);
        let table = [
            row(txt.clone(), enforce, Gives, new(id), "fetched whatever the record says"),
            row(
                txt.clone(),
                enforce,
                Fails,
                End { attempt, alert, ..quiet(Cached) },
                "the policy holds until it expires, and no mail was concerned",
            ),
            row(
                txt.clone(),
                Cache::Valid(Mode::None),
                Fails,
                End { attempt, ..quiet(Cached) },
                "no alert under mode none",
            ),
            row(txt, Cache::Expired, NotAsked, quiet(Nothing), "only mail discovers a policy"),
        ];
        for row in table {
            check(Occasion::Refresh, row);
        }
    }
}

fn check(occasion: Occasion, row: Row) {
    let Row { txt, cache, https, end, reason } = row;
    let cached = cached(cache);
    let attempts = Attempts::default();
    let settings = Settings::default();
    let decision = match (occasion, &cached) {
        (Occasion::Delivery, cached) => next_step(&txt, cached.as_ref(), &attempts, settings, NOW),
        (Occasion::Refresh, Some(cached)) => next_refresh(&txt, cached, &attempts, settings, NOW),
        (Occasion::Refresh, None) => panic!("nothing to refresh: {reason}"),
    };
    let came = match decision.step {
        Step::UseCached => End { alert: decision.alert, ..quiet(Applies::Cached) },
        Step::NoPolicy => End { alert: decision.alert, ..quiet(Applies::Nothing) },
        Step::Defer => panic!("mail is never held back: {reason}"),
        Step::Fetch(id) => {
            assert_ne!(https, Https::NotAsked, "{txt:?}, {cache:?}: {reason}");
            assert_eq!(decision.alert, None, "it may yet end well: {reason}");
            fetch(occasion, &id, https, cached.as_ref())
        }
    };
    assert_eq!(came, end, "{txt:?}, {cache:?}, {https:?}: {reason}");
}

fn fetch(occasion: Occasion, id: &PolicyId, https: Https, cached: Option<&CachedPolicy>) -> End {
    let published = policy(Mode::Testing);
    let fetched = (https == Https::Gives).then(|| published.clone());
    let conclusion = conclude(occasion, id, fetched, cached, NOW);
    assert_eq!((&conclusion.attempt.id, conclusion.attempt.at), (id, NOW));
    let named = |id: &PolicyId| if id.as_str() == "old" { "old" } else { "new" };
    End {
        applies: match conclusion.applied {
            Applied::New(policy) => {
                assert_eq!(policy, published);
                Applies::New
            }
            Applied::Cached => Applies::Cached,
            Applied::Nothing => Applies::Nothing,
        },
        keeps: match conclusion.store {
            Store::Replace(kept) => {
                assert_eq!((kept.policy, kept.fetched_at), (published, NOW));
                Keeps::New(named(&kept.id))
            }
            Store::Keep => Keeps::AsItWas,
            Store::Forget => panic!("a policy of a week is kept"),
        },
        attempt: Some((named(id), conclusion.attempt.outcome == Outcome::Failed)),
        alert: conclusion.alert,
        report: conclusion.report,
    }
}

fn row(txt: TxtLookup, cache: Cache, https: Https, end: End, reason: &'static str) -> Row {
    Row { txt, cache, https, end, reason }
}

/// Nothing but this is applied.
fn quiet(applies: Applies) -> End {
    End { applies, keeps: Keeps::AsItWas, attempt: None, alert: None, report: false }
}

/// A new policy under this id.
fn new(id: &'static str) -> End {
    End { keeps: Keeps::New(id), attempt: Some((id, false)), ..quiet(Applies::New) }
}

fn found(id: &str) -> TxtLookup {
    TxtLookup::Found(id.parse().unwrap())
}

/// Fetched two days ago: due for a refresh.
fn cached(cache: Cache) -> Option<CachedPolicy> {
    let (mode, fetched_at) = match cache {
        Cache::Empty => return None,
        Cache::Valid(mode) => (mode, NOW.as_millis() - 2 * 24 * 3_600_000),
        Cache::Expired => (Mode::Enforce, NOW.as_millis() - u64::from(WEEK) * 1000),
    };
    let id = "old".parse().unwrap();
    Some(CachedPolicy { policy: policy(mode), id, fetched_at: Timestamp::from_millis(fetched_at) })
}

fn policy(mode: Mode) -> Policy {
    let mx = vec!["mx.a.test".parse().unwrap()];
    Policy { mode, max_age: MaxAge::from_secs(WEEK.into()), mx, extensions: Vec::new() }
}

const WEEK: u32 = 7 * 24 * 3600;
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

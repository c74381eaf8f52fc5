use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_750_000_000_000);

fn set(hosts: &[&str], ttl: u32) -> MxSet {
    MxSet { hosts: hosts.iter().map(|host| host.parse().unwrap()).collect(), ttl }
}

#[test]
fn what_is_kept_is_the_largest_ttl_of_the_same_hosts() {
    let first = follow(None, set(&["a.test"], 100), NOW);
    assert_eq!(first.event, None);
    let later = NOW.after(Duration::from_secs(1));
    let same = follow(Some(first.stored), set(&["a.test"], 40), later);
    assert_eq!(same.event, None);
    assert_eq!((same.stored.mx.ttl, same.stored.changed, same.stored.seen), (100, NOW, later));
    let other = follow(Some(same.stored), set(&[], 40), later);
    assert_eq!(other.event.as_deref(), Some("a.test → none"));
    assert_eq!((other.stored.mx.ttl, other.stored.changed), (40, later));
}

/// R11: a sender may have the MX records of before for as long as their TTL allows.
#[test]
fn hosts_are_kept_for_as_long_as_caches_may_name_them() {
    let after = |hours| NOW.after(Duration::from_hours(hours));
    let mut stored = follow(None, set(&["a.test", "b.test"], 36_000), NOW).stored;
    let mut seen = |hosts: &[&str], hours| {
        stored = follow(Some(stored.clone()), set(hosts, 60), after(hours)).stored;
        stored.former.iter().map(|gone| (gone.host.to_string(), gone.until)).collect::<Vec<_>>()
    };
    let until = |hours| after(hours).after(Duration::from_mins(5));
    let gone = |host: &str, hours| (host.to_owned(), until(hours));
    let both = [gone("a.test", 12), gone("b.test", 12)];
    assert_eq!(seen(&["a.test", "b.test"], 1), [], "as before");
    assert_eq!(seen(&["b.test"], 2), both, "by the largest TTL seen of all, for all of them");
    assert_eq!(seen(&["c.test"], 3), both, "the later of two moments");
    let three = [both.as_slice(), &[gone("c.test", 5)]].concat();
    assert_eq!(seen(&["a.test"], 4), three, "an hour at least");
    assert_eq!(seen(&["a.test"], 6), both, "one is forgotten everywhere");
    assert_eq!(seen(&["a.test"], 13), [], "all are");
}

#[test]
fn hosts_that_change_all_the_time_take_no_room() {
    let mut stored = follow(None, set(&["a.test"], 600_000), NOW).stored;
    for number in 0..200 {
        let host = format!("mx{number}.test");
        stored = follow(Some(stored), set(&[&host], 600_000), NOW).stored;
    }
    assert_eq!(stored.former.len(), MAX_FORMER);
}

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

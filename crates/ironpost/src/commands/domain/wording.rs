//! Policies and events in words for people.

use super::times;
use ironpost_proto::lifecycle::State;
use ironpost_proto::mta_sts::policy::Policy;
use ironpost_store::hosting::domains::Event;
use std::time::Duration;

/// A policy in a line: `enforce, max_age 1209600 (14 days), mx mx1.example.com mx2.example.com`.
pub(super) fn policy(policy: &Policy) -> String {
    let age = policy.max_age.as_secs();
    let span = times::span(Duration::from_secs(age.into()));
    format!("{}, max_age {age} ({span}){}", policy.mode, hosts(policy))
}

/// The hosts of a policy behind what else is said of it; mode none may do without.
pub(super) fn hosts(policy: &Policy) -> String {
    let mx: Vec<String> = policy.mx.iter().map(ToString::to_string).collect();
    if mx.is_empty() { String::new() } else { format!(", mx {}", mx.join(" ")) }
}

/// What happened, who did it and why, in a sentence.
pub(super) fn event(event: &Event) -> String {
    let why = event.author.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    format!("{}, by {}{why}", happened(&event.what, event.version), event.author.who)
}

/// The words of the database in a sentence.
fn happened(what: &str, version: Option<u32>) -> String {
    let state = State::ALL.into_iter().find(|state| state.as_str() == what);
    match (what, version, state) {
        ("added", None, _) => "it is hosted here from now on".to_owned(),
        ("version", Some(number), _) => format!("version {number} is made"),
        ("adopted", Some(number), _) => {
            format!("version {number} is taken over from where it was published")
        }
        ("shown", Some(number), _) => format!("version {number} is handed to the nodes"),
        ("everywhere", Some(number), _) => format!("every live node serves version {number}"),
        ("replaced", Some(number), _) => {
            format!("no node serves anything older than version {number}")
        }
        ("announced", Some(number), _) => format!("version {number} is announced in DNS"),
        ("migrating", Some(number), _) => {
            format!("its MX hosts are being changed: version {number} is for old and new")
        }
        ("migrated", None, _) => "the change of its MX hosts is over".to_owned(),
        ("reports", None, _) => "where its reports go is changed".to_owned(),
        ("ceased", None, _) => "nothing of it is served any more".to_owned(),
        (_, None, Some(state)) => entered(state).to_owned(),
        // What was seen of its MX records.
        (seen, None, None) => format!("its MX records have changed: {seen}"),
        (other, Some(number), _) => format!("{other} version {number}"),
    }
}

fn entered(state: State) -> &'static str {
    match state {
        State::Pending => "it waits for its records in DNS",
        State::Delegated => "its records are seen in DNS",
        State::Certified => "its certificate is there",
        State::Testing => "it is in mode testing",
        State::Enforce => "it is in mode enforce",
        State::Withdrawing => "it is being withdrawn",
        State::Gone => "it is gone",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironpost_proto::mta_sts::policy::{MaxAge, Mode};

    #[test]
    fn what_happened_is_a_sentence() {
        let table = [
            ("added", None, "it is hosted here from now on"),
            ("version", Some(2), "version 2 is made"),
            ("replaced", Some(2), "no node serves anything older than version 2"),
            ("enforce", None, "it is in mode enforce"),
            ("mx.a.test → none", None, "its MX records have changed: mx.a.test → none"),
            ("of a newer Ironpost", Some(3), "of a newer Ironpost version 3"),
        ];
        for (what, version, expected) in table {
            assert_eq!(happened(what, version), expected);
        }
    }

    #[test]
    fn a_policy_without_hosts_ends_with_its_max_age() {
        let mut said = Policy {
            mode: Mode::Testing,
            max_age: MaxAge::from_days(1),
            mx: vec!["a.test".parse().unwrap(), "*.b.test".parse().unwrap()],
            extensions: Vec::new(),
        };
        assert_eq!(policy(&said), "testing, max_age 86400 (1 day), mx a.test *.b.test");
        (said.mode, said.mx) = (Mode::None, Vec::new());
        assert_eq!(policy(&said), "none, max_age 86400 (1 day)");
    }
}

//! Whatever happens, at whatever time.

use super::*;
use proptest::prelude::*;
use std::collections::HashSet;

/// Something that happens.
#[derive(Debug, Clone)]
enum Happening {
    Command(Command, Checks, bool),
    Look(Box<Observed>),
}

fn any_host() -> impl Strategy<Value = DnsName> {
    prop::sample::select(vec!["mx.a.test", "new.a.test", "under_score.test", "."]).prop_map(host)
}

fn any_hosts() -> impl Strategy<Value = Vec<DnsName>> {
    prop::collection::vec(any_host(), 0..3)
}

fn any_id() -> impl Strategy<Value = PolicyId> {
    "[a-f]".prop_map(|text| id(&text))
}

fn any_policy() -> impl Strategy<Value = Policy> {
    let mode = prop::sample::select(vec![Mode::Enforce, Mode::Testing, Mode::None]);
    let mx = prop::sample::subsequence(vec!["mx.a.test", "new.a.test", "*.a.test"], 0..3);
    (mode, mx, 0_u64..40_000_000).prop_map(|(mode, mx, max_age)| Policy {
        max_age: MaxAge::from_secs(max_age),
        ..policy(mode, &mx)
    })
}

fn any_mx() -> impl Strategy<Value = MxSet> {
    (any_hosts(), any::<u32>()).prop_map(|(hosts, ttl)| MxSet { hosts, ttl })
}

fn any_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => (any_id(), any_policy()).prop_map(|(id, policy)| Command::Publish { id, policy }),
        1 => (any_id(), 0_u32..5).prop_map(|(id, number)| Command::Rollback { id, number }),
        1 => (any_id(), any_policy()).prop_map(|(id, policy)| Command::Adopt { id, policy }),
        1 => any_id().prop_map(|id| Command::Withdraw { id }),
        1 => (any_id(), any_hosts(), any_mx())
            .prop_map(|(id, to, from)| Command::Migrate { id, to, from }),
        1 => any_id().prop_map(|id| Command::Narrow { id }),
        1 => any_id().prop_map(|id| Command::BreakOff { id }),
        1 => Just(Command::Remove),
    ]
}

fn any_checks() -> impl Strategy<Value = Checks> {
    let former = (any_host(), any::<u64>())
        .prop_map(|(host, until)| FormerMx { host, until: Timestamp::from_millis(until) });
    let former = prop::collection::vec(former, 0..2);
    (prop::option::of(any_hosts()), former, any_hosts(), any_hosts()).prop_map(
        |(mx, former, unsound, untested)| Checks { mx, unknown: None, former, unsound, untested },
    )
}

fn any_sight() -> impl Strategy<Value = Sight> {
    prop::sample::select(vec![Sight::Ours, Sight::Ours, Sight::Elsewhere, Sight::Unknown])
}

fn any_look() -> impl Strategy<Value = Observed> {
    let nodes = [Nodes::Behind, Nodes::LiveAgree, Nodes::AllAgree, Nodes::AllAgree];
    let nodes = prop::sample::select(nodes.to_vec());
    let names = (any_sight(), any_sight(), prop::option::of(any_id()));
    let ours = (prop::bool::weighted(0.8), prop::option::of(0_u32..5), nodes);
    (names, ours, prop::option::of(any_mx())).prop_map(
        |((policy_host, record, id), (certificate, fetched, nodes), mx)| Observed {
            policy_host,
            record,
            id,
            certificate,
            fetched,
            nodes,
            mx,
        },
    )
}

fn any_happening() -> impl Strategy<Value = Happening> {
    let command = (any_command(), any_checks(), any::<bool>());
    prop_oneof![
        1 => command.prop_map(|(command, checks, insists)| Happening::Command(command, checks, insists)),
        3 => any_look().prop_map(|look| Happening::Look(Box::new(look))),
    ]
}

/// The edges of the state machine.
fn is_edge(from: State, to: State) -> bool {
    let published = [State::Testing, State::Enforce, State::Withdrawing];
    match from {
        State::Pending => [State::Delegated, State::Gone].contains(&to),
        State::Delegated => [State::Certified, State::Gone].contains(&to),
        State::Certified | State::Testing | State::Enforce | State::Withdrawing => {
            published.contains(&to) || to == State::Gone
        }
        State::Gone => false,
    }
}

fn check(life: &Life, changes: &[Change]) -> Result<(), TestCaseError> {
    for change in changes {
        match change {
            Change::Enter(state) => prop_assert!(is_edge(life.state, *state), "{change:?}"),
            Change::Add { number, id, .. } | Change::Adopt { number, id, .. } => {
                prop_assert!(life.versions.iter().all(|v| v.id != *id && v.number < *number));
            }
            Change::Announce(number) => {
                let version = life.version(*number);
                let body = version.is_some_and(|v| v.everywhere.is_some())
                    || changes.contains(&Change::Everywhere(*number));
                prop_assert!(life.shown == Some(*number) && body, "the body comes first");
            }
            Change::Show(_)
            | Change::Everywhere(_)
            | Change::Replace(_)
            | Change::Migrate(_)
            | Change::Cease => {}
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_life_leaves_its_edges(
        way in prop::sample::select(vec![Way::Cname, Way::Pasted, Way::Updated]),
        happenings in prop::collection::vec((any_happening(), any::<u64>()), 0..40),
    ) {
        let mut life = Life::new(way, day(0));
        let mut ids = HashSet::new();
        for (happening, millis) in happenings {
            let now = Timestamp::from_millis(millis);
            let changes = match happening {
                Happening::Command(command, checks, insists) => {
                    let reason = insists.then(|| Override::new("it must be")).flatten();
                    permit(&life, &command, &checks, reason.as_ref(), now).unwrap_or_default()
                }
                Happening::Look(look) => match next_step(&life, &look, now) {
                    Step::Change(changes) => {
                        prop_assert!(!changes.is_empty());
                        changes
                    }
                    _ => Vec::new(),
                },
            };
            check(&life, &changes)?;
            life.apply(&changes, now);
            if let Some(version) = life.versions.last_mut() {
                version.last_served = Some(now);
            }
            let _ = held_until(&life, Version::asks);
            if let Some(migration) = &life.migration {
                prop_assert_eq!(plan(&life, migration, now).len(), 4);
            }
        }
        prop_assert!(life.versions.iter().all(|version| ids.insert(version.id.clone())));
    }
}

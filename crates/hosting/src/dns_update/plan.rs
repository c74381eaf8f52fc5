//! What is to be changed in somebody else's zone, decided before anything is. Pure.
//!
//! Three rules. A record that is not ours is never touched. Ours is what carries this domain's
//! token, and what is word for word what we wrote earlier, so whoever writes remembers a value
//! *before* writing it. And where something that is not ours stands in the way, nothing is changed
//! at that name, and the plan says what stands there.

use super::record::Found;
use crate::delegation::{RecordToPublish, Type, holds_token};
use ironpost_proto::delegation::Token;
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::{mta_sts, tls_rpt};
use std::fmt;

/// What stands at a name, as the server or the provider gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// The name.
    pub owner: DnsName,
    /// The zone that holds it.
    pub zone: DnsName,
    /// Its records of the types that count.
    pub found: Vec<Found>,
}

/// What tells our records from others.
#[derive(Debug, Clone, Copy)]
pub struct Ours<'a> {
    /// The domain's token.
    pub token: Token,
    /// Our zone.
    pub zone: &'a Domain,
    /// Every text that we have ever written for the domain.
    pub written: &'a [String],
}

/// What is to be changed, name by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// One for each name.
    pub changes: Vec<Change>,
}

/// What is to be changed at one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What stands there, and is still to stand there when the change is made.
    pub before: Observed,
    /// What is wanted there and is there.
    pub keep: Vec<RecordToPublish>,
    /// What is wanted there and is not.
    pub add: Vec<RecordToPublish>,
    /// What is ours, and no longer wanted.
    pub remove: Vec<Found>,
    /// What is not ours and stands in the way; while there is any, nothing is changed.
    pub conflicts: Vec<Found>,
}

/// What a change comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: all is as wanted.
    Keep,
    /// Records where there were none of ours.
    Add,
    /// Records in the place of ours.
    Replace,
    /// Records of ours less.
    Remove,
    /// Nothing, as something stands in the way.
    Conflict,
}

/// Decides what to change so that each name observed has what is wanted of it, and nothing else of
/// ours: without anything wanted, what is ours goes.
pub fn plan(observed: &[Observed], wanted: &[RecordToPublish], ours: Ours<'_>) -> Plan {
    let changes = observed.iter().map(|observed| {
        let wanted = wanted.iter().filter(|wanted| wanted.owner == observed.owner);
        change(observed, &wanted.cloned().collect::<Vec<_>>(), ours)
    });
    Plan { changes: changes.collect() }
}

impl Plan {
    /// True if there is nothing to do.
    pub fn is_done(&self) -> bool {
        self.changes.iter().all(|change| change.kind() == Kind::Keep)
    }

    /// What stands in the way, by name.
    pub fn conflicts(&self) -> impl Iterator<Item = (&DnsName, &Found)> {
        self.changes.iter().flat_map(|change| {
            change.conflicts.iter().map(|conflict| (&change.before.owner, conflict))
        })
    }

    /// What there is to do.
    pub fn to_do(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| match change.kind() {
            Kind::Add | Kind::Replace | Kind::Remove => true,
            Kind::Keep | Kind::Conflict => false,
        })
    }
}

impl Change {
    /// What it comes to.
    pub fn kind(&self) -> Kind {
        match (self.conflicts.is_empty(), self.add.is_empty(), self.remove.is_empty()) {
            (false, _, _) => Kind::Conflict,
            (true, true, true) => Kind::Keep,
            (true, false, true) => Kind::Add,
            (true, false, false) => Kind::Replace,
            (true, true, false) => Kind::Remove,
        }
    }
}

impl fmt::Display for Plan {
    /// A line for each record: `+` for one to add, `-` for one to remove, `=` for one that stays,
    /// `!` for one in the way.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.changes {
            let owner = &change.before.owner;
            change.keep.iter().try_for_each(|record| writeln!(f, "= {record}"))?;
            for found in &change.conflicts {
                writeln!(f, "! {owner}. {found}  is not ours and stays: remove it first")?;
            }
            if change.conflicts.is_empty() {
                change.remove.iter().try_for_each(|found| writeln!(f, "- {owner}. {found}"))?;
                change.add.iter().try_for_each(|record| writeln!(f, "+ {record}"))?;
            }
        }
        Ok(())
    }
}

fn change(observed: &Observed, wanted: &[RecordToPublish], ours: Ours<'_>) -> Change {
    let mut change = Change {
        before: observed.clone(),
        keep: Vec::new(),
        add: Vec::new(),
        remove: Vec::new(),
        conflicts: Vec::new(),
    };
    for found in &observed.found {
        if wanted.iter().any(|wanted| found.is(wanted)) {
            continue;
        }
        if is_ours(found, ours) {
            change.remove.push(found.clone());
        } else if wanted.iter().any(|wanted| clash(found, wanted)) {
            change.conflicts.push(found.clone());
        }
    }
    for wanted in wanted {
        let there = observed.found.iter().any(|found| found.is(wanted));
        if there { &mut change.keep } else { &mut change.add }.push(wanted.clone());
    }
    change
}

/// True for what carries the token, and for what we wrote.
fn is_ours(found: &Found, ours: Ours<'_>) -> bool {
    let text = found.text.as_bytes();
    match found.rtype {
        Type::Cname => holds_token(&found.text.to_string(), ours.zone, ours.token),
        Type::Txt => {
            ours.written.iter().any(|written| written.as_bytes() == text)
                || text == crate::delegation::proof(ours.token).as_bytes()
        }
        Type::A | Type::Aaaa => ours.written.iter().any(|written| written.as_bytes() == text),
    }
}

/// True if what stands there cannot stand beside what is wanted.
fn clash(found: &Found, wanted: &RecordToPublish) -> bool {
    match (found.rtype, wanted.rtype) {
        // RFC 1034 §3.6.2: no other data beside an alias, and one alias.
        (Type::Cname, _) | (_, Type::Cname) => true,
        (Type::Txt, Type::Txt) => same_protocol(found.text.as_bytes(), wanted.value.as_bytes()),
        // An address that is not ours would draw some senders away.
        (Type::A | Type::Aaaa, Type::A | Type::Aaaa | Type::Txt) => wanted.rtype != Type::Txt,
        (Type::Txt, Type::A | Type::Aaaa) => false,
    }
}

/// RFC 8461 §3.1, RFC 8460 §3: two records of one protocol are as good as none. Others may stand
/// beside.
pub(super) fn same_protocol(found: &[u8], wanted: &[u8]) -> bool {
    let is_policy = mta_sts::record::is_record;
    let is_report = tls_rpt::record::is_record;
    is_policy(found) && is_policy(wanted) || is_report(found) && is_report(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Records<'a> = &'a [(Type, &'a str)];

    const CNAME: &str = "sts-aaaaaaaaaaaaaaaa.sts.host.test";
    const POLICY: &str = "v=STSv1; id=1;";

    /// What comes of wanting `wanted` where `found` stands, having written `v=STSv1; id=old;`.
    fn decide(found: Records<'_>, wanted: Records<'_>) -> Change {
        let owner: DnsName = "_mta-sts.example.com".parse().unwrap();
        let zone: Domain = "sts.host.test".parse().unwrap();
        let written = ["v=STSv1; id=old;".to_owned()];
        let ours = Ours { token: Token::from_bytes([0; 10]), zone: &zone, written: &written };
        let found = found.iter().map(|(rtype, value)| Found::new(*rtype, value).unwrap()).collect();
        let observed =
            Observed { owner: owner.clone(), zone: "example.com".parse().unwrap(), found };
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(rtype, value)| RecordToPublish {
                owner: owner.clone(),
                rtype: *rtype,
                value: (*value).to_owned(),
                ttl: 60,
                why: "a test",
            })
            .collect();
        plan(&[observed], &wanted, ours).changes.remove(0)
    }

    #[test]
    fn what_is_ours_goes_and_what_is_not_stays() {
        use Kind::{Add, Conflict, Keep, Remove, Replace};
        use Type::{A, Aaaa, Cname, Txt};
        const OLD: &str = "v=STSv1; id=old;";
        const OTHERS: &str = "sts-7777777777777777.sts.host.test";
        let table: [(Records<'_>, Records<'_>, Kind, &str); 19] = [
            (&[], &[(Txt, POLICY)], Add, "nothing is there"),
            (&[(Txt, POLICY)], &[(Txt, POLICY)], Keep, "it is there"),
            (&[(Txt, OLD)], &[(Txt, POLICY)], Replace, "what we wrote is there"),
            (&[(Txt, OLD), (Txt, POLICY)], &[(Txt, POLICY)], Remove, "a change half made"),
            (&[(Txt, "v=STSv1; id=2;")], &[(Txt, POLICY)], Conflict, "somebody's policy"),
            (&[(Txt, "v=STSv1; id=old; ")], &[(Txt, POLICY)], Conflict, "not to the letter"),
            (&[(Txt, "hello")], &[(Txt, POLICY)], Add, "no policy record"),
            (&[(Txt, OLD), (Txt, "v=STSv1;")], &[(Txt, POLICY)], Conflict, "ours and another's"),
            (&[(Cname, CNAME)], &[(Cname, CNAME)], Keep, "handed over"),
            (&[(Cname, "STS-AAAAAAAAAAAAAAAA.sts.HOST.test.")], &[(Cname, CNAME)], Keep, "case"),
            (&[(Cname, CNAME)], &[(Txt, POLICY)], Replace, "taken back"),
            (&[(Cname, OTHERS)], &[(Txt, POLICY)], Conflict, "another token"),
            (&[(Cname, "www.example.com")], &[(Cname, CNAME)], Conflict, "somebody's alias"),
            (&[(Txt, OLD)], &[(Cname, CNAME)], Replace, "handed over now"),
            (&[(Txt, "hello")], &[(Cname, CNAME)], Conflict, "nothing beside an alias"),
            (&[(A, "192.0.2.1")], &[(Cname, CNAME)], Conflict, "nothing beside an alias"),
            (&[(A, "192.0.2.9")], &[(Aaaa, "2001:db8::1")], Conflict, "somebody's address"),
            (&[(A, "192.0.2.9")], &[(Txt, POLICY)], Add, "an address is in nobody's way"),
            (&[(Txt, OLD), (Txt, "hello"), (Cname, OTHERS)], &[], Remove, "nothing is wanted"),
        ];
        for (found, wanted, kind, reason) in table {
            let change = decide(found, wanted);
            assert_eq!(change.kind(), kind, "{reason}: {change:?}");
            for removed in &change.remove {
                let text = removed.text.to_string();
                assert!([OLD, CNAME].contains(&text.as_str()), "{reason}: {text} is not ours");
            }
        }
    }

    #[test]
    fn a_plan_shows_nothing_that_acts() {
        let change = decide(&[(Type::Txt, "v=STSv1; id=\u{1b}[2J\n;")], &[(Type::Txt, POLICY)]);
        let text = Plan { changes: vec![change] }.to_string();
        assert!(text.contains(r"id=\x1b[2J\n;") && text.lines().count() == 1, "{text}");
    }
}

//! Checks of hosted domains.

use crate::desk::{Desk, HOUR, now};
use crate::world::{NAME, POLICY, World};
use ironpost_checker::check::{CheckOptions, Checker};
use ironpost_checker::evidence::Skip;
use ironpost_checker::report::Verdict;
use ironpost_hosting::alerts::Alerts;
use ironpost_hosting::checks::{Checked, Checks, gate};
use ironpost_proto::domain::DnsName;

fn names(names: &[&str]) -> Vec<DnsName> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

#[tokio::test]
async fn a_check_compares_with_the_one_before() {
    let (desk, mut world) = (Desk::open().await, World::start().await);
    let alerts = Alerts::new(desk.database.clone(), Vec::new());
    let options = CheckOptions::default();
    let checks = Checks::new(desk.database.clone(), alerts, world.network(), options);
    let hosted = desk.domain(NAME, POLICY).await;
    let start = now();
    let Checked { report, next } = checks.check(&hosted, start).await.unwrap();
    let report = report.unwrap();
    assert_eq!(report.verdict, Verdict::Protected, "{}", report.summary);
    let next = next.unwrap().since(start);
    assert!((HOUR * 21..=HOUR * 27).contains(&next), "about daily: {next:?}");
    assert_eq!(desk.database.open_alerts(None, 9).await.unwrap(), []);

    world
        .change("MX  20 mx2\n", "MX  20 mx2\n@           MX  30 mx3\nmx3         A   {mx1}\n")
        .await;
    let later = start.after(HOUR * 24);
    let report = checks.check(&hosted, later).await.unwrap().report.unwrap();
    let ids: Vec<_> = report.findings.iter().map(|finding| finding.id.as_str()).collect();
    assert!(ids.contains(&"Y-MXDRIFT"), "{ids:?}");
    assert_eq!(report.verdict, Verdict::AtRisk);
    let open = desk.database.open_alerts(Some(hosted.id), 9).await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!((open[0].kind.as_str(), &open[0].message), ("check", &report.summary));

    let kept = desk.database.checks(hosted.id, 9).await.unwrap();
    let verdicts: Vec<_> = kept.iter().map(|check| check.verdict.as_str()).collect();
    assert_eq!(verdicts, ["at_risk", "protected"]);
    assert!(kept.iter().all(|check| check.report.is_some()));

    world.change("@           MX  30 mx3\n", "").await;
    checks.check(&hosted, later.after(HOUR)).await.unwrap();
    let open = desk.database.open_alerts(Some(hosted.id), 9).await.unwrap();
    assert!(open[0].quiet.is_some());

    // Nobody answers: that is neither good news nor bad.
    world.lab.cut_off().await;
    let checked = checks.check(&hosted, later.after(HOUR * 2)).await.unwrap();
    assert_eq!(checked.report.unwrap().verdict, Verdict::CouldNotTell);
    assert!(checked.next.unwrap() < later.after(HOUR * 4), "again soon");
}

#[tokio::test]
async fn the_gate_tells_what_fails_from_what_was_not_tested() {
    let mut world = World::of_all().await;
    let checker = Checker::new(world.network(), CheckOptions::default()).await.unwrap();
    let gate_of = async |checker: &Checker, name: &str| {
        let now = jiff::Timestamp::now();
        gate(&checker.check(&name.parse().unwrap(), None, now).await)
    };
    let sound = gate_of(&checker, NAME).await;
    let both = names(&["mx1.sound-enforce.example", "mx2.sound-enforce.example"]);
    assert_eq!(sound.mx.as_deref(), Some(&*both));
    assert_eq!((sound.unsound, sound.untested), (Vec::new(), Vec::new()));

    let faulty = gate_of(&checker, "smtp-no-starttls.example").await;
    assert!(!faulty.unsound.is_empty());
    assert!(faulty.untested.is_empty());

    let silent = gate_of(&checker, "mx-null.example").await;
    assert_eq!(silent.mx, Some(Vec::new()), "null MX is an answer");

    let skip = Skip { smtp: true, ..Skip::default() };
    let options = CheckOptions { skip, ..CheckOptions::default() };
    let careful = Checker::new(world.network(), options).await.unwrap();
    let untested = gate_of(&careful, NAME).await;
    assert_eq!((untested.unsound, untested.untested), (Vec::new(), both));

    let nobody = gate_of(&checker, "nobody.invalid").await;
    assert_eq!(nobody.mx, None);
    world.lab.cut_off().await;
    let alone = Checker::new(world.network(), CheckOptions::default()).await.unwrap();
    assert_eq!(gate_of(&alone, NAME).await.mx, None, "no answer is not no MX");
}

use super::*;
use ironpost_proto::lifecycle::Way;

#[test]
fn a_run_begins_anew_after_a_change() {
    let at = Timestamp::from_millis;
    let mut life = Life::new(Way::Cname, at(5));
    assert_eq!(last_change(&life), at(5));
    let body = b"version: STSv1\nmode: none\nmax_age: 1\n";
    let policy = ironpost_proto::mta_sts::policy::parse(body).verdict.unwrap();
    let add =
        ironpost_proto::lifecycle::Change::Add { number: 1, id: "1".parse().unwrap(), policy };
    life.apply(&[add, ironpost_proto::lifecycle::Change::Show(1)], at(9));
    assert_eq!(last_change(&life), at(9));
}

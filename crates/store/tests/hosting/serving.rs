//! What nodes are given to serve.

use crate::place::{Place, added, at, author, on_both};
use ironpost_proto::lifecycle::{Change, State};
use ironpost_proto::mta_sts::policy;
use ironpost_proto::mta_sts::record::PolicyId;
use ironpost_store::hosting::Seq;

on_both!(what_is_shown_and_announced_is_served, a_row_that_cannot_be_read_harms_no_other);

async fn what_is_shown_and_announced_is_served(place: Place) {
    let database = place.open().await;
    let mut hosted = added(&database, "a.test", 1).await;
    let body = "version: STSv1\nmode: testing\nmx: mx.a.test\nmax_age: 86400\n";
    let add = |number: u32| Change::Add {
        number,
        id: format!("id{number}").parse().unwrap(),
        policy: policy::parse(body.as_bytes()).verdict.unwrap(),
    };
    let table = [
        (vec![add(1)], None, None, false),
        (vec![Change::Show(1)], Some(1), None, false),
        (vec![Change::Announce(1), add(2)], Some(1), Some("id1"), false),
        (vec![Change::Show(2)], Some(2), Some("id1"), false),
        (vec![Change::Cease, Change::Enter(State::Gone)], None, None, true),
    ];
    let mut after = hosted.seq;
    for (changes, shown, announced, gone) in table {
        hosted.seq = database.change(&hosted, &changes, &author(), at(2)).await.unwrap();
        hosted.life.apply(&changes, at(2));
        let rows = database.served_after(after, 10).await.unwrap();
        assert_eq!(rows.len(), 1, "{changes:?}");
        let row = &rows[0];
        after = row.seq;
        let policy = row.policy.as_ref().map(|(number, text)| (*number, text.as_str()));
        assert_eq!(policy, shown.map(|number| (number, body)), "{changes:?}");
        assert_eq!(row.record.as_ref().map(PolicyId::as_str), announced, "{changes:?}");
        assert_eq!((row.gone, row.seq, row.id), (gone, hosted.seq, hosted.id));
        assert_eq!(row.certificate, None);
    }
    assert_eq!(database.served_after(after, 10).await.unwrap(), []);
}

async fn a_row_that_cannot_be_read_harms_no_other(place: Place) {
    let database = place.open().await;
    for n in 0..9 {
        added(&database, &format!("d{n}.test"), n).await;
    }
    place.sql("UPDATE domains SET token = 'no' || name WHERE id IN (1, 2, 3, 8)").await;
    let first = database.served_after(Seq(0), 3).await.unwrap();
    assert_eq!(first.iter().map(|row| row.id.0).collect::<Vec<_>>(), [4, 5, 6]);
    let rest = database.served_after(first[2].seq, 3).await.unwrap();
    assert_eq!(rest.iter().map(|row| row.id.0).collect::<Vec<_>>(), [7, 9]);
}

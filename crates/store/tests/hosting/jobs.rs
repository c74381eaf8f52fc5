//! Jobs.

use crate::place::{Place, added, at, on_both};
use ironpost_store::hosting::NodeId;
use ironpost_store::hosting::jobs::Job;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::task::JoinSet;

on_both!(
    the_earlier_time_counts,
    a_job_is_done_once,
    a_lease_runs_out,
    what_is_asked_for_meanwhile_is_done_after,
    what_fails_is_counted,
    many_at_once,
);

const LEASE: Duration = Duration::from_mins(1);
const NODE: NodeId = NodeId(1);
const OTHER: NodeId = NodeId(2);

async fn the_earlier_time_counts(place: Place) {
    let database = place.open().await;
    let hosted = added(&database, "a.test", 1).await;
    assert_eq!(database.next_job(&["check"]).await.unwrap(), None);
    for due in [50, 30, 40] {
        database.schedule("check", Some(hosted.id), at(due)).await.unwrap();
    }
    database.schedule("check", None, at(60)).await.unwrap();
    database.schedule("drift", Some(hosted.id), at(10)).await.unwrap();
    assert_eq!(database.next_job(&["check"]).await.unwrap(), Some(at(30)));
    assert_eq!(database.next_job(&["check", "drift"]).await.unwrap(), Some(at(10)));
    assert_eq!(database.next_job(&[]).await.unwrap(), None);
    assert_eq!(database.take_jobs(NODE, &["check"], 9, LEASE, at(29)).await.unwrap(), []);
    let jobs = database.take_jobs(NODE, &["check"], 9, LEASE, at(60)).await.unwrap();
    let expected = [(Some(hosted.id), at(30)), (None, at(60))];
    assert_eq!(jobs.iter().map(|job| (job.domain, job.due)).collect::<Vec<_>>(), expected);
    assert_eq!(database.take_jobs(NODE, &[], 9, LEASE, at(60)).await.unwrap(), []);
}

/// Of many that take at the same time, each job goes to one.
async fn a_job_is_done_once(place: Place) {
    let database = place.open().await;
    for n in 0..40 {
        let hosted = added(&database, &format!("d{n}.test"), n).await;
        database.schedule("check", Some(hosted.id), at(n)).await.unwrap();
    }
    let mut takers = JoinSet::new();
    for node in 0..8 {
        let database = if node % 2 == 0 { database.clone() } else { place.open().await };
        takers.spawn(async move {
            let mut taken = Vec::new();
            loop {
                let jobs = database.take_jobs(NodeId(node), &["check"], 3, LEASE, at(99)).await;
                let jobs = jobs.unwrap();
                if jobs.is_empty() {
                    return taken;
                }
                taken.extend(jobs);
            }
        });
    }
    let taken: Vec<Job> = takers.join_all().await.into_iter().flatten().collect();
    let domains: BTreeSet<_> = taken.iter().map(|job| job.domain).collect();
    assert_eq!((taken.len(), domains.len()), (40, 40));
}

async fn a_lease_runs_out(place: Place) {
    let database = place.open().await;
    database.schedule("upkeep", None, at(10)).await.unwrap();
    let take = |node, now| database.take_jobs(node, &["upkeep"], 1, LEASE, at(now));
    let late = take(NODE, 10).await.unwrap().pop().unwrap();
    assert_eq!(late.attempts, 0);
    assert_eq!(take(OTHER, 60_009).await.unwrap(), []);
    assert_eq!(database.next_job(&["upkeep"]).await.unwrap(), Some(at(60_010)));
    let job = take(OTHER, 60_010).await.unwrap().pop().unwrap();
    assert_eq!(job.attempts, 1);
    database.finish_job(NODE, &late, None, None).await.unwrap();
    assert_eq!(
        database.next_job(&["upkeep"]).await.unwrap(),
        Some(at(120_010)),
        "not its any more"
    );
    database.finish_job(OTHER, &job, Some(at(200_000)), None).await.unwrap();
    assert_eq!(database.next_job(&["upkeep"]).await.unwrap(), Some(at(200_000)));
    let job = take(OTHER, 200_000).await.unwrap().pop().unwrap();
    assert_eq!(job.attempts, 0, "it was finished");
    database.finish_job(OTHER, &job, None, None).await.unwrap();
    assert_eq!(database.next_job(&["upkeep"]).await.unwrap(), None);
    // A node that starts again has its jobs back at once.
    let node = database.join("one", "policy", at(1)).await.unwrap();
    database.schedule("upkeep", None, at(10)).await.unwrap();
    take(node, 10).await.unwrap().pop().unwrap();
    let node = database.join("one", "policy", at(11)).await.unwrap();
    assert_eq!(take(node, 11).await.unwrap().len(), 1);
}

async fn what_is_asked_for_meanwhile_is_done_after(place: Place) {
    let database = place.open().await;
    let table = [
        (Some(90), vec![], Some(90), "nothing was"),
        (Some(90), vec![80, 85], Some(80), "the earlier time"),
        (Some(70), vec![80], Some(70), "the earlier time, again"),
        (None, vec![80], Some(80), "it would not have been done again"),
    ];
    for (next, asked, due, reason) in table {
        database.schedule("upkeep", None, at(10)).await.unwrap();
        let job = database.take_jobs(NODE, &["upkeep"], 1, LEASE, at(90)).await.unwrap().pop();
        for asked in asked {
            database.schedule("upkeep", None, at(asked)).await.unwrap();
        }
        database.finish_job(NODE, &job.unwrap(), next.map(at), None).await.unwrap();
        assert_eq!(database.next_job(&["upkeep"]).await.unwrap(), due.map(at), "{reason}");
    }
}

async fn what_fails_is_counted(place: Place) {
    let database = place.open().await;
    let hosted = added(&database, "a.test", 1).await;
    database.schedule("check", Some(hosted.id), at(1)).await.unwrap();
    for attempts in 0..3 {
        let job = database.take_jobs(NODE, &["check"], 1, LEASE, at(9)).await.unwrap().pop();
        let job = job.unwrap();
        assert_eq!(job.attempts, attempts);
        database.retry_job(NODE, &job, at(5), Some("no answer")).await.unwrap();
        let planned = database.jobs_of(hosted.id).await.unwrap();
        assert_eq!((planned.len(), planned[0].due), (1, Some(at(5))));
        assert_eq!(planned[0].note.as_deref(), Some("no answer"));
    }
}

async fn many_at_once(place: Place) {
    let database = place.open().await;
    let mut ids = Vec::new();
    for n in 0..20 {
        ids.push(added(&database, &format!("d{n}.test"), n).await.id);
    }
    database.schedule("check", Some(ids[3]), at(5)).await.unwrap();
    database.schedule_all("check", &ids, at(7)).await.unwrap();
    let taken = database.take_jobs(NODE, &["check"], 99, LEASE, at(7)).await.unwrap();
    assert_eq!(taken.len(), 20);
    assert_eq!((taken[0].domain, taken[0].due), (Some(ids[3]), at(5)));
}

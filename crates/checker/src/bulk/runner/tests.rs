use super::*;
use crate::render::samples;
use crate::report::Verdict;
use futures_util::stream;
use std::convert::Infallible;
use std::future::{pending, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

fn lines(names: &[&str]) -> Vec<io::Result<Line>> {
    let line =
        |(line, name): (u64, &&str)| Ok(Line::Domain { line, domain: name.parse().unwrap() });
    (1..).zip(names).map(line).collect()
}

fn report(domain: &Domain) -> Report {
    Report { domain: domain.to_string(), ..samples::protected() }
}

fn now() -> Timestamp {
    "2026-05-01T12:00:00Z".parse().unwrap()
}

fn concurrency(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).unwrap()
}

/// Domains of the results, in the order in which they came.
struct Taken(Vec<Report>);

impl Taken {
    fn sink(&mut self) -> impl FnMut(Event) -> Result<(), Infallible> {
        |event| {
            if let Event::Checked(report) = event {
                self.0.push(*report);
            }
            Ok(())
        }
    }

    fn domains(&self) -> Vec<&str> {
        let mut domains = self.0.iter().map(|r| r.domain.as_str()).collect::<Vec<_>>();
        domains.sort_unstable();
        domains
    }
}

#[tokio::test]
async fn every_domain_is_checked_once() {
    let names = (0..200).map(|n| format!("d{n:03}.example")).collect::<Vec<_>>();
    let names = names.iter().map(String::as_str).collect::<Vec<_>>();
    let check = async |domain: Domain| report(&domain);
    let runner = Runner { check: move |d| Box::pin(check(d)), now, concurrency: concurrency(7) };
    let mut taken = Taken(Vec::new());
    let ended = runner.run(stream::iter(lines(&names)), taken.sink(), pending()).await.unwrap();
    assert_eq!(ended, Ended::Complete);
    assert_eq!(taken.domains(), names);
}

#[tokio::test]
async fn no_more_than_allowed_are_in_flight() {
    let running = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    // Opens when three checks have begun, so that the test ends only if three run at once.
    let gate = Arc::new(Semaphore::new(0));
    let check = |domain: Domain| {
        let (running, most, gate) = (running.clone(), most.clone(), gate.clone());
        async move {
            let now_running = running.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(now_running, Ordering::SeqCst);
            if now_running == 3 {
                gate.add_permits(1_000);
            }
            gate.acquire().await.unwrap().forget();
            running.fetch_sub(1, Ordering::SeqCst);
            report(&domain)
        }
    };
    let names = (0..30).map(|n| format!("d{n}.example")).collect::<Vec<_>>();
    let names = names.iter().map(String::as_str).collect::<Vec<_>>();
    let runner = Runner { check, now, concurrency: concurrency(3) };
    let mut taken = Taken(Vec::new());
    runner.run(stream::iter(lines(&names)), taken.sink(), pending()).await.unwrap();
    assert_eq!(most.load(Ordering::SeqCst), 3);
    assert_eq!(taken.0.len(), 30);
}

#[tokio::test]
async fn a_panic_is_a_result_and_the_run_goes_on() {
    let check = |domain: Domain| async move {
        assert!(domain.as_str() != "bad.example", "broken\u{1b}[31m");
        report(&domain)
    };
    let runner = Runner { check, now, concurrency: concurrency(1) };
    let list = lines(&["a.example", "bad.example", "c.example"]);
    let mut taken = Taken(Vec::new());
    let ended = runner.run(stream::iter(list), taken.sink(), pending()).await.unwrap();
    assert_eq!(ended, Ended::Complete);
    assert_eq!(taken.domains(), ["a.example", "bad.example", "c.example"]);
    let bad = taken.0.iter().find(|r| r.domain == "bad.example").unwrap();
    assert_eq!(bad.verdict, Verdict::CouldNotTell);
    assert_eq!(bad.not_tested[0].reason, "the check broke off: broken\\x1b[31m");
}

#[tokio::test]
async fn stopping_drops_what_runs_and_starts_nothing() {
    let begun = Arc::new(AtomicUsize::new(0));
    let (ask, asked) = tokio::sync::oneshot::channel();
    let mut ask = Some(ask);
    let check = |domain: Domain| {
        begun.fetch_add(1, Ordering::SeqCst);
        async move {
            if domain.as_str() != "quick.example" {
                pending::<()>().await;
            }
            report(&domain)
        }
    };
    let runner = Runner { check, now, concurrency: concurrency(2) };
    let list = lines(&["slow.example", "quick.example", "slower.example", "never.example"]);
    let mut taken = Vec::new();
    let sink = |event| {
        taken.push(event);
        // The first result asks for the end.
        if let Some(ask) = ask.take() {
            ask.send(()).unwrap();
        }
        Ok::<_, Infallible>(())
    };
    let stop = async { asked.await.unwrap() };
    let ended = runner.run(stream::iter(list), sink, stop).await.unwrap();
    assert_eq!(ended, Ended::Stopped);
    assert_eq!(taken.len(), 1);
    assert_eq!(begun.load(Ordering::SeqCst), 2, "nothing began after the stop");
}

#[tokio::test]
async fn an_unreadable_list_ends_the_run_after_what_had_begun() {
    let check = |domain: Domain| ready(report(&domain));
    let runner = Runner { check, now, concurrency: concurrency(4) };
    let mut list = lines(&["a.example", "b.example"]);
    list.push(Err(io::Error::other("gone")));
    let mut taken = Taken(Vec::new());
    let error = runner.run(stream::iter(list), taken.sink(), pending()).await.unwrap_err();
    assert!(matches!(error, RunError::Input(_)));
    assert_eq!(taken.domains(), ["a.example", "b.example"]);
}

#[tokio::test]
async fn a_sink_that_fails_ends_the_run() {
    let check = |domain: Domain| ready(report(&domain));
    let runner = Runner { check, now, concurrency: concurrency(1) };
    let list = lines(&["a.example", "b.example"]);
    let error = runner.run(stream::iter(list), |_| Err("full"), pending()).await.unwrap_err();
    assert!(matches!(error, RunError::Sink("full")));
}

#[tokio::test]
async fn what_is_passed_over_is_told() {
    let check = |domain: Domain| ready(report(&domain));
    let runner = Runner { check, now, concurrency: concurrency(1) };
    let list = crate::bulk::input::Lines::new(io::Cursor::new("a.example\nA.example\n!\n"));
    let mut told = Vec::new();
    let sink = |event| {
        told.push(match event {
            Event::Checked(report) => report.domain.clone(),
            Event::Duplicate { line, domain } => format!("{line} {domain} again"),
            Event::Done { line, domain } => format!("{line} {domain} done"),
            Event::Rejected(rejected) => rejected.to_string(),
        });
        Ok::<_, Infallible>(())
    };
    runner.run(stream::iter(list), sink, pending()).await.unwrap();
    told.sort();
    assert_eq!(
        told,
        ["2 a.example again", "a.example", "line 3: !: '!' is not allowed in a domain"]
    );
}

//! The engine is killed between any two of its steps, and goes on where it was.

use crate::installation::Installation;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::task::JoinSet;

/// Lives for so many polls, and is dropped wherever it is then.
struct Killed<F> {
    life: F,
    polls: usize,
}

impl<F: Future + Unpin> Future for Killed<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.polls -= 1;
        Pin::new(&mut self.life).poll(context).map(Some)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_anywhere_an_order_is_placed_once() {
    let here = Arc::new(Installation::start().await);
    let (ca, settings) = here.ca().await;
    here.acme(settings.clone())
        .account_uri(ironpost_net::clock::Clock::now(&*here.clock))
        .await
        .unwrap();
    let mut lives = JoinSet::new();
    let mut finished = 0;
    for polls in 1..=MAX_POLLS {
        if lives.len() >= AT_ONCE
            && let Some(outcome) = lives.join_next().await
        {
            finished += usize::from(outcome.unwrap());
        }
        let (here, settings) = (Arc::clone(&here), settings.clone());
        lives.spawn(async move {
            let hosted = here.domain(&format!("d{polls}.test")).await;
            let acme = here.acme(settings.clone());
            let life = Box::pin(here.care(&acme, &hosted));
            let whole = Killed { life, polls }.await.is_some();
            drop(acme);
            // Started anew.
            let acme = here.acme(settings);
            let cared = here.care(&acme, &hosted).await;
            let stored = here.database.certificate(hosted.id).await.unwrap();
            assert!(stored.is_some(), "killed after {polls} polls: {cared:?}");
            assert_eq!(here.database.acme_order(hosted.id).await.unwrap(), None);
            whole
        });
    }
    while let Some(outcome) = lives.join_next().await {
        finished += usize::from(outcome.unwrap());
    }
    assert!(finished > 0, "no life was long enough: not every step was tried");
    assert!(finished < MAX_POLLS - 40, "an order has more steps than that");
    let orders = ca.orders();
    assert_eq!(orders.len(), MAX_POLLS, "one order for each domain");
    assert!(orders.iter().all(|order| order.status == "valid"));
    assert_eq!(ca.accounts(), 1);
}

/// More polls than an order takes.
const MAX_POLLS: usize = 240;
const AT_ONCE: usize = 24;

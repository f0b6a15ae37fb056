//! The head, and waiting for it to move.

use std::time::Duration;

use eskit_runtime::log::{Place, Query, ReadOptions};
use eskit_runtime::{AnyStore, EventStore, RecordedEvent};

use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Failure, Outcome, ensure};
use crate::sample::{one, plain, put};

pub(super) const CASES: &[Case] = cases![
    "watch": a_head_that_is_beyond_is_told_at_once,
    an_append_wakes_who_waits,
    an_append_wakes_everyone,
    a_wait_may_be_given_up,
    no_wakeup_is_missed,
    what_the_head_counts_can_be_read,
];

/// Waits until the log reaches beyond `after`, as callers do: in a loop.
pub(crate) async fn beyond(context: &Context, store: &AnyStore, after: Place) -> Result<Place, Failure> {
    let waiting = async {
        loop {
            let head = store.watch(after).await?;
            if head.position > after.position {
                return Ok(head);
            }
            tokio::task::yield_now().await;
        }
    };
    context.within(&format!("watching beyond position {after}"), waiting).await?
}

async fn a_head_that_is_beyond_is_told_at_once(context: &Context) -> Outcome {
    let store = context.open().await?;
    let mut log = put(&store, one(plain("bank.Noted"))).await?;
    log.extend(put(&store, one(plain("bank.Noted"))).await?);
    for after in [Place::START, log[0].place()] {
        let head = beyond(context, &store, after).await?;
        ensure!(head == log[1].place(), "watching beyond {after} told {head}, expected {}", log[1].place());
    }
    Ok(())
}

async fn an_append_wakes_who_waits(context: &Context) -> Outcome {
    let store = context.open().await?;
    let mut head = Place::START;
    for _ in 0..10 {
        let waiting = beyond(context, &store, head);
        let appending = async {
            tokio::time::sleep(Duration::from_millis(2)).await;
            put(&store, one(plain("bank.Noted"))).await
        };
        let (woken, log) = tokio::join!(waiting, appending);
        let (woken, last) = (woken?, log?[0].place());
        ensure!(woken == last, "an append at {last} woke with the head {woken}");
        head = last;
    }
    Ok(())
}

async fn an_append_wakes_everyone(context: &Context) -> Outcome {
    let store = context.open().await?;
    let waiting = (0..32).map(|_| {
        let (context, store) = (context.clone(), store.clone());
        async move { beyond(&context, &store, Place::START).await }
    });
    let appending = async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        put(&store, one(plain("bank.Noted"))).await
    };
    let (woken, log) = tokio::join!(context.together("32 watchers", waiting), appending);
    let last = log?[0].place();
    ensure!(woken?.iter().all(|head| *head == last), "not every watcher was told of position {last}");
    Ok(())
}

async fn a_wait_may_be_given_up(context: &Context) -> Outcome {
    let store = context.open().await?;
    let mut head = Place::START;
    for _ in 0..20 {
        let given_up = tokio::time::timeout(Duration::from_millis(1), store.watch(head)).await;
        if let Ok(told) = given_up {
            let told = told?;
            ensure!(told.position <= head.position, "watching beyond {head} told {told} before anything was appended");
        }
        let waiting = beyond(context, &store, head);
        let (woken, log) = tokio::join!(waiting, put(&store, one(plain("bank.Noted"))));
        (head, _) = (woken?, log?);
    }
    Ok(())
}

async fn no_wakeup_is_missed(context: &Context) -> Outcome {
    let store = context.open().await?;
    let (rounds, writer) = (context.rounds() * 4, store.clone());
    let (go, mut wanted) = tokio::sync::mpsc::channel::<()>(1);
    let writing = tokio::spawn(async move {
        while wanted.recv().await.is_some() {
            put(&writer, one(plain("bank.Noted"))).await?;
        }
        Ok::<_, Failure>(())
    });
    let mut head = Place::START;
    for round in 0..rounds {
        // Each time the append comes a little earlier or later than the watch.
        let mut pause = context.rng(round).below(40);
        let _ = go.send(()).await;
        while pause > 0 {
            pause -= 1;
            tokio::task::yield_now().await;
        }
        head = beyond(context, &store, head).await?;
    }
    drop(go);
    context.within("the writer", writing).await??
}

async fn what_the_head_counts_can_be_read(context: &Context) -> Outcome {
    let store = context.open().await?;
    let appends = context.rounds() / 4 + 8;
    let writers = (0..4).map(|_| {
        let store = store.clone();
        async move {
            for _ in 0..appends {
                put(&store, one(plain("bank.Noted"))).await?;
            }
            Ok(())
        }
    });
    let reader = {
        let (context, store) = (context.clone(), store.clone());
        async move {
            let (mut head, mut read) = (Place::START, 0);
            while read < 4 * appends as usize {
                let watched = beyond(&context, &store, head).await?;
                let asked = store.head().await?;
                ensure!(asked.position >= watched.position, "the head went back from {watched} to {asked}");
                let page = store.read(&Query::all(), ReadOptions::default().after(head).limit(10_000)).await?;
                let last = page.events.last().map_or(head, RecordedEvent::place);
                ensure!(last.position >= asked.position, "the head was {asked}, but a read ended at {last}");
                read += page.events.len();
                head = last;
            }
            Ok(())
        }
    };
    let (written, read) = tokio::join!(context.together("writers", writers), reader);
    written?;
    read
}

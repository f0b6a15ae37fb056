//! Readers that follow a log, and writers that make it grow.

use std::time::Duration;

use eskit_runtime::log::{Append, AppendError, NewEvent, Place, Position, Query, QueryItem, ReadOptions};
use eskit_runtime::{AnyStore, EventStore, RecordedEvent};

use crate::context::Context;
use crate::failure::{Failure, Outcome, ensure};
use crate::log::Log;
use crate::rng::Rng;
use crate::sample::{check_answer, no_events, on, one, plain, positions, recorded, stream, tagged, whole};

/// The name of the event at which followers stop.
const END: &str = "campus.Closed";

/// How a follower learns that there is something to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// Waits for the head to move.
    Watch,
    /// Reads on and on.
    Poll,
}

/// A reader that follows the log from its last event on.
#[derive(Clone, Debug)]
pub(crate) struct Follower {
    pub(crate) query: Query,
    pub(crate) way: Way,
    pub(crate) page: usize,
    /// The log to open anew after every few pages.
    pub(crate) reconnect: Option<Log>,
}

impl Follower {
    pub(crate) fn new(query: impl Into<Query>, way: Way, page: usize) -> Follower {
        Follower { query: query.into().or(QueryItem::types([END])), way, page, reconnect: None }
    }

    /// What the follower sees, up to the end.
    async fn follow(&self, context: &Context, mut store: AnyStore) -> Result<Vec<RecordedEvent>, Failure> {
        let mut seen: Vec<RecordedEvent> = Vec::new();
        let mut options = ReadOptions::default().limit(self.page);
        // Up to here everything that matches was read, although nothing may stand there that matches.
        let mut head = Place::START;
        for pages in 1_u64.. {
            if let Some(log) = self.reconnect.as_ref().filter(|_| pages.is_multiple_of(8)) {
                store = context.open_log(log).await?;
            }
            let page = store.read(&self.query, options).await?;
            let is_empty = page.events.is_empty();
            for event in page.events {
                let last = options.after;
                ensure!(
                    event.position > last,
                    "after position {last}, a follower was given position {}",
                    event.position
                );
                options = options.following(&event);
                let is_end = event.name == END;
                seen.push(event);
                if is_end {
                    return Ok(seen);
                }
            }
            if self.way == Way::Watch && is_empty {
                // What was read last lies beyond the head from which it was read.
                let done = if options.after > head.position { options.holds } else { head };
                head = store.watch(done).await?;
            }
            tokio::task::yield_now().await;
        }
        Ok(seen)
    }
}

/// Writers append while followers read; then every follower must have seen what the log holds, in its order.
pub(crate) async fn run(context: &Context, stores: &[AnyStore], followers: Vec<Follower>, round: u32) -> Outcome {
    const WRITERS: u64 = 6;
    const APPENDS: u32 = 24;
    let mut rng = context.rng(round);
    let reading = followers.clone().into_iter().enumerate().map(|(index, follower)| {
        let (context, store) = (context.clone(), stores[index % stores.len()].clone());
        async move { follower.follow(&context, store).await }
    });
    let reading = tokio::spawn({
        let (context, reading) = (context.clone(), reading.collect::<Vec<_>>());
        async move { context.together("followers, up to the last event", reading).await }
    });
    let writing = (0..WRITERS).map(|writer| {
        let store = stores[writer as usize % stores.len()].clone();
        write(store, rng.fork(writer), APPENDS)
    });
    let confirmed = context.together("writers", writing.collect::<Vec<_>>()).await?;
    stores[0].append(one(plain(END))).await?;
    let seen = reading.await??;
    let log = whole(&stores[0]).await?;
    check_confirmed(&log, confirmed.into_iter().flatten())?;
    if context.harness().is_contiguous {
        let gap = log.windows(2).find(|pair| pair[1].position != pair[0].position.next());
        ensure!(gap.is_none(), "the log has a gap: {:?}", gap.map(positions));
    }
    let end = log.iter().position(|event| event.name == END).unwrap_or(log.len());
    for (follower, seen) in followers.iter().zip(seen) {
        check_seen(follower, &log[..=end.min(log.len() - 1)], &seen)?;
    }
    Ok(())
}

fn check_seen(follower: &Follower, log: &[RecordedEvent], seen: &[RecordedEvent]) -> Outcome {
    let expected: Vec<_> = log.iter().filter(|event| follower.query.matches(event)).collect();
    if seen.iter().eq(expected.iter().copied()) {
        return Ok(());
    }
    let (found, wanted) = (positions(seen), expected.iter().map(|event| event.position.get()).collect::<Vec<_>>());
    let lost: Vec<_> = wanted.iter().filter(|at| !found.contains(at)).collect();
    let extra: Vec<_> = found.iter().filter(|at| !wanted.contains(at)).collect();
    Err(Failure::new(format!(
        "a follower by {:?} lost the positions {lost:?}, and saw {extra:?} that are not there; of {} events",
        follower.way,
        wanted.len()
    )))
}

fn check_confirmed(log: &[RecordedEvent], confirmed: impl Iterator<Item = RecordedEvent>) -> Outcome {
    for event in confirmed {
        let found = log.binary_search_by_key(&event.position, |event| event.position).map(|at| &log[at]);
        ensure!(found == Ok(&event), "the log does not hold an event that was confirmed: {event:?}, but {found:?}");
    }
    Ok(())
}

fn some_events(rng: &mut Rng) -> Vec<NewEvent> {
    let event = |rng: &mut Rng| match rng.below(3) {
        0 => plain("campus.Noted"),
        1 => on(stream(if rng.chance(50) { "a" } else { "b" }), "bank.Paid"),
        _ => tagged("campus.Enrolled", &[("course", if rng.chance(50) { "c1" } else { "c2" })]),
    };
    (0..1 + rng.below(4)).map(|_| event(rng)).collect()
}

/// A writer that waits now and then, is refused, gives up, and sends again. Returns what was confirmed.
async fn write(store: AnyStore, mut rng: Rng, appends: u32) -> Result<Vec<RecordedEvent>, Failure> {
    let mut confirmed = Vec::new();
    for _ in 0..appends {
        let mut append = Append::new(some_events(&mut rng));
        match rng.below(8) {
            0 => append = append.with(no_events(Query::all(), Position::START)),
            1 => append = append.with(no_events(Query::all(), store.head().await?.position)),
            2 => {
                let patience = Duration::from_micros(rng.below(200));
                // Given up, so it may be in the log or not; sent again below.
                let _ = tokio::time::timeout(patience, store.append(append.clone())).await;
            }
            3 => tokio::time::sleep(Duration::from_micros(rng.below(800))).await,
            _ => {}
        }
        match store.append(append.clone()).await {
            Ok(appended) => {
                check_answer(&append, &appended)?;
                confirmed.extend(recorded(&append, &appended));
            }
            Err(AppendError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(confirmed)
}

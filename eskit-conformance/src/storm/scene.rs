use std::sync::Arc;
use std::sync::atomic::Ordering;

use eskit_runtime::log::{Append, AppendError, Appended, Position, StoreErrorKind};
use eskit_runtime::{AnyStore, EventStore, RecordedEvent};

use super::callers::{CALLERS, Storm};
use super::check;
use super::sent::{Sent, append};
use crate::context::Context;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::fault::Fault;
use crate::log::Log;
use crate::rng::Rng;
use crate::sample::{check_answer, one, plain, whole};

/// The fault begins after fewer answers than this.
const ANSWERS: u64 = 48;
/// Rounds with one log: what it holds is read after each.
const ROUNDS: u32 = 8;
/// Appends with which a caller goes on when the disk is whole again.
const LATER: u32 = 5;

/// A log whose disk fails again and again, and everything that was sent to it.
#[derive(Debug)]
pub(crate) struct Scene<'c> {
    context: &'c Context,
    fault: Fault,
    log: Log,
    store: Option<AnyStore>,
    rng: Rng,
    /// Whether the handle is closed before the fault ends.
    closes_first: bool,
    sent: Vec<Sent>,
}

impl<'c> Scene<'c> {
    /// A new log on a disk that is whole.
    pub(crate) fn new(context: &'c Context, fault: Fault) -> Scene<'c> {
        let (log, rng) = (context.log(), Rng::new(0));
        Scene { context, fault, log, store: None, rng, closes_first: false, sent: Vec::new() }
    }

    /// Everything that was sent to the log, in all its rounds.
    pub(crate) fn sent(&self) -> &[Sent] {
        &self.sent
    }

    /// The handle; opens one when none is open.
    pub(crate) async fn store(&mut self) -> Result<AnyStore, Failure> {
        match &self.store {
            Some(store) => Ok(store.clone()),
            None => Ok(self.store.insert(self.context.open_log(&self.log).await?).clone()),
        }
    }

    /// Callers append, the fault begins among them, and they go on until each was refused a few times. The fault stays.
    /// With a reader that looks at the log all the while when `reads`. Every few rounds the log is a new one. Returns how
    /// many appends were sent to it before.
    pub(crate) async fn storm(&mut self, round: u32, reads: bool) -> Result<usize, Failure> {
        if round > 0 && round.is_multiple_of(ROUNDS) {
            *self = Scene::new(self.context, self.fault);
        }
        self.rng = self.context.rng(round);
        // Two rounds each, so that faults that come in two kinds, one after the other, meet both.
        self.closes_first = round & 2 == 0;
        let store = self.store().await?;
        let after = store.head().await?.position;
        let storm = Arc::new(Storm::new());
        let mut callers = Vec::new();
        for caller in 0..CALLERS {
            let (storm, store, rng) = (Arc::clone(&storm), store.clone(), self.rng.fork(caller));
            callers.push(async move { storm.call(&store, rng, caller).await });
        }
        let calling = self.context.together("appends on a failing disk", callers);
        let (answers, turns) = (self.rng.below(ANSWERS), self.rng.below(64));
        let beginning = self.begin(&storm, answers, turns);
        let reading = async { if reads { storm.read_on(&store, after).await } else { Ok(()) } };
        let (sent, (), ()) = tokio::try_join!(calling, beginning, reading)?;
        let earlier = self.sent.len();
        self.sent.extend(sent.into_iter().flatten());
        Ok(earlier)
    }

    /// Begins the fault after this many answers and, since those come in groups, this many turns of the runtime.
    async fn begin(&self, storm: &Storm, answers: u64, turns: u64) -> Outcome {
        // Never closed, so this waits for the answers and cannot fail.
        let _ = storm.answers.acquire_many(answers as u32).await;
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        storm.is_due.store(true, Ordering::SeqCst);
        self.context.within("the beginning of a fault", self.context.harness().begin(&self.log, self.fault)).await?;
        storm.has_begun.store(true, Ordering::SeqCst);
        Ok(())
    }

    async fn heal(&self) -> Outcome {
        self.context.within("the end of a fault", self.context.harness().heal(&self.log)).await
    }

    /// Closes the handle, in some rounds before the fault ends, and opens the log anew: what it holds.
    pub(crate) async fn reopened(&mut self) -> Result<Vec<RecordedEvent>, Failure> {
        if self.closes_first {
            self.store = None;
        }
        self.heal().await?;
        self.store = None;
        whole(&self.store().await?).await
    }

    /// Ends the fault and appends: through the same handle or, if that failed closed, through a new one.
    pub(crate) async fn go_on(&mut self) -> Outcome {
        self.heal().await?;
        let append = one(plain("storm.Over"));
        let mut store = self.store().await?;
        let mut before = store.head().await?.position;
        let mut answer = store.append(append.clone()).await;
        let mut failed = None;
        if has_failed_closed(&answer) {
            failed = self.store.take();
            drop(store);
            // Where a log may be open twice, whoever still holds the handle that failed is in nobody's way.
            failed = failed.filter(|_| self.context.harness().is_shared && self.rng.chance(50));
            store = self.store().await?;
            before = store.head().await?.position;
            answer = store.append(append.clone()).await;
        }
        let told = |error| Failure::from(error).during("the disk is whole again");
        before = self.note(append, answer.map_err(told)?, before)?;
        for _ in 0..LATER {
            let append = self::append(&mut self.rng, CALLERS);
            let appended = store.append(append.clone()).await?;
            before = self.note(append, appended, before)?;
        }
        drop(failed);
        Ok(())
    }

    /// Sends again what was sent since the append with this number. Each must be answered with its places if it is in the
    /// log, and else go in now.
    pub(crate) async fn send_again(&mut self, from: usize) -> Outcome {
        let store = self.store().await?;
        let found = whole(&store).await?;
        for number in from..self.sent.len() {
            let append = self.sent[number].append.clone();
            let there: Vec<_> = check::places(&found, &append);
            let appended = store.append(append).await.map_err(|error| Failure::from(error).during("sent again"))?;
            let is_there = !there.is_empty();
            let told = if is_there { "is in the log" } else { "is not in the log" };
            let repeated = appended.repeated;
            ensure!(repeated == is_there, "an append that {told}, sent again, was answered with repeated: {repeated}");
            if is_there {
                same("the positions of an append that was sent again", &appended.positions, &there)?;
            }
            self.sent[number].answers.push(Ok(appended));
        }
        Ok(())
    }

    /// Records an append that succeeded, which must be after the previous last position. Returns its own.
    fn note(&mut self, append: Append, appended: Appended, before: Position) -> Result<Position, Failure> {
        check_answer(&append, &appended)?;
        let (first, last) = (appended.positions[0], appended.last());
        let follows = if self.context.harness().is_contiguous { first == before.next() } else { first > before };
        ensure!(follows, "after the head {before}, an append got position {first}");
        self.sent.push(Sent::new(append, Ok(appended), false));
        Ok(last)
    }
}

fn has_failed_closed(answer: &Result<Appended, AppendError>) -> bool {
    matches!(answer, Err(AppendError::Store(error)) if error.kind() == StoreErrorKind::FailedClosed)
}

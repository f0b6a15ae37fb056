use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::execute::{RetryPolicy, Sleep};
use crate::log::pages::Pages;
use crate::log::position::{Place, Position};
use crate::log::query::{Query, QueryItem, ReadOptions};
use crate::log::recorded::RecordedEvent;
use crate::log::store::EventStore;
use crate::log::store::error::{StoreError, StoreErrorKind};
use crate::model::subscriber::OnError;
use crate::store_kit::contain_polls;

use super::batch::{Batch, GivenUp};
use super::control::Control;
use super::error::{ApplyError, SubscriptionError};
use super::health::State;
use super::select::{First, first};
use super::subscriber::{Subscriber, query_of};
use super::views::{Apply, Claim, Claimed, Partition, Subscription};

/// How often a process that waits for another one looks whether the claim is free.
const STANDBY_POLL: Duration = Duration::from_millis(100);

/// How to follow a log.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct FollowOptions {
    /// Where a subscription begins that has no checkpoint yet.
    pub start: Start,
    /// How often the handler of an event is tried, and the waits between the tries.
    pub retry: RetryPolicy,
    /// The most events in one transaction of the views: 1 to 10,000, and 1,000 by default. An append with more events is not divided.
    pub page: usize,
    /// How often the checkpoint is written while no event concerns the subscription: once a second by default.
    pub save_every: Duration,
    /// Which part of the events.
    pub partition: Partition,
}

/// Where a subscription begins that has no checkpoint yet.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Start {
    /// With the first event of the log.
    #[default]
    Beginning,
    /// With the first event that is appended after its first claim.
    Now,
    /// With the first event after this place.
    After(Place),
}

impl Default for FollowOptions {
    fn default() -> FollowOptions {
        FollowOptions {
            start: Start::Beginning,
            retry: RetryPolicy::attempts(5).with_delays(Duration::from_millis(100), Duration::from_secs(10)),
            page: 1000,
            save_every: Duration::from_secs(1),
            partition: Partition::WHOLE,
        }
    }
}

/// Follows the log until [`Control::stop`]: claims the subscription, hands over one batch after another, and waits for new events.
///
/// Failures of the log and of the views are tried again for as long as it takes, with waits of up to 30 s, unless trying again cannot
/// help. Works in every async runtime. Dropping the future stops the subscription; a batch that is being committed then may or may
/// not be committed, and the claim may stay held for as long as views keep that of a process that died.
///
/// # Errors
/// See [`SubscriptionError`].
pub async fn follow<S: EventStore, P: Subscriber, V: Apply<P>>(
    store: &S,
    subscriber: &Arc<P>,
    views: &V,
    options: &FollowOptions,
    control: &Control,
    sleep: &impl Sleep,
) -> Result<(), SubscriptionError> {
    let query = Arc::new(query_of::<P>());
    let mut driver = Driver { store, subscriber, views, options, control, sleep, query, failures: 0 };
    let result = contain_polls(driver.run()).await.unwrap_or_else(|text| Err(SubscriptionError::Panicked(text)));
    control.tell(|health| match &result {
        Ok(()) => health.state = State::Stopped,
        Err(error) => {
            health.state = State::Failed;
            health.error = Some(error.to_string());
        }
    });
    result
}

struct Driver<'a, S, P, V, T> {
    store: &'a S,
    subscriber: &'a Arc<P>,
    views: &'a V,
    options: &'a FollowOptions,
    control: &'a Control,
    sleep: &'a T,
    query: Arc<Query>,
    /// How often in a row the log or the views failed.
    failures: u32,
}

/// Why a claim was given up.
enum Trouble {
    /// The subscription is to stop.
    Stopped,
    /// Another process has claimed it.
    Deposed,
    /// Trying again may help.
    Passing(String),
    Fatal(SubscriptionError),
}

impl From<ApplyError> for Trouble {
    fn from(error: ApplyError) -> Trouble {
        match error {
            ApplyError::Deposed => Trouble::Deposed,
            ApplyError::Views(error) => views_failed(error),
            ApplyError::Handler { error, .. } => Trouble::Passing(error.to_string()),
        }
    }
}

fn views_failed(error: StoreError) -> Trouble {
    if is_final(error.kind()) {
        Trouble::Fatal(SubscriptionError::Views(error))
    } else {
        Trouble::Passing(error.to_string())
    }
}

fn log_failed(error: StoreError) -> Trouble {
    // Whether the log still holds the checkpoint is checked with the next claim.
    if is_final(error.kind()) && error.kind() != StoreErrorKind::Replaced {
        Trouble::Fatal(SubscriptionError::Store(error))
    } else {
        Trouble::Passing(error.to_string())
    }
}

/// Whether a failure of this kind stays until somebody mends it.
fn is_final(kind: StoreErrorKind) -> bool {
    matches!(
        kind,
        StoreErrorKind::Invalid
            | StoreErrorKind::Foreign
            | StoreErrorKind::Corrupt
            | StoreErrorKind::Closed
            | StoreErrorKind::FailedClosed
            | StoreErrorKind::Replaced
            | StoreErrorKind::WrongLog
            | StoreErrorKind::Unsupported
    )
}

impl<S: EventStore, P: Subscriber, V: Apply<P>, T: Sleep> Driver<'_, S, P, V, T> {
    async fn run(&mut self) -> Result<(), SubscriptionError> {
        loop {
            let trouble = self.term().await.err().unwrap_or(Trouble::Stopped);
            match trouble {
                // A checkpoint that could not be written is written by whoever goes on from the one before it.
                Trouble::Deposed | Trouble::Passing(_) if self.control.is_stopped() => return Ok(()),
                Trouble::Stopped => return Ok(()),
                Trouble::Fatal(error) => return Err(error),
                Trouble::Deposed => {}
                Trouble::Passing(text) => {
                    self.failures += 1;
                    self.failed(text);
                    let delays = self.options.retry.with_delays(Duration::from_millis(50), Duration::from_secs(30));
                    self.pause_for(delays.delay(self.failures)).await;
                }
            }
        }
    }

    /// Claims the subscription and follows the log for as long as it holds the claim.
    async fn term(&mut self) -> Result<(), Trouble> {
        let subscription = self.subscription().await?;
        let mut claim = loop {
            if self.control.is_stopped() {
                return Err(Trouble::Stopped);
            }
            match self.views.claim(&subscription).await.map_err(views_failed)? {
                Claimed::Leader(claim) => break claim,
                Claimed::Standby(checkpoint) => {
                    self.control.tell(|health| {
                        health.state = State::Standby;
                        health.place = checkpoint.place;
                        health.head = health.head.max(checkpoint.place.position);
                        health.behind_since = None;
                        health.error = None;
                    });
                    self.pause_for(STANDBY_POLL).await;
                }
            }
        };
        let led = self.lead(&mut claim, &subscription).await;
        self.views.release(claim).await;
        led
    }

    async fn subscription(&self) -> Result<Subscription, Trouble> {
        let mut subscription = Subscription::of::<P>(self.store.log_id().await.map_err(log_failed)?);
        subscription.partition = self.options.partition;
        subscription.start = match self.options.start {
            Start::Beginning => Place::START,
            Start::Now => self.store.head().await.map_err(log_failed)?,
            Start::After(place) => place,
        };
        Ok(subscription)
    }

    async fn lead(&mut self, claim: &mut Claim<V::Guard>, subscription: &Subscription) -> Result<(), Trouble> {
        if !self.control.wants_restart() {
            self.check(claim, subscription).await?;
        }
        let mut done = claim.checkpoint.place;
        let mut was_behind = true;
        loop {
            if self.control.is_stopped() {
                self.save(claim, done).await?;
                return Err(Trouble::Stopped);
            }
            if self.control.wants_restart() {
                self.restart(claim, subscription).await?;
                (done, was_behind) = (claim.checkpoint.place, true);
                continue;
            }
            if self.control.is_interrupted() {
                self.control.tell(|health| health.state = State::Paused);
                self.control.resumed().await;
                continue;
            }
            was_behind |= self.catch_up(claim, &mut done).await?;
            if self.control.is_interrupted() {
                continue;
            }
            if !claim.checkpoint.is_active {
                self.save(claim, done).await?;
                self.views.activate(claim).await?;
                claim.checkpoint.is_active = true;
            }
            if std::mem::take(&mut was_behind) {
                self.subscriber.caught_up();
            }
            self.wait(claim, done).await?;
        }
    }

    /// Checks that the log is the one that the checkpoint is of, and that no handler has missed events.
    async fn check(&self, claim: &mut Claim<V::Guard>, subscription: &Subscription) -> Result<(), Trouble> {
        let checkpoint = &claim.checkpoint;
        let (expected, found) = (checkpoint.log, subscription.log);
        if expected != found {
            return Err(Trouble::Fatal(SubscriptionError::OtherLog { expected, found }));
        }
        let place = checkpoint.place;
        let look = ReadOptions::default().after(place).limit(1);
        match self.store.read(&self.query, look).await {
            Ok(page) => self.control.progress(place, page.head.position, 0),
            Err(error) if error.kind() == StoreErrorKind::Replaced => {
                let head = self.store.head().await.map_err(log_failed)?;
                return Err(Trouble::Fatal(if head.position < place.position {
                    SubscriptionError::CheckpointAhead { checkpoint: place, head }
                } else {
                    SubscriptionError::LogReplaced { checkpoint: place }
                }));
            }
            Err(error) => return Err(log_failed(error)),
        }
        if checkpoint.events != subscription.events {
            let added = subscription.events.iter().filter(|name| !checkpoint.events.contains(name));
            let added: Vec<String> = added.cloned().collect();
            self.check_missed(&added, place.position).await?;
            self.views.set_events(claim, subscription.events.clone()).await?;
            claim.checkpoint.events.clone_from(&subscription.events);
        }
        Ok(())
    }

    /// Refuses event types that are new to the handlers, if the log holds some of them before the checkpoint.
    async fn check_missed(&self, added: &[String], until: Position) -> Result<(), Trouble> {
        if added.is_empty() || until == Position::START || self.options.start != Start::Beginning {
            return Ok(());
        }
        let query = Query::from(QueryItem::types(added.iter().map(String::as_str)));
        let page = self.store.read(&query, ReadOptions::default().until(until).limit(1)).await.map_err(log_failed)?;
        if page.events.is_empty() {
            return Ok(());
        }
        let (events, version) = (added.to_vec(), P::TYPE.version);
        Err(Trouble::Fatal(SubscriptionError::MissedEvents { events, version }))
    }

    async fn restart(&self, claim: &mut Claim<V::Guard>, subscription: &Subscription) -> Result<(), Trouble> {
        self.views.restart(claim, subscription).await?;
        claim.checkpoint.place = subscription.start;
        claim.checkpoint.log = subscription.log;
        claim.checkpoint.events.clone_from(&subscription.events);
        self.control.restarted();
        let head = self.store.head().await.map_err(log_failed)?;
        self.control.progress(subscription.start, head.position, 0);
        Ok(())
    }

    /// Handles what the log holds after `done`. Returns whether that was more than one page.
    async fn catch_up(&mut self, claim: &mut Claim<V::Guard>, done: &mut Place) -> Result<bool, Trouble> {
        let options = ReadOptions::default().after(*done).limit(self.options.page);
        let mut pages = Pages::new(self.store, Arc::clone(&self.query), options);
        let mut events = Vec::new();
        let mut count = 0_u32;
        while let Some(page) = pages.next().await.map_err(log_failed)? {
            self.failures = 0;
            count += 1;
            events.extend(page.into_iter().filter(|event| self.is_mine(event)));
            let whole = if pages.is_at_end() { events.len() } else { whole_appends(&events) };
            let rest = events.split_off(whole);
            let (head, now) = (pages.head(), std::mem::replace(&mut events, rest));
            let to = if pages.is_at_end() { Some(head) } else { now.last().map(RecordedEvent::place) };
            let Some(to) = to else { continue };
            let mut batch = Batch::new(now, to);
            batch.head = head.position;
            if !batch.events().is_empty() {
                self.hand_over(claim, batch).await?;
            }
            *done = to;
            if self.control.is_interrupted() {
                return Ok(count > 1);
            }
        }
        if pages.head().position > done.position {
            *done = pages.head();
        }
        self.failures = 0;
        self.control.progress(*done, done.position, 0);
        Ok(count > 1)
    }

    fn is_mine(&self, event: &RecordedEvent) -> bool {
        let Partition { index, count } = self.options.partition;
        count <= 1 || hash(&P::TYPE.order.key(event)) % u64::from(count) == u64::from(index)
    }

    /// Hands a batch to the views, until it is committed. An event whose handler fails is tried again alone, with its append.
    async fn hand_over(&mut self, claim: &mut Claim<V::Guard>, batch: Batch) -> Result<(), Trouble> {
        let mut waiting = VecDeque::from([batch]);
        let mut tried = (Position::START, 0);
        while let Some(batch) = waiting.pop_front() {
            if self.control.is_stopped() {
                return Err(Trouble::Stopped);
            }
            let (index, error) = match self.views.apply(claim, self.subscriber, &batch).await {
                Ok(()) => {
                    self.committed(claim, &batch);
                    continue;
                }
                Err(ApplyError::Handler { index, error }) if index < batch.events().len() => (index, error),
                Err(error) => return Err(error.into()),
            };
            let (before, mut append, behind) = batch.split_at_append(index);
            behind.into_iter().for_each(|behind| waiting.push_front(behind));
            if let Some(before) = before {
                waiting.push_front(append);
                waiting.push_front(before);
                continue;
            }
            let event = &batch.events()[index];
            tried = if tried.0 == event.position { (tried.0, tried.1 + 1) } else { (event.position, 1) };
            if tried.1 < self.options.retry.attempts && !error.is_permanent() {
                self.failed(error.to_string());
                self.pause_for(self.options.retry.delay(tried.1)).await;
            } else if P::TYPE.on_error == OnError::Stop {
                let (position, event, attempts) = (event.position, event.name.clone(), tried.1);
                return Err(Trouble::Fatal(SubscriptionError::Handler { position, event, attempts, error }));
            } else {
                let (position, attempts) = tried;
                append.given_up.push(GivenUp { position, text: error.to_string(), attempts });
            }
            waiting.push_front(append);
        }
        Ok(())
    }

    fn committed(&self, claim: &mut Claim<V::Guard>, batch: &Batch) {
        claim.checkpoint.place = batch.to;
        let given_up = batch.given_up.iter().filter(|given_up| given_up.position <= batch.to.position).count();
        let handled = batch.events().len().saturating_sub(given_up);
        self.control.progress(batch.to, batch.head, handled as u64);
        if given_up > 0 {
            self.control.tell(|health| health.given_up += given_up as u64);
        }
    }

    /// Waits for new events, and writes the checkpoint if it has moved without any.
    async fn wait(&mut self, claim: &mut Claim<V::Guard>, done: Place) -> Result<(), Trouble> {
        let since = Instant::now();
        loop {
            let moved = first(self.control.interrupted(), self.store.watch(done));
            let is_saved = claim.checkpoint.place == done;
            let rest = self.options.save_every.saturating_sub(since.elapsed());
            let ended = if is_saved { First::A(moved.await) } else { first(moved, self.sleep.sleep(rest)).await };
            match ended {
                First::A(First::A(())) => return Ok(()),
                First::A(First::B(head)) => {
                    if head.map_err(log_failed)?.position > done.position {
                        return Ok(());
                    }
                }
                First::B(()) => self.save(claim, done).await?,
            }
        }
    }

    /// Writes the checkpoint, if it has moved without a batch.
    async fn save(&self, claim: &mut Claim<V::Guard>, done: Place) -> Result<(), Trouble> {
        if claim.checkpoint.place != done {
            self.views.apply(claim, self.subscriber, &Batch::new(Vec::new(), done)).await?;
            claim.checkpoint.place = done;
        }
        Ok(())
    }

    fn failed(&self, text: String) {
        self.control.tell(|health| {
            health.state = State::Retrying;
            health.error = Some(text);
        });
    }

    /// Waits, but not beyond a wish to stop.
    async fn pause_for(&self, duration: Duration) {
        first(self.control.stopped(), self.sleep.sleep(duration)).await;
    }
}

/// How many of the events certainly belong to appends of which all matching events are among them.
fn whole_appends(events: &[RecordedEvent]) -> usize {
    match events.last() {
        Some(last) if !last.part.is_last() => {
            let end = last.append_end();
            events.partition_point(|event| event.append_end() < end)
        }
        _ => events.len(),
    }
}

/// FNV-1a (Fowler, Noll, Vo), which does not change from one build to the next.
fn hash(key: &str) -> u64 {
    key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

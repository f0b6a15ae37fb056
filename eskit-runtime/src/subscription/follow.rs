use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::execute::{RetryPolicy, Sleep};
use crate::log::pages::Pages;
use crate::log::position::{Place, Position};
use crate::log::query::{Query, ReadOptions};
use crate::log::recorded::RecordedEvent;
use crate::log::store::EventStore;
use crate::log::store::error::StoreErrorKind;
use crate::store_kit::{contain, contain_polls, fnv1a};

use super::batch::{Batch, whole_appends};
use super::control::Control;
use super::error::SubscriptionError;
use super::hand_over::hand_over;
use super::heed::heed;
use super::options::{FollowOptions, Start};
use super::select::{First, first};
use super::subscriber::Subscriber;
use super::trouble::{Trouble, log_failed, views_failed};
use super::views::{Apply, Claim, Claimed, Partition, Subscription};

/// How often a process that waits for another one looks whether the claim is free.
const STANDBY_POLL: Duration = Duration::from_millis(100);

/// The longest wait after a failure of the log or of the views.
const DELAY_MAX: Duration = Duration::from_secs(30);

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
    let query = Arc::new(Subscription::query_of::<P>());
    let ending = control.ending();
    let mut driver = Driver {
        store,
        subscriber,
        views,
        options,
        control,
        sleep,
        query,
        failures: 0,
        failed_at: None,
        saved_at: Instant::now(),
        asked_at: None,
    };
    let run = async {
        match first(driver.run(), heed::<P, V>(views, options, control, sleep)).await {
            First::A(ended) => ended,
            First::B(never) => match never {},
        }
    };
    let result = contain_polls(run).await.unwrap_or_else(|text| Err(SubscriptionError::Panicked(text)));
    ending.ended(result.as_ref().err());
    result
}

pub(super) struct Driver<'a, S, P, V, T> {
    pub(super) store: &'a S,
    pub(super) subscriber: &'a Arc<P>,
    pub(super) views: &'a V,
    pub(super) options: &'a FollowOptions,
    pub(super) control: &'a Control,
    sleep: &'a T,
    query: Arc<Query>,
    /// How often in a row the log or the views failed, without a step forward between.
    failures: u32,
    /// When they failed last.
    failed_at: Option<Instant>,
    /// When the checkpoint was claimed or written last.
    saved_at: Instant,
    /// When the views were asked last, under this claim, to let readers see this version.
    asked_at: Option<Instant>,
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
                // The holder that replaced this one has just begun.
                Trouble::Deposed => self.pause_for(STANDBY_POLL).await,
                Trouble::Passing(text) => {
                    self.control.failed(text);
                    let delay = self.delay();
                    self.pause_for(delay).await;
                }
            }
        }
    }

    /// The wait after a failure of the log or of the views.
    fn delay(&mut self) -> Duration {
        if self.failed_at.is_some_and(|at| at.elapsed() > 2 * DELAY_MAX) {
            self.failures = 0;
        }
        self.failures += 1;
        self.failed_at = Some(Instant::now());
        RetryPolicy::never().with_delays(Duration::from_millis(50), DELAY_MAX).delay(self.failures)
    }

    /// Claims the subscription and follows the log for as long as it holds the claim.
    async fn term(&mut self) -> Result<(), Trouble> {
        let subscription = self.subscription(self.control.start(self.options.start)).await?;
        let mut claim = loop {
            if self.control.is_stopped() {
                return Err(Trouble::Stopped);
            }
            match self.views.claim(&subscription).await.map_err(views_failed)? {
                Claimed::Leader(claim) => {
                    self.control.is_seen(claim.checkpoint.is_active);
                    break claim;
                }
                Claimed::Standby(checkpoint) => {
                    self.control.is_seen(checkpoint.is_active);
                    self.control.stands_by(checkpoint.place);
                    self.pause_for(STANDBY_POLL).await;
                }
            }
        };
        (self.saved_at, self.asked_at) = (Instant::now(), None);
        let led = self.lead(&mut claim, &subscription).await;
        self.views.release(claim).await;
        led
    }

    async fn subscription(&self, start: Start) -> Result<Subscription, Trouble> {
        let mut subscription = Subscription::of::<P>(self.store.log_id().await.map_err(log_failed)?);
        subscription.partition = self.options.partition;
        subscription.start = match start {
            Start::Beginning => Place::START,
            Start::Now => self.store.head().await.map_err(log_failed)?,
            Start::After(place) => place,
        };
        Ok(subscription)
    }

    async fn lead(&mut self, claim: &mut Claim<V::Guard>, subscription: &Subscription) -> Result<(), Trouble> {
        let mut asked = self.asked().await?;
        let (mut done, mut is_anew) = (claim.checkpoint.place, self.control.wants_restart());
        if let Some(request) = asked.take_if(|request| request.asked.begins_anew()) {
            is_anew |= self.obey(claim, &request, &mut done).await?;
        }
        if !is_anew {
            self.check(claim, subscription).await?;
        }
        let mut was_behind = true;
        loop {
            if self.control.wants_restart() && !self.control.is_stopped() {
                self.begin_at(claim, self.control.start(self.options.start)).await?;
                self.control.restarted();
                (done, was_behind) = (claim.checkpoint.place, true);
                continue;
            }
            if self.control.is_asked() {
                asked = self.asked().await?;
            }
            if let Some(request) = asked.take().filter(|_| !self.control.is_stopped()) {
                was_behind |= self.obey(claim, &request, &mut done).await?;
                continue;
            }
            if self.control.is_interrupted() {
                self.save(claim, done).await?;
                if self.control.is_stopped() {
                    return Err(Trouble::Stopped);
                }
                self.control.paused().await;
                continue;
            }
            was_behind |= self.catch_up(claim, &mut done).await?;
            if self.control.is_interrupted() {
                continue;
            }
            let asks = self.asked_at.is_none_or(|at| at.elapsed() >= self.options.save_every);
            if asks && !claim.checkpoint.is_active {
                self.save(claim, done).await?;
                self.activate(claim).await?;
            }
            if std::mem::take(&mut was_behind)
                && let Err(text) = contain(|| self.subscriber.caught_up())
            {
                return Err(Trouble::Fatal(SubscriptionError::Panicked(text)));
            }
            self.wait(claim, done).await?;
        }
    }

    /// Checks that the log is the one that the checkpoint is of, and that no handler has missed events.
    async fn check(&self, claim: &mut Claim<V::Guard>, subscription: &Subscription) -> Result<(), Trouble> {
        let checkpoint = &claim.checkpoint;
        let (expected, found) = (checkpoint.log, subscription.log);
        if expected != found {
            return Err(Trouble::Fatal(SubscriptionError::OtherLog { expected, found, acts: P::ACTS }));
        }
        let place = checkpoint.place;
        let look = ReadOptions::default().after(place).limit(1);
        let head = match self.store.read(&self.query, look).await {
            Ok(page) => page.head,
            Err(error) if error.kind() == StoreErrorKind::Replaced => {
                let head = self.store.head().await.map_err(log_failed)?;
                return Err(Trouble::Fatal(if head.position < place.position {
                    SubscriptionError::CheckpointAhead { checkpoint: place, head, acts: P::ACTS }
                } else {
                    SubscriptionError::LogReplaced { checkpoint: place, acts: P::ACTS }
                }));
            }
            Err(error) => return Err(log_failed(error)),
        };
        if checkpoint.events != subscription.events {
            if !P::ACTS {
                self.check_missed(subscription.added_to(&checkpoint.events), place.position).await?;
            }
            self.views.set_events(claim, subscription.events.clone()).await?;
            claim.checkpoint.events.clone_from(&subscription.events);
        }
        self.control.claimed(place, head.position);
        Ok(())
    }

    /// Refuses event types that are new to the handlers, if the log holds some of them before the checkpoint.
    async fn check_missed(&self, added: Vec<String>, until: Position) -> Result<(), Trouble> {
        let start = match self.options.start {
            Start::Beginning => Position::START,
            Start::After(place) => place.position,
            // Where that was is not known any more.
            Start::Now => until,
        };
        if added.is_empty() || until <= start {
            return Ok(());
        }
        let query = Subscription::query_for(&added);
        let look = ReadOptions::default().after(Place { position: start, id: None }).until(until).limit(1);
        if self.store.read(&query, look).await.map_err(log_failed)?.events.is_empty() {
            return Ok(());
        }
        let version = P::TYPE.version;
        Err(Trouble::Fatal(SubscriptionError::MissedEvents { events: added, version }))
    }

    /// Removes what was written, and begins anew.
    pub(super) async fn begin_at(&mut self, claim: &mut Claim<V::Guard>, start: Start) -> Result<(), Trouble> {
        let subscription = self.subscription(start).await?;
        self.views.restart(claim, &subscription).await?;
        claim.checkpoint.place = subscription.start;
        claim.checkpoint.log = subscription.log;
        claim.checkpoint.events = subscription.events;
        self.saved_at = Instant::now();
        let head = self.store.head().await.map_err(log_failed)?;
        self.control.progress(subscription.start, head.position, 0);
        Ok(())
    }

    /// Handles what the log holds after `done`, until that is all or a wish interrupts it. Returns whether that was more than one page.
    async fn catch_up(&mut self, claim: &mut Claim<V::Guard>, done: &mut Place) -> Result<bool, Trouble> {
        let options = ReadOptions::default().after(*done).limit(self.options.page);
        let mut pages = Pages::new(self.store, Arc::clone(&self.query), options);
        // Read, but perhaps not all of their append.
        let mut held = Vec::new();
        let mut count = 0_u32;
        loop {
            let page = match first(self.control.interrupted(), pages.next()).await {
                First::A(()) => return Ok(count > 1),
                First::B(page) => page.map_err(log_failed)?,
            };
            count += u32::from(page.is_some());
            held.extend(page.into_iter().flatten());
            let is_last = pages.is_at_end();
            let rest = held.split_off(if is_last { held.len() } else { whole_appends(&held) });
            let events = std::mem::replace(&mut held, rest);
            let to = if is_last { Some(pages.head()) } else { events.last().map(RecordedEvent::place) };
            if let Some(to) = to.filter(|to| to.position > done.position) {
                *done = self.advance(claim, events, to, pages.head().position).await?;
                if done.position < to.position {
                    return Ok(count > 1);
                }
            }
            if self.control.is_interrupted() {
                return Ok(count > 1);
            }
            if is_last {
                self.control.progress(*done, done.position, 0);
                return Ok(count > 1);
            }
        }
    }

    /// Handles events, after which everything up to `to` was handled. Returns up to where everything was.
    async fn advance(
        &mut self,
        claim: &mut Claim<V::Guard>,
        mut events: Vec<RecordedEvent>,
        to: Place,
        head: Position,
    ) -> Result<Place, Trouble> {
        events.retain(|event| self.is_mine(event));
        if events.is_empty() {
            if self.saved_at.elapsed() >= self.options.save_every {
                self.save(claim, to).await?;
            }
            return Ok(to);
        }
        self.control.found(head);
        let mut batch = Batch::new(events, to);
        batch.head = head;
        let before = claim.checkpoint.place;
        let handed = hand_over(self.views, claim, self.subscriber, batch, self.options, self.control, self.sleep).await;
        if claim.checkpoint.place != before {
            (self.failures, self.saved_at) = (0, Instant::now());
        }
        handed?;
        Ok(claim.checkpoint.place)
    }

    fn is_mine(&self, event: &RecordedEvent) -> bool {
        let Partition { index, count } = self.options.partition;
        count <= 1 || fnv1a(P::TYPE.order.key(event).as_bytes()) % u64::from(count) == u64::from(index)
    }

    /// Waits for new events. Meanwhile writes the checkpoint if it has moved without any, and asks again for readers if they do not see
    /// this version.
    async fn wait(&mut self, claim: &mut Claim<V::Guard>, done: Place) -> Result<(), Trouble> {
        loop {
            let to_save = (claim.checkpoint.place != done).then_some(self.saved_at);
            let to_ask = (!claim.checkpoint.is_active).then_some(self.asked_at.unwrap_or(self.saved_at));
            let since = to_save.into_iter().chain(to_ask).min();
            let rest = since.map(|since| self.options.save_every.saturating_sub(since.elapsed()));
            let moved = first(self.control.interrupted(), self.store.watch(done));
            let ended = match rest {
                None => First::A(moved.await),
                Some(Duration::ZERO) => First::B(()),
                Some(rest) => first(moved, self.sleep.sleep(rest)).await,
            };
            match ended {
                First::A(First::A(())) => return Ok(()),
                First::A(First::B(head)) => {
                    if head.map_err(log_failed)?.position > done.position {
                        self.failures = 0;
                        return Ok(());
                    }
                }
                First::B(()) => {
                    self.save(claim, done).await?;
                    self.activate(claim).await?;
                }
            }
        }
    }

    /// Writes the checkpoint, if it has moved without a batch.
    pub(super) async fn save(&mut self, claim: &mut Claim<V::Guard>, done: Place) -> Result<(), Trouble> {
        if claim.checkpoint.place != done {
            self.views.apply(claim, self.subscriber, &Batch::new(Vec::new(), done)).await?;
            claim.checkpoint.place = done;
            self.saved_at = Instant::now();
        }
        Ok(())
    }

    /// Asks the views to let readers see this version, unless they do.
    async fn activate(&mut self, claim: &mut Claim<V::Guard>) -> Result<(), Trouble> {
        if !claim.checkpoint.is_active {
            claim.checkpoint.is_active = self.views.activate(claim).await?;
            self.asked_at = Some(Instant::now());
            self.control.is_seen(claim.checkpoint.is_active);
        }
        Ok(())
    }

    /// Waits, but not beyond a wish to stop.
    async fn pause_for(&self, duration: Duration) {
        first(self.control.stopped(), self.sleep.sleep(duration)).await;
    }
}

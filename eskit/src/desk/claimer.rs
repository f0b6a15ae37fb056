use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use eskit_runtime::__private::{First, first};
use eskit_runtime::execute::Sleep as _;
use eskit_runtime::log::{EventId, Pages, Position, Query, QueryItem, ReadOptions};
use eskit_runtime::store_kit::contain_polls;
use eskit_runtime::subscription::{Changes, Control, State};
use eskit_runtime::work::{ClaimWork, NewWork, Outcome, Settled, Work, WorkItem};
use eskit_runtime::{AnyStore, EventStore as _, RecordedEvent, RetryPolicy, StoreError, Timestamp};

use super::ahead::Ahead;
use super::control::WorkControl;
use super::job::{Does, Job};
use super::shared::Desk;
use crate::bus::{Bus, Opened};
use crate::clock::Clock;
use crate::sleep::Timer;

/// For how long an item is claimed: how long it takes at most until another process does what a killed one has left.
const LEASE: Duration = Duration::from_secs(10);

/// How often claims are renewed.
const RENEW_EVERY: Duration = Duration::from_secs(3);

/// How often it is looked for items although nobody told of any: for those whose claim ended by itself.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often it is looked whether the subscription that opens the items has caught up.
const GATE_EVERY: Duration = Duration::from_millis(20);

/// The longest wait after a failure of the views or of the log.
const DELAY_MAX: Duration = Duration::from_secs(30);

/// The same, once it is stopped.
const STOPPED_DELAY_MAX: Duration = Duration::from_millis(100);

/// The subscription that opens and closes the items of a list.
pub(crate) struct Follows {
    pub(crate) controls: Vec<Control>,
}

impl Follows {
    /// Whether nothing that it has opened may be done: what would close it may not be read.
    fn is_halted(&self) -> bool {
        let is_halted = |control: &Control| {
            matches!(control.health().state, State::Paused | State::Failed | State::Stopped | State::Starting)
        };
        self.controls.iter().any(is_halted)
    }

    fn has_reached(&self, position: Position) -> bool {
        let context = &mut Context::from_waker(Waker::noop());
        self.controls.iter().all(|control| match pin!(control.reached(position)).poll(context) {
            std::task::Poll::Ready(reached) => reached.is_ok(),
            std::task::Poll::Pending => false,
        })
    }
}

/// Claims the items of a list for the workers of this process.
pub(crate) struct Claimer<V, D> {
    views: V,
    /// Where the events are that opened the items.
    store: Arc<Opened<AnyStore>>,
    does: Arc<D>,
    desk: Arc<Desk>,
    control: WorkControl,
    clock: Clock,
    /// The time of the clock when it was looked last, and how often somebody had asked.
    looked: (Timestamp, u64),
    /// What opens and closes the items, if a subscription does.
    follows: Option<Follows>,
    ahead: Ahead,
    /// Whether nothing is claimed until everything that is claimed is settled.
    is_one_alone: bool,
    /// Up to where the subscription must have come before items are claimed: the head of the log when it began, or went on.
    wanted: Option<Position>,
    /// What stands in the list always, until it was added.
    standing: Vec<NewWork>,
    /// Settled by workers, but not by the views.
    unsettled: Vec<Settled>,
    renewed_at: Instant,
    /// When to look for items next.
    look_at: Instant,
    /// How often in a row the views failed, or the log when it was read here.
    failures: u32,
    /// How often in a row a worker could not reach the log.
    unreachable: u32,
}

/// What follows a turn.
enum Turn {
    /// Nothing is left to do.
    Ended,
    /// There is nothing to do until this time, unless a worker is done.
    Rest(Instant),
    /// The same, unless there may be something new to claim.
    Listen(Instant),
}

impl<V: Work, D: Does> Claimer<V, D> {
    pub(crate) fn new(
        views: V,
        bus: &Bus<AnyStore>,
        does: Arc<D>,
        desk: Arc<Desk>,
        control: WorkControl,
        follows: Option<Follows>,
        standing: Vec<NewWork>,
    ) -> Claimer<V, D> {
        let (now, unsettled) = (Instant::now(), Vec::new());
        let (store, clock) = (Arc::clone(&bus.store), bus.clock.clone());
        let ahead = Ahead::new(does.options());
        Claimer {
            views,
            store,
            does,
            desk,
            control,
            looked: (clock.now(), 0),
            clock,
            follows,
            ahead,
            is_one_alone: false,
            wanted: None,
            standing,
            unsettled,
            renewed_at: now,
            look_at: now,
            failures: 0,
            unreachable: 0,
        }
    }

    /// Claims, renews and settles until it is stopped and everything that was claimed is settled.
    pub(crate) async fn run(mut self) {
        let (desk, control) = (Arc::clone(&self.desk), self.control.clone());
        if let Err(text) = contain_polls(self.turns()).await {
            control.fail(format!("its work panicked: {text}"));
        }
        desk.close();
        control.has_ended();
    }

    async fn turns(&mut self) {
        let mut changes = None;
        loop {
            match self.turn(&mut changes).await {
                Ok(Turn::Ended) => return,
                Ok(Turn::Rest(until)) => self.rest(until).await,
                Ok(Turn::Listen(until)) => self.listen(until, &mut changes).await,
                Err(error) => {
                    self.control.tell(|health| health.error = Some(error.to_string()));
                    self.failures += 1;
                    let delay = delay(self.failures);
                    if self.control.is_stopped() {
                        Timer.sleep(delay.min(STOPPED_DELAY_MAX)).await;
                    } else {
                        first(self.control.stopped(), Timer.sleep(delay)).await;
                    }
                }
            }
        }
    }

    async fn turn(&mut self, changes: &mut Option<Changes>) -> Result<Turn, StoreError> {
        self.settle().await?;
        self.renew().await?;
        if self.control.is_stopped() {
            self.desk.release_waiting(0);
            self.settle().await?;
            let is_done = self.desk.claimed() == 0;
            return Ok(if is_done { Turn::Ended } else { Turn::Rest(self.renewed_at + RENEW_EVERY) });
        }
        if !self.is_open().await? {
            return Ok(Turn::Rest(Instant::now() + GATE_EVERY));
        }
        self.prepare(changes).await?;
        let claimed = self.desk.claimed();
        self.is_one_alone &= claimed > 0;
        if !self.is_busy() && Instant::now() >= self.look_at {
            let wanted = self.ahead.wanted(claimed);
            if wanted > 0 {
                self.claim(wanted).await?;
            }
            self.failures = 0;
        }
        let renew_at = self.renewed_at + RENEW_EVERY;
        // Workers that are busy tell when they are done.
        Ok(if self.is_busy() { Turn::Rest(renew_at) } else { Turn::Listen(self.look_at.min(renew_at)) })
    }

    fn is_busy(&self) -> bool {
        self.is_one_alone || self.ahead.is_enough(self.desk.claimed())
    }

    /// Settles what workers have done. The next item of a key can be done then.
    async fn settle(&mut self) -> Result<(), StoreError> {
        let (settled, is_unreachable) = self.desk.take_settled();
        self.unsettled.extend(settled);
        if !self.unsettled.is_empty() {
            self.views.settle_work(self.does.list(), self.unsettled.clone()).await?;
            let settled = std::mem::take(&mut self.unsettled);
            self.desk.forget(settled.into_iter().map(|settled| (settled.id, settled.epoch)));
            self.look_at = Instant::now();
            if is_unreachable {
                self.unreachable += 1;
                self.look_at += delay(self.unreachable);
            } else {
                self.unreachable = 0;
            }
            self.count();
        }
        Ok(())
    }

    async fn renew(&mut self) -> Result<(), StoreError> {
        if self.renewed_at.elapsed() < RENEW_EVERY {
            return Ok(());
        }
        if self.ahead.is_unfilled(RENEW_EVERY) {
            // The workers have become slow, and those of other processes may be free.
            self.desk.release_waiting(self.ahead.room());
        }
        let claims = self.desk.claims();
        if !claims.is_empty() {
            let held = self.views.renew_work(self.does.list(), claims.clone(), LEASE).await?;
            self.desk.forget(claims.into_iter().zip(held).filter(|(_, held)| !held).map(|(claim, _)| claim));
            self.count();
        }
        self.renewed_at = Instant::now();
        Ok(())
    }

    /// Whether items may be claimed: what the log held when this began is handled, so that what is done already is not open any more.
    async fn is_open(&mut self) -> Result<bool, StoreError> {
        let is_open = match &self.follows {
            None => true,
            Some(follows) if follows.is_halted() => {
                self.wanted = None;
                false
            }
            Some(follows) => {
                let wanted = match self.wanted {
                    Some(wanted) => wanted,
                    None => *self.wanted.insert(self.store.head().await?.position),
                };
                follows.has_reached(wanted)
            }
        };
        self.control.opens(is_open);
        Ok(is_open)
    }

    /// Listens to changes, and adds what stands in the list always.
    async fn prepare(&mut self, changes: &mut Option<Changes>) -> Result<(), StoreError> {
        if changes.is_none() {
            *changes = Some(self.views.changes_of(self.does.list()).await?);
        }
        if !self.standing.is_empty() {
            self.views.add_work(self.does.list(), self.standing.clone()).await?;
            self.standing.clear();
        }
        Ok(())
    }

    async fn claim(&mut self, limit: usize) -> Result<(), StoreError> {
        let limit_u32 = u32::try_from(limit).unwrap_or(u32::MAX);
        let now = self.clock.now();
        self.looked = (now, self.control.asked());
        let claim = ClaimWork { kinds: self.does.kinds(), now, limit: limit_u32, lease: LEASE };
        let claimed = self.views.claim_work(self.does.list(), claim).await?;
        let is_all = claimed.items.len() < limit;
        if !is_all {
            self.ahead.filled();
        }
        let until_due = claimed.next_due.and_then(|due| self.clock.until(due)).unwrap_or(LOOK_EVERY);
        // After a full claim there may be more at once.
        self.look_at = Instant::now() + if is_all { until_due.min(LOOK_EVERY) } else { Duration::ZERO };
        let events = match self.events(&claimed.items).await {
            Ok(events) => events,
            Err(error) => {
                self.unsettled.extend(claimed.items.into_iter().map(|item| settled(item, Outcome::Release)));
                return Err(error);
            }
        };
        let mut jobs = Vec::with_capacity(claimed.items.len());
        for item in claimed.items {
            let id = item.event.and_then(|place| place.id);
            let event = id.and_then(|id| events.get(&id)).cloned();
            match item.event.is_some() && event.is_none() {
                // The event was deleted with its stream, and with it what was to be done.
                true => self.unsettled.push(settled(item, Outcome::Done)),
                false => jobs.push(Job { item, event }),
            }
        }
        let jobs = self.or_one_alone(jobs).await?;
        if !jobs.is_empty() {
            self.desk.put(jobs);
            self.count();
        } else if self.desk.claimed() == 0 && self.unsettled.is_empty() {
            self.control.answer(self.looked.1);
        }
        Ok(())
    }

    /// What was claimed; or one of them alone, if its claims were lost as often as it may be tried. Did it end the process each time, or did it
    /// only wait beside what did? Nothing else is at work when it is tried once more.
    async fn or_one_alone(&mut self, mut jobs: Vec<Job>) -> Result<Vec<Job>, StoreError> {
        let options = self.does.options();
        let Some(index) = jobs.iter().position(|job| job.is_tried_alone(options)) else { return Ok(jobs) };
        let one = jobs.swap_remove(index);
        self.is_one_alone = true;
        self.desk.release_waiting(0);
        self.unsettled.extend(jobs.into_iter().map(|job| settled(job.item, Outcome::Release)));
        let given_back = self.settle().await;
        if given_back.is_ok() && self.desk.claimed() == 0 {
            return Ok(vec![one]);
        }
        self.unsettled.push(settled(one.item, Outcome::Release));
        given_back.map(|()| Vec::new())
    }

    /// The events that opened the items, by id.
    async fn events(&self, items: &[WorkItem]) -> Result<HashMap<EventId, Arc<RecordedEvent>>, StoreError> {
        let ids: Vec<EventId> = items.iter().filter_map(|item| item.event?.id).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        // Long events may not fit into one page, and one that is missing counts as deleted.
        let mut pages = Pages::new(&*self.store, Query::from(QueryItem::ids(ids)), ReadOptions::default());
        let mut events = HashMap::new();
        while let Some(page) = pages.next().await? {
            events.extend(page.into_iter().map(|event| (event.id, Arc::new(event))));
        }
        Ok(events)
    }

    fn count(&self) {
        let claimed = self.desk.claimed() as u64;
        self.control.tell(|health| health.claimed = claimed);
    }

    /// Waits until a worker is done, until it is stopped, or until this time.
    async fn rest(&self, until: Instant) {
        let is_stopped = self.control.is_stopped();
        let stopped = async {
            match is_stopped {
                true => std::future::pending().await,
                false => self.control.stopped().await,
            }
        };
        let woken = first(self.desk.has_settled(), stopped);
        first(woken, Timer.sleep(until.saturating_duration_since(Instant::now()))).await;
    }

    /// The same, or until there may be something to claim: views tell of changes, the clock was set, or somebody asks.
    async fn listen(&mut self, until: Instant, changes: &mut Option<Changes>) {
        let changed = async {
            match changes {
                Some(changes) => drop(changes.next().await),
                None => std::future::pending().await,
            }
        };
        let asked = first(self.clock.moved_from(self.looked.0), self.control.asked_after(self.looked.1));
        if let First::A(_) = first(first(changed, asked), self.rest(until)).await {
            self.look_at = Instant::now();
        }
    }
}

/// The wait after so many failures.
fn delay(failures: u32) -> Duration {
    RetryPolicy::never().with_delays(Duration::from_millis(50), DELAY_MAX).delay(failures)
}

fn settled(item: WorkItem, outcome: Outcome) -> Settled {
    Settled { id: item.id, epoch: item.epoch, outcome }
}

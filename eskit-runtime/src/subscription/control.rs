use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::log::position::{Place, Position};
use crate::log::time::Timestamp;
use crate::store_kit::HeadWatch;

use super::batch::Batch;
use super::error::SubscriptionError;
use super::health::{Health, State};
use super::options::Start;
use super::request::{Asked, Request};
use super::subscriber::Subscriber;
use super::views::Partition;

/// Steers one subscription and tells how it is doing. Cheap to clone; clones steer the same subscription.
#[derive(Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

struct Shared {
    held: Mutex<Held>,
    /// Wakes those who wait for a wish or for progress.
    changed: HeadWatch,
}

struct Held {
    wish: Wish,
    /// Whether it is to begin anew, and where.
    restart: Option<Restart>,
    /// Whether readers see this version of the read model.
    is_active: bool,
    /// Whether it has failed for good, and nobody has asked it to go on since.
    has_failed: bool,
    outside: Outside,
    health: Health,
}

/// What is asked from outside of the program.
#[derive(Default)]
struct Outside {
    /// The number of the last request that was seen.
    seen: u64,
    /// Whether there is one that was not dealt with.
    is_new: bool,
    is_paused: bool,
}

impl Held {
    /// Whether the subscription should stop reading.
    fn is_interrupted(&self) -> bool {
        self.wish != Wish::Run || self.restart.is_some() || self.outside.is_new || self.outside.is_paused
    }

    /// Whether a subscription that is paused has something to do.
    fn goes_on(&self) -> bool {
        let is_running = self.wish == Wish::Run && !self.outside.is_paused;
        is_running || self.wish == Wish::Stop || self.restart.is_some() || self.outside.is_new
    }

    /// After a failure: whoever waits for progress waits from now on.
    fn begin_again(&mut self) {
        if std::mem::take(&mut self.has_failed) {
            self.health.change(|health| {
                health.state = State::Starting;
                health.error = None;
            });
        }
    }
}

/// Where a subscription begins anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Restart {
    /// Where it begins without a checkpoint.
    Anew,
    At(Start),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wish {
    Run,
    Pause,
    Stop,
}

impl Control {
    /// The control of a subscription that has not started.
    pub fn of<P: Subscriber>(partition: Partition) -> Control {
        let health = Health::new(P::TYPE.name, P::TYPE.version, partition);
        let (wish, outside) = (Wish::Run, Outside::default());
        let held = Held { wish, restart: None, is_active: false, has_failed: false, outside, health };
        Control { shared: Arc::new(Shared { held: Mutex::new(held), changed: HeadWatch::default() }) }
    }

    /// How the subscription is doing.
    pub fn health(&self) -> Health {
        self.lock().health.clone()
    }

    /// Stops handling events after the current batch, until [`Control::resume`]. The subscription keeps its claim. A pause that was asked
    /// [from outside](super::Views::request) is apart from this one: it lasts until it is taken back there.
    pub fn pause(&self) {
        self.wish(|held| {
            if held.wish == Wish::Run {
                held.wish = Wish::Pause;
            }
        });
    }

    /// Goes on after [`Control::pause`], or after the subscription has failed.
    pub fn resume(&self) {
        self.wish(|held| {
            if held.wish == Wish::Pause {
                held.wish = Wish::Run;
            }
            held.begin_again();
        });
    }

    /// Ends the subscription after the current batch, and gives its claim up.
    pub fn stop(&self) {
        self.wish(|held| held.wish = Wish::Stop);
    }

    /// Removes the read model and builds it anew from where the subscription [starts](super::FollowOptions::start). Readers see it grow;
    /// to build a new version beside the old one, raise the version of the projection instead.
    pub fn rebuild(&self) {
        self.begin_anew(Restart::Anew);
    }

    /// Sets the checkpoint to this place, and goes on from there. What was parked is dropped. For a subscriber that
    /// [acts](Subscriber::ACTS): one that keeps a read model is built anew instead.
    pub fn restart_at(&self, start: Start) {
        self.begin_anew(Restart::At(start));
    }

    fn begin_anew(&self, restart: Restart) {
        self.wish(|held| {
            held.restart = Some(restart);
            held.begin_again();
        });
    }

    /// Waits until everything up to this position was handled, and readers see this version of the read model. While it is to be built
    /// anew, what was handled before does not count.
    ///
    /// # Errors
    /// The subscription was stopped, or failed, before that.
    pub async fn reached(&self, position: Position) -> Result<(), Health> {
        self.until(|held| match held.health.state {
            _ if held.health.place.position >= position && held.is_active && held.restart.is_none() => Some(Ok(())),
            State::Failed | State::Stopped => Some(Err(held.health.clone())),
            _ => None,
        })
        .await
    }

    /// Waits until the subscription has claimed its checkpoint and found that it fits the log, or that another process has claimed it.
    /// Also returns when the log or the views cannot be reached, which is tried again.
    ///
    /// # Errors
    /// The subscription failed before that.
    pub async fn started(&self) -> Result<(), Health> {
        self.until(|held| match held.health.state {
            _ if held.health.has_started => Some(Ok(())),
            State::Failed | State::Stopped => Some(Err(held.health.clone())),
            State::Standby | State::Retrying => Some(Ok(())),
            _ => None,
        })
        .await
    }

    /// Waits until the subscription should go on: it is neither paused, nor has it failed without a [`Control::resume`] since; or it is
    /// to be built anew, or to be stopped. For those who call [`follow`](super::follow) again after it failed.
    pub async fn resumed(&self) {
        self.until(|held| match held.wish {
            _ if held.restart.is_some() => Some(()),
            Wish::Run => (!held.has_failed).then_some(()),
            Wish::Pause => None,
            Wish::Stop => Some(()),
        })
        .await;
    }

    /// Whether [`Control::stop`] was called.
    pub fn is_stopped(&self) -> bool {
        self.lock().wish == Wish::Stop
    }

    /// Waits until a look at the health returns a value. It looks at once, and again after each change.
    pub async fn watch<T>(&self, mut look: impl FnMut(&Health) -> Option<T> + Unpin) -> T {
        self.until(move |held| look(&held.health)).await
    }

    async fn until<T>(&self, mut look: impl FnMut(&Held) -> Option<T> + Unpin) -> T {
        self.shared.changed.until(move || look(&self.lock())).await
    }

    fn wish(&self, change: impl FnOnce(&mut Held)) {
        change(&mut self.lock());
        self.shared.changed.moved();
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.shared.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the subscription asks and tells.
impl Control {
    /// Whether it should stop reading, to stop, to pause or to begin anew.
    pub(super) fn is_interrupted(&self) -> bool {
        self.lock().is_interrupted()
    }

    /// Completes when it should stop.
    pub(super) async fn stopped(&self) {
        self.until(|held| (held.wish == Wish::Stop).then_some(())).await;
    }

    /// Completes when it should stop reading.
    pub(super) async fn interrupted(&self) {
        self.until(|held| held.is_interrupted().then_some(())).await;
    }

    /// Says that it is paused. Completes when it should go on, stop or begin anew.
    pub(super) async fn paused(&self) {
        self.tell(|health| health.state = State::Paused);
        self.until(|held| held.goes_on().then_some(())).await;
    }

    /// Something was asked from outside. Lets a subscription that has failed go on, unless it is to be paused.
    pub(super) fn asked(&self, request: &Request) {
        let mut held = self.lock();
        if request.number <= held.outside.seen {
            return;
        }
        held.outside = Outside { seen: request.number, is_new: true, is_paused: request.paused_at.is_some() };
        if request.asked != Asked::Pause {
            held.begin_again();
        }
        drop(held);
        self.shared.changed.moved();
    }

    /// What was asked from outside, as the views hold it under the claim.
    pub(super) fn found_asked(&self, request: Option<&Request>) {
        let number = request.map_or(0, |request| request.number);
        let mut held = self.lock();
        held.outside.is_paused = request.is_some_and(|request| request.paused_at.is_some());
        // Another one may have come meanwhile.
        if held.outside.seen <= number {
            (held.outside.seen, held.outside.is_new) = (number, false);
        }
    }

    /// Whether something was asked from outside that was not looked at under the claim.
    pub(super) fn is_asked(&self) -> bool {
        self.lock().outside.is_new
    }

    pub(super) fn wants_restart(&self) -> bool {
        self.lock().restart.is_some()
    }

    /// Where it is to begin, if it would begin at `otherwise` without a checkpoint.
    pub(super) fn start(&self, otherwise: Start) -> Start {
        match self.lock().restart {
            Some(Restart::At(start)) => start,
            Some(Restart::Anew) | None => otherwise,
        }
    }

    pub(super) fn restarted(&self) {
        self.lock().restart = None;
    }

    /// Whether readers see this version of the read model, as of now.
    pub(super) fn is_seen(&self, is_active: bool) {
        self.lock().is_active = is_active;
        self.shared.changed.moved();
    }

    /// Another process holds the claim, and has come as far as `place`.
    pub(super) fn stands_by(&self, place: Place) {
        let mut held = self.lock();
        // Nothing is to be done for it here either.
        let state = if held.outside.is_paused { State::Paused } else { State::Standby };
        held.health.change(|health| {
            health.state = state;
            health.place = place;
            health.head = health.head.max(place.position);
            health.behind_since = None;
            health.error = None;
        });
        drop(held);
        self.shared.changed.moved();
    }

    /// It was claimed at `place`, which fits the log; the log ends at `head`. Clears no error: whether another try helps is not known
    /// yet.
    pub(super) fn claimed(&self, place: Place, head: Position) {
        self.tell(|health| {
            health.has_started = true;
            health.place = place;
            health.found(head);
        });
    }

    /// There are events to handle; the log ends at `head`.
    pub(super) fn found(&self, head: Position) {
        self.tell(|health| health.found(head));
    }

    /// A handler, the views or the log failed, and will be tried again.
    pub(super) fn failed(&self, text: String) {
        self.tell(|health| {
            health.state = State::Retrying;
            health.error = Some(text);
        });
    }

    /// A batch was committed up to this place.
    pub(super) fn committed(&self, batch: &Batch, place: Place) {
        let is_done = |position: Position| position <= place.position;
        let events = batch.events().partition_point(|event| is_done(event.position));
        let given_up = batch.events()[..events].iter().filter(|event| batch.reason(event.position).is_some()).count();
        self.progress(place, batch.head, events.saturating_sub(given_up) as u64);
        if given_up > 0 {
            self.tell(|health| health.given_up += given_up as u64);
        }
    }

    /// Tells how it ended, even if its future is dropped.
    pub(super) fn ending(&self) -> Ending<'_> {
        self.lock().has_failed = false;
        Ending { control: self, is_told: false }
    }

    fn tell(&self, change: impl FnOnce(&mut Health)) {
        self.lock().health.change(change);
        self.shared.changed.moved();
    }

    /// Everything up to `place` was handled, `handled` events of it by this process now; the log ends at `head`.
    pub(super) fn progress(&self, place: Place, head: Position, handled: u64) {
        self.tell(|health| {
            health.has_started = true;
            health.place = place;
            health.head = head.max(place.position);
            health.handled += handled;
            health.last_progress = Some(Timestamp::now());
            health.error = None;
            health.state = if place.position >= head { State::Live } else { State::CatchingUp };
            health.behind_since = match health.state {
                State::Live => None,
                _ => health.behind_since.or_else(|| Some(Instant::now())),
            };
        });
    }
}

/// The end of a subscription, of which its health tells.
pub(super) struct Ending<'a> {
    control: &'a Control,
    is_told: bool,
}

impl Ending<'_> {
    pub(super) fn ended(mut self, error: Option<&SubscriptionError>) {
        self.is_told = true;
        self.control.wish(|held| {
            // Whoever hears of the failure may ask it to go on from this moment. A rebuild that failed has to be asked for again.
            (held.has_failed, held.restart) = (error.is_some(), None);
            held.health.change(|health| match error {
                None => health.state = State::Stopped,
                Some(error) => {
                    health.state = State::Failed;
                    health.error = Some(error.to_string());
                }
            });
        });
    }
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        if !self.is_told {
            self.control.tell(|health| health.state = State::Stopped);
        }
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("health", &self.lock().health).finish_non_exhaustive()
    }
}

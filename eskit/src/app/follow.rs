use std::sync::Arc;

use eskit_runtime::__private::check_kept_states;
use eskit_runtime::EventStore;
use eskit_runtime::rows::{RowState, Rows};
use eskit_runtime::subscription::{Apply, FollowOptions, HandleMut, Start, Subscriber};
use eskit_runtime::work::Work;

use super::App;
use crate::bus::Bus;
use crate::in_memory::InMemory;
use crate::processor::{Acted, Acting, Doing, Processor};
use crate::steps::KeepsSteps;
use crate::subscriptions::{Kept, Subscribed, keeps_a_read_model};
use crate::working::{ToDos, Worked};

impl<S: EventStore + 'static> App<S> {
    /// Sets how the projections that are added after this call follow the log.
    #[must_use]
    pub fn with_follow_options(mut self, options: FollowOptions) -> App<S> {
        self.follow = options;
        self
    }

    /// Adds a projection, which keeps its read model in these views, such as `SqliteViews` or `PostgresViews`. It follows the log
    /// once the app is started with `App::start`. `#[projection]` has an example.
    #[must_use]
    pub fn with_projection<P: Subscriber, V: Apply<P>>(mut self, projection: P, views: V) -> App<S> {
        self.subscriptions.push(Arc::new(Kept::new(
            Arc::new(projection),
            move |_: &Bus<S>| views.clone(),
            self.follow.clone(),
        )));
        self
    }

    /// Adds a processor, which keeps its checkpoint and its to-dos in these views. It acts on events once the app is started with `App::start`, and
    /// executes its commands on the store of this app, with its retry policy and its cached states. `#[processor]` has an example.
    #[must_use]
    pub fn with_processor<P: Processor, V: Apply<Acted<P>> + Work>(mut self, processor: P, views: V) -> App<S> {
        const { has_schedules::<P>() };
        let processor = Arc::new(processor);
        if Doing::<P>::is_needed() {
            self.add_work(Arc::new(ToDos::new(Arc::clone(&processor), views.clone())));
        }
        self.steps.push((P::TYPE.name, Arc::new(views.clone())));
        let mut options = self.follow.clone();
        options.start = P::FROM;
        let acting = move |bus: &Bus<S>| Acting::new(views.clone(), bus.erased());
        self.subscriptions.push(Arc::new(Kept::new(processor, acting, options)));
        self
    }

    /// Keeps all instances of an aggregate as rows in these views, once the app is started with `App::start`: for lists, pages,
    /// filters and counts without SQL and without a projection. Read them with
    /// [`ReadRows::rows`](crate::rows::ReadRows::rows). Their subscription is named after the aggregate: `course-seats` for
    /// `CourseSeats`, and is waited for with `caught_up::<Rows<CourseSeats>>`.
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// use eskit::{MemoryViews, rows::{ReadRows, Rows}};
    ///
    /// # #[derive(Event, Serialize, Deserialize)] pub struct Enrolled { #[tag] course: String }
    /// # #[derive(Command)] pub struct Enroll { #[tag] course: String }
    /// #[aggregate(tag = "course", index("taken"))]
    /// #[derive(Default, Serialize, Deserialize)]
    /// pub struct Seats { taken: u32 }
    /// # #[decider] impl Seats {
    /// #     #[evolve] fn enrolled(&mut self, _: &Enrolled) { self.taken += 1 }
    /// #     #[decide] fn enroll(&self, c: &Enroll) -> Enrolled { Enrolled { course: c.course.clone() } }
    /// # }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let views = MemoryViews::new();
    /// let app = App::new(MemoryStore::new()).with_rows::<Seats>(views.clone()).start().await?;
    /// let enrolled = app.execute(Enroll { course: "maths".into() }).await?;
    /// app.caught_up::<Rows<Seats>>(&enrolled).await?;
    ///
    /// let fullest = views.rows::<Seats>().at_least("taken", 1).order_by("taken").descending().list().await?;
    /// assert_eq!((fullest.rows[0].key.as_str(), fullest.rows[0].taken), ("maths", 1));
    /// # app.stop().await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn with_rows<A: RowState>(self, views: impl Apply<Rows<A>>) -> App<S> {
        const { check_kept_states::<A>(true) };
        self.with_projection(Rows::<A>::default(), views)
    }

    /// Adds a projection that is itself the read model, with `#[projection(.., memory)]`. Each process builds it from the beginning of
    /// the log. [`Running`](crate::Running) has an example.
    #[must_use]
    pub fn with_memory<P: HandleMut>(self, projection: &InMemory<P>) -> App<S> {
        self.with_projection(projection.clone(), projection.clone())
    }

    /// Builds the read model of this projection anew when the app is started, for example after the log was restored from a backup, when
    /// it would fail as `CheckpointAhead` or `LogReplaced`. Readers see it grow.
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// # use eskit::{InMemory, StartError};
    /// # #[derive(Event, Serialize, Deserialize)] pub struct Enrolled { #[tag] course: String }
    /// # #[derive(Default)] pub struct Occupancy { taken: u32 }
    /// # #[projection(name = "occupancy", memory)] impl Occupancy { #[on] fn enrolled(&mut self, _: &Enrolled) { self.taken += 1 } }
    /// # async fn start(store: MemoryStore, occupancy: &InMemory<Occupancy>) -> Result<(), StartError> {
    /// let mut app = App::new(store).with_memory(occupancy);
    /// if std::env::args().any(|argument| argument == "--rebuild") {
    ///     app = app.with_rebuild::<Occupancy>();
    /// }
    /// let app = app.start().await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn with_rebuild<P: Subscriber>(mut self) -> App<S> {
        const { keeps_a_read_model::<P>() };
        self.restarts.push((P::TYPE.name, None));
        self
    }

    /// Lets a processor go on from another place than its checkpoint when the app is started, for example after the log was restored
    /// from a backup, when it would fail as `CheckpointAhead` or `LogReplaced`: [`Start::Now`] leaves out everything that the log holds,
    /// and another place repeats the effects of the events after it. Commands are not repeated, as long as the log holds the events of
    /// their first time. What was parked is dropped.
    #[must_use]
    pub fn with_effects_from<P: Processor>(mut self, start: Start) -> App<S> {
        self.restarts.push((P::TYPE.name, Some(start)));
        self
    }

    /// The subscriptions that begin anew at the start, each with the place, or where they begin without a checkpoint.
    pub(crate) fn restarts(&self) -> &[(&'static str, Option<Start>)] {
        &self.restarts
    }

    pub(crate) fn add_work(&mut self, work: Arc<dyn Worked<S>>) {
        self.works.push(work);
    }

    pub(crate) fn works(&self) -> &[Arc<dyn Worked<S>>] {
        &self.works
    }

    /// What keeps the steps of the processor with this name.
    pub(crate) fn steps_of(&self, name: &str) -> Option<Arc<dyn KeepsSteps>> {
        self.steps.iter().find(|(of, _)| *of == name).map(|(_, views)| Arc::clone(views))
    }

    #[cfg(feature = "testing")]
    pub(crate) fn bus_mut(&mut self) -> &mut Bus<S> {
        &mut self.bus
    }

    pub(crate) fn bus(&self) -> &Bus<S> {
        &self.bus
    }

    pub(crate) fn subscriptions(&self) -> &[Arc<dyn Subscribed<S>>] {
        &self.subscriptions
    }
}

/// A schedule needs its feature.
const fn has_schedules<P: Processor>() {
    #[cfg(not(feature = "schedule"))]
    assert!(
        P::SCHEDULES.is_empty(),
        "the processor has an `#[every]` method, which needs the feature `schedule` of eskit\nhelp: in `Cargo.toml`, write \
         `eskit = {{ .., features = [\"schedule\"] }}`"
    );
}

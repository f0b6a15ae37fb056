use std::sync::Arc;

use eskit_runtime::__private::check_kept_states;
use eskit_runtime::EventStore;
use eskit_runtime::model::Evolve;
use eskit_runtime::snapshots::{SnapshotProjection, SnapshotState, Snapshots};

use super::App;
use crate::aggregate_snapshots::{AggregateSnapshots, NoSnapshots};
use crate::bus::Bus;
use crate::in_memory::InMemory;
use crate::memory_snapshots::{MemorySnapshots, Recalling};
use crate::state_snapshots::{Keeper, SnapshotCounts, SnapshotOptions};
use crate::subscriptions::Kept;

impl<S: EventStore> App<S> {
    /// Keeps snapshots of this aggregate in `snapshots`, such as `SqliteViews` or `PostgresViews`: states that outlive the process. A command
    /// then reads an instance from its last snapshot on, instead of all of its events.
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// use eskit::{MemoryViews, SnapshotOptions};
    ///
    /// # #[derive(Event, Serialize, Deserialize)] pub struct Deposited { cents: u64 }
    /// # #[derive(Command)] pub struct Deposit { #[tag] account: u32 }
    /// #[aggregate(stream = "account")]
    /// #[derive(Default, Clone, Serialize, Deserialize)]
    /// pub struct Account { cents: u64 }
    /// # #[decider] impl Account {
    /// #     #[evolve] fn deposited(&mut self, e: &Deposited) { self.cents += e.cents }
    /// #     #[decide] fn deposit(&self, _: &Deposit) -> Deposited { Deposited { cents: 5 } }
    /// # }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let snapshots = MemoryViews::new();
    /// let app = App::new(MemoryStore::new()).with_snapshots::<Account>(snapshots, SnapshotOptions::every(100));
    /// for _ in 0..100 {
    ///     app.execute(Deposit { account: 7 }).await?;
    /// }
    /// app.snapshots_written().await;
    /// assert_eq!(app.snapshots::<Account>()?.counts().written, 1);
    /// # Ok(()) }
    /// ```
    ///
    /// Snapshots only save reading: a command reads the events after the snapshot, and its append conditions cover them as always. A
    /// snapshot of a log that was replaced, of a stream that was deleted, or of a program with other logic is not used
    /// ([`Fingerprint`](crate::snapshots::Fingerprint) says what counts as other logic). Snapshots are written after the command, in a task of
    /// the tokio runtime in which it is executed or, without one, on a thread of its own. If they cannot be written or found, commands read
    /// the log; they wait no longer than [`SnapshotOptions::find_within`].
    ///
    /// Together with [`App::with_state_cache`], snapshots are looked for only where nothing is cached.
    ///
    /// # Spans and metrics
    ///
    /// With the feature `tracing`: the spans `find_snapshots` and `write_snapshots`, and an event of the level `WARN` for the first state that
    /// cannot be read or written, and when the place of the snapshots begins to fail. With the feature `metrics`, with the label `aggregate`:
    ///
    /// | name | kind |
    /// |---|---|
    /// | `eskit_snapshot_finds_total` | counter, with the label `outcome`: `hit`, `miss`, `unreadable`, `unanswered` |
    /// | `eskit_snapshot_writes_total` | counter, with the label `outcome`: `written`, `outdated`, `unwritten` |
    /// | `eskit_snapshot_find_duration_seconds` | histogram |
    /// | `eskit_snapshot_write_duration_seconds` | histogram |
    #[must_use]
    pub fn with_snapshots<A: SnapshotState>(mut self, snapshots: impl Snapshots, options: SnapshotOptions) -> App<S> {
        const { check_kept_states::<A>(false) };
        Arc::make_mut(&mut self.bus.states).snapshots.add::<A>(snapshots, options);
        self
    }

    /// Adds a projection in memory as [`App::with_memory`] does, and keeps snapshots of it in `snapshots`, such as `SqliteViews` or
    /// `PostgresViews`. When the program starts, the projection then begins at its last snapshot, and reads only the events after it.
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// use eskit::{InMemory, MemoryViews, SnapshotOptions};
    ///
    /// # #[derive(Event, Serialize, Deserialize)] pub struct Sold { #[tag] item: String }
    /// # #[derive(Command)] pub struct Sell { #[tag] item: String }
    /// # #[aggregate(tag = "item")] #[derive(Default)] pub struct Item { sold: u32 }
    /// # #[decider] impl Item {
    /// #     #[evolve] fn sold(&mut self, _: &Sold) { self.sold += 1 }
    /// #     #[decide] fn sell(&self, c: &Sell) -> Sold { Sold { item: c.item.clone() } }
    /// # }
    /// #[derive(Default, Clone, Serialize, Deserialize, Shape)]
    /// pub struct Total { sold: u32 }
    ///
    /// #[projection(name = "total", memory)]
    /// impl Total {
    ///     #[on] fn sold(&mut self, _: &Sold) { self.sold += 1 }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let store = MemoryStore::new();
    /// let (total, snapshots) = (InMemory::<Total>::default(), MemoryViews::new());
    /// let app = App::new(store.clone()).with_memory_snapshots(&total, snapshots.clone(), SnapshotOptions::every(1));
    /// let app = app.start().await?;
    /// let sold = app.execute(Sell { item: "tea".into() }).await?;
    /// app.caught_up::<Total>(&sold).await?;
    /// app.stop().await?;
    ///
    /// // The next process reads no event again.
    /// let total = InMemory::<Total>::default();
    /// let app = App::new(store).with_memory_snapshots(&total, snapshots, SnapshotOptions::every(1)).start().await?;
    /// app.caught_up::<Total>(&sold).await?;
    /// assert_eq!((total.read().sold, app.memory_snapshots::<Total>()?.hits), (1, 1));
    /// # app.stop().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// A snapshot of a log that was replaced, or of a program with other logic
    /// ([`Fingerprint`](crate::snapshots::Fingerprint) says what counts as other logic), is not used, and the log is read from its
    /// beginning. Snapshots are written beside the subscription, which waits only for a copy of the projection. One that holds events of
    /// streams has none, unless its options say [`with_deletable_events`](SnapshotOptions::with_deletable_events): then
    /// [rebuild](crate::Running::rebuild) it after each deletion of a stream, in each process. A projection that does not begin at the
    /// start of the log has none.
    ///
    /// The spans, warnings and metrics are those of [`App::with_snapshots`], with the name of the projection in place of the aggregate.
    #[must_use]
    pub fn with_memory_snapshots<P: SnapshotProjection>(
        mut self,
        projection: &InMemory<P>,
        snapshots: impl Snapshots,
        options: SnapshotOptions,
    ) -> App<S>
    where
        S: 'static,
    {
        let snapshots = MemorySnapshots::new(snapshots, options);
        Arc::make_mut(&mut self.bus.states).snapshots.add_projection(snapshots.keeper());
        let own = projection.clone();
        let views = move |bus: &Bus<S>| Recalling::new(own.clone(), snapshots.clone(), Arc::clone(&bus.store));
        self.subscriptions.push(Arc::new(Kept::new(Arc::new(projection.clone()), views, self.follow.clone())));
        self
    }

    /// What has become of the snapshots of this projection since they were added to the app.
    ///
    /// # Errors
    /// The app keeps none: they were not added with [`App::with_memory_snapshots`].
    pub fn memory_snapshots<P: SnapshotProjection>(&self) -> Result<SnapshotCounts, NoSnapshots> {
        let keeper = self.bus.states.snapshots.of_projection(P::TYPE.name);
        keeper.map(Keeper::counts).ok_or(NoSnapshots::of_projection(P::TYPE.rust_name))
    }

    /// The snapshots of this aggregate.
    ///
    /// # Errors
    /// The app keeps none: they were not added with [`App::with_snapshots`].
    pub fn snapshots<A: Evolve>(&self) -> Result<AggregateSnapshots<'_, S, A>, NoSnapshots> {
        AggregateSnapshots::of(&self.bus)
    }

    /// Waits until all snapshots that commands, loads and projections of this app and its clones have offered so far are written, or have
    /// failed: in tests, and before the program ends. `Running::stop` does it too.
    pub async fn snapshots_written(&self) {
        self.bus.states.snapshots.written().await;
    }
}

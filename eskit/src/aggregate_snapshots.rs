use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use eskit_runtime::__private::{check_key, key_text, load_values, scope_of, values_of};
use eskit_runtime::log::{Pages, Position, Query, ReadOptions};
use eskit_runtime::model::{Evolve, Key, LoadKey};
use eskit_runtime::snapshots::RemoveSnapshots;
use eskit_runtime::{EventStore, LoadError, StoreError};

use crate::bus::Bus;
use crate::state_snapshots::{Keeper, SnapshotCounts};

/// The snapshots of one aggregate of an app. Returned by [`App::snapshots`](crate::App::snapshots).
pub struct AggregateSnapshots<'a, S, A> {
    bus: &'a Bus<S>,
    keeper: &'a Keeper,
    aggregate: PhantomData<fn() -> A>,
}

impl<'a, S: EventStore, A: Evolve> AggregateSnapshots<'a, S, A> {
    pub(crate) fn of(bus: &'a Bus<S>) -> Result<AggregateSnapshots<'a, S, A>, NoSnapshots> {
        let of = bus.states.snapshots.of::<A>().ok_or(NoSnapshots { name: A::TYPE.name, is_projection: false })?;
        Ok(AggregateSnapshots { bus, keeper: &of.keeper, aggregate: PhantomData })
    }

    /// What has become of them since they were added to the app.
    pub fn counts(&self) -> SnapshotCounts {
        self.keeper.counts()
    }

    /// Removes the snapshot of one instance, and what is cached of it. Returns whether there was one.
    ///
    /// After the stream of an instance was deleted, its snapshot is never used again, but still stored: remove it if it holds what must be
    /// erased. Another process that has executed a command on the instance just before may still write one.
    ///
    /// # Errors
    /// The store or the place of the snapshots failed.
    pub async fn forget(&self, key: impl LoadKey<A::Keys>) -> Result<bool, StoreError> {
        const { check_key::<A, _>() }.of(&key);
        let (keys, scope) = (vec![key_text(&key)], scope_of::<A>(&key));
        let log = self.bus.store.log_id().await?;
        if let Some(scope) = &scope {
            self.bus.states.forget::<A>(scope);
        }
        Ok(self.keeper.remove(log, RemoveSnapshots::Keys(keys), scope.as_ref()).await? > 0)
    }

    /// Removes the snapshots of all instances, whatever version of the program wrote them. Returns how many there were.
    ///
    /// # Errors
    /// The store or the place of the snapshots failed.
    pub async fn forget_all(&self) -> Result<u64, StoreError> {
        let log = self.bus.store.log_id().await?;
        self.bus.states.forget_all::<A>();
        self.keeper.remove(log, RemoveSnapshots::All, None).await
    }

    /// Removes all snapshots of the aggregate, and writes new ones of all instances that have enough events: before a program with other
    /// logic takes commands, for example. Reads the events of the aggregate once to find its instances, and then the events of each; holds
    /// the keys of all instances in memory. `progress` is called after each page and each hundred instances.
    ///
    /// Commands may be executed meanwhile. It can be stopped at any time: what is not written is only missing.
    ///
    /// # Errors
    /// The store failed, or the place of the snapshots when they were removed; an event cannot be read. Snapshots that cannot be written
    /// are counted, and are no error.
    pub async fn rebuild_all(
        &self,
        mut progress: impl FnMut(&RebuiltSnapshots) + Send,
    ) -> Result<RebuiltSnapshots, LoadError> {
        self.forget_all().await.map_err(LoadError::Store)?;
        let (store, states) = (&*self.bus.store, &*self.bus.states);
        let (head, before) = (store.head().await.map_err(LoadError::Store)?.position, self.counts());
        let mut done = RebuiltSnapshots { position: Position::START, head, instances: 0, folded: 0, written: 0 };
        let mut found: HashMap<Vec<String>, u64> = HashMap::new();
        let mut pages = Pages::new(store, Query::evolved_by::<A>(), ReadOptions::default().until(head));
        while let Some(page) = pages.next().await.map_err(LoadError::Store)? {
            for event in &page {
                for values in values_of(&A::TYPE.key, event) {
                    let version = found.entry(values).or_default();
                    *version = match (&A::TYPE.key, &event.stream) {
                        (Key::Stream(_), Some(at)) => at.version,
                        _ => *version + 1,
                    };
                }
            }
            done.position = page.last().map_or(done.position, |event| event.position);
            done.instances = found.len() as u64;
            progress(&done);
        }
        done.position = head;
        found.retain(|_, version| *version >= self.keeper.options().every);
        for values in found.into_keys() {
            load_values::<A, _>(store, values, states).await?;
            done.folded += 1;
            if done.folded.is_multiple_of(100) {
                self.keeper.written().await;
                done.written = self.counts().written - before.written;
                progress(&done);
            }
        }
        self.keeper.written().await;
        done.written = self.counts().written - before.written;
        progress(&done);
        Ok(done)
    }
}

/// How far [`AggregateSnapshots::rebuild_all`] has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct RebuiltSnapshots {
    /// Instances were looked for up to this position.
    pub position: Position,
    /// Up to which position they are looked for.
    pub head: Position,
    /// How many instances were found.
    pub instances: u64,
    /// How many of them have enough events, and were folded.
    pub folded: u64,
    /// How many snapshots were written meanwhile, also by commands of this app.
    pub written: u64,
}

impl fmt::Display for RebuiltSnapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RebuiltSnapshots { position, head, instances, folded, written } = self;
        write!(
            f,
            "{instances} instances up to position {position} of {head}, {folded} of them folded, {written} snapshots written"
        )
    }
}

impl<S, A: Evolve> fmt::Debug for AggregateSnapshots<'_, S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AggregateSnapshots").field("aggregate", &A::TYPE.name).finish_non_exhaustive()
    }
}

/// An app keeps no snapshots of an aggregate, or of a projection in memory. Returned by [`App::snapshots`](crate::App::snapshots) and
/// [`App::memory_snapshots`](crate::App::memory_snapshots).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoSnapshots {
    name: &'static str,
    is_projection: bool,
}

impl NoSnapshots {
    pub(crate) fn of_projection(name: &'static str) -> NoSnapshots {
        NoSnapshots { name, is_projection: true }
    }
}

impl fmt::Display for NoSnapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NoSnapshots { name, is_projection } = self;
        write!(f, "this app keeps no snapshots of `{name}`\nhelp: add ")?;
        if *is_projection {
            write!(f, "it with `with_memory_snapshots(&projection, views, SnapshotOptions::every(10_000))`")
        } else {
            write!(f, "them with `with_snapshots::<{name}>(views, SnapshotOptions::every(100))`")
        }
    }
}

impl std::error::Error for NoSnapshots {}

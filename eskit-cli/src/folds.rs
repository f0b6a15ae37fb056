use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use eskit::execute::load_values;
use eskit::log::{Page, Place, Position, Query, ReadOptions};
use eskit::model::{Evolve, Key};
use eskit::{AnyStore, EventStore, StoreError, delegate_store};
use serde::Serialize;
use serde_json::Value;

/// The aggregates whose states this program can fold, by their names.
#[derive(Default)]
pub(crate) struct Folds(BTreeMap<&'static str, Fold>);

/// How the state of one aggregate is folded.
pub(crate) struct Fold {
    pub(crate) key: Key,
    run: fn(AsOf, Vec<String>) -> Folding,
}

type Folding = Pin<Box<dyn Future<Output = Result<Folded, String>>>>;

/// A state.
pub(crate) struct Folded {
    pub(crate) version: u64,
    /// The last event of the state.
    pub(crate) last: Place,
    pub(crate) state: Value,
}

impl Folds {
    pub(crate) fn add<A: Evolve + Serialize>(&mut self) {
        self.0.insert(A::TYPE.name, Fold { key: A::TYPE.key, run: |store, key| Box::pin(fold::<A>(store, key)) });
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Fold> {
        self.0.get(name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }
}

impl Fold {
    /// Folds the instance with this key, as the log was at a position.
    pub(crate) async fn run(
        &self,
        store: AnyStore,
        until: Option<Position>,
        key: Vec<String>,
    ) -> Result<Folded, String> {
        (self.run)(AsOf { store, until }, key).await
    }
}

async fn fold<A: Evolve + Serialize>(store: AsOf, key: Vec<String>) -> Result<Folded, String> {
    let loaded = load_values::<A, _>(&store, key, &()).await.map_err(|error| error.to_string())?;
    let state =
        serde_json::to_value(&loaded.state).map_err(|error| format!("the state cannot be written as JSON: {error}"))?;
    Ok(Folded { version: loaded.version, last: loaded.last, state })
}

/// The log as it was when it ended at a position.
struct AsOf {
    store: AnyStore,
    until: Option<Position>,
}

impl AsOf {
    fn end(&self, head: Place) -> Place {
        self.until.filter(|until| *until < head.position).map_or(head, Place::from)
    }
}

impl EventStore for AsOf {
    delegate_store!(|layer| &layer.store, except read, head);

    async fn read(&self, query: &Query, mut options: ReadOptions) -> Result<Page, StoreError> {
        if let Some(until) = self.until {
            options.until = Some(options.until.map_or(until, |own| own.min(until)));
        }
        let mut page = self.store.read(query, options).await?;
        page.head = self.end(page.head);
        Ok(page)
    }

    async fn head(&self) -> Result<Place, StoreError> {
        Ok(self.end(self.store.head().await?))
    }
}

impl fmt::Debug for Folds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

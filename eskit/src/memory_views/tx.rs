use eskit_runtime::log::Position;
use eskit_runtime::rows::StoredRow;
use eskit_runtime::subscription::{Changed, ParkedEvent};
use eskit_runtime::work::{StepId, WorkItem};
use serde_json::Value;

use super::model::Model;
use super::step_list::Step;

/// The transaction with which handlers write to [`MemoryViews`](super::MemoryViews): values in tables, by key. What it writes becomes visible when
/// the checkpoint moves, and not at all if a handler fails.
#[derive(Debug)]
pub struct MemoryTx {
    /// The list whose items it opens and closes.
    pub(super) list: String,
    pub(super) model: Model,
    pub(super) last_number: u64,
    pub(super) undo: Vec<Undo>,
    pub(super) is_live: bool,
    pub(super) changed: Changed,
}

/// What a write replaced.
#[derive(Debug)]
pub(super) enum Undo {
    Value(String, String, Option<Value>),
    Row(String, Option<StoredRow>),
    Parked(Position, Option<ParkedEvent>),
    Opened(u64),
    Closed(WorkItem),
    Steps(Vec<(StepId, Step)>),
}

impl MemoryTx {
    /// The value under this key, as this transaction sees it.
    pub fn get(&self, table: &str, key: &str) -> Option<&Value> {
        self.model.tables.get(table)?.get(key)
    }

    /// Sets the value under this key. The table need not exist.
    pub fn put(&mut self, table: &str, key: impl Into<String>, value: Value) {
        let key = key.into();
        let old = self.model.tables.entry(table.to_owned()).or_default().insert(key.clone(), value);
        self.undo.push(Undo::Value(table.to_owned(), key, old));
    }

    /// Removes a key.
    pub fn remove(&mut self, table: &str, key: &str) {
        if let Some(old) = self.model.tables.get_mut(table).and_then(|table| table.remove(key)) {
            self.undo.push(Undo::Value(table.to_owned(), key.to_owned(), Some(old)));
        }
    }

    pub(super) fn park(&mut self, parked: ParkedEvent) {
        let position = parked.position;
        let old = self.model.parked.insert(position, parked);
        self.undo.push(Undo::Parked(position, old));
    }

    /// Takes back everything that was written.
    pub(super) fn undone(mut self) -> Model {
        while let Some(undo) = self.undo.pop() {
            match undo {
                Undo::Value(table, key, old) => {
                    let table = self.model.tables.entry(table).or_default();
                    match old {
                        Some(old) => table.insert(key, old),
                        None => table.remove(&key),
                    };
                }
                Undo::Row(key, Some(old)) => drop(self.model.rows.insert(key, old)),
                Undo::Row(key, None) => drop(self.model.rows.remove(&key)),
                Undo::Parked(position, Some(old)) => drop(self.model.parked.insert(position, old)),
                Undo::Parked(position, None) => drop(self.model.parked.remove(&position)),
                Undo::Opened(number) => drop(self.model.work.remove(number)),
                Undo::Closed(item) => self.model.work.insert(item),
                Undo::Steps(steps) => self.model.steps.restore(steps),
            }
        }
        self.model
    }

    /// Whether the subscription has handled all that the log holds, once this batch is handled.
    pub fn is_live(&self) -> bool {
        self.is_live
    }
}

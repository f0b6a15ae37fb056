use std::collections::{BTreeMap, BTreeSet, HashMap};

use eskit_runtime::Timestamp;
use eskit_runtime::work::{ClaimWork, ClaimedWork, NewWork, Outcome, Settled, WorkItem, WorkState, kept_text};

/// The items of one list. What a claim looks for stands in order: the first items of their keys that wait, by kind.
#[derive(Debug, Default)]
pub(super) struct WorkList {
    items: BTreeMap<u64, WorkItem>,
    by_id: HashMap<String, u64>,
    by_key: HashMap<String, BTreeSet<u64>>,
    /// The first items of their keys that wait.
    waiting: BTreeMap<String, BTreeSet<(Timestamp, u64)>>,
    /// Those that somebody holds, by the end of the claim.
    held: BTreeSet<(Timestamp, u64)>,
}

impl WorkList {
    /// The items by number.
    pub(super) fn items(&self) -> impl Iterator<Item = &WorkItem> {
        self.items.values()
    }

    /// Opens an item with this number, unless there is one with its id. Returns whether it did.
    pub(super) fn open(&mut self, new: NewWork, number: u64) -> bool {
        let is_new = !self.by_id.contains_key(&new.id);
        if is_new {
            self.insert(WorkItem::opened(new, number));
        }
        is_new
    }

    /// Puts an item in its place.
    pub(super) fn insert(&mut self, item: WorkItem) {
        let number = item.number;
        let first = self.first(&item.key);
        self.by_id.insert(item.id.clone(), number);
        self.by_key.entry(item.key.clone()).or_default().insert(number);
        // It may come back before those that were free meanwhile.
        if let Some(first) = first.filter(|first| *first > number) {
            self.change(first, |_| {});
        }
        self.items.insert(number, item);
        self.enter(number);
    }

    /// Removes an item.
    pub(super) fn remove(&mut self, number: u64) -> Option<WorkItem> {
        self.leave(number);
        let item = self.items.remove(&number)?;
        self.by_id.remove(&item.id);
        if let Some(numbers) = self.by_key.get_mut(&item.key) {
            numbers.remove(&number);
            if numbers.is_empty() {
                self.by_key.remove(&item.key);
            }
        }
        if let Some(next) = self.first(&item.key) {
            self.enter(next);
        }
        Some(item)
    }

    /// Removes an item by its id. Returns whether it was there.
    pub(super) fn remove_id(&mut self, id: &str) -> bool {
        let number = self.by_id.get(id).copied();
        number.is_some_and(|number| self.remove(number).is_some())
    }

    /// The items with this key that an event opened.
    pub(super) fn opened_under(&self, key: &str) -> Vec<u64> {
        let numbers = self.by_key.get(key).into_iter().flatten().copied();
        numbers.filter(|number| self.items.get(number).is_some_and(|item| item.event.is_some())).collect()
    }

    /// Removes all items that events opened.
    pub(super) fn close_all(&mut self) {
        let opened = self.items.values().filter(|item| item.event.is_some()).map(|item| item.number);
        for number in Vec::from_iter(opened) {
            self.remove(number);
        }
    }

    fn first(&self, key: &str) -> Option<u64> {
        self.by_key.get(key)?.first().copied()
    }

    /// Puts an item where claims look for it.
    fn enter(&mut self, number: u64) {
        let Some(item) = self.items.get(&number) else { return };
        match item.state {
            WorkState::Waiting if self.first(&item.key) == Some(number) => {
                self.waiting.entry(item.kind.clone()).or_default().insert((item.due, number));
            }
            WorkState::Claimed { until } => drop(self.held.insert((until, number))),
            WorkState::Waiting | WorkState::Parked => {}
        }
    }

    /// Takes an item away from there.
    fn leave(&mut self, number: u64) {
        let Some(item) = self.items.get(&number) else { return };
        if let WorkState::Claimed { until } = item.state {
            self.held.remove(&(until, number));
        }
        // One whose claim has ended waits too.
        if let Some(waiting) = self.waiting.get_mut(&item.kind) {
            waiting.remove(&(item.due, number));
            if waiting.is_empty() {
                self.waiting.remove(&item.kind);
            }
        }
    }

    fn change(&mut self, number: u64, change: impl FnOnce(&mut WorkItem)) {
        self.leave(number);
        if let Some(item) = self.items.get_mut(&number) {
            change(item);
        }
        self.enter(number);
    }

    /// Claims what is due, with epochs after the last number, and until a time by the clock.
    pub(super) fn claim(&mut self, claim: &ClaimWork, clock: Timestamp, last_number: &mut u64) -> ClaimedWork {
        self.end_claims(clock);
        let mut claimed = ClaimedWork::default();
        while claimed.items.len() < claim.limit as usize {
            let firsts = claim.kinds.iter().filter_map(|kind| self.waiting.get(kind)?.first());
            let Some(&(due, number)) = firsts.min() else { return claimed };
            if due > claim.now {
                claimed.next_due = Some(due);
                return claimed;
            }
            *last_number += 1;
            self.change(number, |item| {
                (item.epoch, item.attempts) = (*last_number, item.attempts + 1);
                item.state = WorkState::Claimed { until: clock + claim.lease };
            });
            claimed.items.extend(self.items.get(&number).cloned());
        }
        claimed
    }

    /// Lets items be claimed again whose claims have ended.
    fn end_claims(&mut self, clock: Timestamp) {
        while let Some(&(until, number)) = self.held.first()
            && until <= clock
        {
            self.held.remove(&(until, number));
            // Who held it may still settle it, by its epoch.
            if let Some(item) = self.items.get(&number) {
                self.waiting.entry(item.kind.clone()).or_default().insert((item.due, number));
            }
        }
    }

    /// The number of an item, if this claim of it still holds.
    fn held(&self, id: &str, epoch: u64) -> Option<u64> {
        let number = *self.by_id.get(id)?;
        let item = self.items.get(&number)?;
        (item.epoch == epoch && matches!(item.state, WorkState::Claimed { .. })).then_some(number)
    }

    /// Whether a claim of an item still holds.
    pub(super) fn is_held(&self, id: &str, epoch: u64) -> bool {
        self.held(id, epoch).is_some()
    }

    /// Renews a claim. Returns whether it still holds.
    pub(super) fn renew(&mut self, id: &str, epoch: u64, until: Timestamp) -> bool {
        let Some(number) = self.held(id, epoch) else { return false };
        self.change(number, |item| item.state = WorkState::Claimed { until });
        true
    }

    /// Ends a claim. Returns whether it still held.
    pub(super) fn settle(&mut self, settled: Settled) -> bool {
        let Some(number) = self.held(&settled.id, settled.epoch) else { return false };
        if settled.outcome == Outcome::Done {
            return self.remove(number).is_some();
        }
        self.change(number, |item| {
            item.state = WorkState::Waiting;
            match settled.outcome {
                Outcome::Done => {}
                Outcome::Retry { at, text } => (item.due, item.text) = (at, kept_text(&text)),
                Outcome::Park { text } => (item.state, item.text) = (WorkState::Parked, kept_text(&text)),
                Outcome::GiveUp { text } => {
                    (item.state, item.text) = (WorkState::Parked, kept_text(&text));
                    item.attempts = item.attempts.saturating_sub(1);
                }
                Outcome::Again { at, payload } => {
                    (item.due, item.attempts, item.payload) = (at, 0, payload);
                    item.text.clear();
                }
                Outcome::Release => item.attempts = item.attempts.saturating_sub(1),
            }
        });
        true
    }

    /// Lets an item that waits or is parked be done now. Returns whether there is such an item.
    pub(super) fn retry(&mut self, id: &str, now: Timestamp) -> bool {
        let Some(&number) = self.by_id.get(id) else { return false };
        let is_held = self.items.get(&number).is_none_or(|item| matches!(item.state, WorkState::Claimed { .. }));
        if !is_held {
            self.change(number, |item| {
                (item.state, item.due, item.attempts) = (WorkState::Waiting, now.min(item.due), 0);
            });
        }
        !is_held
    }
}

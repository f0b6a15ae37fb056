use std::collections::BTreeSet;
use std::time::Duration;

use eskit_runtime::subscription::{Changed, HandleError};
use eskit_runtime::work::{
    ClaimWork, ClaimedWork, ListWork, NewWork, Outcome, Settled, Work, WorkItem, WorkState, WorkTx,
};
use eskit_runtime::{StoreError, Timestamp};

use super::{Kept, MemoryTx, MemoryViews, Model, Undo};

impl Model {
    /// Whether an item can be claimed by who knows these kinds: when it is due. Its place in its key is not looked at.
    fn claimable_at(item: &WorkItem, kinds: &[String], clock: Timestamp) -> Option<Timestamp> {
        let is_free = match item.state {
            WorkState::Waiting => true,
            WorkState::Claimed { until } => until <= clock,
            WorkState::Parked => false,
        };
        (is_free && kinds.contains(&item.kind)).then_some(item.due)
    }

    /// The items that stand first in their keys and can be claimed, each with the time at which it is due, those due first at first.
    fn claimable(&self, kinds: &[String], clock: Timestamp) -> Vec<(Timestamp, u64)> {
        let mut keys = BTreeSet::new();
        let first = self.work.values().filter(|item| keys.insert(item.key.as_str()));
        let mut due: Vec<_> =
            first.filter_map(|item| Some((Model::claimable_at(item, kinds, clock)?, item.number))).collect();
        due.sort_unstable();
        due
    }

    fn item_mut(&mut self, id: &str) -> Option<&mut WorkItem> {
        self.work.values_mut().find(|item| item.id == id)
    }

    /// The item of a claim, if the claim still holds.
    fn held(&mut self, id: &str, epoch: u64) -> Option<&mut WorkItem> {
        let item = self.item_mut(id)?;
        (item.epoch == epoch && matches!(item.state, WorkState::Claimed { .. })).then_some(item)
    }

    fn settle(&mut self, settled: Settled) -> bool {
        let Some(item) = self.held(&settled.id, settled.epoch) else { return false };
        match settled.outcome {
            Outcome::Done => {
                let number = item.number;
                self.work.remove(&number);
            }
            Outcome::Retry { at, text } => {
                (item.state, item.due, item.text) = (WorkState::Waiting, at, text);
            }
            Outcome::Park { text } => (item.state, item.text) = (WorkState::Parked, text),
            Outcome::Again { at, payload } => {
                (item.state, item.due, item.attempts, item.payload) = (WorkState::Waiting, at, 0, payload);
                item.text.clear();
            }
            Outcome::Release => {
                (item.state, item.attempts) = (WorkState::Waiting, item.attempts.saturating_sub(1));
            }
        }
        true
    }
}

impl Kept {
    fn list(&mut self, list: &str) -> &mut Model {
        self.models.entry((list.to_owned(), 1)).or_default()
    }

    fn claim_work(&mut self, list: &str, claim: &ClaimWork) -> ClaimedWork {
        let mut last_number = self.last_number;
        let model = self.list(list);
        let clock = Timestamp::now();
        let mut claimable = model.claimable(&claim.kinds, clock).into_iter();
        let mut items = Vec::new();
        let mut next_due = None;
        for (due, number) in claimable.by_ref() {
            if items.len() == claim.limit as usize {
                break;
            }
            if due > claim.now {
                next_due = Some(due);
                break;
            }
            if let Some(item) = model.work.get_mut(&number) {
                last_number += 1;
                (item.epoch, item.attempts) = (last_number, item.attempts + 1);
                item.state = WorkState::Claimed { until: clock + claim.lease };
                items.push(item.clone());
            }
        }
        self.last_number = last_number;
        ClaimedWork { items, next_due }
    }
}

impl Work for MemoryViews {
    async fn add_work(&self, list: &str, items: Vec<NewWork>) -> Result<u64, StoreError> {
        let mut kept = self.lock();
        let mut last_number = kept.last_number;
        let model = kept.list(list);
        let mut added = 0;
        for new in items {
            if model.item_mut(&new.id).is_none() {
                last_number += 1;
                model.work.insert(last_number, WorkItem::opened(new, last_number));
                added += 1;
            }
        }
        kept.last_number = last_number;
        drop(kept);
        if added > 0 {
            self.tell(list, Changed::All);
        }
        Ok(added)
    }

    async fn claim_work(&self, list: &str, claim: ClaimWork) -> Result<ClaimedWork, StoreError> {
        Ok(self.lock().claim_work(list, &claim))
    }

    async fn renew_work(&self, list: &str, held: Vec<(String, u64)>, lease: Duration) -> Result<Vec<bool>, StoreError> {
        let mut kept = self.lock();
        let (model, until) = (kept.list(list), Timestamp::now() + lease);
        let renew = |(id, epoch): &(String, u64)| match model.held(id, *epoch) {
            Some(item) => {
                item.state = WorkState::Claimed { until };
                true
            }
            None => false,
        };
        Ok(held.iter().map(renew).collect())
    }

    async fn settle_work(&self, list: &str, settled: Vec<Settled>) -> Result<Vec<bool>, StoreError> {
        let mut kept = self.lock();
        let model = kept.list(list);
        Ok(settled.into_iter().map(|settled| model.settle(settled)).collect())
    }

    async fn list_work(&self, list: &str, which: ListWork) -> Result<Vec<WorkItem>, StoreError> {
        let kept = self.lock();
        let model = kept.models.get(&(list.to_owned(), 1));
        let items = model.into_iter().flat_map(|model| model.work.values()).filter(|item| which.takes(item));
        Ok(items.take(which.limit as usize).cloned().collect())
    }

    async fn retry_work(&self, list: &str, id: &str) -> Result<bool, StoreError> {
        let mut kept = self.lock();
        let item = kept.list(list).item_mut(id);
        let Some(item) = item.filter(|item| !matches!(item.state, WorkState::Claimed { .. })) else { return Ok(false) };
        (item.state, item.due, item.attempts) = (WorkState::Waiting, Timestamp::now().min(item.due), 0);
        drop(kept);
        self.tell(list, Changed::All);
        Ok(true)
    }

    async fn drop_work(&self, list: &str, id: &str) -> Result<bool, StoreError> {
        let mut kept = self.lock();
        let model = kept.list(list);
        let number = model.item_mut(id).map(|item| item.number);
        Ok(number.is_some_and(|number| model.work.remove(&number).is_some()))
    }
}

impl WorkTx for MemoryTx {
    fn open_work(&mut self, items: Vec<NewWork>) -> Result<(), HandleError> {
        for new in items {
            if self.model.item_mut(&new.id).is_none() {
                self.last_number += 1;
                let number = self.last_number;
                self.model.work.insert(number, WorkItem::opened(new, number));
                self.undo.push(Undo::Opened(number));
            }
        }
        Ok(())
    }

    fn close_work(&mut self, keys: &[String]) -> Result<(), HandleError> {
        let is_closed = |item: &WorkItem| item.event.is_some() && keys.contains(&item.key);
        let closed: Vec<u64> =
            self.model.work.values().filter(|item| is_closed(item)).map(|item| item.number).collect();
        self.undo.extend(closed.iter().filter_map(|number| self.model.work.remove(number)).map(Undo::Closed));
        Ok(())
    }
}

use std::time::Duration;

use eskit_runtime::subscription::{Changed, HandleError};
use eskit_runtime::work::{
    ClaimWork, ClaimedWork, ListWork, NewWork, Outcome, Settled, Work, WorkItem, WorkTx, check_work,
};
use eskit_runtime::{StoreError, Timestamp};

use super::work_list::WorkList;
use super::{Kept, MemoryTx, MemoryViews, Undo};

impl Kept {
    /// The items of a list, and the last number of an item or a claim of any list.
    fn list(&mut self, list: &str) -> (&mut WorkList, &mut u64) {
        let model = self.models.entry((list.to_owned(), 1)).or_default();
        (&mut model.work, &mut self.last_number)
    }
}

impl Work for MemoryViews {
    async fn add_work(&self, list: &str, items: Vec<NewWork>) -> Result<u64, StoreError> {
        check_work(list, &items)?;
        let mut kept = self.lock();
        let (work, last_number) = kept.list(list);
        let mut added = 0;
        for new in items {
            *last_number += 1;
            added += u64::from(work.open(new, *last_number));
        }
        drop(kept);
        if added > 0 {
            self.tell(list, Changed::All);
        }
        Ok(added)
    }

    async fn claim_work(&self, list: &str, claim: ClaimWork) -> Result<ClaimedWork, StoreError> {
        let mut kept = self.lock();
        let (work, last_number) = kept.list(list);
        Ok(work.claim(&claim, Timestamp::now(), last_number))
    }

    async fn renew_work(&self, list: &str, held: Vec<(String, u64)>, lease: Duration) -> Result<Vec<bool>, StoreError> {
        let mut kept = self.lock();
        let ((work, _), until) = (kept.list(list), Timestamp::now() + lease);
        Ok(held.iter().map(|(id, epoch)| work.renew(id, *epoch, until)).collect())
    }

    async fn settle_work(&self, list: &str, settled: Vec<Settled>) -> Result<Vec<bool>, StoreError> {
        let mut kept = self.lock();
        let model = kept.models.entry((list.to_owned(), 1)).or_default();
        let settle = |settled: Settled| {
            let (id, is_over) = (settled.id.clone(), matches!(settled.outcome, Outcome::Done | Outcome::Again { .. }));
            let was_held = model.work.settle(settled);
            if was_held && is_over {
                model.steps.take(&id);
            }
            was_held
        };
        Ok(settled.into_iter().map(settle).collect())
    }

    async fn list_work(&self, list: &str, which: ListWork) -> Result<Vec<WorkItem>, StoreError> {
        let kept = self.lock();
        let model = kept.models.get(&(list.to_owned(), 1));
        let items = model.into_iter().flat_map(|model| model.work.items()).filter(|item| which.takes(item));
        Ok(items.take(which.limit as usize).cloned().collect())
    }

    async fn retry_work(&self, list: &str, id: &str) -> Result<bool, StoreError> {
        let is_there = self.lock().list(list).0.retry(id, Timestamp::now());
        if is_there {
            self.tell(list, Changed::All);
        }
        Ok(is_there)
    }

    async fn drop_work(&self, list: &str, id: &str) -> Result<bool, StoreError> {
        let mut kept = self.lock();
        let model = kept.models.entry((list.to_owned(), 1)).or_default();
        model.steps.take(id);
        Ok(model.work.remove_id(id))
    }
}

impl WorkTx for MemoryTx {
    fn open_work(&mut self, items: Vec<NewWork>) -> Result<(), HandleError> {
        check_work(&self.list, &items).map_err(HandleError::permanent)?;
        for new in items {
            self.last_number += 1;
            if self.model.work.open(new, self.last_number) {
                self.undo.push(Undo::Opened(self.last_number));
            }
        }
        Ok(())
    }

    fn close_work(&mut self, keys: &[String]) -> Result<(), HandleError> {
        for key in keys {
            for number in self.model.work.opened_under(key) {
                let Some(item) = self.model.work.remove(number) else { continue };
                self.undo.push(Undo::Steps(self.model.steps.take(&item.id)));
                self.undo.push(Undo::Closed(item));
            }
        }
        Ok(())
    }
}

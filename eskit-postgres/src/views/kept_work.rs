use std::time::Duration;

use eskit_runtime::StoreError;
use eskit_runtime::subscription::Changed;
use eskit_runtime::work::{ClaimWork, ClaimedWork, ListWork, NewWork, Settled, Work, WorkItem, check_work};

use super::postgres_views::PostgresViews;

/// Items are rows of one table, in the schema of the checkpoints.
impl Work for PostgresViews {
    async fn add_work(&self, list: &str, items: Vec<NewWork>) -> Result<u64, StoreError> {
        check_work(list, &items)?;
        let added = self.inner.in_time(self.inner.add_work(list, items)).await;
        let added = added.map_err(|fault| self.failed("add work to", list, fault))?;
        if added > 0 {
            self.inner.hubs.of(list).tell(Changed::All);
        }
        Ok(added)
    }

    async fn claim_work(&self, list: &str, claim: ClaimWork) -> Result<ClaimedWork, StoreError> {
        let claimed = self.inner.in_time(self.inner.claim_work(list, claim)).await;
        claimed.map_err(|fault| self.failed("claim work of", list, fault))
    }

    async fn renew_work(&self, list: &str, held: Vec<(String, u64)>, lease: Duration) -> Result<Vec<bool>, StoreError> {
        let renewed = self.inner.in_time(self.inner.renew_work(list, &held, lease)).await;
        renewed.map_err(|fault| self.failed("renew claims on work of", list, fault))
    }

    async fn settle_work(&self, list: &str, settled: Vec<Settled>) -> Result<Vec<bool>, StoreError> {
        let settled = self.inner.in_time(self.inner.settle_work(list, settled)).await;
        settled.map_err(|fault| self.failed("settle work of", list, fault))
    }

    async fn list_work(&self, list: &str, which: ListWork) -> Result<Vec<WorkItem>, StoreError> {
        let found = self.inner.in_time(self.inner.list_work(list, which)).await;
        found.map_err(|fault| self.failed("list the work of", list, fault))
    }

    async fn retry_work(&self, list: &str, id: &str) -> Result<bool, StoreError> {
        let is_there = self.inner.in_time(self.inner.retry_work(list, id)).await;
        let is_there = is_there.map_err(|fault| self.failed("retry work of", list, fault))?;
        if is_there {
            self.inner.hubs.of(list).tell(Changed::All);
        }
        Ok(is_there)
    }

    async fn drop_work(&self, list: &str, id: &str) -> Result<bool, StoreError> {
        let was_there = self.inner.in_time(self.inner.drop_work(list, id)).await;
        was_there.map_err(|fault| self.failed("drop work of", list, fault))
    }
}

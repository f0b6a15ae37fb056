use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use eskit_runtime::StoreError;
use eskit_runtime::subscription::{Changed, Changes, TellChanges};
use sqlx::Row;

use crate::error::Fault;

use super::inner::Inner;
use super::postgres_views::PostgresViews;
use super::work;

/// How often to look for commits of other processes while a reader waits for changes.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Commits of this process are told at once and with the keys that [`Tx::changed`](crate::Tx::changed) named; those of another process
/// within about 250 ms, as [`Changed::All`](eskit_runtime::subscription::Changed::All). For that, one short query is made in each 250 ms
/// while anybody waits.
impl TellChanges for PostgresViews {
    async fn changes_of(&self, name: &str) -> Result<Changes, StoreError> {
        let hub = self.inner.hubs.of(name);
        let looked = look(&self.inner, name).await;
        let (version, count) = looked.map_err(|fault| self.failed("listen to the changes of", name, fault))?;
        hub.look(version, count);
        let since = work::look(&self.inner, name, i64::MAX).await;
        let (_, since) = since.map_err(|fault| self.failed("listen to the changes of", name, fault))?;
        let since = Arc::new(AtomicI64::new(since));
        let (inner, name, hub) = (Arc::downgrade(&self.inner), name.to_owned(), Arc::downgrade(&hub));
        Ok(self.inner.hubs.of(&name).listen().looking(LOOK_EVERY, move || {
            let (inner, name, hub, since) = (inner.upgrade(), name.clone(), hub.upgrade(), Arc::clone(&since));
            // A failure here is met again, and told, by the read that follows.
            async move {
                let inner = inner?;
                let (is_news, until) = work::look(&inner, &name, since.load(Ordering::Relaxed)).await.ok()?;
                if is_news {
                    hub?.tell(Changed::All);
                }
                since.store(until, Ordering::Relaxed);
                look(&inner, &name).await.ok()
            }
        }))
    }
}

/// The version of a read model that readers see, and how often it was changed.
async fn look(inner: &Inner, name: &str) -> Result<(Option<u32>, u64), Fault> {
    let row = sqlx::query(inner.statements.changes.safe()).bind(name).fetch_optional(&inner.pool).await?;
    let Some(row) = row else { return Ok((None, 0)) };
    let (version, count): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    Ok((u32::try_from(version).ok(), count.cast_unsigned()))
}

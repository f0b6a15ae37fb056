use std::sync::Arc;
use std::time::Duration;

use eskit_runtime::StoreError;
use eskit_runtime::subscription::{Changed, Changes, TellChanges};

use crate::views::sqlite_views::SqliteViews;

/// How often to look for commits of other processes while a reader waits for changes.
const LOOK_EVERY: Duration = Duration::from_millis(100);

impl SqliteViews {
    /// The version of a read model that readers see, and how often it was changed.
    async fn count_changes(&self, name: String) -> Result<(Option<u32>, u64), StoreError> {
        let (version, count) = self.on_reader(move |reader| reader.changes(&name)).await?;
        Ok((Some(version), count))
    }
}

/// Commits of this process are told at once and with the keys that [`Tx::changed`](crate::Tx::changed) named; those of another process within about 100 ms,
/// as [`Changed::All`]. So are commands that wait in the outbox.
impl TellChanges for SqliteViews {
    async fn changes_of(&self, name: &str) -> Result<Changes, StoreError> {
        let hub = self.shared.hubs.of(name);
        let (version, count) = self.count_changes(name.to_owned()).await?;
        hub.look(version, count);
        let (shared, name) = (Arc::downgrade(&self.shared), name.to_owned());
        Ok(hub.listen().looking(LOOK_EVERY, move || {
            let (views, name) = (shared.upgrade().map(|shared| SqliteViews { shared }), name.clone());
            // A failure here is met again, and told, by the read that follows.
            async move {
                let views = views?;
                if views.has_outgoing(name.clone()).await.unwrap_or_default() {
                    views.shared.hubs.of(&name).tell(Changed::All);
                }
                views.count_changes(name).await.ok()
            }
        }))
    }
}

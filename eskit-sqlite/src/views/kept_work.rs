use std::sync::Arc;
use std::time::Duration;

use eskit_runtime::StoreError;
use eskit_runtime::subscription::Changed;
use eskit_runtime::work::{ClaimWork, ClaimedWork, ListWork, NewWork, Settled, Work, WorkItem, check_work};
use rusqlite::Connection;

use crate::handlers::tx::Tx;
use crate::views::fault::failed;
use crate::views::names::{LIST, LIST_VERSION, ModelId};
use crate::views::sqlite_views::SqliteViews;
use crate::views::writer::Writer;
use crate::views::{claims, open, work};

impl SqliteViews {
    /// The thread that writes to the file of a list; `None` if there is no such file and none is to be created.
    pub(super) async fn list_writer(&self, list: &str, is_new: bool) -> Result<Option<Arc<Writer>>, StoreError> {
        self.check_process()?;
        let id = ModelId::new(list, LIST_VERSION)?;
        if let Some(writer) = self.lists().get(&id).filter(|writer| writer.is_there()) {
            return Ok(Some(Arc::clone(writer)));
        }
        let (views, own) = (self.clone(), id.clone());
        let found = if is_new {
            Some(self.on_reader(move |_| views.writer(&own)).await?)
        } else {
            self.existing_writer(own).await?
        };
        let Some(writer) = found else { return Ok(None) };
        let (path, own) = (writer.path.clone(), id.clone());
        let create = move |tx: &mut Tx| open::transact_durably(tx, &path, |tx| claims::create(tx, &path, &own));
        writer.run(create).await?;
        self.lists().insert(id, Arc::clone(&writer));
        Ok(Some(writer))
    }

    /// Changes what is in a list that may be there.
    async fn on_list<T: Default + Send + 'static>(
        &self,
        list: &str,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let Some(writer) = self.list_writer(list, false).await? else { return Ok(T::default()) };
        let path = writer.path.clone();
        let run = move |tx: &mut Tx| {
            open::transact_for(tx, &path, |tx| change(tx).map_err(|error| failed(error, "write", &path)))
        };
        writer.run(run).await
    }

    /// Changes a list durably, and tells those who listen if that is news.
    pub(super) async fn and_tell<T: Send + 'static>(
        &self,
        (list, writer): (&str, Arc<Writer>),
        change: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        is_news: impl FnOnce(&T) -> bool + Send + 'static,
    ) -> Result<T, StoreError> {
        let (hub, path) = (self.shared.hubs.of(list), writer.path.clone());
        let run = move |tx: &mut Tx| {
            let pending = [LIST, LIST_VERSION].map(|version| hub.begin(version));
            let (done, is_news) = open::transact_durably(tx, &path, |tx| {
                let run = || {
                    let done = change(tx)?;
                    let is_news = is_news(&done);
                    if is_news {
                        work::count_addition(tx)?;
                    }
                    Ok((done, is_news))
                };
                run().map_err(|error: rusqlite::Error| failed(error, "write", &path))
            })?;
            if is_news {
                pending.into_iter().for_each(|pending| pending.committed(Changed::All, false));
                hub.tell(Changed::All);
            }
            Ok::<_, StoreError>(done)
        };
        writer.run(run).await
    }
}

/// The items of a list are in the file of the read model of this name, beside the checkpoint of the processor: `views.mails.1.db`. What
/// is claimed and settled is committed without waiting for the disk: a loss of power may undo it, and what was done is done again. What
/// [`Work::add_work`] adds is on the disk when it returns.
impl Work for SqliteViews {
    async fn add_work(&self, list: &str, items: Vec<NewWork>) -> Result<u64, StoreError> {
        check_work(list, &items)?;
        let Some(writer) = self.list_writer(list, true).await? else { return Ok(0) };
        self.and_tell((list, writer), move |conn| work::open(conn, items), |added| *added > 0).await
    }

    async fn claim_work(&self, list: &str, claim: ClaimWork) -> Result<ClaimedWork, StoreError> {
        self.empty_outbox(list).await?;
        self.on_list(list, move |conn| work::claim(conn, &claim)).await
    }

    async fn renew_work(&self, list: &str, held: Vec<(String, u64)>, lease: Duration) -> Result<Vec<bool>, StoreError> {
        let count = held.len();
        let renew = move |conn: &Connection| held.iter().map(|held| work::renew(conn, held, lease)).collect();
        self.on_list(list, renew).await.map(|held: Vec<bool>| or_none_held(held, count))
    }

    async fn settle_work(&self, list: &str, settled: Vec<Settled>) -> Result<Vec<bool>, StoreError> {
        let count = settled.len();
        let settle = move |conn: &Connection| settled.into_iter().map(|settled| work::settle(conn, settled)).collect();
        self.on_list(list, settle).await.map(|held: Vec<bool>| or_none_held(held, count))
    }

    async fn list_work(&self, list: &str, which: ListWork) -> Result<Vec<WorkItem>, StoreError> {
        let id = ModelId::new(list, LIST_VERSION)?;
        self.on_reader(move |reader| reader.list_work(&id, &which)).await
    }

    async fn retry_work(&self, list: &str, id: &str) -> Result<bool, StoreError> {
        let Some(writer) = self.list_writer(list, false).await? else { return Ok(false) };
        let id = id.to_owned();
        self.and_tell((list, writer), move |conn| work::retry(conn, &id), |is_there| *is_there).await
    }

    async fn drop_work(&self, list: &str, id: &str) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.on_list(list, move |conn| work::drop_item(conn, &id)).await
    }
}

/// In a list that is not there, nothing is held.
fn or_none_held(held: Vec<bool>, count: usize) -> Vec<bool> {
    if held.is_empty() { vec![false; count] } else { held }
}

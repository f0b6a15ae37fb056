use eskit_runtime::subscription::HandleError;
use eskit_runtime::work::{NewWork, WorkTxAsync, check_work};

use crate::handlers::tx::{ListOfTx, Tx};

use super::work;

/// In [`PostgresViews`](crate::PostgresViews). A transaction of a synchronous projection has no list of work, and refuses.
impl WorkTxAsync for Tx {
    async fn lock_work<'a>(&'a mut self, opened: &'a [String], closed: &'a [String]) -> Result<(), HandleError> {
        let list = list_of(self)?;
        work::lock(&list, self, opened, closed).await.map_err(HandleError::new)
    }

    async fn open_work(&mut self, items: Vec<NewWork>) -> Result<(), HandleError> {
        let list = list_of(self)?;
        check_work(&list.name, &items).map_err(HandleError::permanent)?;
        work::open(&list, self, items).await.map(drop).map_err(HandleError::new)
    }

    async fn close_work<'a>(&'a mut self, keys: &'a [String]) -> Result<(), HandleError> {
        let list = list_of(self)?;
        work::close(&list, self, keys).await.map_err(HandleError::new)
    }
}

fn list_of(tx: &Tx) -> Result<ListOfTx, HandleError> {
    tx.list().cloned().ok_or_else(|| {
        let text = "a synchronous projection keeps no list of work\nhelp: open items in a processor, or with `add_work` of the views";
        HandleError::permanent(text)
    })
}

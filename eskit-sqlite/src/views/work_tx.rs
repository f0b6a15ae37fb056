use eskit_runtime::subscription::HandleError;
use eskit_runtime::work::{NewWork, WorkTx, check_work};
use rusqlite::Connection;

use crate::handlers::blame::ENDED;
use crate::handlers::tx::Tx;
use crate::views::work;

/// In [`SqliteViews`](crate::SqliteViews). A transaction of a synchronous projection has no list of work, and refuses.
impl WorkTx for Tx {
    fn open_work(&mut self, items: Vec<NewWork>) -> Result<(), HandleError> {
        if let Some(list) = self.list() {
            check_work(list, &items).map_err(HandleError::permanent)?;
        }
        on_list(self, |conn| work::open(conn, items).map(drop))
    }

    fn close_work(&mut self, keys: &[String]) -> Result<(), HandleError> {
        on_list(self, |conn| work::close(conn, keys))
    }
}

/// Changes the list in the transaction of the handler.
fn on_list(tx: &mut Tx, change: impl FnOnce(&Connection) -> rusqlite::Result<()>) -> Result<(), HandleError> {
    if tx.list().is_none() {
        let text = "a synchronous projection keeps no list of work\nhelp: open items in a processor, or with `add_work` of the views";
        return Err(HandleError::permanent(text));
    }
    // It would be committed at once.
    if tx.has_ended() {
        return Err(HandleError::new(ENDED));
    }
    tx.for_handler(change).map_err(HandleError::new)
}

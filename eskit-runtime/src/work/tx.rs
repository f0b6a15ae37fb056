use std::future::Future;

use crate::subscription::HandleError;

use super::item::NewWork;

/// A transaction of views that opens and closes items of the list of its subscription, together with the checkpoint.
pub trait WorkTx {
    /// Opens items. Those whose id is in the list already are left as they are.
    ///
    /// # Errors
    /// The database failed, or an item is beyond its limits.
    fn open_work(&mut self, items: Vec<NewWork>) -> Result<(), HandleError>;

    /// Removes all items with these keys that an event opened, whatever their state: who is doing one cannot settle it any more. What is not
    /// there is closed already.
    ///
    /// # Errors
    /// The database failed.
    fn close_work(&mut self, keys: &[String]) -> Result<(), HandleError>;
}

/// As [`WorkTx`], for a database that is called asynchronously.
pub trait WorkTxAsync: Send {
    /// Lets nobody else open items with these keys, nor close, claim or settle items with those, until the transaction ends. Called
    /// before the first of them is opened or closed, so that transactions that wait for each other lock keys in one order, whatever
    /// the order of their events.
    ///
    /// # Errors
    /// The database failed.
    fn lock_work<'a>(
        &'a mut self,
        opened: &'a [String],
        closed: &'a [String],
    ) -> impl Future<Output = Result<(), HandleError>> + Send + 'a;

    /// As [`WorkTx::open_work`].
    ///
    /// # Errors
    /// The database failed, or an item is beyond its limits.
    fn open_work(&mut self, items: Vec<NewWork>) -> impl Future<Output = Result<(), HandleError>> + Send + '_;

    /// As [`WorkTx::close_work`].
    ///
    /// # Errors
    /// The database failed.
    fn close_work<'a>(&'a mut self, keys: &'a [String]) -> impl Future<Output = Result<(), HandleError>> + Send + 'a;
}

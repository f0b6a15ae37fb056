use std::collections::BTreeMap;
use std::error::Error;
use std::future::Future;

use eskit_runtime::subscription::{Apply, Subscriber};

use super::probe::{Parks, Probe, Revised, Skips, Stops};
use crate::log::Log;

/// Any error of the views that are tested.
pub type TestError = Box<dyn Error + Send + Sync>;

/// What the table of the suite holds: a value for each key.
pub type Rows = BTreeMap<String, String>;

/// Views that are tested: how to open them, and how to read what was committed there.
///
/// The subscribers of the suite keep one table of keys and values. How they write to it is said by [`WriteRows`], for a transaction
/// of plain functions, or by [`WriteRowsAsync`].
pub trait TestViews: Sized + Send + Sync + 'static {
    /// The views.
    type Views: Apply<Probe<Self, Stops>>
        + Apply<Probe<Self, Revised>>
        + Apply<Probe<Self, Parks>>
        + Apply<Probe<Self, Skips>>;

    /// The SQL that creates the table of the suite; empty for views that need none.
    const TABLES: &'static str;

    /// Opens the views in a place: empty ones at first. Views that outlive their process are the same ones when the place is given
    /// again, also while they are open, and also from another process.
    fn open(&self, place: Log) -> impl Future<Output = Result<Self::Views, TestError>> + Send;

    /// The committed rows of the active version of a read model, as a reader outside of every transaction sees them.
    fn rows<P: Subscriber>(&self, views: &Self::Views) -> impl Future<Output = Result<Rows, TestError>> + Send;

    /// Called for each place when the case that used it is done, for views that keep something outside of [`Log::path`], such as a
    /// database.
    fn remove(&self, place: Log) -> impl Future<Output = ()> + Send {
        let _ = place;
        std::future::ready(())
    }
}

/// How a subscriber of the suite writes with a transaction of plain functions.
pub trait WriteRows: TestViews {
    /// The transaction.
    type Tx;

    /// Sets the value of a key.
    ///
    /// # Errors
    /// The statement failed.
    fn put(tx: &mut Self::Tx, key: &str, value: &str) -> Result<(), TestError>;

    /// The value of a key, as the transaction sees it.
    ///
    /// # Errors
    /// The statement failed.
    fn get(tx: &mut Self::Tx, key: &str) -> Result<Option<String>, TestError>;
}

/// How a subscriber of the suite writes with a transaction of async functions.
pub trait WriteRowsAsync: TestViews {
    /// The transaction.
    type Tx: Send;

    /// Sets the value of a key.
    fn put(tx: &mut Self::Tx, key: &str, value: &str) -> impl Future<Output = Result<(), TestError>> + Send;

    /// The value of a key, as the transaction sees it.
    fn get(tx: &mut Self::Tx, key: &str) -> impl Future<Output = Result<Option<String>, TestError>> + Send;
}

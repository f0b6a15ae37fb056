use std::future::Future;

use crate::log::{LogId, Place, StoreError, Subject};
use crate::vault::key::{KeyId, StoredKey, WrappedKey};

/// Keys of one page of [`KeyStore::page`].
pub const KEYS_PER_PAGE: usize = 1000;

/// Where the keys of subjects are kept. Keep it apart from the log, and back it up apart from the log: one backup of both keeps
/// readable what was forgotten since.
///
/// Every key store must keep these rules, and the crate `eskit-conformance` tests them:
///
/// - What a call has written is durable before it returns, so that no value is sealed with a key that is lost.
/// - Of several callers, whatever their processes, that ask at the same time for the key of a new subject, all get the same one.
/// - A key that was destroyed is gone from the files of the store before [`KeyStore::destroy`] returns, as far as the store can see to
///   that; its documentation says how far. The key's row stays, without the key: it tells a subject that was forgotten from a key that
///   was lost. It never gets a key again.
pub trait KeyStore: Send + Sync + 'static {
    /// For each of these keys: the key that its subject has in its log. If the subject has none, or only destroyed ones, this one is
    /// stored, and returned. In the order of the call, which names each subject once.
    ///
    /// # Errors
    /// The store failed; see [`StoreErrorKind`](crate::log::StoreErrorKind).
    fn get_or_insert(&self, keys: Vec<StoredKey>) -> impl Future<Output = Result<Vec<StoredKey>, StoreError>> + Send;

    /// The keys with these ids, destroyed ones included, in any order. Ids that the store does not know are left out.
    ///
    /// # Errors
    /// The store failed.
    fn get(&self, ids: Vec<KeyId>) -> impl Future<Output = Result<Vec<StoredKey>, StoreError>> + Send;

    /// All keys that a subject ever had in a log, destroyed ones included, sorted by id.
    ///
    /// # Errors
    /// The store failed.
    fn of_subject(
        &self,
        log: LogId,
        subject: Subject,
    ) -> impl Future<Output = Result<Vec<StoredKey>, StoreError>> + Send;

    /// Destroys the keys with these ids, whatever else is said of them here. A key that the store does not know is stored as destroyed,
    /// since the store may have been restored from a backup. Returns how many were not destroyed before.
    ///
    /// # Errors
    /// The store failed. Some keys may be destroyed; call again.
    fn destroy(&self, keys: Vec<StoredKey>) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// How many keys are destroyed. It tells a process that others have destroyed some.
    ///
    /// # Errors
    /// The store failed.
    fn destroyed(&self) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Up to [`KEYS_PER_PAGE`] keys that are not destroyed, sorted by id, after this one: to wrap them anew.
    ///
    /// # Errors
    /// The store failed.
    fn page(&self, after: Option<KeyId>) -> impl Future<Output = Result<Vec<StoredKey>, StoreError>> + Send;

    /// Replaces a wrapped key by the same key wrapped anew, unless it is no longer what it was. Returns whether it was.
    ///
    /// # Errors
    /// The store failed.
    fn rewrap(
        &self,
        id: KeyId,
        from: WrappedKey,
        to: WrappedKey,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Up to where a log was searched for records of forgotten subjects by what has this name; [`Place::START`] if it never was.
    ///
    /// # Errors
    /// The store failed.
    fn searched(&self, log: LogId, by: String) -> impl Future<Output = Result<Place, StoreError>> + Send;

    /// Remembers up to where a log was searched.
    ///
    /// # Errors
    /// The store failed.
    fn set_searched(&self, log: LogId, by: String, place: Place)
    -> impl Future<Output = Result<(), StoreError>> + Send;
}

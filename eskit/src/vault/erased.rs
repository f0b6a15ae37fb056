//! Key stores and master keys of any type.

use std::future::Future;
use std::pin::Pin;

use eskit_runtime::StoreError;
use eskit_runtime::log::{LogId, Place, Subject};
use eskit_runtime::vault::{KeyId, KeyStore, StoredKey, WrappedKey};

use super::data_key::DataKey;
use super::master::MasterKey;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// [`KeyStore`] of any type.
pub(super) trait ErasedKeys: Send + Sync {
    fn get_or_insert(&self, keys: Vec<StoredKey>) -> Boxed<'_, Vec<StoredKey>>;
    fn get(&self, ids: Vec<KeyId>) -> Boxed<'_, Vec<StoredKey>>;
    fn of_subject(&self, log: LogId, subject: Subject) -> Boxed<'_, Vec<StoredKey>>;
    fn destroy(&self, keys: Vec<StoredKey>) -> Boxed<'_, u64>;
    fn destroyed(&self) -> Boxed<'_, u64>;
    fn page(&self, after: Option<KeyId>) -> Boxed<'_, Vec<StoredKey>>;
    fn rewrap(&self, id: KeyId, from: WrappedKey, to: WrappedKey) -> Boxed<'_, bool>;
    fn searched(&self, log: LogId, by: String) -> Boxed<'_, Place>;
    fn set_searched(&self, log: LogId, by: String, place: Place) -> Boxed<'_, ()>;
}

impl<T: KeyStore> ErasedKeys for T {
    fn get_or_insert(&self, keys: Vec<StoredKey>) -> Boxed<'_, Vec<StoredKey>> {
        Box::pin(KeyStore::get_or_insert(self, keys))
    }

    fn get(&self, ids: Vec<KeyId>) -> Boxed<'_, Vec<StoredKey>> {
        Box::pin(KeyStore::get(self, ids))
    }

    fn of_subject(&self, log: LogId, subject: Subject) -> Boxed<'_, Vec<StoredKey>> {
        Box::pin(KeyStore::of_subject(self, log, subject))
    }

    fn destroy(&self, keys: Vec<StoredKey>) -> Boxed<'_, u64> {
        Box::pin(KeyStore::destroy(self, keys))
    }

    fn destroyed(&self) -> Boxed<'_, u64> {
        Box::pin(KeyStore::destroyed(self))
    }

    fn page(&self, after: Option<KeyId>) -> Boxed<'_, Vec<StoredKey>> {
        Box::pin(KeyStore::page(self, after))
    }

    fn rewrap(&self, id: KeyId, from: WrappedKey, to: WrappedKey) -> Boxed<'_, bool> {
        Box::pin(KeyStore::rewrap(self, id, from, to))
    }

    fn searched(&self, log: LogId, by: String) -> Boxed<'_, Place> {
        Box::pin(KeyStore::searched(self, log, by))
    }

    fn set_searched(&self, log: LogId, by: String, place: Place) -> Boxed<'_, ()> {
        Box::pin(KeyStore::set_searched(self, log, by, place))
    }
}

/// [`MasterKey`] of any type.
pub(super) trait ErasedMaster: Send + Sync {
    fn id(&self) -> &str;
    fn wrap<'a>(&'a self, key: &'a DataKey, id: KeyId) -> Boxed<'a, Vec<u8>>;
    fn unwrap<'a>(&'a self, wrapped: &'a [u8], id: KeyId) -> Boxed<'a, DataKey>;
}

impl<T: MasterKey> ErasedMaster for T {
    fn id(&self) -> &str {
        MasterKey::id(self)
    }

    fn wrap<'a>(&'a self, key: &'a DataKey, id: KeyId) -> Boxed<'a, Vec<u8>> {
        Box::pin(MasterKey::wrap(self, key, id))
    }

    fn unwrap<'a>(&'a self, wrapped: &'a [u8], id: KeyId) -> Boxed<'a, DataKey> {
        Box::pin(MasterKey::unwrap(self, wrapped, id))
    }
}

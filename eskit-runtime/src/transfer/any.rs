use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crate::log::position::Place;
use crate::log::store::EventStore;
use crate::log::store::any::AnyStore;
use crate::log::store::error::StoreError;
use crate::log::time::Timestamp;
use crate::transfer::error::LoadError;
use crate::transfer::store::{DumpFrom, Load, RecordPage, Transfer};

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The object-safe form of [`Transfer`], implemented for every store that has it.
trait ErasedTransfer: Send + Sync {
    fn dump<'a>(&'a self, from: &'a DumpFrom) -> Boxed<'a, Result<RecordPage, StoreError>>;
    fn load(&self, load: Load) -> Boxed<'_, Result<Place, LoadError>>;
    fn seal(&self) -> Boxed<'_, Result<Place, StoreError>>;
    fn unseal(&self) -> Boxed<'_, Result<(), StoreError>>;
    fn sealed_at(&self) -> Boxed<'_, Result<Option<Timestamp>, StoreError>>;
}

impl<S: Transfer> ErasedTransfer for S {
    fn dump<'a>(&'a self, from: &'a DumpFrom) -> Boxed<'a, Result<RecordPage, StoreError>> {
        Box::pin(Transfer::dump(self, from))
    }
    fn load(&self, load: Load) -> Boxed<'_, Result<Place, LoadError>> {
        Box::pin(Transfer::load(self, load))
    }
    fn seal(&self) -> Boxed<'_, Result<Place, StoreError>> {
        Box::pin(Transfer::seal(self))
    }
    fn unseal(&self) -> Boxed<'_, Result<(), StoreError>> {
        Box::pin(Transfer::unseal(self))
    }
    fn sealed_at(&self) -> Boxed<'_, Result<Option<Timestamp>, StoreError>> {
        Box::pin(Transfer::sealed_at(self))
    }
}

/// A store with [`Transfer`] whose type is chosen while the program runs, such as by a DSN. Cheap to clone; clones share the store.
#[derive(Clone)]
pub struct AnyTransfer {
    store: AnyStore,
    inner: Arc<dyn ErasedTransfer>,
}

impl AnyTransfer {
    /// Erases the type of a store.
    pub fn new<S: Transfer + Clone + 'static>(store: S) -> AnyTransfer {
        AnyTransfer { inner: Arc::new(store.clone()), store: AnyStore::new(store) }
    }

    /// The store as one of this type, if it is of it.
    pub fn of<S: Transfer + Clone + 'static>(store: &AnyStore) -> Option<AnyTransfer> {
        store.downcast_ref::<S>().cloned().map(AnyTransfer::new)
    }
}

impl EventStore for AnyTransfer {
    crate::delegate_store!(|any| &any.store);
}

impl Transfer for AnyTransfer {
    async fn dump(&self, from: &DumpFrom) -> Result<RecordPage, StoreError> {
        self.inner.dump(from).await
    }
    async fn load(&self, load: Load) -> Result<Place, LoadError> {
        self.inner.load(load).await
    }
    async fn seal(&self) -> Result<Place, StoreError> {
        self.inner.seal().await
    }
    async fn unseal(&self) -> Result<(), StoreError> {
        self.inner.unseal().await
    }
    async fn sealed_at(&self) -> Result<Option<Timestamp>, StoreError> {
        self.inner.sealed_at().await
    }
}

impl fmt::Debug for AnyTransfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

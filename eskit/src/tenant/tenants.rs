use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use quick_cache::sync::Cache;

use super::id::TenantId;

type Opening<S, E> = Pin<Box<dyn Future<Output = Result<S, E>> + Send>>;

/// A log for each tenant, in a file, a schema or a database of its own: the strong separation, for which nothing in the log has to be
/// right. A log is opened when its tenant is first asked for, shared by all who ask, and closed when others are needed more.
///
/// ```
/// # use eskit::prelude::*;
/// # #[cfg(feature = "sqlite")]
/// # async fn example(dir: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
/// use eskit::tenant::{TenantId, Tenants};
///
/// let logs = dir.to_owned();
/// let tenants = Tenants::new(100, move |tenant: TenantId| SqliteStore::open(logs.join(format!("{tenant}.db"))));
///
/// let acme = App::new(tenants.get(&TenantId::new("acme")?).await?);
/// # let _ = acme;
/// # Ok(()) }
/// # fn main() {}
/// ```
///
/// What follows from a log, such as read models and work, has a place for each tenant too: `SqliteViews` in a folder of its own, `PostgresViews` in a
/// schema of its own.
pub struct Tenants<S, E> {
    open: Box<dyn Fn(TenantId) -> Opening<S, E> + Send + Sync>,
    kept: Cache<TenantId, Arc<S>>,
    /// All that are open, also those that are only kept by who uses them: a log is not opened twice.
    opened: Mutex<HashMap<TenantId, Weak<S>>>,
}

impl<S: Send + Sync + 'static, E> Tenants<S, E> {
    /// Logs that are opened so. About `kept` of them, those that are asked for most, stay open while nobody uses them.
    pub fn new<F>(kept: usize, open: impl Fn(TenantId) -> F + Send + Sync + 'static) -> Tenants<S, E>
    where
        F: Future<Output = Result<S, E>> + Send + 'static,
    {
        Tenants {
            open: Box::new(move |tenant| Box::pin(open(tenant))),
            kept: Cache::new(kept),
            opened: Mutex::new(HashMap::new()),
        }
    }

    /// The log of a tenant, which stays open for as long as this pointer or a copy of it lives. Callers who ask for a log that is
    /// being opened wait for it; if that fails, the next one tries again.
    ///
    /// # Errors
    /// It cannot be opened.
    pub async fn get(&self, tenant: &TenantId) -> Result<Arc<S>, E> {
        self.kept.get_or_insert_async(tenant, self.open(tenant)).await
    }

    async fn open(&self, tenant: &TenantId) -> Result<Arc<S>, E> {
        if let Some(store) = self.in_use(tenant) {
            return Ok(store);
        }
        let store = Arc::new((self.open)(tenant.clone()).await?);
        let mut opened = self.opened();
        opened.retain(|_, store| store.strong_count() > 0);
        opened.insert(tenant.clone(), Arc::downgrade(&store));
        Ok(store)
    }

    fn opened(&self) -> MutexGuard<'_, HashMap<TenantId, Weak<S>>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn in_use(&self, tenant: &TenantId) -> Option<Arc<S>> {
        self.opened().get(tenant).and_then(Weak::upgrade)
    }

    /// Closes the log of a tenant, and calls `remove`, which deletes its file or drops its schema. Who asks for the tenant meanwhile
    /// waits, and then gets a new log, so stop asking first. Other processes are not asked: see that none of them uses it.
    ///
    /// # Errors
    /// [`DeleteTenantError::InUse`] if somebody in this process still holds the log: nothing was called. Or `remove` failed.
    pub async fn delete<R, F, X>(&self, tenant: &TenantId, remove: F) -> Result<R, DeleteTenantError<X>>
    where
        F: AsyncFnOnce() -> Result<R, X>,
    {
        let _turn = loop {
            match self.kept.get_value_or_guard_async(tenant).await {
                Ok(_) => drop(self.kept.remove(tenant)),
                Err(turn) => break turn,
            }
        };
        if self.in_use(tenant).is_some() {
            return Err(DeleteTenantError::InUse { tenant: tenant.clone() });
        }
        remove().await.map_err(DeleteTenantError::Remove)
    }

    /// The tenants whose logs are open, in their order.
    pub fn open_tenants(&self) -> Vec<TenantId> {
        let opened = self.opened();
        let open = opened.iter().filter(|(_, store)| store.strong_count() > 0);
        let mut tenants: Vec<TenantId> = open.map(|(tenant, _)| tenant.clone()).collect();
        tenants.sort();
        tenants
    }
}

impl<S, E> fmt::Debug for Tenants<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenants").finish_non_exhaustive()
    }
}

/// Why the log of a tenant was not deleted.
#[derive(Debug)]
#[non_exhaustive]
pub enum DeleteTenantError<X> {
    /// Somebody in this process uses it.
    InUse {
        /// The tenant.
        tenant: TenantId,
    },
    /// It was closed, and removing it failed.
    Remove(X),
}

impl<X: fmt::Display> fmt::Display for DeleteTenantError<X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeleteTenantError::InUse { tenant } => write!(
                f,
                "the log of tenant `{tenant}` is in use\nhelp: stop and drop the apps of this tenant, and delete it then"
            ),
            DeleteTenantError::Remove(error) => error.fmt(f),
        }
    }
}

impl<X: std::error::Error> std::error::Error for DeleteTenantError<X> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            DeleteTenantError::InUse { .. } => None,
            DeleteTenantError::Remove(error) => error.source(),
        }
    }
}

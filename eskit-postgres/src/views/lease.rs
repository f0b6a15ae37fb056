use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eskit_runtime::StoreError;
use eskit_runtime::log::EventId;
use sqlx::types::Uuid;
use sqlx::{Connection, PgConnection, PgPool};
use tokio::sync::{Mutex as AsyncMutex, Notify};
use tokio::time::{Instant, timeout};

use crate::error::Fault;
use crate::pool::background::Background;

use super::statements::{BEGIN, Statements};

/// The claims that these views hold. They are renewed on a thread and a connection of its own, so that neither a handler, nor a runtime
/// that is blocked, nor a pool that is used up can keep them from being renewed.
pub(crate) struct Leases {
    background: Background,
    keeper: Arc<Keeper>,
}

struct Keeper {
    pool: PgPool,
    statements: Arc<Statements>,
    lease: Duration,
    connection: AsyncMutex<Option<PgConnection>>,
    claims: Mutex<Claims>,
    wake: Notify,
}

#[derive(Default)]
struct Claims {
    held: HashMap<Uuid, Arc<AtomicBool>>,
    /// Those that were given up, until the database knows.
    ended: Vec<Uuid>,
}

/// Keeps a claim on a subscription of [`PostgresViews`](crate::PostgresViews). Dropping it gives the claim up.
pub struct PostgresGuard {
    leases: Arc<Leases>,
    owner: Uuid,
    is_lost: Arc<AtomicBool>,
}

impl PostgresGuard {
    pub(crate) fn owner(&self) -> Uuid {
        self.owner
    }

    /// Whether another process was seen to have the claim.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    /// Gives the claim up, and waits until the database knows.
    pub(crate) async fn free(self) {
        let (keeper, owner) = (Arc::clone(&self.leases.keeper), self.owner);
        keeper.claims().held.remove(&owner);
        let freed = self.leases.background.run(async move { keeper.free(&[owner]).await }).await;
        if freed.is_ok() {
            self.is_lost.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for PostgresGuard {
    fn drop(&mut self) {
        let keeper = &self.leases.keeper;
        let mut claims = keeper.claims();
        claims.held.remove(&self.owner);
        if !self.is_lost() {
            claims.ended.push(self.owner);
            keeper.wake.notify_one();
        }
    }
}

impl fmt::Debug for PostgresGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresGuard").field("owner", &self.owner).finish_non_exhaustive()
    }
}

impl Leases {
    pub(crate) fn start(pool: PgPool, statements: Arc<Statements>, lease: Duration) -> Result<Arc<Leases>, StoreError> {
        let background = Background::start()?;
        let keeper = Keeper {
            pool,
            statements,
            lease,
            connection: AsyncMutex::default(),
            claims: Mutex::default(),
            wake: Notify::new(),
        };
        let keeper = Arc::new(keeper);
        background.runtime().spawn(Arc::clone(&keeper).keep());
        Ok(Arc::new(Leases { background, keeper }))
    }

    /// The name of a new claim.
    pub(crate) fn new_owner() -> Uuid {
        EventId::new().as_uuid()
    }

    /// Renews a claim from now on.
    pub(crate) fn hold(self: &Arc<Leases>, owner: Uuid) -> PostgresGuard {
        let is_lost = Arc::<AtomicBool>::default();
        self.keeper.claims().held.insert(owner, Arc::clone(&is_lost));
        self.keeper.wake.notify_one();
        PostgresGuard { leases: Arc::clone(self), owner, is_lost }
    }
}

impl Drop for Leases {
    fn drop(&mut self) {
        if !self.background.is_here() {
            return self.background.forget();
        }
        let keeper = Arc::clone(&self.keeper);
        self.background.end_after(async move {
            keeper.free_ended().await;
            keeper.hang_up().await;
        });
    }
}

impl Keeper {
    /// Renews claims, and gives back those that ended, until the thread ends.
    async fn keep(self: Arc<Keeper>) {
        let mut next = Instant::now() + self.lease / 3;
        loop {
            let (is_holding, has_ended) = {
                let claims = self.claims();
                (!claims.held.is_empty(), !claims.ended.is_empty())
            };
            if !is_holding && !has_ended {
                self.hang_up().await;
                self.wake.notified().await;
                next = Instant::now() + self.lease / 3;
            } else if tokio::time::timeout_at(next, self.wake.notified()).await.is_err() {
                self.renew().await;
                next = Instant::now() + self.lease / 3;
            }
            self.free_ended().await;
        }
    }

    async fn renew(&self) {
        let owners: Vec<Uuid> = self.claims().held.keys().copied().collect();
        if owners.is_empty() {
            return;
        }
        let query =
            |secs: f64| sqlx::query_scalar::<_, Uuid>(self.statements.renew.safe()).bind(owners.clone()).bind(secs);
        let kept = self.run(async |conn| query(self.lease.as_secs_f64()).fetch_all(conn).await).await;
        // While the database cannot be reached, nobody else can claim either.
        let Ok(kept) = kept else { return };
        let mut claims = self.claims();
        for owner in owners.iter().filter(|owner| !kept.contains(owner)) {
            if let Some(is_lost) = claims.held.remove(owner) {
                is_lost.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Gives back what was given up. What fails is tried again with the next renewal, and runs out in any case.
    async fn free_ended(&self) {
        let ended = self.claims().ended.clone();
        if !ended.is_empty() && self.free(&ended).await.is_ok() {
            self.claims().ended.retain(|owner| !ended.contains(owner));
        }
    }

    async fn free(&self, owners: &[Uuid]) -> Result<(), Fault> {
        self.run(async |conn| {
            sqlx::query(self.statements.free.safe()).bind(owners.to_vec()).execute(conn).await?;
            Ok(())
        })
        .await
    }

    /// Runs a statement on the connection of the keeper, in a transaction.
    async fn run<T>(&self, statement: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>) -> Result<T, Fault> {
        let mut place = self.connection.lock().await;
        // Taken out: a connection on which something failed, or was given up, is not used again.
        let taken = place.take();
        let work = async {
            let mut connection = match taken {
                Some(connection) => connection,
                None => self.connect().await?,
            };
            let mut transaction = connection.begin_with(BEGIN).await?;
            let result = statement(&mut transaction).await?;
            transaction.commit().await?;
            Ok::<_, sqlx::Error>((connection, result))
        };
        let (connection, result) = timeout(self.lease, work).await.map_err(|_| Fault::Silent(self.lease))??;
        *place = Some(connection);
        Ok(result)
    }

    /// One more connection, with the options and hooks of the pool.
    async fn connect(&self) -> sqlx::Result<PgConnection> {
        let options = self.pool.options().clone().min_connections(0).max_connections(1);
        let pool = options.connect_lazy_with((*self.pool.connect_options()).clone());
        Ok(pool.acquire().await?.detach())
    }

    async fn hang_up(&self) {
        if let Some(connection) = self.connection.lock().await.take() {
            // Whether the server is told about the end changes nothing.
            let _ = timeout(self.lease, connection.close()).await;
        }
    }

    fn claims(&self) -> MutexGuard<'_, Claims> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

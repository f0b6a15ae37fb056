use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres};
use tokio::runtime::Handle;

use crate::error::Fault;

/// A connection that was not used for this long goes back to the pool, which tests it before it is used again.
const KEPT_IDLE_MAX: Duration = Duration::from_secs(30);

/// Connections of a pool that are kept at hand: a pool pings a connection each time it comes back, and may do so each time
/// it is handed out.
pub(crate) struct Connections {
    pool: PgPool,
    /// How many to keep at hand.
    keep: usize,
    kept: Mutex<Kept>,
    runtime: Handle,
}

#[derive(Default)]
struct Kept {
    idle: Vec<Idle>,
    is_closed: bool,
}

struct Idle {
    connection: PoolConnection<Postgres>,
    since: Instant,
}

impl Connections {
    pub(crate) fn new(pool: PgPool, keep: usize, runtime: Handle) -> Connections {
        Connections { pool, keep, kept: Mutex::default(), runtime }
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection, at hand or from the pool. Dropping it while a statement runs is safe: the pool waits for the statement
    /// to end before it hands the connection out again.
    pub(crate) async fn take(&self) -> Result<PoolConnection<Postgres>, Fault> {
        let at_hand = {
            let mut kept = self.kept();
            if kept.is_closed {
                return Err(Fault::Closed);
            }
            kept.idle.pop()
        };
        match at_hand {
            Some(idle) if idle.since.elapsed() < KEPT_IDLE_MAX => Ok(idle.connection),
            // The last to come back was too old, so all are.
            Some(_) => {
                self.clear();
                Ok(self.pool.acquire().await?)
            }
            None => Ok(self.pool.acquire().await?),
        }
    }

    /// Takes a connection back, and keeps or closes it after what it was used for.
    pub(crate) fn give_back<T>(&self, mut connection: PoolConnection<Postgres>, result: &Result<T, Fault>) {
        if let Err(fault) = result
            && !fault.spares_connection()
        {
            connection.close_on_drop();
            drop(connection);
            // Whatever broke it most likely broke those at hand too.
            self.clear();
            return;
        }
        let mut kept = self.kept();
        if !kept.is_closed && kept.idle.len() < self.keep {
            kept.idle.push(Idle { connection, since: Instant::now() });
        }
    }

    /// Gives what is at hand back to the pool.
    pub(crate) fn clear(&self) {
        let idle = std::mem::take(&mut self.kept().idle);
        self.release(idle);
    }

    /// Gives everything back to the pool, and hands out nothing more.
    pub(crate) fn close(&self) {
        let idle = {
            let mut kept = self.kept();
            kept.is_closed = true;
            std::mem::take(&mut kept.idle)
        };
        self.release(idle);
    }

    /// A connection goes back to its pool in a task of its own, which needs a runtime.
    fn release(&self, idle: Vec<Idle>) {
        let _entered = self.runtime.enter();
        drop(idle);
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        self.close();
    }
}

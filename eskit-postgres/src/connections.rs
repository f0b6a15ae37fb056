use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgDatabaseError, PgSeverity};
use sqlx::{PgPool, Postgres, Row};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use crate::error::Fault;

/// A connection that was not used for this long goes back to the pool, which tests it before it is used again.
const KEPT_IDLE_MAX: Duration = Duration::from_secs(30);
/// While callers wait here, a connection goes to the pool this often, for whoever waits there.
const SHARE_GAP: Duration = Duration::from_millis(5);

/// Connections of a pool that are kept at hand: a pool pings a connection each time it comes back, and may do so each time
/// it is handed out.
///
/// Who finds none at hand waits in a queue of its own, for whatever comes first: one that comes back, or one of the pool,
/// for which one task asks on behalf of all. The pool alone would not do: it knows nothing of connections that are kept
/// here and never come back to it. Nor would asking the pool for each: a connection that is given up half made still
/// burdens the server.
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
    waiting: VecDeque<Waiting>,
    /// When a connection went to the pool although somebody waited here.
    shared_at: Option<Instant>,
    /// Whether a task asks the pool: while somebody waits.
    is_asking: bool,
    /// Which of these tasks it is, counted from the first.
    asker: u64,
    abort: Option<AbortHandle>,
    is_closed: bool,
}

struct Idle {
    connection: PoolConnection<Postgres>,
    since: Instant,
}

struct Waiting {
    reply: oneshot::Sender<Result<PoolConnection<Postgres>, Fault>>,
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
    pub(crate) async fn take(self: &Arc<Connections>) -> Result<PoolConnection<Postgres>, Fault> {
        loop {
            // Nobody answers when the runtime of the task that asked has ended; another asks in the runtime of this call.
            if let Some(answer) = self.try_take().await {
                return answer;
            }
        }
    }

    async fn try_take(self: &Arc<Connections>) -> Option<Result<PoolConnection<Postgres>, Fault>> {
        let (reply, answer) = oneshot::channel();
        let (old, asker) = {
            let mut kept = self.kept();
            if kept.is_closed {
                return Some(Err(Fault::Closed));
            }
            let old = match kept.idle.pop() {
                Some(idle) if idle.since.elapsed() < KEPT_IDLE_MAX => return Some(Ok(idle.connection)),
                // The last to come back was too old, so all are.
                Some(idle) => kept.idle.drain(..).chain([idle]).collect(),
                None => Vec::new(),
            };
            kept.waiting.push_back(Waiting { reply, since: Instant::now() });
            let asker = (!std::mem::replace(&mut kept.is_asking, true)).then(|| {
                kept.asker += 1;
                Asker { connections: Arc::downgrade(self), number: kept.asker }
            });
            (old, asker)
        };
        if let Some(asker) = asker {
            let number = asker.number;
            // Without the lock: a runtime that has ended drops the task at once.
            let abort = self.runtime().spawn(ask(self.pool.clone(), asker)).abort_handle();
            let mut kept = self.kept();
            if kept.is_asking && kept.asker == number {
                kept.abort = Some(abort);
            }
        }
        self.release(old);
        answer.await.ok()
    }

    /// The runtime of the caller; without one, that in which the store was opened.
    pub(crate) fn runtime(&self) -> Handle {
        Handle::try_current().unwrap_or_else(|_| self.runtime.clone())
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
        if !self.is_turn_of_others() {
            self.hand_out(connection);
        }
    }

    /// Whether those who use the pool beside the store are next: they would wait for ever while callers come one after the other.
    fn is_turn_of_others(&self) -> bool {
        let mut kept = self.kept();
        let is_due = kept.shared_at.is_none_or(|at| at.elapsed() >= SHARE_GAP);
        if kept.waiting.is_empty() || !is_due {
            return false;
        }
        kept.shared_at = Some(Instant::now());
        true
    }

    /// To the first who waits, or to those at hand, or back to the pool.
    fn hand_out(&self, connection: PoolConnection<Postgres>) {
        let mut kept = self.kept();
        let mut connection = Ok(connection);
        while let Some(waiting) = kept.waiting.pop_front() {
            match waiting.reply.send(connection) {
                Ok(()) => return,
                // It gave up.
                Err(unwanted) => connection = unwanted,
            }
        }
        if let Ok(connection) = connection
            && !kept.is_closed
            && kept.idle.len() < self.keep
        {
            kept.idle.push(Idle { connection, since: Instant::now() });
        }
    }

    /// Tells a failure of the pool to the first who waits; a pool that is only busy, to all who waited as long as it may
    /// take.
    fn refuse(&self, error: sqlx::Error) {
        let mut kept = self.kept();
        if !matches!(error, sqlx::Error::PoolTimedOut) {
            if let Some(first) = kept.waiting.pop_front() {
                // It may have given up.
                let _ = first.reply.send(Err(error.into()));
            }
            return;
        }
        let patience = self.pool.options().get_acquire_timeout();
        while let Some(first) = kept.waiting.pop_front_if(|first| first.since.elapsed() >= patience) {
            let _ = first.reply.send(Err(sqlx::Error::PoolTimedOut.into()));
        }
    }

    /// Whether somebody still waits; if not, the task that asks is over.
    fn goes_on_asking(&self) -> bool {
        let mut kept = self.kept();
        kept.waiting.retain(|waiting| !waiting.reply.is_closed());
        let goes_on = !kept.is_closed && !kept.waiting.is_empty();
        if !goes_on {
            kept.is_asking = false;
            kept.abort = None;
        }
        goes_on
    }

    /// Gives what is at hand back to the pool.
    pub(crate) fn clear(&self) {
        let idle = std::mem::take(&mut self.kept().idle);
        self.release(idle);
    }

    /// Gives everything back to the pool, and hands out nothing more.
    pub(crate) fn close(&self) {
        let (idle, abort) = {
            let mut kept = self.kept();
            kept.is_closed = true;
            kept.waiting.clear();
            (std::mem::take(&mut kept.idle), kept.abort.take())
        };
        if let Some(abort) = abort {
            abort.abort();
        }
        self.release(idle);
    }

    /// A connection goes back to its pool in a task of its own, which needs a runtime.
    fn release(&self, idle: Vec<Idle>) {
        let runtime = self.runtime();
        let _entered = runtime.enter();
        drop(idle);
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        self.close();
    }
}

/// The part of a task that asks the pool: whoever waits must hear when the task is dropped, since its runtime has ended.
struct Asker {
    connections: Weak<Connections>,
    number: u64,
}

impl Drop for Asker {
    fn drop(&mut self) {
        let Some(connections) = self.connections.upgrade() else { return };
        let mut kept = connections.kept();
        if kept.is_asking && kept.asker == self.number {
            kept.is_asking = false;
            kept.abort = None;
            // Each of them sees that nobody answers, and asks anew.
            kept.waiting.clear();
        }
    }
}

/// Asks the pool for one connection after the other, as long as somebody waits.
async fn ask(pool: PgPool, asker: Asker) {
    loop {
        let answer = acquire(&pool).await;
        let Some(connections) = asker.connections.upgrade() else { return };
        match answer {
            Ok(connection) => connections.hand_out(connection),
            Err(error) => connections.refuse(error),
        }
        if !connections.goes_on_asking() {
            return;
        }
    }
}

/// A connection of the pool that is in no transaction. Whoever gives up sqlx's `begin` midway leaves one open of which the pool
/// knows nothing: what is appended in it is confirmed, and never committed.
async fn acquire(pool: &PgPool) -> Result<PoolConnection<Postgres>, sqlx::Error> {
    let deadline = Instant::now() + pool.options().get_acquire_timeout();
    loop {
        let mut connection = pool.acquire().await?;
        // In the simple protocol, a transaction that is a statement's own begins with it.
        let checked = sqlx::raw_sql("SELECT pg_catalog.now() OPERATOR(pg_catalog.=) pg_catalog.statement_timestamp()")
            .fetch_one(&mut *connection)
            .await;
        match checked.and_then(|row| row.try_get(0)) {
            Ok(true) => return Ok(connection),
            // A connection that has died, or whose transaction has failed, says nothing about the next one.
            Err(error) if Instant::now() >= deadline || is_refusal(&error) => return Err(error),
            _ => connection.close_on_drop(),
        }
    }
}

/// Whether the server refuses statements, and not because of a transaction that failed earlier.
fn is_refusal(error: &sqlx::Error) -> bool {
    let server_said = error.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    server_said.is_some_and(|error| error.severity() == PgSeverity::Error && error.code() != "25P02")
}

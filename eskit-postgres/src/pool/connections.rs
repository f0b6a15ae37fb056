use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection as _, PgConnection, PgPool, Row};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::Fault;

/// A connection that was idle for longer is tried before it is used: a firewall may have forgotten it.
const TRY_AFTER: Duration = Duration::from_secs(5);
/// How long the trial of an idle connection may take.
const TRIAL_MAX: Duration = Duration::from_secs(5);
/// How long a connection to a standby, or to a server that takes no writes, is kept: another server may soon have its place.
const READ_ONLY_KEPT_MAX: Duration = Duration::from_secs(5);
/// How long the server is told about the end of a connection.
const CLOSING_MAX: Duration = Duration::from_secs(1);
/// The longest time between two looks for connections that are too old.
const TIDY_GAP_MAX: Duration = Duration::from_secs(30);

/// What a session is asked for when it begins: whether it takes no writes.
const GREETING: &str = "SELECT pg_catalog.pg_is_in_recovery() OR pg_catalog.current_setting('transaction_read_only') OPERATOR(pg_catalog.=) 'on'";
/// Makes the server look once a second whether the client of a running statement is still there. Servers before version 14, and
/// those on some systems, cannot.
const NOTICE_CLOSING: &str = "SELECT pg_catalog.set_config('client_connection_check_interval', '1000', false) \
     WHERE pg_catalog.current_setting('client_connection_check_interval', true) OPERATOR(pg_catalog.=) '0'";

/// The store's own connections. They are opened with what the caller's pool says, and live on the store's own thread.
///
/// Appends have one of them to themselves, reads and the rest share the others: neither waits for what the other is waiting for.
pub(crate) struct Connections {
    /// The caller's pool.
    pool: PgPool,
    /// Opens connections, and keeps none.
    connector: PgPool,
    appends: Share,
    others: Share,
    call_timeout: Duration,
}

/// Connections for one purpose.
struct Share {
    places: Arc<Semaphore>,
    idle: Mutex<Vec<Session>>,
}

/// What a connection is taken for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    Append,
    Other,
}

/// A connection that lives.
struct Session {
    raw: PgConnection,
    opened: Instant,
    used: Instant,
    is_read_only: bool,
}

/// A connection in use. Unless it is given back, it is closed when it is dropped: a statement may be running.
pub(crate) struct Lent {
    session: Session,
    purpose: Purpose,
    connections: Arc<Connections>,
    _place: OwnedSemaphorePermit,
}

impl Deref for Lent {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.session.raw
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.session.raw
    }
}

impl Share {
    fn new(connections: usize) -> Share {
        Share { places: Arc::new(Semaphore::new(connections)), idle: Mutex::default() }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    /// One connection for appends, and up to so many others, for calls that take at most this long. Must be called on the
    /// store's thread.
    pub(crate) fn new(pool: PgPool, others: u32, call_timeout: Duration) -> Connections {
        let connector = pool.options().clone().min_connections(0).max_connections(others.saturating_add(1));
        let connector = connector.connect_lazy_with((*pool.connect_options()).clone());
        let others = Share::new(usize::try_from(others).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS));
        Connections { pool, connector, appends: Share::new(1), others, call_timeout }
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// How long the server may take for one call.
    pub(crate) fn call_timeout(&self) -> Duration {
        self.call_timeout
    }

    /// A pool for one connection, which may be kept for as long as need be.
    pub(crate) fn apart(&self) -> PgPool {
        let options: PgPoolOptions = self.pool.options().clone().min_connections(0).max_connections(1);
        options.connect_lazy_with((*self.pool.connect_options()).clone())
    }

    fn share(&self, purpose: Purpose) -> &Share {
        match purpose {
            Purpose::Append => &self.appends,
            Purpose::Other => &self.others,
        }
    }

    /// A connection for one call. Waits for as long as the pool's `acquire_timeout`.
    pub(crate) async fn take(self: &Arc<Connections>, purpose: Purpose) -> Result<Lent, Fault> {
        let limit = self.pool.options().get_acquire_timeout();
        let taken = tokio::time::timeout(limit, self.take_in_time(purpose)).await;
        taken.unwrap_or(Err(Fault::Sqlx(sqlx::Error::PoolTimedOut)))
    }

    async fn take_in_time(self: &Arc<Connections>, purpose: Purpose) -> Result<Lent, Fault> {
        let share = self.share(purpose);
        let place = Arc::clone(&share.places).acquire_owned().await.map_err(|_| Fault::Closed)?;
        let session = loop {
            let Some(mut session) = share.idle().pop() else { break self.open().await? };
            let is_unfit = purpose == Purpose::Append && session.is_read_only;
            if is_unfit || self.is_too_old(&session) {
                close(session);
            } else if session.used.elapsed() < TRY_AFTER
                || matches!(tokio::time::timeout(TRIAL_MAX, session.raw.ping()).await, Ok(Ok(())))
            {
                break session;
            }
        };
        Ok(Lent { session, purpose, connections: Arc::clone(self), _place: place })
    }

    async fn open(&self) -> Result<Session, Fault> {
        // Options such as the password may have changed.
        self.connector.set_connect_options((*self.pool.connect_options()).clone());
        loop {
            let mut raw = self.connector.acquire().await?.detach();
            match within(self.call_timeout, greet(&mut raw)).await {
                Ok(is_read_only) => {
                    let now = Instant::now();
                    return Ok(Session { raw, opened: now, used: now, is_read_only });
                }
                Err(fault) if fault.is_definite() => return Err(fault),
                // It died at once; the next one may not.
                Err(_) => {}
            }
        }
    }

    fn is_too_old(&self, session: &Session) -> bool {
        let options = self.pool.options();
        let is_over = |since: Instant, limit: Option<Duration>| limit.is_some_and(|limit| since.elapsed() >= limit);
        is_over(session.opened, options.get_max_lifetime())
            || is_over(session.used, options.get_idle_timeout())
            || is_over(session.opened, session.is_read_only.then_some(READ_ONLY_KEPT_MAX))
    }

    /// Closes, again and again, what has become too old while it was not used.
    pub(crate) async fn tidy(self: Arc<Connections>) {
        let options = self.pool.options();
        let limits = [options.get_max_lifetime(), options.get_idle_timeout()];
        let least = limits.into_iter().flatten().min().unwrap_or(TIDY_GAP_MAX);
        let gap = (least / 2).clamp(Duration::from_millis(10), TIDY_GAP_MAX);
        while !self.others.places.is_closed() {
            tokio::time::sleep(gap).await;
            for share in [&self.appends, &self.others] {
                let old: Vec<Session> = share.idle().extract_if(.., |session| self.is_too_old(session)).collect();
                old.into_iter().for_each(close);
            }
        }
    }

    /// Drops what is idle: whatever broke one connection most likely broke the others too.
    fn clear(&self) {
        for share in [&self.appends, &self.others] {
            share.idle().clear();
        }
    }

    /// Closes what is idle, and hands out nothing more.
    pub(crate) async fn close(&self) {
        for share in [&self.appends, &self.others] {
            share.places.close();
            let idle = std::mem::take(&mut *share.idle());
            for session in idle {
                let _ = tokio::time::timeout(CLOSING_MAX, session.raw.close()).await;
            }
        }
    }
}

impl Lent {
    /// Takes the connection back, and keeps or closes it after what it was used for.
    pub(crate) fn give_back<T>(self, result: &Result<T, Fault>) {
        let Lent { mut session, purpose, connections, _place } = self;
        if result.as_ref().is_err_and(|fault| !fault.spares_connection()) {
            drop(session);
            connections.clear();
            return;
        }
        let share = connections.share(purpose);
        session.used = Instant::now();
        if share.places.is_closed() || connections.is_too_old(&session) {
            close(session);
        } else {
            share.idle().push(session);
        }
    }
}

/// Tells the server of the end, without waiting for it.
fn close(session: Session) {
    tokio::spawn(tokio::time::timeout(CLOSING_MAX, session.raw.close()));
}

/// Makes a session fit for use. Returns whether it takes no writes.
async fn greet(conn: &mut PgConnection) -> Result<bool, Fault> {
    let is_read_only = sqlx::raw_sql(GREETING).fetch_one(&mut *conn).await?.try_get_unchecked(0)?;
    let noticing = sqlx::raw_sql(NOTICE_CLOSING).execute(conn).await.map(drop).map_err(Fault::from);
    match noticing {
        Err(fault) if !fault.is_definite() => Err(fault),
        _ => Ok(is_read_only),
    }
}

/// Waits for the server for at most so long. The connection is of no use afterwards.
pub(crate) async fn within<T>(limit: Duration, call: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    tokio::time::timeout(limit, call).await.unwrap_or(Err(Fault::Silent(limit)))
}

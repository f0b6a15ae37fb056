use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use eskit_runtime::{EventId, Place};
use sqlx::PgConnection;
use sqlx::postgres::PgListener;
use sqlx::types::Uuid;
use tokio::sync::watch;

use crate::connections::Connections;
use crate::error::Fault;
use crate::record::{column, position};
use crate::statements::Statements;

/// The least time between two announcements: those in between become one.
const ANNOUNCE_GAP: Duration = Duration::from_millis(5);
/// How long one who waits does so before a look whether there is a follower.
const FOLLOWER_CHECK: Duration = Duration::from_secs(1);
/// How long the follower stays, with its connection, when nobody waits any more.
const FOLLOW_IDLE_MAX: Duration = Duration::from_secs(5);

/// Asks the database for the head of the log, which must hold a place.
pub(crate) async fn head_behind(
    conn: &mut PgConnection,
    statements: &Statements,
    place: Place,
) -> Result<Place, Fault> {
    let query = statements.query_as::<(i64, Option<Uuid>, Option<Uuid>)>(&statements.head);
    let (at, id, found) = query.bind(column(place.position)).fetch_one(conn).await?;
    let head = Place { position: position(at), id: id.map(EventId::from) };
    if place.is_held(head.position, found.map(EventId::from)) { Ok(head) } else { Err(Fault::Replaced(place)) }
}

/// The head of the log as this process knows it: set by its own commits at once, and by a follower, while somebody waits, for what
/// other processes do. Also goes back, with a log that was restored.
pub(crate) struct Heads {
    state: watch::Sender<State>,
    tasks: Mutex<Tasks>,
    connections: Arc<Connections>,
    statements: Arc<Statements>,
    channel: String,
    announces: bool,
    listens: bool,
    poll_interval: Duration,
}

#[derive(Clone, Copy)]
pub(crate) struct State {
    head: Place,
    is_closed: bool,
}

#[derive(Default)]
struct Tasks {
    waiting: usize,
    follows: bool,
    /// The head that is to be announced; nothing when the announcer is not at work.
    announces: Option<Place>,
}

/// Counts one who waits while it lives.
struct Waiting<'h>(&'h Heads);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.tasks().waiting -= 1;
    }
}

/// One who waits for the head to move.
pub(crate) struct Watcher<'h> {
    heads: &'h Arc<Heads>,
    states: watch::Receiver<State>,
}

impl Watcher<'_> {
    /// Waits until the head has moved since this was last called, or since the watcher began.
    pub(crate) async fn moved(&mut self) -> Result<(), Fault> {
        let _waiting = self.heads.wait();
        loop {
            if self.states.borrow().is_closed {
                return Err(Fault::Closed);
            }
            self.heads.ensure_followed();
            // From time to time a look whether the follower is still there: it ends with the runtime in which it began.
            match tokio::time::timeout(FOLLOWER_CHECK, self.states.changed()).await {
                Ok(Ok(())) if !self.states.borrow_and_update().is_closed => return Ok(()),
                Ok(_) => return Err(Fault::Closed),
                Err(_) => {}
            }
        }
    }
}

/// A task for all, which leaves its place to another also when its runtime ends before it.
struct ForAll {
    heads: Arc<Heads>,
    leave: fn(&mut Tasks),
    has_left: bool,
}

impl ForAll {
    fn new(heads: &Arc<Heads>, leave: fn(&mut Tasks)) -> ForAll {
        ForAll { heads: Arc::clone(heads), leave, has_left: false }
    }

    /// Leaves, if the tasks are such that nothing is left to do.
    fn leave_if(&mut self, is_done: impl FnOnce(&Tasks) -> bool) -> bool {
        let mut tasks = self.heads.tasks();
        if is_done(&tasks) {
            (self.leave)(&mut tasks);
            self.has_left = true;
        }
        self.has_left
    }
}

impl Drop for ForAll {
    fn drop(&mut self) {
        if !self.has_left {
            (self.leave)(&mut self.heads.tasks());
        }
    }
}

/// How commits of other processes are noticed.
pub(crate) struct Following {
    pub(crate) channel: String,
    /// Whether to announce commits.
    pub(crate) announces: bool,
    /// Whether to listen for announcements, besides asking from time to time.
    pub(crate) listens: bool,
    pub(crate) poll_interval: Duration,
}

impl Heads {
    pub(crate) fn new(
        head: Place,
        connections: Arc<Connections>,
        statements: Arc<Statements>,
        following: Following,
    ) -> Heads {
        let (state, _) = watch::channel(State { head, is_closed: false });
        let Following { channel, announces, listens, poll_interval } = following;
        Heads { state, tasks: Mutex::default(), connections, statements, channel, announces, listens, poll_interval }
    }

    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the head, and wakes who waits if it is news.
    pub(crate) fn set(&self, head: Place) {
        self.state.send_if_modified(|state| std::mem::replace(&mut state.head, head) != head);
    }

    /// Asks the database for the head of the log, which must hold a place.
    pub(crate) async fn ask(&self, place: Place) -> Result<Place, Fault> {
        let mut connection = self.connections.take().await?;
        let result = head_behind(&mut connection, &self.statements, place).await;
        self.connections.give_back(connection, &result);
        let head = result?;
        self.set(head);
        Ok(head)
    }

    /// Begins to watch the head.
    pub(crate) fn watcher(self: &Arc<Heads>) -> Watcher<'_> {
        Watcher { heads: self, states: self.state.subscribe() }
    }

    fn wait(&self) -> Waiting<'_> {
        self.tasks().waiting += 1;
        Waiting(self)
    }

    fn ensure_followed(self: &Arc<Heads>) {
        if !std::mem::replace(&mut self.tasks().follows, true) {
            let follower = ForAll::new(self, |tasks| tasks.follows = false);
            self.connections.runtime().spawn(Heads::follow(follower));
        }
    }

    /// Looks for commits of other processes until nobody has waited for a while.
    async fn follow(mut task: ForAll) {
        let heads = Arc::clone(&task.heads);
        let mut listener = None;
        let mut idle_since = Instant::now();
        while !heads.state.borrow().is_closed {
            // A failure here is met again, and told, by the read that follows.
            let _ = heads.ask(Place::START).await;
            if listener.is_none() && heads.listens {
                listener = heads.listen().await;
            }
            match &mut listener {
                // Whether something was heard or the time is up: it is time to ask. A connection that broke is made anew.
                Some(heard) => match tokio::time::timeout(heads.poll_interval, heard.recv()).await {
                    Ok(Ok(_)) => while heard.next_buffered().is_some() {},
                    Ok(Err(_)) => {
                        listener = None;
                        tokio::time::sleep(heads.poll_interval).await;
                    }
                    Err(_) => {}
                },
                None => tokio::time::sleep(heads.poll_interval).await,
            }
            if heads.tasks().waiting > 0 {
                idle_since = Instant::now();
            }
            if task.leave_if(|tasks| tasks.waiting == 0 && idle_since.elapsed() > FOLLOW_IDLE_MAX) {
                return;
            }
        }
    }

    async fn listen(&self) -> Option<PgListener> {
        let mut listener = PgListener::connect_with(self.connections.pool()).await.ok()?;
        listener.listen(&self.channel).await.ok()?;
        Some(listener)
    }

    /// Tells other processes, soon and outside of any append, that the log has grown. What happens meanwhile is told with it.
    pub(crate) fn announce(self: &Arc<Heads>, head: Place) {
        if !self.announces {
            return;
        }
        let is_news = self.tasks().announces.replace(head).is_none();
        if is_news {
            let announcer = ForAll::new(self, |tasks| tasks.announces = None);
            self.connections.runtime().spawn(Heads::announce_all(announcer));
        }
    }

    async fn announce_all(mut task: ForAll) {
        let mut announced = None;
        while !task.leave_if(|tasks| tasks.announces == announced) {
            announced = task.heads.tasks().announces;
            // Whoever is not told asks by itself before long.
            let _ = task.heads.notify().await;
            tokio::time::sleep(ANNOUNCE_GAP).await;
        }
    }

    async fn notify(&self) -> Result<(), Fault> {
        let mut connection = self.connections.take().await?;
        let query = sqlx::query(self.statements.notify).bind(&self.channel);
        let result = query.execute(&mut *connection).await.map(drop).map_err(Fault::from);
        self.connections.give_back(connection, &result);
        result
    }

    /// Wakes everybody who waits, and ends the tasks.
    pub(crate) fn close(&self) {
        self.state.send_modify(|state| state.is_closed = true);
    }
}

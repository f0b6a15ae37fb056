use std::sync::Arc;
use std::time::{Duration, Instant};

use eskit_runtime::log::Place;
use eskit_runtime::store_kit::{HeadClosed, HeadWatcher, KnownHead};
use sqlx::Acquire;
use sqlx::postgres::PgListener;
use tokio::sync::watch;

use crate::error::Fault;
use crate::pool::connections::{Connections, Purpose, within};
use crate::sql::head::head_behind;
use crate::sql::statements::Statements;

/// The least time between two announcements: those in between become one.
const ANNOUNCE_GAP: Duration = Duration::from_millis(5);
/// The longest pause between two attempts to listen. A standby refuses it until it is promoted; meanwhile its head is asked for.
const LISTEN_PAUSE_MAX: Duration = Duration::from_secs(10);
/// How long the follower keeps its connection after the last waiting call.
const FOLLOW_IDLE_MAX: Duration = Duration::from_secs(5);

/// The head of the log as this process knows it: set by its own commits at once, and by a follower, while somebody waits, for what
/// other processes do. Also goes back, with a log that was restored.
pub(crate) struct Heads {
    known: KnownHead,
    /// How many wait.
    waiting: watch::Sender<usize>,
    /// The head that is to be announced.
    news: watch::Sender<Place>,
    connections: Arc<Connections>,
    statements: Arc<Statements>,
    following: Following,
}

/// How a store hears of commits by other processes, and tells them of its own.
pub(crate) struct Following {
    /// The channel of the database for both.
    pub(crate) channel: String,
    pub(crate) announces: bool,
    pub(crate) listens: bool,
    /// How often to ask besides.
    pub(crate) poll_interval: Duration,
}

/// A caller that waits for the head to move.
pub(crate) struct Watcher<'h> {
    heads: &'h Heads,
    head: HeadWatcher<'h>,
}

impl Watcher<'_> {
    /// Waits until the head has moved since this was last called, or since the watcher began.
    pub(crate) async fn moved(&mut self) -> Result<(), Fault> {
        let _waiting = Waiting::new(self.heads);
        self.head.moved().await.map_err(|HeadClosed| Fault::Closed)
    }
}

/// Counts one who waits while it lives.
struct Waiting<'h>(&'h Heads);

impl<'h> Waiting<'h> {
    fn new(heads: &'h Heads) -> Waiting<'h> {
        heads.waiting.send_modify(|waiting| *waiting += 1);
        Waiting(heads)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.send_modify(|waiting| *waiting -= 1);
    }
}

impl Heads {
    /// Follows the log as `following` says.
    pub(crate) fn new(connections: Arc<Connections>, statements: Arc<Statements>, following: Following) -> Heads {
        let ((waiting, _), (news, _)) = (watch::channel(0), watch::channel(Place::START));
        Heads { known: KnownHead::new(Place::START), waiting, news, connections, statements, following }
    }

    /// Sets the head, and wakes who waits if it is news.
    pub(crate) fn set(&self, head: Place) {
        self.known.set(head);
    }

    /// Asks the database for the head of the log, which must hold a place.
    pub(crate) async fn ask(&self, place: Place) -> Result<Place, Fault> {
        let mut connection = self.connections.take(Purpose::Other).await?;
        let call = head_behind(&mut connection, &self.statements, place);
        let result = within(self.connections.call_timeout(), call).await;
        connection.give_back(&result);
        let head = result?;
        self.set(head);
        Ok(head)
    }

    /// Begins to watch the head.
    pub(crate) fn watcher(&self) -> Watcher<'_> {
        Watcher { heads: self, head: self.known.watcher() }
    }

    /// Looks for commits of other processes while a call waits.
    pub(crate) async fn follow(self: Arc<Heads>) {
        let mut waiting = self.waiting.subscribe();
        while waiting.wait_for(|waiting| *waiting > 0).await.is_ok() && !self.known.is_closed() {
            self.follow_while_needed(&waiting).await;
        }
    }

    async fn follow_while_needed(&self, waiting: &watch::Receiver<usize>) {
        let mut listener = None;
        let (mut listen_at, mut pause) = (Instant::now(), self.following.poll_interval);
        let mut idle_since = Instant::now();
        let limit = self.connections.call_timeout();
        while idle_since.elapsed() <= FOLLOW_IDLE_MAX && !self.known.is_closed() {
            if listener.is_none() && self.following.listens && Instant::now() >= listen_at {
                listener = within(limit, self.listen()).await.ok();
                pause =
                    if listener.is_some() { self.following.poll_interval } else { (pause * 2).min(LISTEN_PAUSE_MAX) };
                listen_at = Instant::now() + pause;
            }
            // A failure here is met again, and told, by the read that follows. It is the listener's connection that is asked,
            // so that one which has died without a word is noticed.
            let asked = match &mut listener {
                Some(listener) => within(limit, self.ask_through(listener)).await,
                None => self.ask(Place::START).await.map(drop),
            };
            if asked.is_err() {
                listener = None;
            }
            // Something was heard or the time is up: it is time to ask.
            match &mut listener {
                Some(heard) => {
                    match tokio::time::timeout(self.following.poll_interval.min(limit), heard.try_recv()).await {
                        Ok(Ok(Some(_))) => while heard.next_buffered().is_some() {},
                        Ok(_) => listener = None,
                        Err(_) => {}
                    }
                }
                None => tokio::time::sleep(self.following.poll_interval.min(limit)).await,
            }
            if *waiting.borrow() > 0 {
                idle_since = Instant::now();
            }
        }
    }

    async fn listen(&self) -> Result<PgListener, Fault> {
        let mut listener = PgListener::connect_with(&self.connections.apart()).await?;
        listener.eager_reconnect(false);
        listener.listen(&self.following.channel).await?;
        Ok(listener)
    }

    async fn ask_through(&self, listener: &mut PgListener) -> Result<(), Fault> {
        self.set(head_behind(listener.acquire().await?, &self.statements, Place::START).await?);
        Ok(())
    }

    /// Lets other processes be told, soon and outside of any append, that the log has grown. What happens meanwhile is told
    /// with it.
    pub(crate) fn announce(&self, head: Place) {
        if self.following.announces {
            self.news.send_replace(head);
        }
    }

    /// Tells other processes what there is to announce.
    pub(crate) async fn announce_all(self: Arc<Heads>) {
        let mut news = self.news.subscribe();
        while news.changed().await.is_ok() {
            // Processes without the notification poll soon.
            let _ = self.notify().await;
            tokio::time::sleep(ANNOUNCE_GAP).await;
        }
    }

    async fn notify(&self) -> Result<(), Fault> {
        let mut connection = self.connections.take(Purpose::Other).await?;
        let query = sqlx::query(self.statements.notify).bind(&self.following.channel);
        let call = async { query.execute(&mut *connection).await.map(drop).map_err(Fault::from) };
        let result = within(self.connections.call_timeout(), call).await;
        connection.give_back(&result);
        result
    }

    /// Wakes everybody who waits, and ends the follower.
    pub(crate) fn close(&self) {
        self.known.close();
    }
}

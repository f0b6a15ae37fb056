use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, Message, Subject, Subscriber};
use eskit_runtime::Timestamp;
use eskit_runtime::execute::OutcomeKind;
use eskit_runtime::store_kit::{contain, contain_polls};
use futures_util::StreamExt as _;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::commands::handler::{Asked, Handler};
use crate::commands::headers::Wishes;
use crate::commands::reply::Reply;
use crate::commands::report::{OnError, ServiceError};
use crate::commands::subject::QUEUE_GROUP;

/// How much a service takes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) concurrency: usize,
    pub(super) waiting: usize,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { concurrency: 64, waiting: 1024 }
    }
}

impl Bounds {
    fn admitted(self) -> usize {
        self.concurrency.saturating_add(self.waiting).min(Semaphore::MAX_PERMITS)
    }
}

/// A subject, and what executes its messages.
pub(super) struct Route<B> {
    pub(super) subject: String,
    pub(super) name: &'static str,
    pub(super) handler: Handler<B>,
}

/// A service that runs. Dropping it stops it too, without waiting for the commands that are being executed.
#[derive(Debug)]
pub struct Serving {
    client: Client,
    /// Ends the subscriptions.
    stop: watch::Sender<bool>,
    subscriptions: JoinSet<()>,
    admitted: Arc<Semaphore>,
    bounds: Bounds,
}

impl Serving {
    pub(super) async fn start<B: Send + Sync + 'static>(
        client: &Client,
        bus: Arc<B>,
        routes: Vec<Route<B>>,
        bounds: Bounds,
        on_error: OnError,
    ) -> Result<Serving, String> {
        let admitted = Arc::new(Semaphore::new(bounds.admitted()));
        let turns = Semaphore::new(bounds.concurrency.min(Semaphore::MAX_PERMITS));
        let shared = Shared { client: client.clone(), bus, admitted: Arc::clone(&admitted), turns, on_error };
        let (shared, (stop, stopped)) = (Arc::new(shared), watch::channel(false));
        let mut subscriptions = JoinSet::new();
        for route in routes {
            let subscriber = client.queue_subscribe(route.subject.clone(), QUEUE_GROUP.to_owned()).await;
            let subscriber = subscriber.map_err(|error| error.to_string())?;
            subscriptions.spawn(Arc::clone(&shared).listen(subscriber, route, stopped.clone()));
        }
        client.flush().await.map_err(|error| error.to_string())?;
        Ok(Serving { client: client.clone(), stop, subscriptions, admitted, bounds })
    }

    /// Takes no more commands, and waits until those that it has taken are executed and answered; no longer than this.
    ///
    /// A command that is on its way at this very moment may be neither executed nor answered: `async-nats` forgets a subscription before the
    /// server has (0.51). Its sender is told that the outcome is not known, and sends it again with the same idempotency key.
    ///
    /// # Errors
    /// Some were not in time. They are still executed, until the runtime ends.
    pub async fn stop(mut self, within: Duration) -> Result<(), NotStopped> {
        self.stop.send_replace(true);
        let all = u32::try_from(self.bounds.admitted()).unwrap_or(u32::MAX);
        let ending = async {
            while self.subscriptions.join_next().await.is_some() {}
            // It is never closed.
            let _ = self.admitted.acquire_many(all).await;
            let _ = self.client.flush().await;
        };
        let ended = tokio::time::timeout(within, ending).await;
        ended.map_err(|_| NotStopped { executing: self.bounds.admitted() - self.admitted.available_permits() })
    }
}

/// A service did not stop in time.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct NotStopped {
    /// How many commands it has taken and not answered.
    pub executing: usize,
}

impl fmt::Display for NotStopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the service of commands did not stop in time: {} commands are not answered\nhelp: give it more time",
            self.executing
        )
    }
}

impl std::error::Error for NotStopped {}

/// What all commands of a service share.
struct Shared<B> {
    client: Client,
    bus: Arc<B>,
    /// One permit for each command that was taken and not answered.
    admitted: Arc<Semaphore>,
    /// One permit for each command that is executed.
    turns: Semaphore,
    on_error: OnError,
}

impl<B: Send + Sync + 'static> Shared<B> {
    /// Takes what comes on a subject, until told to stop and all that was on its way has come.
    async fn listen(self: Arc<Self>, mut messages: Subscriber, route: Route<B>, mut stopped: watch::Receiver<bool>) {
        loop {
            let message = tokio::select! {
                message = messages.next() => message,
                // Also when the handle was dropped.
                _ = stopped.changed() => break,
            };
            match message {
                Some(message) => self.take(message, &route).await,
                None => {
                    self.report(&ServiceError::Ended { subject: route.subject });
                    return;
                }
            }
        }
        // If the connection is closed, nothing comes.
        if messages.drain().await.is_ok() {
            while let Some(message) = messages.next().await {
                self.take(message, &route).await;
            }
        }
    }

    /// Has a command executed in a task of its own, if there is room.
    async fn take(self: &Arc<Self>, message: Message, route: &Route<B>) {
        let (name, handler) = (route.name, route.handler);
        let Some(reply_to) = message.reply.clone() else {
            self.report(&ServiceError::NoReply { command: name.to_owned() });
            return;
        };
        let Ok(admitted) = Arc::clone(&self.admitted).try_acquire_owned() else {
            self.report(&ServiceError::Busy { command: name.to_owned() });
            let text = format!(
                "the command `{name}` was not executed: the service has too much to do\nhelp: send it again later"
            );
            self.answer(reply_to, name, Reply::without(OutcomeKind::Unavailable, text)).await;
            return;
        };
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            let reply = shared.execute(name, handler, message).await;
            shared.answer(reply_to, name, reply).await;
            drop(admitted);
        });
    }

    async fn execute(&self, name: &'static str, handler: Handler<B>, message: Message) -> Reply {
        let wishes = match Wishes::read(message.headers.as_ref()) {
            Ok(wishes) => wishes,
            Err(text) => {
                return Reply::without(OutcomeKind::Invalid, format!("the command `{name}` was not executed: {text}"));
            }
        };
        // It is never closed.
        let _turn = self.turns.acquire().await;
        if let Some(text) = wishes.deadline.and_then(late) {
            return Reply::without(OutcomeKind::Unavailable, format!("the command `{name}` was not executed: {text}"));
        }
        let asked = Asked { name, payload: message.payload.to_vec(), wishes };
        // Code of the program may panic before it returns a future, too.
        let executing = contain(|| handler(Arc::clone(&self.bus), asked)).map(contain_polls);
        let executed = match executing {
            Ok(executing) => executing.await,
            Err(text) => Err(text),
        };
        match executed {
            Ok(reply) => {
                self.report_failure(name, &reply);
                reply
            }
            Err(text) => {
                self.report(&ServiceError::Panicked { command: name.to_owned(), text: text.clone() });
                let text = format!(
                    "the command `{name}` panicked: {text}\nhelp: its events may be in the log; send it again with the same idempotency key to find out"
                );
                Reply::without(OutcomeKind::Unknown, text)
            }
        }
    }

    async fn answer(&self, reply_to: Subject, name: &str, reply: Reply) {
        let outcome = reply.outcome.clone();
        let failed = match reply.into_payload(self.client.max_payload()) {
            Ok(payload) => self.client.publish(reply_to, payload.into()).await.err().map(|error| error.to_string()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(text) = failed {
            self.report(&ServiceError::NotAnswered { command: name.to_owned(), outcome, text });
        }
    }

    /// Reports what is more than an answer to the caller.
    fn report_failure(&self, name: &str, reply: &Reply) {
        if let Some(outcome @ (OutcomeKind::Failed | OutcomeKind::Unknown | OutcomeKind::Unavailable)) = reply.kind() {
            let text = reply.text.clone().unwrap_or_default();
            self.report(&ServiceError::Failed { command: name.to_owned(), outcome, text });
        }
    }

    fn report(&self, error: &ServiceError) {
        #[cfg(feature = "tracing")]
        tracing::error!(target: "eskit", "{error}");
        // The panic hook has reported a panic of the callback, and the service goes on.
        let _ = contain(|| (self.on_error)(error));
    }
}

/// Why a command is not executed any more; `None` if it is in time.
fn late(deadline: Timestamp) -> Option<String> {
    let now = Timestamp::now();
    (now > deadline).then(|| {
        format!("its deadline was {deadline}, and it is {now}\nhelp: if the clocks of the machines differ, set them; otherwise allow more time")
    })
}

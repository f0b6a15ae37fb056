use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use eskit_runtime::__private::first;
use eskit_runtime::EventStore;
use eskit_runtime::model::{Registry, RegistryError};
use eskit_runtime::subscription::{Health, SubscriberType};

use super::app::Running;
use super::ending::{Abort, Ending, Started, StartedWork};
use super::unknown::{UnknownSubscription, write_failed};
use crate::app::App;
use crate::processor::BadSchedule;
use crate::subscriptions::{Boxed, Log, Subscribed};
use crate::tail::Tail;
use crate::working::Worked;

/// Why an app did not start. Nothing runs.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// Two subscriptions have the same name.
    SameName {
        /// The name.
        name: String,
        /// The two types that were added under it: projections, or aggregates of which rows are kept. One type, if it was added twice.
        types: [String; 2],
    },
    /// Items of the program clash, such as projections of two crates that have the same name.
    Registry(RegistryError),
    /// What is to begin anew was not added.
    Unknown(UnknownSubscription),
    /// A queue has a name that it cannot have.
    QueueName {
        /// The name.
        name: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Two queues take the same command, so that it is not said into which of them [`App::enqueue`](crate::App::enqueue) puts it.
    SameCommand {
        /// The wire name of the command.
        command: &'static str,
        /// The names of the queues.
        queues: [&'static str; 2],
    },
    /// A schedule of a processor cannot be kept.
    Schedule {
        /// The type of the processor.
        processor: &'static str,
        /// The `#[every]` method.
        method: &'static str,
        /// Its cron text.
        every: &'static str,
        /// What is wrong with it.
        why: String,
        /// What to write.
        help: String,
    },
    /// [`App::start`] was called outside of a tokio runtime.
    NoRuntime,
    /// A subscription failed before it handled anything.
    Failed(Health),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::SameName { name, types: [first, second] } if first == second => {
                write!(
                    f,
                    "`{first}` was added twice, and would write to the checkpoint `{name}` twice\nhelp: add it once"
                )
            }
            StartError::SameName { name, types: [first, second] } => write!(
                f,
                "`{first}` and `{second}` would both write to the checkpoint `{name}`\nhelp: give the projection another name; the \
                 rows of an aggregate are named after its type, so that one has to be renamed"
            ),
            StartError::Registry(error) => error.fmt(f),
            StartError::Unknown(unknown) => unknown.fmt(f),
            StartError::QueueName { name, why } => write!(
                f,
                "a queue cannot have the name `{name}`: {why}\nhelp: give it another one in `with_queue`, such as `shop-commands`"
            ),
            StartError::SameCommand { command, queues: [first, second] } => write!(
                f,
                "the queues `{first}` and `{second}` both take the command `{command}`\nhelp: let one of them hold a set of commands without it"
            ),
            StartError::Schedule { processor, method, every, why, help } => {
                write!(f, "the schedule `{every}` of `{processor}::{method}` cannot be kept: {why}\nhelp: {help}")
            }
            StartError::NoRuntime => f.write_str(
                "there is no tokio runtime here to run subscriptions in\nhelp: call `start` in a tokio runtime, or `start_on` with what \
                 spawns tasks in another one",
            ),
            StartError::Failed(health) => write_failed(f, health),
        }
    }
}

/// Whether a queue can have this name. As the names of processors, which the macro checks.
fn is_name(name: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    name.len() <= 64 && name.starts_with(|first: char| first.is_ascii_lowercase()) && name.split('-').all(is_word)
}

impl std::error::Error for StartError {}

impl From<BadSchedule> for StartError {
    fn from(bad: BadSchedule) -> StartError {
        let BadSchedule { processor, method, every, why, help } = bad;
        StartError::Schedule { processor: processor.rust_name, method, every, why, help }
    }
}

impl<S: EventStore + 'static> App<S> {
    /// Starts the subscriptions in tasks of the tokio runtime in which this is called, and returns the running app. Each has claimed
    /// its checkpoint by then, or waits for another process, or for a log or views that cannot be reached.
    ///
    /// # Errors
    /// See [`StartError`].
    #[cfg(feature = "tokio")]
    pub async fn start(self) -> Result<Running<S>, StartError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        self.start_on(move |task| drop(runtime.spawn(task))).await
    }

    /// As [`App::start`], in any async runtime: `spawn` is called for each subscription, and must run the future to its end, such as
    /// `|task| smol::spawn(task).detach()`.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start_on(
        self,
        spawn: impl Fn(Pin<Box<dyn Future<Output = ()> + Send>>),
    ) -> Result<Running<S>, StartError> {
        let registry = Registry::collect();
        registry.check().map_err(StartError::Registry)?;
        let store = Arc::clone(&self.bus().store);
        let mut added: Vec<_> = self.subscriptions().iter().map(|added| added.subscriber()).collect();
        added.sort_by_key(|added| added.name);
        if let Some(pair) = added.windows(2).find(|pair| pair[0].name == pair[1].name) {
            let path = |of: &SubscriberType| format!("{}::{}", of.location.module, of.rust_name);
            return Err(StartError::SameName { name: pair[0].name.to_owned(), types: [path(pair[0]), path(pair[1])] });
        }
        let is_added = |name: &&&str| added.iter().any(|added| added.name == **name);
        if let Some((name, _)) = self.restarts().iter().find(|(name, _)| !is_added(&name)) {
            return Err(StartError::Unknown(UnknownSubscription::of(name)));
        }
        for (index, work) in self.works().iter().enumerate() {
            work.check().map_err(StartError::from)?;
            let (name, is_list) = (work.list(), |other: &Arc<dyn Worked<S>>| other.list() == work.list());
            let why = match work.is_queue() {
                true if !is_name(name) => {
                    "it is no words of lower-case letters and digits, joined by hyphens, of at most 64 bytes"
                }
                true if added.iter().any(|added| added.name == name) => "a projection or processor has it",
                true if self.works()[..index].iter().any(is_list) => "another queue has it",
                _ => match self.shared_command(index) {
                    Some((command, queues)) => return Err(StartError::SameCommand { command, queues }),
                    None => continue,
                },
            };
            return Err(StartError::QueueName { name, why });
        }
        let (aborted, unread) = (Arc::new(Abort::default()), Arc::new(Abort::default()));
        let spawn = |task: Boxed<()>, aborted: &Arc<Abort>| {
            let aborted = Arc::clone(aborted);
            spawn(Box::pin(async move {
                first(task, aborted.wait()).await;
            }));
        };
        let log = if self.subscriptions().iter().map(|subscription| subscription.parts()).sum::<u32>() > 1 {
            let tail = Arc::new(Tail::new(store));
            let own = Arc::clone(&tail);
            spawn(Box::pin(async move { own.follow().await }), &unread);
            Log::Shared(tail)
        } else {
            Log::Own(store)
        };
        let start = |subscription: &Arc<dyn Subscribed<S>>| {
            let (controls, tasks): (Vec<_>, Vec<_>) = subscription.tasks(self.bus(), &log).into_iter().unzip();
            for (_, start) in self.restarts().iter().filter(|(name, _)| *name == subscription.subscriber().name) {
                controls
                    .iter()
                    .for_each(|control| start.map_or_else(|| control.rebuild(), |start| control.restart_at(start)));
            }
            tasks.into_iter().for_each(|task| spawn(task, &aborted));
            Started { subscription: Arc::clone(subscription), controls }
        };
        let subscriptions: Vec<_> = self.subscriptions().iter().map(start).collect();
        let start_work = |work: &Arc<dyn Worked<S>>| {
            let opens = |started: &&Started<S>| started.subscription.subscriber().name == work.list();
            let controls = subscriptions.iter().find(opens).map_or(&[][..], |started| &started.controls);
            let (control, tasks) = work.tasks(self.bus(), controls);
            tasks.into_iter().for_each(|task| spawn(task, &aborted));
            StartedWork { work: Arc::clone(work), control }
        };
        let works = self.works().iter().map(start_work).collect();
        let ending = Arc::new(Ending { subscriptions, works, aborted, unread });
        let mut running = Running { app: self, ending, renamed: None };
        for control in running.ending.controls() {
            if let Err(health) = control.started().await {
                // Best effort: what failed is the answer.
                let _ = running.stop().await;
                return Err(StartError::Failed(health));
            }
        }
        running.renamed = super::renamed::look(running.store(), &registry).await.map(Arc::from);
        #[cfg(feature = "tracing")]
        if let Some(text) = &running.renamed {
            tracing::warn!(target: "eskit", "{text}");
        }
        Ok(running)
    }

    /// A command that a queue takes, and an earlier one too, with the names of both.
    fn shared_command(&self, index: usize) -> Option<(&'static str, [&'static str; 2])> {
        let work = &self.works()[index];
        work.commands().into_iter().find_map(|command| {
            let other = self.works()[..index].iter().find(|other| other.takes(command))?;
            Some((command, [other.list(), work.list()]))
        })
    }
}

use std::marker::PhantomData;

use eskit_runtime::__private::execute_set;
use eskit_runtime::execute::CommandSet;
use eskit_runtime::model::Storable;
use eskit_runtime::processor::OnRefused;
use eskit_runtime::subscription::{Control, HandleError};
use eskit_runtime::work::{Outcome, Work, WorkOptions};
use eskit_runtime::{AnyStore, EventStore, ExecuteError, Metadata};

use super::options::QueueOptions;
use super::stored::Content;
use crate::bus::{Bus, failed_log, not_executed};
use crate::desk::{Does, Failed, Job, kinds_of, version_of};
use crate::working::{WorkItems, WorkTasks, Worked, tasks};

/// A queue of the commands of a set, and the views that keep it.
pub(crate) struct Queue<C, V> {
    name: &'static str,
    views: V,
    options: QueueOptions,
    commands: PhantomData<fn() -> C>,
}

impl<C: Storable + CommandSet, V: Work> Queue<C, V> {
    pub(crate) fn new(name: &'static str, views: V, options: QueueOptions) -> Queue<C, V> {
        Queue { name, views, options, commands: PhantomData }
    }
}

impl<S: EventStore + 'static, C: Storable + CommandSet, V: Work> Worked<S> for Queue<C, V> {
    fn list(&self) -> &'static str {
        self.name
    }

    fn is_queue(&self) -> bool {
        true
    }

    fn commands(&self) -> Vec<&'static str> {
        C::TYPES.names()
    }

    fn tasks(&self, bus: &Bus<S>, _: &[Control]) -> WorkTasks {
        let bus = bus.erased();
        let (name, options) = (self.name, self.options);
        let executing = Executing::<C> { name, options, bus: bus.clone(), commands: PhantomData };
        tasks(self.views.clone(), executing, &bus, None, Vec::new())
    }

    fn items(&self) -> &dyn WorkItems {
        &self.views
    }
}

/// Executes the commands of a queue.
struct Executing<C> {
    name: &'static str,
    options: QueueOptions,
    bus: Bus<AnyStore>,
    commands: PhantomData<fn() -> C>,
}

impl<C: Storable + CommandSet> Does for Executing<C> {
    fn list(&self) -> &'static str {
        self.name
    }

    fn kinds(&self) -> Vec<String> {
        kinds_of(C::TYPES)
    }

    fn options(&self) -> WorkOptions {
        self.options.work
    }

    fn cause(&self, job: &Job) -> Metadata {
        read(job).map(|content| content.metadata).unwrap_or_default()
    }

    async fn run<'a>(&'a self, jobs: &'a [Job]) -> Vec<Result<Outcome, Failed>> {
        let mut outcomes = Vec::with_capacity(jobs.len());
        for job in jobs {
            outcomes.push(self.execute(job).await);
        }
        outcomes
    }
}

impl<C: Storable + CommandSet> Executing<C> {
    async fn execute(&self, job: &Job) -> Result<Outcome, Failed> {
        let content = read(job)?;
        let command: C = content.decode(&job.item.kind).map_err(|error| Failed::Item(error.into()))?;
        let version = version_of(&job.item.kind);
        let name = version.as_ref().map_or(job.item.kind.as_str(), |(name, _)| name.as_str());
        let mut options = self.bus.options(content.metadata);
        options.idempotency_key = Some(format!("{}/{}", self.name, job.item.id));
        match execute_set(command, &self.bus, options).await {
            Ok(_) => Ok(Outcome::Done),
            Err(ExecuteError::Domain(_)) if self.options.refused == OnRefused::Skip => Ok(Outcome::Done),
            Err(ExecuteError::Domain(refused)) => {
                Err(permanent(format!("the command `{}` was refused: {refused}", refused.command())))
            }
            Err(error) => Err(match failed_log(name, &error) {
                Some(error) => Failed::Unreachable(error),
                None => Failed::Item(not_executed(name, &error)),
            }),
        }
    }
}

fn read(job: &Job) -> Result<Content, Failed> {
    let text = job.item.payload.as_deref().unwrap_or_default();
    serde_json::from_str(text).map_err(|error| permanent(format!("the content of the item cannot be read: {error}")))
}

fn permanent(text: String) -> Failed {
    Failed::Item(HandleError::permanent(text))
}

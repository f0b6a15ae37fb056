//! What does the to-dos and schedules of a processor.

#[cfg(feature = "testing")]
use std::ops::Range;
use std::sync::Arc;

use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::subscription::{HandleError, SubscriberType};
use eskit_runtime::work::{NewWork, Outcome, StepHolder, WorkItem, WorkOptions};
use eskit_runtime::{AnyStore, StoreError, Timestamp};

use super::batch::work;
use super::effect::{Effect, Stop};
use super::subscriber::Processor;
use super::times::{NoTimes, Times};
use crate::bus::Bus;
use crate::desk::{Does, Failed, Job, kinds_of};
use crate::steps::KeepsSteps;

/// A schedule that cannot be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct BadSchedule {
    pub(crate) processor: &'static SubscriberType,
    pub(crate) method: &'static str,
    pub(crate) every: &'static str,
    pub(crate) why: String,
    pub(crate) help: String,
}

/// The to-dos and schedules of a processor. Does nothing if it has none.
pub(crate) struct Doing<P> {
    processor: Arc<P>,
    bus: Bus<AnyStore>,
    steps: Arc<dyn KeepsSteps>,
    times: Vec<Times>,
}

impl<P: Processor> Doing<P> {
    /// # Errors
    /// A schedule cannot be kept.
    pub(crate) fn new(
        processor: Arc<P>,
        bus: Bus<AnyStore>,
        steps: Arc<dyn KeepsSteps>,
    ) -> Result<Doing<P>, BadSchedule> {
        Ok(Doing { processor, bus, steps, times: times_of::<P>()? })
    }

    /// Whether there can be anything to do.
    pub(crate) fn is_needed() -> bool {
        P::WORK.is_some() || !P::SCHEDULES.is_empty()
    }

    /// An item for each schedule, due at its next time. One that is there stays as it is, so that no time is left out while no process
    /// runs.
    pub(crate) fn standing(&self) -> Vec<NewWork> {
        let item = |(times, index): (&Times, usize)| {
            let due = times.after(self.bus.clock.now())?;
            let id = schedule_kind::<P>(index)?;
            let payload = Some(written(due));
            Some(NewWork { key: id.clone(), kind: id.clone(), id, event: None, payload, due })
        };
        self.times.iter().zip(0..).filter_map(item).collect()
    }

    async fn todos(&self, jobs: &[Job]) -> Vec<Result<Outcome, Failed>> {
        // A to-do is opened by an event; one that somebody added otherwise has nothing to do.
        let opened = jobs.iter().filter_map(|job| Some((&**job.event.as_ref()?, &job.item)));
        let (todos, mut effects): (Vec<_>, Vec<_>) = opened
            .map(|(event, item)| {
                let effect = Effect::of_todo(&self.bus, P::TYPE.name, event, &item.key);
                let effect = effect.at_attempt(item.attempts).with_steps(&*self.steps, holder(item));
                ((event, item.key.as_str()), effect)
            })
            .unzip();
        let done = work(&*self.processor, &todos, &mut effects).await;
        let finished = done.into_iter().zip(&mut effects);
        let mut finished = finished.map(|(done, effect)| self.finished(done, effect, Outcome::Done));
        let outcome = |job: &Job| match &job.event {
            Some(_) => finished.next().unwrap_or(Ok(Outcome::Release)),
            None => Ok(Outcome::Done),
        };
        jobs.iter().map(outcome).collect()
    }

    async fn scheduled(&self, index: usize, times: &Times, item: &WorkItem) -> Result<Outcome, Failed> {
        let (name, at) = (P::SCHEDULES[index].name, at(item));
        let effect = Effect::of_schedule(&self.bus, P::TYPE.name, name, at).at_attempt(item.attempts);
        let mut effect = effect.with_steps(&*self.steps, holder(item));
        let done = self.processor.every(index, at, &mut effect).await;
        let again =
            times.after(at).map_or(Outcome::Done, |next| Outcome::Again { at: next, payload: Some(written(next)) });
        self.finished(done, &mut effect, again)
    }

    fn finished(
        &self,
        done: Result<(), HandleError>,
        effect: &mut Effect<'_>,
        outcome: Outcome,
    ) -> Result<Outcome, Failed> {
        done.map(|()| outcome).map_err(|error| match effect.take_stop() {
            Some(Stop::Unreachable(error)) => Failed::Unreachable(error),
            Some(Stop::Lost) => Failed::Lost,
            // What a method has read was written by a newer program, which can do it.
            None if error.is_newer() => {
                Failed::Unreachable(StoreError::new(StoreErrorKind::Unavailable, error.to_string()))
            }
            None => Failed::Item(error),
        })
    }
}

/// The right to begin the steps of an item.
fn holder(item: &WorkItem) -> StepHolder {
    StepHolder::Item { id: item.id.clone(), epoch: item.epoch }
}

/// Checks the schedules of a processor.
///
/// # Errors
/// One of them cannot be kept.
pub(crate) fn check_schedules<P: Processor>() -> Result<(), BadSchedule> {
    times_of::<P>().map(drop)
}

/// The times of all schedules of a processor.
fn times_of<P: Processor>() -> Result<Vec<Times>, BadSchedule> {
    let times = P::SCHEDULES.iter().map(|schedule| {
        let (processor, method, every) = (P::TYPE, schedule.name, schedule.every);
        Times::of(schedule).map_err(|NoTimes { why, help }| BadSchedule { processor, method, every, why, help })
    });
    times.collect()
}

/// The times of all schedules of a processor in this range, in order, each with the index of its schedule.
///
/// # Errors
/// A schedule cannot be kept, or there are too many times.
#[cfg(feature = "testing")]
pub(crate) fn occurrences<P: Processor>(range: Range<Timestamp>) -> Result<Vec<(usize, Timestamp)>, String> {
    let times = times_of::<P>().map_err(|bad| {
        format!("`{}` of `{}` cannot be kept: {}\nhelp: {}", bad.every, bad.method, bad.why, bad.help)
    })?;
    let mut found = Vec::new();
    for (index, times) in times.iter().enumerate() {
        let before = Timestamp::from_micros(range.start.as_micros().saturating_sub(1));
        let all = std::iter::successors(times.after(before), |at| times.after(*at));
        found.extend(all.take_while(|at| *at < range.end).take(OCCURRENCES_MAX + 1).map(|at| (index, at)));
        if found.len() > OCCURRENCES_MAX {
            let name = P::TYPE.name;
            return Err(format!(
                "`{name}` is called more than {OCCURRENCES_MAX} times in that time\nhelp: let less time pass"
            ));
        }
    }
    found.sort_by_key(|(index, at)| (*at, *index));
    Ok(found)
}

/// The most times of one test.
#[cfg(feature = "testing")]
const OCCURRENCES_MAX: usize = 10_000;

impl<P: Processor> Does for Doing<P> {
    fn list(&self) -> &'static str {
        P::TYPE.name
    }

    fn kinds(&self) -> Vec<String> {
        let todos = P::WORK.map(|_| kinds_of(P::OPENS)).unwrap_or_default();
        todos.into_iter().chain((0..self.times.len()).filter_map(schedule_kind::<P>)).collect()
    }

    fn options(&self) -> WorkOptions {
        P::WORK.unwrap_or(WorkOptions::DEFAULT)
    }

    /// After a failure a to-do is done by itself, so that it holds up no others again.
    fn together(&self, job: &Job) -> usize {
        if job.item.event.is_some() && job.item.attempts <= 1 { self.options().batch.max(1) as usize } else { 1 }
    }

    async fn run<'a>(&'a self, jobs: &'a [Job]) -> Vec<Result<Outcome, Failed>> {
        let [job] = jobs else { return self.todos(jobs).await };
        let of = |index: &usize| schedule_kind::<P>(*index).is_some_and(|kind| kind == job.item.kind);
        match (0..self.times.len()).find(of) {
            Some(index) => vec![self.scheduled(index, &self.times[index], &job.item).await],
            None => self.todos(jobs).await,
        }
    }
}

/// The kind of the items of a schedule, which is also their key and their id: other times make another schedule.
fn schedule_kind<P: Processor>(index: usize) -> Option<String> {
    let schedule = P::SCHEDULES.get(index)?;
    Some(format!("every/{}/{}", schedule.name, schedule.every))
}

/// The time for which a schedule is called. It stays the same at each try.
fn at(item: &WorkItem) -> Timestamp {
    item.payload.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(item.due)
}

fn written(at: Timestamp) -> String {
    format!("\"{at}\"")
}

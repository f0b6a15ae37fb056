use std::collections::{BTreeMap, BTreeSet};

use eskit_runtime::Timestamp;
use eskit_runtime::log::Position;
use eskit_runtime::work::{BegunStep, EndedBy, OpenStep, StepEnd, StepHolder, StepId};

/// Steps that are listed at once.
const LIST_MAX: usize = 1_000;

/// The steps of the items of one list, and of the events of its subscription.
#[derive(Debug, Default)]
pub(super) struct StepList(BTreeMap<StepId, Step>);

#[derive(Debug)]
pub(super) struct Step {
    /// Where the event is whose step it is.
    position: Option<Position>,
    /// The part that takes the event.
    part: Option<u32>,
    epoch: u64,
    /// Once it has ended.
    result: Option<String>,
    begun_at: Timestamp,
}

impl StepList {
    pub(super) fn begin(&mut self, holder: &StepHolder, name: &str) -> BegunStep {
        let id = StepId { owner: holder.owner(), name: name.to_owned() };
        let (epoch, begun_at) = (holder.epoch(), Timestamp::now());
        if let Some(step) = self.0.get_mut(&id) {
            if let Some(result) = &step.result {
                return BegunStep::Done(result.clone());
            }
            step.epoch = epoch;
            return BegunStep::Again;
        }
        let (position, part) = (holder.position(), holder.part());
        self.0.insert(id, Step { position, part, epoch, result: None, begun_at });
        BegunStep::First
    }

    pub(super) fn end(&mut self, id: &StepId, by: EndedBy, end: StepEnd) -> bool {
        let may_end = |step: &&mut Step| match (by, &end) {
            (EndedBy::Holder(epoch), _) => step.epoch == epoch && step.result.is_none(),
            (EndedBy::Hand, StepEnd::Happened(_)) => true,
            (EndedBy::Hand, StepEnd::DidNotHappen) => step.result.is_none(),
        };
        let Some(step) = self.0.get_mut(id).filter(may_end) else { return false };
        match end {
            StepEnd::Happened(result) => step.result = Some(result),
            StepEnd::DidNotHappen => drop(self.0.remove(id)),
        }
        true
    }

    /// Those that have not ended.
    pub(super) fn open(&self) -> Vec<OpenStep> {
        let open = self.0.iter().filter(|(_, step)| step.result.is_none());
        open.map(|(id, step)| OpenStep::new(id.clone(), step.begun_at)).take(LIST_MAX).collect()
    }

    /// Removes the steps of an item or event.
    pub(super) fn take(&mut self, owner: &str) -> Vec<(StepId, Step)> {
        self.0.extract_if(.., |id, _| id.owner == owner).collect()
    }

    /// Puts steps back.
    pub(super) fn restore(&mut self, steps: Vec<(StepId, Step)>) {
        self.0.extend(steps);
    }

    /// Removes those of the events up to this position that this part takes, except those of parked ones.
    pub(super) fn forget_up_to(&mut self, part: u32, position: Position, is_parked: impl Fn(Position) -> bool) {
        self.0.retain(|_, step| {
            let is_handled = |at: Position| at <= position && step.part == Some(part) && !is_parked(at);
            !step.position.is_some_and(is_handled)
        });
    }

    /// Removes those of the event at this position.
    pub(super) fn forget_at(&mut self, position: Position) {
        self.0.retain(|_, step| step.position != Some(position));
    }

    /// Removes those of events, and those of items that are not there.
    pub(super) fn forget_events(&mut self, items: &BTreeSet<&str>) {
        self.0.retain(|id, step| step.position.is_none() && items.contains(id.owner.as_str()));
    }
}

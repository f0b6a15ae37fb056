use std::collections::BTreeMap;

use eskit_runtime::log::Position;
use eskit_runtime::work::{
    BegunStep, EndedBy, OpenStep, StepEnd, StepHolder, StepId, Steps, check_step, check_step_end,
};
use eskit_runtime::{StoreError, Timestamp};

use crate::mistake::Mistake as M;
use crate::sound::{SoundViews, State};

/// The steps of a list.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeptSteps(BTreeMap<StepId, Kept>);

#[derive(Clone, Debug)]
struct Kept {
    position: Option<Position>,
    epoch: u64,
    result: Option<String>,
    begun_at: Timestamp,
}

impl KeptSteps {
    pub(crate) fn forget(&mut self, owner: &str) {
        self.0.retain(|id, _| id.owner != owner);
    }

    pub(crate) fn forget_at(&mut self, is_forgotten: impl Fn(Position) -> bool) {
        self.0.retain(|_, step| !step.position.is_some_and(&is_forgotten));
    }

    pub(crate) fn forget_unless(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.0.retain(|id, step| step.position.is_none() && is_kept(&id.owner));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

impl SoundViews {
    fn may_begin(&self, state: &State, list: &str, holder: &StepHolder) -> bool {
        let model = state.models.get(&(list.to_owned(), 1));
        match holder {
            _ if self.mistake == M::StepsBeginUnclaimed => true,
            StepHolder::Item { id, epoch } => model.is_some_and(|model| model.work.is_held(id, *epoch)),
            StepHolder::Event { position, part, epoch, .. } => {
                state.checkpoint(list, *part).is_some_and(|checkpoint| {
                    let fences = self.mistake != M::StepsOfEventsAreNotFenced;
                    checkpoint.place.position < *position && (checkpoint.epoch == *epoch || !fences)
                })
            }
            StepHolder::Parked { position, .. } => model.is_some_and(|model| model.parked.contains_key(position)),
        }
    }

    fn id(&self, id: StepId) -> StepId {
        if self.mistake == M::StepsShareTheirName { StepId { name: "step".to_owned(), ..id } } else { id }
    }
}

impl Steps for SoundViews {
    async fn begin_step(&self, list: &str, holder: StepHolder, step: &str) -> Result<BegunStep, StoreError> {
        if self.mistake != M::StepLimitsAreNotChecked {
            check_step(list, step)?;
        }
        let mut state = self.lock();
        if !self.may_begin(&state, list, &holder) {
            return Ok(BegunStep::Lost);
        }
        let model = state.models.entry((list.to_owned(), 1)).or_default();
        let id = self.id(StepId { owner: holder.owner(), name: step.to_owned() });
        let new = Kept { position: holder.position(), epoch: holder.epoch(), result: None, begun_at: Timestamp::now() };
        let Some(kept) = model.work.steps.0.get_mut(&id) else {
            model.work.steps.0.insert(id, new);
            return Ok(BegunStep::First);
        };
        if let Some(result) = &kept.result {
            return Ok(BegunStep::Done(result.clone()));
        }
        kept.epoch = new.epoch;
        if self.mistake == M::BeginningsMove {
            kept.begun_at = Timestamp::from_micros(kept.begun_at.as_micros() + 1);
        }
        Ok(if self.mistake == M::UnknownIsNotTold { BegunStep::First } else { BegunStep::Again })
    }

    async fn end_step(&self, list: &str, step: &StepId, by: EndedBy, end: StepEnd) -> Result<bool, StoreError> {
        if self.mistake != M::StepLimitsAreNotChecked {
            check_step_end(list, &step.name, &end)?;
        }
        let mut state = self.lock();
        let Some(model) = state.models.get_mut(&(list.to_owned(), 1)) else { return Ok(false) };
        let (id, steps) = (self.id(step.clone()), &mut model.work.steps.0);
        let Some(kept) = steps.get_mut(&id) else { return Ok(false) };
        match by {
            EndedBy::Hand if self.mistake == M::HandsAreIgnored => return Ok(false),
            EndedBy::Hand if matches!(end, StepEnd::Happened(_)) && self.mistake != M::HandsSayItOnce => {}
            _ if kept.result.is_some() => return Ok(false),
            EndedBy::Holder(epoch) if epoch != kept.epoch && self.mistake != M::EndsOfOthersCount => return Ok(false),
            _ => {}
        }
        match end {
            StepEnd::Happened(_) if self.mistake == M::ResultsAreForgotten => kept.result = Some("null".to_owned()),
            StepEnd::Happened(result) => kept.result = Some(result),
            StepEnd::DidNotHappen => drop(steps.remove(&id)),
        }
        Ok(true)
    }

    async fn open_steps(&self, list: &str) -> Result<Vec<OpenStep>, StoreError> {
        let state = self.lock();
        let steps = state.models.get(&(list.to_owned(), 1)).into_iter().flat_map(|model| &model.work.steps.0);
        let is_listed = |kept: &Kept| kept.result.is_none() || self.mistake == M::EndedStepsAreListed;
        Ok(steps
            .filter(|(_, kept)| is_listed(kept))
            .map(|(id, kept)| OpenStep::new(id.clone(), kept.begun_at))
            .collect())
    }
}

use eskit_runtime::StoreError;
use eskit_runtime::work::{
    BegunStep, EndedBy, OpenStep, StepEnd, StepHolder, StepId, Steps, check_step, check_step_end,
};

use super::step_list::StepList;
use super::{Kept, MemoryViews};

impl Kept {
    /// Whether the claim holds, or the event is still parked.
    fn holds(&self, list: &str, holder: &StepHolder) -> bool {
        let model = self.models.get(&(list.to_owned(), 1));
        match holder {
            StepHolder::Item { id, epoch } => model.is_some_and(|model| model.work.is_held(id, *epoch)),
            StepHolder::Event { position, part, epoch, .. } => {
                self.checkpoints.get(&(list.to_owned(), 1, *part)).is_some_and(|held| {
                    let checkpoint = &held.checkpoint;
                    held.is_claimed && checkpoint.epoch == *epoch && checkpoint.place.position < *position
                })
            }
            StepHolder::Parked { position, id } => {
                model.and_then(|model| model.parked.get(position)).is_some_and(|parked| parked.id == *id)
            }
        }
    }

    fn steps(&mut self, list: &str) -> &mut StepList {
        &mut self.models.entry((list.to_owned(), 1)).or_default().steps
    }
}

impl Steps for MemoryViews {
    async fn begin_step(&self, list: &str, holder: StepHolder, step: &str) -> Result<BegunStep, StoreError> {
        check_step(list, step)?;
        let mut kept = self.lock();
        Ok(if kept.holds(list, &holder) { kept.steps(list).begin(&holder, step) } else { BegunStep::Lost })
    }

    async fn end_step(&self, list: &str, step: &StepId, by: EndedBy, end: StepEnd) -> Result<bool, StoreError> {
        check_step_end(list, &step.name, &end)?;
        Ok(self.lock().steps(list).end(step, by, end))
    }

    async fn open_steps(&self, list: &str) -> Result<Vec<OpenStep>, StoreError> {
        Ok(self.lock().steps(list).open())
    }
}

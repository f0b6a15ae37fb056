use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use eskit_runtime::subscription::{Changed, HandleError};
use eskit_runtime::work::{
    ClaimWork, ClaimedWork, ListWork, NewWork, Outcome, Settled, Work, WorkItem, WorkState, WorkTx, check_work,
    kept_text,
};
use eskit_runtime::{StoreError, Timestamp};

use crate::mistake::Mistake as M;
use crate::sound::{Model, SoundViews, Tx};
use crate::steps::KeptSteps;

/// The items of a list, by number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Items {
    items: BTreeMap<u64, WorkItem>,
    last_number: u64,
    pub(crate) steps: KeptSteps,
    /// What happens to those that somebody holds when views are opened.
    pub(crate) mistake: Option<M>,
}

impl Items {
    fn is(&self, mistake: M) -> bool {
        self.mistake == Some(mistake)
    }

    fn find(&mut self, id: &str) -> Option<&mut WorkItem> {
        self.items.values_mut().find(|item| item.id == id)
    }

    fn open(&mut self, mut new: NewWork) -> u64 {
        if self.is(M::PayloadIsLost) {
            new.payload = None;
        }
        if self.is(M::EventIsForgotten) {
            new.event = None;
        }
        if self.find(&new.id).is_some() && !self.is(M::OpensAgain) {
            return 0;
        }
        self.last_number += 1;
        self.items.insert(self.last_number, WorkItem::opened(new, self.last_number));
        1
    }

    fn close(&mut self, keys: &[String]) {
        let (spares_held, closes_added) = (self.is(M::ClosesOnlyWaiting), self.is(M::ClosesAdded));
        let outlive = self.is(M::StepsOutliveTheirItem);
        let Items { items, steps, .. } = self;
        items.retain(|_, item| {
            let is_spared = spares_held && item.state != WorkState::Waiting;
            let stays = !keys.contains(&item.key) || (item.event.is_none() && !closes_added) || is_spared;
            if !stays && !outlive {
                steps.forget(&item.id);
            }
            stays
        });
    }

    /// Forgets what a restart removes.
    pub(crate) fn restarted(mut self) -> Items {
        let keeps = self.is(M::RestartKeepsWork);
        self.items.retain(|_, item| item.event.is_none() || keeps);
        if self.is(M::RestartForgetsAdded) {
            self.items.clear();
        }
        if !self.is(M::RestartKeepsSteps) {
            let ids: BTreeSet<&str> = self.items.values().map(|item| item.id.as_str()).collect();
            self.steps.forget_unless(|owner| ids.contains(owner));
        }
        self
    }

    /// What is left when views are opened again.
    pub(crate) fn opened(&mut self) {
        match self.mistake {
            Some(M::WorkIsForgottenOnOpen) => self.items.clear(),
            Some(M::StepsAreForgottenOnOpen) => self.steps.clear(),
            Some(M::RecoversOnOpen) => {
                self.items
                    .values_mut()
                    .filter(|item| item.state != WorkState::Parked)
                    .for_each(|item| item.state = WorkState::Waiting);
            }
            _ => {}
        }
    }

    fn claimable(&self, claim: &ClaimWork) -> Vec<(Timestamp, u64)> {
        let clock = Timestamp::now();
        let is_free = |item: &WorkItem| match item.state {
            WorkState::Waiting => true,
            WorkState::Claimed { until } => (until <= clock && !self.is(M::RecoversOnOpen)) || self.is(M::ClaimsHeld),
            WorkState::Parked => false,
        };
        // The first items of their keys.
        let (mut keys, mut firsts) = (BTreeSet::new(), BTreeSet::new());
        for item in self.items.values() {
            let is_parked = item.state == WorkState::Parked && self.is(M::ParkedDoesNotBlock);
            if !is_parked && keys.insert(item.key.as_str()) {
                firsts.insert(item.number);
            }
        }
        let is_first = |item: &WorkItem| firsts.contains(&item.number) || self.is(M::ClaimsLaterOfAKey);
        let is_known = |item: &WorkItem| claim.kinds.contains(&item.kind) || self.is(M::KindsAreIgnored);
        let found = self.items.values().filter(|item| is_free(item) && is_first(item) && is_known(item));
        let mut found: Vec<_> = found.map(|item| (item.due, item.number)).collect();
        if self.is(M::DueOrderIsIgnored) {
            found.sort_unstable_by_key(|(due, number)| (*due > claim.now, *number));
        } else {
            found.sort_unstable();
        }
        found
    }

    fn claim(&mut self, claim: &ClaimWork, claimable: &[(Timestamp, u64)]) -> ClaimedWork {
        let limit = claim.limit as usize + usize::from(self.is(M::ClaimsBeyondTheLimit));
        let is_due = |due: &Timestamp| *due <= claim.now || self.is(M::ClaimsBeforeDue);
        let due: Vec<u64> =
            claimable.iter().filter(|(due, _)| is_due(due)).map(|(_, number)| *number).take(limit).collect();
        let mut claimed = ClaimedWork::default();
        let (repeats, counts) = (self.is(M::EpochsRepeat), !self.is(M::AttemptsAreNotCounted));
        for number in &due {
            self.last_number += u64::from(!repeats);
            let epoch = self.last_number;
            let Some(item) = self.items.get_mut(number) else { continue };
            item.epoch = if repeats { item.epoch + 1 } else { epoch };
            item.attempts += u32::from(counts);
            item.state = WorkState::Claimed { until: Timestamp::now() + claim.lease };
            claimed.items.push(item.clone());
        }
        let next = claimable.iter().find(|(_, number)| !due.contains(number)).map(|(due, _)| *due);
        claimed.next_due = next.filter(|_| claimed.items.len() < limit && !self.is(M::NextDueIsNotTold));
        claimed
    }

    fn held(&mut self, id: &str, epoch: u64) -> Option<&mut WorkItem> {
        let fences = !self.is(M::SettlesWithoutEpoch);
        let item = self.find(id)?;
        let is_held = (item.epoch == epoch || !fences) && matches!(item.state, WorkState::Claimed { .. });
        is_held.then_some(item)
    }

    pub(crate) fn is_held(&self, id: &str, epoch: u64) -> bool {
        let is_it = |item: &&WorkItem| item.id == id && item.epoch == epoch;
        self.items.values().any(|item| is_it(&item) && matches!(item.state, WorkState::Claimed { .. }))
    }

    fn settle(&mut self, settled: Settled) -> bool {
        let mistake = self.mistake;
        let is = |other: M| mistake == Some(other);
        if self.held(&settled.id, settled.epoch).is_none() {
            return false;
        }
        let is_over = matches!(settled.outcome, Outcome::Done | Outcome::Again { .. });
        if (is_over || is(M::StepsGoWithATry)) && !is(M::StepsOutliveTheirItem) {
            self.steps.forget(&settled.id);
        }
        let Some(item) = self.held(&settled.id, settled.epoch) else { return false };
        item.state = WorkState::Waiting;
        match settled.outcome {
            Outcome::Done if is(M::DoneIsLeft) => item.state = WorkState::Parked,
            Outcome::Done => {
                let number = item.number;
                self.items.remove(&number);
            }
            Outcome::Retry { at, text } => {
                item.text = if is(M::TextsAreKeptWhole) { text } else { kept_text(&text) };
                if !is(M::RetriesAtOnce) {
                    item.due = at;
                }
            }
            Outcome::Park { text } => (item.state, item.text) = (WorkState::Parked, kept_text(&text)),
            Outcome::GiveUp { text } => {
                (item.state, item.text) = (WorkState::Parked, kept_text(&text));
                item.attempts -= u32::from(!is(M::GivingUpCountsAsATry));
            }
            Outcome::Again { at, payload } => {
                (item.due, item.attempts) = (at, 0);
                item.text.clear();
                if !is(M::AgainKeepsContent) {
                    item.payload = payload;
                }
            }
            Outcome::Release => item.attempts = item.attempts.saturating_sub(1),
        }
        true
    }
}

impl SoundViews {
    /// Does something with a list at once.
    fn on_list<R>(&self, list: &str, run: impl FnOnce(&mut Items) -> R) -> R {
        let list = if self.mistake == M::ListsShareItems { "all" } else { list };
        let mut state = self.lock();
        let work = &mut state.models.entry((list.to_owned(), 1)).or_default().work;
        work.mistake = Some(self.mistake);
        run(work)
    }

    fn tell_of_work(&self, list: &str) {
        if self.mistake != M::WorkIsNotTold {
            *self.lock().additions.entry(list.to_owned()).or_default() += 1;
            self.hubs.of(list).tell(Changed::All);
        }
    }
}

impl Work for SoundViews {
    async fn add_work(&self, list: &str, items: Vec<NewWork>) -> Result<u64, StoreError> {
        if self.mistake != M::LimitsAreNotChecked {
            check_work(list, &items)?;
        }
        let added = self.on_list(list, |work| items.into_iter().map(|new| work.open(new)).sum());
        self.tell_of_work(list);
        Ok(added)
    }

    async fn claim_work(&self, list: &str, claim: ClaimWork) -> Result<ClaimedWork, StoreError> {
        if self.mistake == M::ClaimsRace {
            let before = self.on_list(list, |work| work.claimable(&claim));
            tokio::task::yield_now().await;
            return Ok(self.on_list(list, |work| work.claim(&claim, &before)));
        }
        Ok(self.on_list(list, |work| {
            let claimable = work.claimable(&claim);
            work.claim(&claim, &claimable)
        }))
    }

    async fn renew_work(&self, list: &str, held: Vec<(String, u64)>, lease: Duration) -> Result<Vec<bool>, StoreError> {
        let until = Timestamp::now() + lease;
        let renews = self.mistake != M::RenewalIsNotDone;
        let renew = |work: &mut Items, id: &str, epoch| match work.held(id, epoch) {
            Some(item) if renews => {
                item.state = WorkState::Claimed { until };
                true
            }
            item => item.is_some(),
        };
        Ok(self.on_list(list, |work| held.iter().map(|(id, epoch)| renew(work, id, *epoch)).collect()))
    }

    async fn settle_work(&self, list: &str, settled: Vec<Settled>) -> Result<Vec<bool>, StoreError> {
        Ok(self.on_list(list, |work| settled.into_iter().map(|settled| work.settle(settled)).collect()))
    }

    async fn list_work(&self, list: &str, which: ListWork) -> Result<Vec<WorkItem>, StoreError> {
        let which = if self.mistake == M::PagesBeginAnew { ListWork { after: 0, ..which } } else { which };
        Ok(self.on_list(list, |work| {
            work.items.values().filter(|item| which.takes(item)).take(which.limit as usize).cloned().collect()
        }))
    }

    async fn retry_work(&self, list: &str, id: &str) -> Result<bool, StoreError> {
        let keeps = self.mistake == M::RetryKeepsAttempts;
        let is_there = self.on_list(list, |work| {
            let item = work.find(id).filter(|item| !matches!(item.state, WorkState::Claimed { .. }));
            let Some(item) = item else { return false };
            (item.state, item.due) = (WorkState::Waiting, Timestamp::now().min(item.due));
            if !keeps {
                item.attempts = 0;
            }
            true
        });
        if is_there {
            self.tell_of_work(list);
        }
        Ok(is_there)
    }

    async fn drop_work(&self, list: &str, id: &str) -> Result<bool, StoreError> {
        let spares_held = self.mistake == M::DropSparesHeld;
        Ok(self.on_list(list, |work| {
            let is_held = |item: &WorkItem| matches!(item.state, WorkState::Claimed { .. });
            let number = work.find(id).filter(|item| !(spares_held && is_held(item))).map(|item| item.number);
            if !work.is(M::StepsOutliveTheirItem) {
                work.steps.forget(id);
            }
            number.is_some_and(|number| work.items.remove(&number).is_some())
        }))
    }
}

impl WorkTx for Tx {
    fn open_work(&mut self, items: Vec<NewWork>) -> Result<(), HandleError> {
        let mistake = self.mistake;
        let work = self.work();
        work.mistake = Some(mistake);
        for new in items {
            work.open(new);
        }
        Ok(())
    }

    fn close_work(&mut self, keys: &[String]) -> Result<(), HandleError> {
        match self.mistake {
            M::ClosesAtTheEnd => self.model.closed.extend_from_slice(keys),
            mistake => {
                let work = self.work();
                work.mistake = Some(mistake);
                work.close(keys);
            }
        }
        Ok(())
    }
}

impl Tx {
    fn work(&mut self) -> &mut Items {
        &mut self.model.work
    }
}

impl Model {
    /// The end of a batch.
    pub(crate) fn end(&mut self) {
        let closed = std::mem::take(&mut self.closed);
        self.work.close(&closed);
    }
}

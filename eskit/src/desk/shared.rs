use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use eskit_runtime::store_kit::HeadWatch;
use eskit_runtime::work::{Outcome, Settled};

use super::job::Job;

/// What a claimer and its workers share.
#[derive(Default)]
pub(crate) struct Desk {
    held: Mutex<Held>,
    moved: HeadWatch,
}

#[derive(Default)]
struct Held {
    /// Claimed, and taken by no worker yet.
    waiting: VecDeque<Job>,
    /// The claims of all items that were not settled, by id and epoch.
    claims: BTreeSet<(String, u64)>,
    /// What workers have done since the claimer looked.
    settled: Vec<Settled>,
    /// Whether the log could not be reached since the claimer looked.
    is_unreachable: bool,
    /// Whether nothing more is handed out.
    is_closed: bool,
}

impl Desk {
    /// Hands claimed items to the workers.
    pub(super) fn put(&self, jobs: Vec<Job>) {
        let mut held = self.lock();
        held.claims.extend(jobs.iter().map(Job::claim));
        held.waiting.extend(jobs);
        drop(held);
        self.moved.moved();
    }

    /// The next items for a worker, which does them together: one, or up to `together` of those of which it says more than one. None
    /// when nothing more comes.
    pub(super) async fn take(&self, together: impl Fn(&Job) -> usize) -> Vec<Job> {
        let take = || {
            let mut held = self.lock();
            let Some(first) = held.waiting.pop_front() else { return held.is_closed.then(Vec::new) };
            let (most, mut jobs, mut index) = (together(&first), vec![first], 0);
            while jobs.len() < most && index < held.waiting.len() {
                match together(&held.waiting[index]) {
                    0 | 1 => index += 1,
                    _ => jobs.extend(held.waiting.remove(index)),
                }
            }
            Some(jobs)
        };
        self.moved.until(take).await
    }

    /// Notes what becomes of items.
    pub(super) fn settle(&self, settled: impl IntoIterator<Item = Settled>) {
        self.lock().settled.extend(settled);
        self.moved.moved();
    }

    /// Notes that the log could not be reached.
    pub(super) fn is_unreachable(&self) {
        self.lock().is_unreachable = true;
    }

    /// What was settled since the last call, and whether the log could not be reached.
    pub(super) fn take_settled(&self) -> (Vec<Settled>, bool) {
        let mut held = self.lock();
        // It is noted before the item is settled.
        let is_unreachable = !held.settled.is_empty() && std::mem::take(&mut held.is_unreachable);
        (std::mem::take(&mut held.settled), is_unreachable)
    }

    /// Completes when something was settled.
    pub(super) async fn has_settled(&self) {
        self.moved.until(|| (!self.lock().settled.is_empty()).then_some(())).await;
    }

    /// Forgets claims that were settled or that do not hold any more. What is being done under one ends.
    pub(super) fn forget(&self, claims: impl IntoIterator<Item = (String, u64)>) {
        let mut held = self.lock();
        for claim in claims {
            held.waiting.retain(|job| job.claim() != claim);
            held.claims.remove(&claim);
        }
        drop(held);
        self.moved.moved();
    }

    /// Completes when none of these claims holds any more.
    pub(super) async fn lost(&self, claims: &[(String, u64)]) {
        let lost = || {
            let held = self.lock();
            claims.iter().all(|claim| !held.claims.contains(claim)).then_some(())
        };
        self.moved.until(lost).await;
    }

    /// All claims, to be renewed.
    pub(super) fn claims(&self) -> Vec<(String, u64)> {
        self.lock().claims.iter().cloned().collect()
    }

    /// How many claims there are.
    pub(super) fn claimed(&self) -> usize {
        self.lock().claims.len()
    }

    /// Gives back what no worker has taken, but for the first `but` items.
    pub(super) fn release_waiting(&self, but: usize) {
        let mut held = self.lock();
        let kept = but.min(held.waiting.len());
        let waiting = held.waiting.split_off(kept);
        let release = |job: Job| Settled { id: job.item.id, epoch: job.item.epoch, outcome: Outcome::Release };
        held.settled.extend(waiting.into_iter().map(release));
        drop(held);
        self.moved.moved();
    }

    /// Lets the workers end.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.moved.moved();
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use eskit_runtime::work::{NewWork, WorkItem};

    use super::*;

    /// One that is closed meanwhile does not end what is done for the others.
    #[test]
    fn claims_are_lost_when_the_last_one_is() {
        let claims = [("a".to_owned(), 1), ("b".to_owned(), 2)];
        let desk = Desk::default();
        desk.lock().claims.extend(claims.clone());
        let mut lost = pin!(desk.lost(&claims));
        let mut poll = || lost.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        desk.forget([claims[0].clone()]);
        assert_eq!(poll(), Poll::Pending);
        desk.forget([claims[1].clone()]);
        assert_eq!(poll(), Poll::Ready(()));
    }

    #[test]
    fn what_waits_is_given_back_but_for_what_the_workers_can_do() {
        let job = |id: u64| {
            let (id, due) = (id.to_string(), eskit_runtime::Timestamp::from_micros(0));
            let new = NewWork { key: id.clone(), id, kind: "a".to_owned(), event: None, payload: None, due };
            Job { item: WorkItem::opened(new, 1), event: None }
        };
        let desk = Desk::default();
        desk.put((1..=5).map(job).collect());
        desk.release_waiting(2);
        let released: Vec<String> = desk.take_settled().0.into_iter().map(|settled| settled.id).collect();
        assert_eq!(released, ["3", "4", "5"]);
        desk.release_waiting(0);
        assert_eq!(desk.take_settled().0.len(), 2);
    }
}

//! What readers who wait for changes are told.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use eskit_runtime::Timestamp;
use eskit_runtime::log::{LogId, NewEvent};
use eskit_runtime::rows::Rows;
use eskit_runtime::subscription::{Apply, ApplyError, Batch, Changed, Changes, Subscription, TellChanges, Views};

use super::cases;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::log::Log;
use crate::model::Model;
use crate::views::context::ViewsContext;
use crate::views::model_log::noted;
use crate::views::probe::Parks;
use crate::views::scene::{ClaimOf, Scene, claim};
use crate::views::tallies::{ByTag, KeepChanges, REFUSED, RevisedByTag, Tally, TallyKind};
use crate::views::target::TestViews;

cases![
    "changes" where KeepChanges: a_commit_is_told_with_its_keys,
    changes_between_two_calls_are_told_as_one,
    too_many_keys_are_told_as_everything,
    a_change_is_told_once,
    what_readers_do_not_see_is_not_told,
    another_version_is_told,
    a_restart_is_told,
    a_replay_is_told,
    commits_of_another_handle_are_told(Durable),
];

/// Longer than views may take to look for commits of other processes.
const QUIET: Duration = Duration::from_millis(700);

/// Keeps rows of an aggregate that readers see.
struct Keeper<T: TestViews> {
    context: ViewsContext<T>,
    views: T::Views,
    claim: ClaimOf<T>,
    subscription: Subscription,
    log: Model,
}

impl<T: TestViews> Keeper<T>
where
    T::Views: KeepChanges,
{
    async fn new(context: &ViewsContext<T>, place: &Log) -> Result<Keeper<T>, Failure> {
        let views = context.open_at(place).await?;
        let subscription = Subscription::of::<Rows<Tally<ByTag>>>(LogId::new());
        let mut claim = claim::<T>(&views, &subscription).await?;
        claim.checkpoint.is_active = views.activate(&claim).await?;
        Ok(Keeper { context: context.clone(), views, claim, subscription, log: Model::new() })
    }

    async fn listen(&self) -> Result<Changes, Failure> {
        Ok(self.views.changes_of(ByTag::TYPE.slug).await?)
    }

    /// Commits a batch with an event for each of these keys.
    async fn commit(&mut self, keys: &[&str]) -> Outcome {
        Ok(self.apply(keys.iter().map(|key| noted(key, true)).collect()).await?)
    }

    async fn apply(&mut self, events: Vec<NewEvent>) -> Result<(), ApplyError> {
        let before = self.log.events().len();
        for event in events {
            self.log.push(vec![event], Timestamp::now());
        }
        let events = self.log.events()[before..].to_vec();
        let to = events.last().map_or(self.claim.checkpoint.place, |event| event.place());
        let batch = Batch::new(events, to);
        self.views.apply(&self.claim, &Arc::new(Rows::<Tally<ByTag>>::default()), &batch).await?;
        self.claim.checkpoint.place = batch.to;
        Ok(())
    }

    async fn told(&self, what: &str, changes: &mut Changes) -> Result<Changed, Failure> {
        self.context.within(&format!("hearing of {what}"), changes.next()).await
    }

    /// Checks that exactly these keys are told next.
    async fn check(&self, what: &str, changes: &mut Changes, keys: &[&str]) -> Outcome {
        let expected = Changed::Keys(keys.iter().map(|key| (*key).to_owned()).collect());
        same(&format!("what is told of {what}"), &self.told(what, changes).await?, &expected)
    }

    /// Checks that everything may have changed.
    async fn check_all(&self, what: &str, changes: &mut Changes) -> Outcome {
        same(&format!("what is told of {what}"), &self.told(what, changes).await?, &Changed::All)
    }
}

/// Checks that nothing is told for a while.
async fn quiet(what: &str, changes: &mut Changes) -> Outcome {
    let told = tokio::time::timeout(QUIET, changes.next()).await;
    ensure!(told.is_err(), "{what}, but readers are told of a change: {:?}", told.ok());
    Ok(())
}

fn refused(answer: Result<impl Debug, ApplyError>) -> Outcome {
    ensure!(matches!(answer, Err(ApplyError::Handler { .. })), "a handler failed, but the answer was {answer:?}");
    Ok(())
}

async fn a_commit_is_told_with_its_keys<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: KeepChanges,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    keeper.commit(&["before"]).await?;
    let (mut first, mut second) = (keeper.listen().await?, keeper.listen().await?);
    keeper.commit(&["a", "b", "a"]).await?;
    keeper.check("a commit", &mut first, &["a", "b"]).await?;
    keeper.check("a commit, to another reader", &mut second, &["a", "b"]).await?;
    keeper.commit(&["c"]).await?;
    keeper.check("the next commit", &mut first, &["c"]).await
}

async fn changes_between_two_calls_are_told_as_one<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: KeepChanges,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    let mut changes = keeper.listen().await?;
    for keys in [["a", "b"], ["c", "a"], ["d", "e"]] {
        keeper.commit(&keys).await?;
    }
    keeper.check("three commits", &mut changes, &["a", "b", "c", "d", "e"]).await
}

async fn too_many_keys_are_told_as_everything<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: KeepChanges,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    let mut changes = keeper.listen().await?;
    let keys: Vec<String> = (0..1500).map(|number| format!("k{number}")).collect();
    for page in keys.chunks(300) {
        keeper.commit(&page.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    }
    let told = keeper.told("1,500 keys", &mut changes).await?;
    let missing = keys.iter().filter(|key| !told.contains(key)).count();
    ensure!(missing == 0, "of 1,500 changed keys, {missing} were not told");
    keeper.commit(&["a"]).await?;
    keeper.check("a commit after that", &mut changes, &["a"]).await
}

async fn a_change_is_told_once<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: KeepChanges,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    let mut changes = keeper.listen().await?;
    keeper.commit(&["a"]).await?;
    let told = keeper.told("a commit", &mut changes).await?;
    ensure!(told.contains("a"), "a key that has changed is not told, but {told:?}");
    quiet("nothing has changed since", &mut changes).await
}

async fn what_readers_do_not_see_is_not_told<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: KeepChanges,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    let mut changes = keeper.listen().await?;
    let mut failing = noted("b", true);
    failing.tags.push(REFUSED, "yes");
    refused(keeper.apply(vec![noted("a", true), failing]).await)?;
    keeper.apply(Vec::new()).await?;
    // A version that is being built.
    let subscription = Subscription::of::<Rows<Tally<RevisedByTag>>>(LogId::new());
    let revised = claim::<T>(&keeper.views, &subscription).await?;
    let events = keeper.log.events()[..1].to_vec();
    let batch = Batch::new(events.clone(), events[0].place());
    keeper.views.apply(&revised, &Arc::new(Rows::<Tally<RevisedByTag>>::default()), &batch).await?;
    quiet("a batch failed, one was empty, and one went into a version that readers do not see", &mut changes).await?;
    keeper.commit(&["c"]).await?;
    keeper.check("the next commit", &mut changes, &["c"]).await
}

async fn another_version_is_told<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: KeepChanges,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    keeper.commit(&["a"]).await?;
    let mut changes = keeper.listen().await?;
    let subscription = Subscription::of::<Rows<Tally<RevisedByTag>>>(LogId::new());
    let revised = claim::<T>(&keeper.views, &subscription).await?;
    ensure!(keeper.views.activate(&revised).await?, "a newer version was not activated");
    keeper.check_all("another version", &mut changes).await?;
    // Its commits are told from now on, and those of the old one are not.
    let mut later = keeper.listen().await?;
    keeper.claim.checkpoint.is_active = false;
    keeper.commit(&["b"]).await?;
    let events = keeper.log.events()[..1].to_vec();
    let batch = Batch::new(events.clone(), events[0].place());
    keeper.views.apply(&revised, &Arc::new(Rows::<Tally<RevisedByTag>>::default()), &batch).await?;
    keeper.check("a commit to the new version", &mut later, &["a"]).await
}

async fn a_restart_is_told<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: KeepChanges,
{
    let mut keeper = Keeper::new(context, &context.log()).await?;
    keeper.commit(&["a"]).await?;
    let mut changes = keeper.listen().await?;
    keeper.views.restart(&keeper.claim, &keeper.subscription).await?;
    keeper.check_all("a restart", &mut changes).await
}

async fn a_replay_is_told<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: KeepChanges,
{
    let mut scene = Scene::<T, Parks>::new(context).await?;
    scene.apply(&scene.given_up(1..3, 2, "no seats left", 5)).await?;
    let mut changes = scene.views.changes_of(&scene.subscription.name).await?;
    ensure!(scene.views.replay(&scene.probe, &scene.events[1]).await?, "a parked event was not replayed");
    let told = context.within("hearing of a replay", changes.next()).await?;
    ensure!(!told.is_none(), "a change without a change is told");
    Ok(())
}

async fn commits_of_another_handle_are_told<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: KeepChanges,
{
    let place = context.log();
    let mut keeper = Keeper::new(context, &place).await?;
    keeper.commit(&["before"]).await?;
    let reader = context.open_at(&place).await?;
    let mut changes = reader.changes_of(ByTag::TYPE.slug).await?;
    for keys in [["a", "b"], ["c", "d"]] {
        // The second one is committed while nobody waits.
        keeper.commit(&keys).await?;
        let mut missing: BTreeSet<&str> = keys.into_iter().collect();
        while !missing.is_empty() {
            let told = keeper.told("a commit of another handle", &mut changes).await?;
            missing.retain(|key| !told.contains(key));
        }
    }
    quiet("another handle has committed nothing since", &mut changes).await?;
    keeper.views.restart(&keeper.claim, &keeper.subscription).await?;
    keeper.check_all("a restart by another handle", &mut changes).await
}

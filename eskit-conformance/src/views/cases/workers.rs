//! Several who do the items of one list.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eskit_runtime::work::{ClaimWork, ListWork, NewWork, Outcome, Work, WorkItem, WorkState};

use super::cases;
use crate::failure::{Failure, Outcome as Tested, ensure, same};
use crate::views::context::ViewsContext;
use crate::views::process::Process;
use crate::views::target::TestViews;
use crate::views::todos::{KeepWork, any, end_of, item};

cases![
    "workers" where KeepWork: each_item_is_done_once,
    each_item_is_done_once_from_two_handles(Durable),
    items_of_a_key_are_done_one_after_another,
    items_of_a_killed_process_are_done_again(Process),
];

const LIST: &str = "queue";

/// What was done, as those who do it see it.
#[derive(Default)]
struct Done {
    /// How often each item was done.
    items: BTreeMap<String, u32>,
    /// The numbers of the items of each key, in the order in which they were begun.
    begun: BTreeMap<String, Vec<u64>>,
    /// The keys of which an item is being done.
    doing: BTreeSet<String>,
    /// A key of which two were done at once.
    twice: Option<String>,
}

/// Does items until there were this many.
async fn work<V: Work>(views: V, done: Arc<Mutex<Done>>, count: usize, limit: u32) -> Result<(), Failure> {
    let lock = || done.lock().unwrap_or_else(PoisonError::into_inner);
    while lock().items.len() < count {
        let claimed = views.claim_work(LIST, any(limit)).await?.items;
        ensure!(claimed.len() <= limit as usize, "of up to {limit} items, {} were claimed", claimed.len());
        for WorkItem { key, number, .. } in &claimed {
            let mut done = lock();
            done.begun.entry(key.clone()).or_default().push(*number);
            if !done.doing.insert(key.clone()) {
                done.twice = Some(key.clone());
            }
        }
        tokio::task::yield_now().await;
        if claimed.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
            continue;
        }
        for WorkItem { id, key, .. } in &claimed {
            let mut done = lock();
            done.doing.remove(key);
            *done.items.entry(id.clone()).or_default() += 1;
        }
        let held = views.settle_work(LIST, claimed.iter().map(|item| end_of(item, Outcome::Done)).collect()).await?;
        ensure!(!held.contains(&false), "claims that were just made do not hold: {held:?}");
    }
    Ok(())
}

/// Checks that each of these many items was done once, and of each key one after another.
async fn check<V: Work>(views: &V, done: &Mutex<Done>, count: usize) -> Tested {
    {
        let done = done.lock().unwrap_or_else(PoisonError::into_inner);
        let repeated: Vec<_> = done.items.iter().filter(|(_, times)| **times != 1).collect();
        ensure!(repeated.is_empty(), "items were done more than once: {repeated:?}");
        same("how many items were done", &done.items.len(), &count)?;
        same("a key of which two items were done at once", &done.twice, &None)?;
        for (key, numbers) in &done.begun {
            ensure!(numbers.is_sorted(), "the items of the key {key:?} were done in the order {numbers:?}");
        }
    }
    same("what is left", &views.list_work(LIST, ListWork::default()).await?, &Vec::new())
}

/// Items under as many keys.
fn items(count: usize, keys: usize) -> Vec<NewWork> {
    (0..count).map(|number| item(&number.to_string(), &(number % keys).to_string())).collect()
}

async fn each_item_is_done_once<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = context.open_at(&context.log()).await?;
    let (count, done) = (500, Arc::<Mutex<Done>>::default());
    views.add_work(LIST, items(count, 200)).await?;
    let workers = (0..8).map(|worker| work(views.clone(), Arc::clone(&done), count, 1 + worker % 4));
    context.together("workers of one handle", workers).await?;
    check(&views, &done, count).await
}

async fn each_item_is_done_once_from_two_handles<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let place = context.log();
    let (first, second) = (context.open_at(&place).await?, context.open_at(&place).await?);
    let (count, done) = (500, Arc::<Mutex<Done>>::default());
    first.add_work(LIST, items(count, 300)).await?;
    let handles = [&first, &second].into_iter().cycle();
    let workers =
        (0..8).zip(handles).map(|(worker, views)| work(views.clone(), Arc::clone(&done), count, 1 + worker % 5));
    context.together("workers of two handles", workers).await?;
    check(&first, &done, count).await
}

async fn items_of_a_key_are_done_one_after_another<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let views = context.open_at(&context.log()).await?;
    let (each, done) = (40, Arc::<Mutex<Done>>::default());
    let add = |adder: usize| {
        let views = views.clone();
        async move {
            for number in 0..each {
                // Several keys, in another order for each adder.
                let keys = (0..3).map(|key| ((key + adder) % 3).to_string());
                let items = keys.map(|key| item(&format!("{adder}/{number}/{key}"), &key)).collect();
                views.add_work(LIST, items).await?;
            }
            Ok(())
        }
    };
    let count = 4 * each * 3;
    let adders = (0..4).map(|adder| Box::pin(add(adder)) as Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>);
    let workers = (0..4).map(|_| {
        Box::pin(work(views.clone(), Arc::clone(&done), count, 5))
            as Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>
    });
    context.together("adders and workers", adders.chain(workers)).await?;
    check(&views, &done, count).await
}

/// How long the claims of a process hold that is to be killed.
const LEASE: Duration = Duration::from_millis(300);

/// Claims items and never ends with all of them.
pub(super) async fn until_killed<V: Work>(views: V) -> Tested {
    loop {
        let mut claimed = views.claim_work(LIST, ClaimWork { lease: LEASE, ..any(3) }).await?.items;
        // One of them is never settled.
        claimed.truncate(2);
        tokio::time::sleep(Duration::from_millis(5)).await;
        views.settle_work(LIST, claimed.iter().map(|item| end_of(item, Outcome::Done)).collect()).await?;
    }
}

async fn items_of_a_killed_process_are_done_again<T: TestViews>(context: &ViewsContext<T>) -> Tested
where
    T::Views: KeepWork,
{
    let place = context.log();
    let views = context.open_at(&place).await?;
    for round in 0..context.repeats(4) {
        let added = (0..60).map(|number| item(&format!("{round}/{number}"), &(number % 40).to_string()));
        same("how many items were added", &views.add_work(LIST, added.collect()).await?, &60)?;
        let mut process = Process::start_worker(context, &place)?;
        let left = || async { Ok::<_, Failure>(views.list_work(LIST, ListWork::default()).await?) };
        let waiting = async {
            while left().await?.len() > 45 {
                process.check_alive()?;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            Ok::<_, Failure>(())
        };
        context.within("another process, which must do items", waiting).await??;
        process.kill()?;
        context.tally().kill();
        let before = left().await?;
        let is_held = |item: &&WorkItem| matches!(item.state, WorkState::Claimed { .. });
        ensure!(before.iter().any(|item| is_held(&item)), "a process that was killed held nothing of {before:?}");
        let finishing = async {
            let mut done = Vec::new();
            while !left().await?.is_empty() {
                let claimed = views.claim_work(LIST, any(10)).await?.items;
                let ends = claimed.iter().map(|item| end_of(item, Outcome::Done)).collect();
                let held = views.settle_work(LIST, ends).await?;
                ensure!(!held.contains(&false), "claims that were just made do not hold: {held:?}");
                done.extend(claimed.into_iter().map(|item| item.id));
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Ok::<_, Failure>(done)
        };
        let mut done = context.within("the items of a process that was killed", finishing).await??;
        done.sort_unstable();
        let mut expected: Vec<String> = before.into_iter().map(|item| item.id).collect();
        expected.sort_unstable();
        same("what was done after a process was killed", &done, &expected)?;
    }
    Ok(())
}

//! A list of work that no subscription has.

use eskit_runtime::Timestamp;
use eskit_runtime::work::{ListWork, Outcome, Work, WorkItem};

use super::context::ViewsContext;
use super::target::TestViews;
use super::todos::{KeepWork, any, end_of, ids, item};
use crate::failure::{Failure, Outcome as Tested, ensure, same};

/// The name of the list.
pub(super) const LIST: &str = "mails";

/// A list of items that are due at once, as pairs of ids and keys.
pub(super) async fn with_items<T: TestViews>(
    context: &ViewsContext<T>,
    items: &[(&str, &str)],
) -> Result<T::Views, Failure>
where
    T::Views: KeepWork,
{
    let views = context.open_at(&context.log()).await?;
    let added = views.add_work(LIST, items.iter().map(|(id, key)| item(id, key)).collect()).await?;
    same("how many items were added", &added, &(items.len() as u64))?;
    Ok(views)
}

/// Claims one item, which must be this one.
pub(super) async fn claim_one<V: Work>(views: &V, id: &str) -> Result<WorkItem, Failure> {
    let mut claimed = views.claim_work(LIST, any(1)).await?;
    same("the item that is claimed", &ids(&claimed.items), &vec![id])?;
    Ok(claimed.items.remove(0))
}

/// Checks that there is nothing to claim.
pub(super) async fn nothing<V: Work>(views: &V, why: &str) -> Tested {
    let claimed = views.claim_work(LIST, any(10)).await?;
    ensure!(claimed.items.is_empty(), "{why}, but {:?} were claimed", ids(&claimed.items));
    Ok(())
}

/// Ends the claim of an item. Returns whether it still held.
pub(super) async fn settle<V: Work>(views: &V, item: &WorkItem, outcome: Outcome) -> Result<bool, Failure> {
    let what = format!("{outcome:?}");
    let held = views.settle_work(LIST, vec![end_of(item, outcome)]).await?;
    same(&format!("how many answers there are to {what}"), &held.len(), &1)?;
    Ok(held[0])
}

/// The items of the list.
pub(super) async fn all<V: Work>(views: &V) -> Result<Vec<WorkItem>, Failure> {
    Ok(views.list_work(LIST, ListWork::default()).await?)
}

/// A time long ago.
pub(super) fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

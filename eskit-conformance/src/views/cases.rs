//! What views are held to, one file a topic.

mod changes;
mod checkpoints;
mod claims;
mod commands;
mod crash;
mod failures;
mod following;
mod parking;
mod parts;
mod reopen;
mod requests;
mod rows;
mod settling;
mod snapshots;
mod steps;
mod todos;
mod versions;
mod work;
mod workers;

use std::future::Future;
use std::pin::Pin;

use eskit_runtime::command_log::CommandEntries;
use eskit_runtime::snapshots::Snapshots;

use super::context::ViewsContext;
use super::process::Worker;
use super::tallies::{KeepChanges, KeepRows};
use super::target::TestViews;
use super::todos::KeepWork;
use crate::failure::Outcome;

/// Every case, in the order of a run.
pub(super) fn all<T: TestViews>() -> impl Iterator<Item = Case<T>> {
    let topics: [fn() -> Vec<Case<T>>; 9] = [
        claims::cases,
        checkpoints::cases,
        failures::cases,
        parking::cases,
        versions::cases,
        parts::cases,
        following::cases,
        reopen::cases,
        crash::cases,
    ];
    topics.into_iter().flat_map(|topic| topic())
}

/// The cases of views that also keep what is asked of subscriptions.
pub(super) fn of_requests<T: TestViews>() -> Vec<Case<T>> {
    requests::cases()
}

/// The cases of views that also keep rows of aggregates.
pub(super) fn of_rows<T: TestViews>() -> Vec<Case<T>>
where
    T::Views: KeepRows,
{
    rows::cases()
}

/// The cases of views that also tell of changes.
pub(super) fn of_changes<T: TestViews>() -> Vec<Case<T>>
where
    T::Views: KeepChanges,
{
    changes::cases()
}

/// The cases of views that also keep snapshots of aggregates.
pub(super) fn of_snapshots<T: TestViews>() -> Vec<Case<T>>
where
    T::Views: Snapshots,
{
    snapshots::cases()
}

/// The cases of views that also keep a log of commands.
pub(super) fn of_commands<T: TestViews>() -> Vec<Case<T>>
where
    T::Views: CommandEntries,
{
    commands::cases()
}

/// The cases of views that also keep work.
pub(super) fn of_work<T: TestViews>() -> Vec<Case<T>>
where
    T::Views: KeepWork,
{
    [work::cases, settling::cases, todos::cases, steps::cases, workers::cases]
        .into_iter()
        .flat_map(|topic: fn() -> Vec<Case<T>>| topic())
        .collect()
}

/// What a process does that is killed amid its work.
pub(super) fn worker<T: TestViews>() -> Worker<T>
where
    T::Views: KeepWork,
{
    |context, place| Box::pin(async move { workers::until_killed(context.open_at(&place).await?).await })
}

/// One statement about views.
pub(super) struct Case<T> {
    pub(super) name: &'static str,
    needs: &'static [Needs],
    pub(super) run: fn(ViewsContext<T>) -> Running,
}

pub(super) type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// What a case asks for beyond the functions that all views have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Needs {
    /// Views that outlive their handle.
    Durable,
    /// Views that outlive their process, and a way to start one.
    Process,
}

impl<T: TestViews> Case<T> {
    /// Why the case cannot run on these views; `None` when it can.
    pub(super) fn missing(&self, context: &ViewsContext<T>) -> Option<&'static str> {
        self.needs.iter().find_map(|needs| match needs {
            Needs::Durable | Needs::Process if !context.harness().is_durable => Some("the views end with their handle"),
            Needs::Process if context.child_command().args.is_none() => Some("no entry for another process was given"),
            _ => None,
        })
    }
}

/// The list of a topic: `cases!["topic": first, second(Durable)]`, or `cases!["topic" where Bound: ..]` for views that do more.
macro_rules! cases {
    ($topic:literal $(where $bound:path)?: $($case:ident $(($($needs:ident),+))?),+ $(,)?) => {
        pub(super) fn cases<T: $crate::views::target::TestViews>() -> Vec<$crate::views::cases::Case<T>>
        where
            T::Views: Sized $(+ $bound)?,
        {
            vec![$($crate::views::cases::Case {
                name: concat!($topic, "::", stringify!($case)),
                needs: &[$($($crate::views::cases::Needs::$needs),+)?],
                run: |context| Box::pin(async move { $case(&context).await }),
            }),+]
        }
    };
}
use cases;

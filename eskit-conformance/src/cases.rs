//! What a store is held to, one file a topic. A case is a function and its name in the list of its file.
//!
//! A new topic is a new file and one line in [`TOPICS`].

mod basics;
mod conditions;
mod crash;
mod deletion;
mod faults;
mod handles;
mod history;
mod ids;
mod lifecycle;
mod limits;
mod metadata;
mod queries;
mod races;
mod reads;
mod reopen;
mod replaced;
mod retag;
mod seal;
mod stream_list;
mod subscriptions;
mod text;
mod time;
mod transfer;
mod watch;

use std::future::Future;
use std::pin::Pin;

use crate::context::Context;
use crate::failure::Outcome;
use crate::fault::Fault;

const TOPICS: &[&[Case]] = &[
    basics::CASES,
    conditions::CASES,
    queries::CASES,
    reads::CASES,
    limits::CASES,
    text::CASES,
    metadata::CASES,
    time::CASES,
    ids::CASES,
    watch::CASES,
    replaced::CASES,
    lifecycle::CASES,
    deletion::CASES,
    retag::CASES,
    stream_list::CASES,
    transfer::CASES,
    seal::CASES,
    subscriptions::CASES,
    races::CASES,
    history::CASES,
    handles::CASES,
    reopen::CASES,
    crash::CASES,
    faults::CASES,
];

/// Every case, in the order of a run.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    TOPICS.iter().flat_map(|topic| topic.iter())
}

/// One statement about a store.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    needs: &'static [Needs],
    pub(crate) run: fn(Context) -> Running,
}

pub(crate) type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// What a case asks for beyond the functions that every store has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Needs {
    /// Positions without gaps.
    Contiguous,
    /// A log that outlives its handle.
    Durable,
    /// A log that may be open several times.
    Shared,
    /// A log that outlives its process, and a way to start one.
    Process,
    /// Streams that can be archived and tombstoned.
    Lifecycle,
    /// Streams that can be archived, tombstoned and deleted, so that their events are gone.
    Deletion,
    /// Stored events that can be given tags.
    AddTags,
    /// Streams that can be listed by type.
    ListStreams,
    /// A log that can be given out and loaded as records.
    Transfer,
    /// A way to put a backup in the place of a log that is open.
    Backups,
    /// A log that outlives its handle, on a disk that can be made full.
    FullDisk,
    /// A log that outlives its handle, on a disk whose syncs can be made to fail.
    FailedSync,
}

impl Case {
    /// Why the case cannot run on this store; `None` when it can.
    pub(crate) fn missing(&self, context: &Context) -> Option<&'static str> {
        self.needs.iter().find_map(|needs| needs.missing(context))
    }
}

impl Needs {
    fn missing(self, context: &Context) -> Option<&'static str> {
        let harness = context.harness();
        match self {
            Needs::Contiguous if !harness.is_contiguous => Some("positions have gaps"),
            Needs::Durable | Needs::Shared | Needs::Process | Needs::FullDisk | Needs::FailedSync
                if !harness.is_durable =>
            {
                Some("the log ends with its handle")
            }
            Needs::Shared if !harness.is_shared => Some("the log cannot be open twice"),
            Needs::Lifecycle | Needs::Deletion if !harness.has_lifecycle => Some("streams have no lifecycle"),
            Needs::Deletion if !harness.has_deletion => Some("streams cannot be deleted"),
            Needs::ListStreams if !harness.lists_streams => Some("streams cannot be listed"),
            Needs::AddTags if !harness.adds_tags => Some("stored events keep their tags"),
            Needs::Process if context.child_command().args.is_none() => Some("no entry for another process was given"),
            Needs::Transfer if !harness.has_transfer() => Some("the log is not given out as records"),
            Needs::Backups if !harness.has_backups() => Some("no way to restore a backup was given"),
            Needs::FullDisk if !harness.faults.contains(&Fault::FullDisk) => Some("no way to fill the disk was given"),
            Needs::FailedSync if !harness.faults.contains(&Fault::FailedSync) => {
                Some("no way to make a sync fail was given")
            }
            _ => None,
        }
    }
}

/// The list of a topic: `cases!["topic": first, second(Durable), third(Durable, Lifecycle)]`.
macro_rules! cases {
    ($topic:literal: $($case:ident $(($($needs:ident),+))?),+ $(,)?) => {
        &[$($crate::cases::Case {
            name: concat!($topic, "::", stringify!($case)),
            needs: &[$($($crate::cases::Needs::$needs),+)?],
            run: |context| Box::pin(async move { $case(&context).await }),
        }),+]
    };
}
use cases;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = all().map(|case| case.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}

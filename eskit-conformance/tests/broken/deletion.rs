//! Stores that delete too little or too much.

use eskit_conformance::Model;
use eskit_runtime::log::{Page, Query, StreamChange, StreamId};
use eskit_runtime::{RecordedEvent, Timestamp};

use crate::lifecycle::changing;
use crate::sound::broken;
use crate::table::Row;

/// A log without the events of a stream, as if they had never been.
fn without(log: &Model, is_gone: impl Fn(&StreamId) -> bool) -> Model {
    let is_other = |event: &&RecordedEvent| event.stream.as_ref().is_none_or(|at| !is_gone(&at.stream));
    Model::of(log.events().iter().filter(is_other).cloned().collect())
}

/// A log with every event that was ever appended, deleted or not.
fn undeleted(log: &Model) -> Model {
    Model::of(log.events().to_vec())
}

fn finding(mistake: &'static str, finds_deleted: fn(&Query) -> bool, cases: &'static [&'static str]) -> Row {
    broken(mistake, move |store| store.finds_deleted = finds_deleted, "after a deletion", cases)
}

fn by_id(query: &Query) -> bool {
    query.items().iter().any(|item| !item.ids.is_empty())
}

fn by_tag(query: &Query) -> bool {
    query.items().iter().any(|item| !item.tags.is_empty())
}

/// A page that ends at the first gap between its positions.
fn up_to_a_gap(mut page: Page) -> Page {
    let gap = page.events.windows(2).position(|pair| pair[0].position.get().abs_diff(pair[1].position.get()) > 1);
    if let Some(last) = gap {
        page.events.truncate(last + 1);
        page.more = false;
    }
    page
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = left();
    rows.extend(lost());
    rows
}

/// What should be gone is there.
fn left() -> Vec<Row> {
    vec![
        finding(
            "deleted events are found by their ids",
            by_id,
            &["deletion::no_query_finds_what_is_deleted", "deletion::any_log_is_read_as_if_nothing_deleted_matched"],
        ),
        finding(
            "deleted events are found by their tags",
            by_tag,
            &["deletion::no_query_finds_what_is_deleted", "deletion::any_log_is_read_as_if_nothing_deleted_matched"],
        ),
        broken(
            "deleted events are tombstoned",
            |store| {
                store.change = |log, stream, change| {
                    let change = match change {
                        StreamChange::Delete { reason } => StreamChange::tombstone(reason),
                        change => change.clone(),
                    };
                    log.change_stream(stream, &change, Timestamp::now())
                }
            },
            "after a deletion",
            &["deletion::no_query_finds_what_is_deleted", "deletion::a_closed_stream_can_be_deleted"],
        ),
        broken(
            "deleted events break conditions",
            |store| store.check = |log, append| undeleted(log).check(&append.conditions),
            "must go through was refused",
            &["deletion::what_is_deleted_breaks_no_condition"],
        ),
        broken(
            "a conflict with a deleted stream names an event of it",
            |store| store.check = |log, append| undeleted(log).check(&append.conditions),
            "a conflict names a deleted event",
            &["deletion::a_condition_on_a_deleted_stream_counts_its_version"],
        ),
    ]
}

/// What should be there is gone.
fn lost() -> Vec<Row> {
    vec![
        changing(
            "a deletion takes every stream with the same id",
            |log, stream, change| {
                let status = log.change_stream(stream, change, Timestamp::now())?;
                if status.is_deleted() {
                    *log = without(log, |other| other.id().starts_with(&stream.id()[..1]));
                }
                Ok(status)
            },
            "its events",
            &["deletion::what_is_not_deleted_stays"],
        ),
        changing(
            "a deletion leaves nothing",
            |log, stream, change| {
                let status = log.change_stream(stream, change, Timestamp::now())?;
                if status.is_deleted() {
                    *log = without(log, |other| other == stream);
                }
                Ok(status)
            },
            "the head after the last events were deleted",
            &[
                "deletion::positions_are_never_given_again",
                "deletion::a_deleted_stream_never_begins_again",
                "deletion::a_repeat_of_what_is_deleted_is_known",
                "deletion::ids_of_what_is_deleted_stay_taken",
                "deletion::a_condition_on_a_deleted_stream_counts_its_version",
            ],
        ),
        broken(
            "the ids of deleted events are forgotten",
            |store| {
                store.find_repeat = |log, append| {
                    let is_gone = |stream: &StreamId| log.stream_info(stream).status.is_deleted();
                    without(log, is_gone).find_repeat(&append.events)
                };
            },
            "was given again",
            &["deletion::ids_of_what_is_deleted_stay_taken", "deletion::a_repeat_of_what_is_deleted_is_known"],
        ),
        broken(
            "a reader waits for the events in a gap",
            |store| store.page_out = Box::new(up_to_a_gap),
            "behind ",
            &["deletion::readers_pass_over_what_is_gone"],
        ),
    ]
}

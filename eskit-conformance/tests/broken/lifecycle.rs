//! Stores that close streams wrongly.

use std::time::Duration;

use eskit_conformance::Model;
use eskit_runtime::log::limits::check_append;
use eskit_runtime::log::{
    Append, AppendError, Appended, StreamChange, StreamClosed, StreamError, StreamId, StreamInfo, StreamStatus,
};
use eskit_runtime::{EventStore, Timestamp, delegate_store};

use crate::sound::{Sound, broken};
use crate::table::{Row, volatile};

type Changed = Result<StreamStatus, StreamError>;

pub(crate) fn changing(
    mistake: &'static str,
    change: fn(&mut Model, &StreamId, &StreamChange) -> Changed,
    told: &'static str,
    cases: &'static [&'static str],
) -> Row {
    broken(mistake, move |store: &mut Sound| store.change = change, told, cases)
}

fn opening(
    mistake: &'static str,
    check_open: fn(&Model, &Append) -> Result<(), StreamClosed>,
    told: &'static str,
    cases: &'static [&'static str],
) -> Row {
    broken(mistake, move |store: &mut Sound| store.check_open = check_open, told, cases)
}

fn sound(log: &mut Model, stream: &StreamId, change: &StreamChange) -> Changed {
    log.change_stream(stream, change, Timestamp::now())
}

/// The same change for another reason.
fn because(change: &StreamChange, reason: impl Fn(&str) -> String) -> StreamChange {
    match change {
        StreamChange::Tombstone { reason: given } => StreamChange::tombstone(reason(given)),
        StreamChange::Delete { reason: given } => StreamChange::delete(reason(given)),
        change => change.clone(),
    }
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = appends();
    rows.extend(changes());
    rows
}

fn appends() -> Vec<Row> {
    vec![
        opening(
            "closed streams take events",
            |_, _| Ok(()),
            "was answered with Ok",
            &[
                "lifecycle::an_archived_stream_takes_no_events",
                "lifecycle::a_tombstoned_stream_takes_no_events",
                "deletion::a_deleted_stream_never_begins_again",
            ],
        ),
        opening(
            "only the stream of the first event is looked at",
            |log, append| log.check_open(&append.events[..1]),
            "was answered with Ok",
            &["lifecycle::one_closed_stream_refuses_the_whole_append"],
        ),
        opening(
            "a refusal names the type of the stream alone",
            |log, append| {
                let wrong = |closed: StreamClosed| {
                    StreamClosed::new(StreamId::new(closed.stream.stream_type().to_owned(), "?"), closed.status)
                };
                log.check_open(&append.events).map_err(wrong)
            },
            "the stream that refused an append",
            &["lifecycle::an_archived_stream_takes_no_events"],
        ),
        broken(
            "a repeat to a closed stream is refused",
            |store| store.checks_open_first = true,
            "must go through was refused",
            &[
                "lifecycle::a_repeat_is_answered_whatever_became_of_its_stream",
                "deletion::a_repeat_of_what_is_deleted_is_known",
            ],
        ),
        broken(
            "a conflict is told before a closed stream",
            |store| {
                store.check_open = |log, append| match log.check(&append.conditions) {
                    Ok(()) => log.check_open(&append.events),
                    Err(_) => Ok(()),
                };
            },
            "was answered with Err(Conflict",
            &["lifecycle::a_closed_stream_is_told_before_a_conflict"],
        ),
        broken(
            "no condition on a closed stream holds",
            |store| {
                store.check_open = |log, append| {
                    log.check_open(&append.events)?;
                    let of = append.conditions.iter().find_map(|condition| match condition {
                        eskit_runtime::log::Condition::Stream { stream, .. } => Some(stream.clone()),
                        _ => None,
                    });
                    match of.map(|stream| (log.stream_info(&stream).status, stream)) {
                        Some((status, stream)) if !status.is_open() => Err(StreamClosed::new(stream, status)),
                        _ => Ok(()),
                    }
                };
            },
            "must go through was refused",
            &["lifecycle::conditions_on_a_closed_stream_are_checked_as_ever"],
        ),
        Hasty::row(),
    ]
}

fn changes() -> Vec<Row> {
    vec![
        changing(
            "archiving deletes",
            |log, stream, change| {
                let status = sound(log, stream, change)?;
                if *change == StreamChange::Archive || matches!(change, StreamChange::Tombstone { .. }) {
                    sound(log, stream, &StreamChange::delete("away with it"))?;
                }
                Ok(status)
            },
            "the log after a stream was closed",
            &["lifecycle::a_closed_stream_is_read_as_before"],
        ),
        changing(
            "a restored stream begins again",
            |log, stream, change| {
                let status = sound(log, stream, change)?;
                if *change == StreamChange::Restore {
                    let is_other = |event: &eskit_runtime::RecordedEvent| {
                        event.stream.as_ref().is_none_or(|at| at.stream != *stream)
                    };
                    *log = Model::of(log.events().iter().filter(|event| is_other(event)).cloned().collect());
                }
                Ok(status)
            },
            "must go through was refused",
            &["lifecycle::a_restored_stream_goes_on"],
        ),
        changing(
            "everything can be restored",
            |log, stream, change| match sound(log, stream, change) {
                Err(StreamError::Refused { .. }) => Ok(StreamStatus::Open),
                changed => changed,
            },
            "came to Ok",
            &["lifecycle::what_is_final_stays"],
        ),
        changing(
            "a change that is made again has a new time",
            |log, stream, change| {
                Ok(match sound(log, stream, change)? {
                    StreamStatus::Archived { .. } => StreamStatus::Archived { at: Timestamp::now() },
                    status => status,
                })
            },
            "the answer to a change made again",
            &["lifecycle::a_change_made_again_changes_nothing"],
        ),
        changing(
            "reasons are trimmed",
            |log, stream, change| sound(log, stream, &because(change, |reason| format!("{}.", reason.trim()))),
            "for that reason",
            &["lifecycle::reasons_and_names_are_kept", "deletion::a_closed_stream_can_be_deleted"],
        ),
        changing(
            "a stream that never was is archived",
            |log, stream, change| match sound(log, stream, change) {
                Err(StreamError::NotFound { .. }) => Ok(StreamStatus::Archived { at: Timestamp::now() }),
                changed => changed,
            },
            "came to Ok",
            &["lifecycle::a_stream_that_never_was_is_not_found"],
        ),
        changing(
            "long reasons are cut",
            |log, stream, change| sound(log, stream, &because(change, |reason| reason.chars().take(9).collect())),
            "although the reason",
            &["lifecycle::names_and_reasons_have_limits"],
        ),
        broken(
            "the version of a stream is one less",
            |store| store.info_out = Box::new(|info| StreamInfo::new(info.version.saturating_sub(1), info.status)),
            "the version of a stream",
            &["lifecycle::a_stream_tells_its_version", "deletion::a_deleted_stream_never_begins_again"],
        ),
        broken(
            "every stream is archived",
            |store| {
                let status = || StreamStatus::Archived { at: Timestamp::now() };
                store.info_out = Box::new(move |info| StreamInfo::new(info.version, status()));
            },
            "the status of a stream",
            &["lifecycle::every_stream_begins_open"],
        ),
    ]
}

/// Looks at the status of a stream before it takes the lock under which it appends.
struct Hasty(Sound);

impl Hasty {
    fn row() -> Row {
        let open = || {
            let mut store = Sound::default();
            store.check_open = |_, _| Ok(());
            Hasty(store)
        };
        Row::new(
            "the status of a stream is read without the lock",
            volatile(open),
            "entered a stream before it was closed",
            &["lifecycle::nothing_enters_a_stream_after_it_was_closed"],
        )
    }
}

impl EventStore for Hasty {
    delegate_store!(|layer| &layer.0, except append);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        check_append(&append)?;
        self.0.log().check_open(&append.events)?;
        tokio::time::sleep(Duration::from_micros(50)).await;
        self.0.append(append).await
    }
}

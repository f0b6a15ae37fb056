//! What becomes of a log that is given out as records and loaded into another store: an equal one.

mod loads;

use eskit_runtime::log::{
    AddedTags, Append, AppendError, Appended, ContentType, EventId, ListStreams, LogId, NewEvent, Place, Principal,
    PrincipalKind, Query, ReadOptions, StoreErrorKind, StreamChange,
};
use eskit_runtime::transfer::{DumpFrom, Entry, Load, LogRecord, RecordedAppend, Transfer};
use eskit_runtime::{EventStore, Metadata, Timestamp};
use proptest::prelude::*;

use super::{Case, cases};
use crate::context::{Context, Side};
use crate::failure::{Failure, Outcome, ensure, same};
use crate::generate;
use crate::sample::{on, one, plain, put, read_all, stream, tags, whole, with_tags};
use loads::{
    a_load_goes_on_with_what_has_changed, a_load_is_whole_or_not_at_all, only_what_comes_next_is_loaded,
    records_that_contradict_the_log_are_refused, who_waits_sees_what_is_loaded,
};

pub(super) const CASES: &[Case] = cases![
    "transfer": every_read_is_answered_alike(Transfer, Deletion),
    every_append_is_answered_alike(Transfer),
    every_repeat_is_known(Transfer, Deletion),
    an_event_is_kept_whole(Transfer),
    added_tags_are_kept(Transfer, AddTags),
    streams_keep_their_status(Transfer, Deletion),
    what_was_deleted_keeps_its_place(Transfer, Deletion),
    a_log_keeps_its_id(Transfer),
    the_log_goes_on(Transfer, Deletion),
    records_begin_between_appends(Transfer, Deletion),
    records_are_those_of_the_log_that_was_read(Transfer),
    only_what_comes_next_is_loaded(Transfer),
    records_that_contradict_the_log_are_refused(Transfer),
    a_load_is_whole_or_not_at_all(Transfer, Deletion),
    a_load_goes_on_with_what_has_changed(Transfer, Deletion),
    who_waits_sees_what_is_loaded(Transfer),
];

/// All records of a log, with its id.
async fn records(side: &Side) -> Result<(LogId, Vec<LogRecord>), Failure> {
    let page = side.records.dump(&DumpFrom::START).await?;
    let (log, mut next, mut all) = (page.log, page.next, page.records);
    while let Some(from) = next {
        let page = side.records.dump(&from).await?;
        ensure!(page.next != Some(from), "the page after a page of records is the same one");
        all.extend(page.records);
        next = page.next;
    }
    Ok((log, all))
}

/// Copies a log into an empty store.
async fn copy(context: &Context, from: &Side) -> Result<Side, Failure> {
    let to = context.open_target().await?;
    let (log, records) = records(from).await?;
    let head = to.records.load(Load::new(log, Place::START, records)).await?;
    same("the head after a load", &head, &from.store.head().await?)?;
    same("the head that is asked for", &to.store.head().await?, &head)?;
    Ok(to)
}

fn seat(id: &str, name: &str) -> NewEvent {
    let recorded_at = Some(Timestamp::from_micros(1_000_000));
    on(stream(id), name).with_recorded_at(recorded_at).with_tags(tags(&[("owner", "o"), ("id", id)]))
}

/// Appends of one to four events, to several streams and to none.
async fn filled(context: &Context) -> Result<(Side, Vec<Append>), Failure> {
    let side = context.open_source().await?;
    let appends = vec![
        one(seat("kept", "bank.Opened")),
        Append::new(vec![seat("kept", "bank.Paid"), plain("bank.Noted"), seat("other", "bank.Opened")]),
        Append::new(vec![seat("gone", "bank.Opened"), seat("gone", "bank.Paid")]),
        Append::new(vec![
            plain("bank.Noted"),
            seat("gone", "bank.Paid"),
            seat("kept", "bank.Paid"),
            plain("bank.Noted"),
        ]),
        Append::new(vec![seat("kept", "bank.Paid"), seat("gone", "bank.Paid")]),
    ];
    for append in &appends {
        put(&side.store, append.clone()).await?;
    }
    Ok((side, appends))
}

/// The same, and a stream with events in the middle and at the end of the log is deleted.
async fn half_deleted(context: &Context) -> Result<(Side, Vec<Append>), Failure> {
    let (side, appends) = filled(context).await?;
    if context.harness().has_lifecycle {
        side.store.change_stream(&stream("gone"), StreamChange::delete("it was asked for")).await?;
    }
    Ok((side, appends))
}

/// What an append comes to, as text: places and times, or the error.
async fn answer(side: &Side, append: Append) -> String {
    match side.store.append(append).await {
        Ok(appended) => {
            let places: Vec<_> = appended.positions.iter().zip(&appended.versions).collect();
            let of_first = appended.repeated.then_some(appended.recorded_at);
            format!("{places:?}, repeated: {of_first:?}")
        }
        Err(error) => error.to_string(),
    }
}

async fn alike(source: &Side, target: &Side, append: &Append) -> Outcome {
    let expected = answer(source, append.clone()).await;
    let found = answer(target, append.clone()).await;
    ensure!(found == expected, "{append:?} was answered with `{found}`, but by the source with `{expected}`");
    Ok(())
}

async fn same_streams(source: &Side, target: &Side, context: &Context) -> Outcome {
    for id in ["kept", "other", "gone", "none"] {
        let expected = source.store.stream_info(&stream(id)).await?;
        same("a stream of the loaded log", &target.store.stream_info(&stream(id)).await?, &expected)?;
    }
    if context.harness().lists_streams {
        let list = ListStreams::of_type("account");
        let expected = source.store.list_streams(&list).await?;
        same("the streams of the loaded log", &target.store.list_streams(&list).await?, &expected)?;
    }
    Ok(())
}

async fn every_read_is_answered_alike(context: &Context) -> Outcome {
    let items = prop::collection::vec(generate::any_item(), 1..4);
    let reads = prop::collection::vec(generate::reads(items), 1..15);
    let inputs = (generate::appends(), prop::collection::vec(generate::stream(), 0..3), reads);
    generate::check(context, 12, inputs, |context, (appends, deleted, reads)| async move {
        let source = context.open_source().await?;
        let mut log = Vec::new();
        for events in appends {
            log.extend(put(&source.store, Append::new(events)).await?);
        }
        for stream in deleted {
            let is_there = source.store.stream_info(&stream).await?.exists();
            if context.harness().has_lifecycle && is_there {
                source.store.change_stream(&stream, StreamChange::delete("it was asked for")).await?;
            }
        }
        let target = copy(&context, &source).await?;
        same("the loaded log", &whole(&target.store).await?, &whole(&source.store).await?)?;
        for read in reads {
            let (query, options) = read.against(&log);
            let expected = source.store.read(&query, options).await?;
            let found = target.store.read(&query, options).await?;
            ensure!(found == expected, "{query:?} with {options:?} read {found:?}, but from the source {expected:?}");
        }
        Ok(())
    })
    .await
}

async fn every_append_is_answered_alike(context: &Context) -> Outcome {
    let inputs = (generate::appends(), generate::plans());
    generate::check(context, 12, inputs, |context, (appends, plans)| async move {
        let source = context.open_source().await?;
        let mut log = Vec::new();
        for events in appends {
            log.extend(put(&source.store, Append::new(events)).await?);
        }
        let target = copy(&context, &source).await?;
        for plan in plans {
            let mut append = plan.against(&log);
            append.events.iter_mut().for_each(|event| event.recorded_at = Some(Timestamp::from_micros(7)));
            let expected = source.store.append(append.clone()).await;
            let found = target.store.append(append.clone()).await;
            let places = |answer: &Result<Appended, AppendError>| match answer {
                Ok(appended) => format!("{:?} {:?}", appended.positions, appended.versions),
                // Stores may name different events that broke it.
                Err(AppendError::Conflict(_)) => "a conflict".to_owned(),
                Err(error) => error.to_string(),
            };
            let (found, expected) = (places(&found), places(&expected));
            ensure!(found == expected, "{append:?} came to `{found}`, but at the source to `{expected}`");
        }
        same("the logs", &whole(&target.store).await?, &whole(&source.store).await?)
    })
    .await
}

/// Whole appends, parts of them, several together, and in another order.
async fn every_repeat_is_known(context: &Context) -> Outcome {
    let (source, appends) = half_deleted(context).await?;
    let target = copy(context, &source).await?;
    for append in &appends {
        alike(&source, &target, append).await?;
        let repeated = target.store.append(append.clone()).await?;
        ensure!(repeated.repeated, "a repeat was not known after a load: {repeated:?}");
        let events = &append.events;
        alike(&source, &target, &Append::new(events[..events.len() - 1].to_vec())).await?;
        alike(&source, &target, &Append::new(events[1..].to_vec())).await?;
        alike(&source, &target, &Append::new(events.iter().rev().cloned().collect())).await?;
    }
    for pair in appends.windows(2) {
        let both = pair.iter().flat_map(|append| append.events.iter().cloned()).collect();
        alike(&source, &target, &Append::new(both)).await?;
    }
    let held = whole(&target.store).await?;
    same("the log after its repeats", &held, &whole(&source.store).await?)
}

async fn an_event_is_kept_whole(context: &Context) -> Outcome {
    let source = context.open_source().await?;
    let metadata = Metadata::new()
        .with_correlation_id("request-17")
        .with_initiator(Principal::new(PrincipalKind::Automation, "a"))
        .with("\u{e4}\u{0}", "t\u{0}1");
    let full = seat("\u{1f600} %'\"", "bank.Opened")
        .with_metadata(metadata)
        .with_id(EventId::from_bytes([0xfe; 16]))
        .with_recorded_at(Timestamp::from_micros(-5));
    let content_type = ContentType::new("application/cbor");
    let bytes = plain("bank.Noted").with_content_type(content_type).with_payload(vec![0xff, 0, 1]);
    let empty = plain("bank.Noted").with_payload(Vec::new());
    put(&source.store, Append::new(vec![full, bytes])).await?;
    put(&source.store, one(empty)).await?;
    let target = copy(context, &source).await?;
    same("the loaded events", &whole(&target.store).await?, &whole(&source.store).await?)
}

async fn added_tags_are_kept(context: &Context) -> Outcome {
    let (source, _) = filled(context).await?;
    let all = whole(&source.store).await?;
    let first = all.first().ok_or_else(|| Failure::new("the log is empty"))?;
    source.store.add_tags(vec![AddedTags::new(first.position, first.id, tags(&[("branch", "b")]))]).await?;
    let target = copy(context, &source).await?;
    let (by_tag, all) = (Query::from(with_tags(&[("branch", "b")])), ReadOptions::default());
    let found = read_all(&target.store, &by_tag, all).await?;
    same("the events with a tag that was added", &found, &read_all(&source.store, &by_tag, all).await?)?;
    same("how many there are", &found.len(), &1)
}

async fn streams_keep_their_status(context: &Context) -> Outcome {
    let changes = [
        StreamChange::Archive,
        StreamChange::Restore,
        StreamChange::tombstone("it ended"),
        StreamChange::delete("asked"),
    ];
    for end in 0..=changes.len() {
        let (source, _) = filled(context).await?;
        for change in &changes[..end] {
            source.store.change_stream(&stream("kept"), change.clone()).await?;
        }
        let target = copy(context, &source).await?;
        same_streams(&source, &target, context).await?;
        alike(&source, &target, &one(seat("kept", "bank.Paid"))).await?;
    }
    Ok(())
}

async fn what_was_deleted_keeps_its_place(context: &Context) -> Outcome {
    let (source, appends) = half_deleted(context).await?;
    let target = copy(context, &source).await?;
    same("the rest of the log", &whole(&target.store).await?, &whole(&source.store).await?)?;
    for deleted in appends.iter().flat_map(|append| &append.events).filter(|event| event.stream == Some(stream("gone")))
    {
        let reused = plain("bank.Noted").with_id(deleted.id);
        let refused = target.store.append(one(reused.clone())).await;
        let is_taken = matches!(refused, Err(AppendError::IdReused { id, .. }) if id == deleted.id);
        ensure!(is_taken, "the id of a deleted event was given again after a load: {refused:?}");
        alike(&source, &target, &one(reused)).await?;
    }
    same_streams(&source, &target, context).await?;
    same("the records of the loaded log", &records(&target).await?.1, &records(&source).await?.1)
}

async fn a_log_keeps_its_id(context: &Context) -> Outcome {
    let (source, _) = filled(context).await?;
    let target = copy(context, &source).await?;
    let (id, of_target) = (source.store.log_id().await?, target.store.log_id().await?);
    same("the id of the loaded log", &of_target, &id)?;
    same("the id in its records", &records(&target).await?.0, &id)?;
    let empty = copy(context, &context.open_source().await?).await?;
    same("how many records an empty log has", &records(&empty).await?.1.len(), &0)
}

async fn the_log_goes_on(context: &Context) -> Outcome {
    let (source, _) = half_deleted(context).await?;
    let target = copy(context, &source).await?;
    let noted = plain("bank.Noted").with_recorded_at(Timestamp::from_micros(7));
    for append in [one(seat("kept", "bank.Paid")), Append::new(vec![seat("new", "bank.Opened"), noted])] {
        alike(&source, &target, &append).await?;
    }
    same("the log", &whole(&target.store).await?, &whole(&source.store).await?)
}

async fn records_begin_between_appends(context: &Context) -> Outcome {
    let (source, _) = half_deleted(context).await?;
    let (_, all) = records(&source).await?;
    let appends: Vec<&RecordedAppend> = all.iter().filter_map(LogRecord::append).collect();
    for (number, append) in appends.iter().enumerate() {
        let page = source.records.dump(&DumpFrom::Append(append.last())).await?;
        same(
            "the records after an append",
            &page.records.iter().collect::<Vec<_>>(),
            &all[number + 1..].iter().collect(),
        )?;
        for within in append.entries().iter().rev().skip(1).map(Entry::place) {
            let refused = source.records.dump(&DumpFrom::Append(within)).await;
            let is_told = matches!(&refused, Err(error) if error.kind() == StoreErrorKind::Invalid);
            ensure!(is_told, "records that begin within an append, after {within}, were answered with {refused:?}");
        }
    }
    Ok(())
}

async fn records_are_those_of_the_log_that_was_read(context: &Context) -> Outcome {
    let (source, _) = filled(context).await?;
    let head = source.store.head().await?;
    for place in [Place::new(head.position, EventId::new()), Place::from(head.position.next())] {
        let found = source.records.dump(&DumpFrom::Append(place)).await;
        let is_told = matches!(&found, Err(error) if error.kind() == StoreErrorKind::Replaced);
        ensure!(is_told, "records after {place}, which the log does not hold, were answered with {found:?}");
    }
    Ok(())
}

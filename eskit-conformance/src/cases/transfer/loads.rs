//! What a store takes in of records, and what it refuses.

use std::time::Duration;

use eskit_runtime::log::{Append, EventId, LogId, NewEvent, Part, Place, Position, StreamChange};
use eskit_runtime::transfer::{DumpFrom, Entry, Load, LoadError, LogRecord, RecordedAppend, StreamRecord, Transfer};
use eskit_runtime::{EventStore, Timestamp};

use super::{copy, filled, half_deleted, records, same_streams, seat};
use crate::context::Context;
use crate::failure::{Outcome, ensure, same};
use crate::sample::{plain, put, stream, whole};

/// The record of one event outside every stream.
fn next(position: Position) -> Vec<LogRecord> {
    let event = plain("bank.Noted").into_recorded(position, None, Part::WHOLE, Timestamp::now());
    RecordedAppend::new(vec![Entry::Event(event)]).map(LogRecord::Append).into_iter().collect()
}

pub(super) async fn only_what_comes_next_is_loaded(context: &Context) -> Outcome {
    let (source, _) = filled(context).await?;
    let target = copy(context, &source).await?;
    let (log, head, before) = (source.store.log_id().await?, source.store.head().await?, records(&target).await?.1);
    let after = head.position.next();
    let places = [Place::new(head.position, EventId::new()), Place::START, Place::new(after, EventId::new())];
    for place in places {
        let refused = target.records.load(Load::new(log, place, next(place.position.next()))).await;
        let is_told =
            matches!(&refused, Err(LoadError::NotAtHead { after, head: at }) if (*after, *at) == (place, head));
        ensure!(is_told, "records that begin after {place} were loaded at {head}: {refused:?}");
    }
    let refused = target.records.load(Load::new(LogId::new(), head, next(after))).await;
    ensure!(matches!(refused, Err(LoadError::OtherLog { .. })), "records of another log were loaded: {refused:?}");
    let refused = target.records.load(Load::new(log, head, next(after.next()))).await;
    ensure!(matches!(refused, Err(LoadError::Record(_))), "records behind a gap were loaded: {refused:?}");
    same("the log after what was refused", &records(&target).await?.1, &before)?;
    target.records.load(Load::new(log, head, next(after))).await?;
    same("the new head", &target.store.head().await?.position, &after)
}

pub(super) async fn records_that_contradict_the_log_are_refused(context: &Context) -> Outcome {
    let (source, appends) = filled(context).await?;
    let target = copy(context, &source).await?;
    let (log, head) = (source.store.log_id().await?, source.store.head().await?);
    let at = head.position.next();
    let of = |event: NewEvent, version| {
        let event = event.into_recorded(at, version, Part::WHOLE, Timestamp::now());
        RecordedAppend::new(vec![Entry::Event(event)]).map(LogRecord::Append).into_iter().collect::<Vec<_>>()
    };
    let version = source.store.stream_info(&stream("kept")).await?.version;
    let taken = plain("bank.Noted").with_id(appends[0].events[0].id);
    let wrong = [
        ("whose id is taken", of(taken, None)),
        ("with a version that is there", of(seat("kept", "bank.Paid"), Some(version))),
        ("with a version behind a gap", of(seat("kept", "bank.Paid"), Some(version + 2))),
        ("without a name", of(plain(""), None)),
    ];
    let before = records(&target).await?.1;
    for (what, records) in wrong {
        let refused = target.records.load(Load::new(log, head, records)).await;
        ensure!(matches!(refused, Err(LoadError::Record(_))), "an event {what} was loaded: {refused:?}");
    }
    same("the log after what was refused", &records(&target).await?.1, &before)
}

pub(super) async fn a_load_is_whole_or_not_at_all(context: &Context) -> Outcome {
    let (source, _) = half_deleted(context).await?;
    let (log, mut all) = records(&source).await?;
    let gap = source.store.head().await?.position.next().next();
    all.extend(next(gap));
    let target = context.open_target().await?;
    let refused = target.records.load(Load::new(log, Place::START, all)).await;
    ensure!(refused.is_err(), "records with a gap were loaded: {refused:?}");
    same("the head after a load that failed", &target.store.head().await?, &Place::START)?;
    same("the records after it", &records(&target).await?.1.len(), &0)
}

/// A run ends early; streams are archived, deleted and written to; the next run brings what is new.
pub(super) async fn a_load_goes_on_with_what_has_changed(context: &Context) -> Outcome {
    let (source, _) = filled(context).await?;
    let restored = stream("other");
    source.store.change_stream(&restored, StreamChange::Archive).await?;
    let target = copy(context, &source).await?;
    let head = source.store.head().await?;
    source.store.change_stream(&restored, StreamChange::Restore).await?;
    put(
        &source.store,
        Append::new(vec![seat("gone", "bank.Paid"), seat("kept", "bank.Paid"), seat("other", "bank.Paid")]),
    )
    .await?;
    source.store.change_stream(&stream("gone"), StreamChange::delete("it was asked for")).await?;
    source.store.change_stream(&stream("kept"), StreamChange::Archive).await?;
    let mut page = source.records.dump(&DumpFrom::Append(head)).await?;
    let info = source.store.stream_info(&restored).await?;
    let reopened = StreamRecord::new(restored, info.version, info.status);
    page.records.push(LogRecord::Stream(reopened));
    target.records.load(Load::new(page.log, head, page.records)).await?;
    same_streams(&source, &target, context).await?;
    same("the log", &whole(&target.store).await?, &whole(&source.store).await?)?;
    same("its records", &records(&target).await?.1, &records(&source).await?.1)
}

pub(super) async fn who_waits_sees_what_is_loaded(context: &Context) -> Outcome {
    let (source, _) = filled(context).await?;
    let target = context.open_target().await?;
    let (log, all) = records(&source).await?;
    let loading = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        target.records.load(Load::new(log, Place::START, all)).await
    };
    let waiting = context.within("waiting for what is loaded", target.store.watch(Place::START));
    let (woken, loaded) = tokio::join!(waiting, loading);
    same("the head that woke who waited", &woken??, &loaded?)
}

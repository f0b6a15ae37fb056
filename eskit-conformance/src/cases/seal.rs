//! A log that is closed for writes, so that it can be moved.

use std::sync::Arc;

use eskit_runtime::log::{
    AddTagsError, AddedTags, AppendError, NewEvent, Place, Position, StoreErrorKind, StreamChange, StreamError,
};
use eskit_runtime::transfer::{DumpFrom, Load, LoadError, Transfer};
use eskit_runtime::{AnyStore, EventStore};
use tokio::sync::Barrier;

use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::sample::{on, one, plain, put, stream, tags, whole};

pub(super) const CASES: &[Case] = cases![
    "seal": a_sealed_log_takes_no_events(Transfer),
    a_sealed_log_takes_no_changes(Transfer, Lifecycle, AddTags),
    a_repeat_is_still_answered(Transfer),
    what_was_confirmed_is_before_the_head_of_the_seal(Transfer),
    a_seal_is_of_the_log_that_has_it(Transfer),
    a_seal_holds_for_every_handle(Transfer, Shared),
];

/// Fails unless an append is refused since the log is sealed.
async fn takes_no_event(store: &AnyStore, event: NewEvent) -> Outcome {
    let answer = store.append(one(event)).await;
    let is_told = matches!(&answer, Err(AppendError::Store(error)) if error.kind() == StoreErrorKind::Sealed);
    ensure!(is_told, "an append to a sealed log was answered with {answer:?}");
    Ok(())
}

async fn a_sealed_log_takes_no_events(context: &Context) -> Outcome {
    let side = context.open_source().await?;
    same("since when a new log is sealed", &side.records.sealed_at().await?, &None)?;
    put(&side.store, one(on(stream("a"), "bank.Opened"))).await?;
    let (head, before) = (side.store.head().await?, whole(&side.store).await?);
    same("the head of a log that is sealed", &side.records.seal().await?, &head)?;
    let since = side.records.sealed_at().await?;
    ensure!(since.is_some(), "a sealed log says that it is not");
    for event in [plain("bank.Noted"), on(stream("a"), "bank.Paid"), on(stream("b"), "bank.Opened")] {
        takes_no_event(&side.store, event).await?;
    }
    same("the head of a log that is sealed again", &side.records.seal().await?, &head)?;
    same("since when it is sealed then", &side.records.sealed_at().await?, &since)?;
    same("the events of a sealed log", &whole(&side.store).await?, &before)?;
    side.records.unseal().await?;
    same("since when a log is sealed that is no more", &side.records.sealed_at().await?, &None)?;
    let after = put(&side.store, one(on(stream("a"), "bank.Paid"))).await?;
    same("where the log goes on", &after[0].position, &head.position.next())
}

async fn a_sealed_log_takes_no_changes(context: &Context) -> Outcome {
    let side = context.open_source().await?;
    let log = side.store.log_id().await?;
    let [event] = &put(&side.store, one(on(stream("a"), "bank.Opened"))).await?[..] else {
        return Err(Failure::new("an append of one event recorded another number of events"));
    };
    let head = side.records.seal().await?;
    for change in [StreamChange::Archive, StreamChange::tombstone("over"), StreamChange::delete("erased")] {
        let answer = side.store.change_stream(&stream("a"), change).await;
        let is_told = matches!(&answer, Err(StreamError::Store(error)) if error.kind() == StoreErrorKind::Sealed);
        ensure!(is_told, "a change of a stream of a sealed log was answered with {answer:?}");
    }
    let added = AddedTags { position: event.position, id: event.id, tags: tags(&[("owner", "o")]) };
    let answer = side.store.add_tags(vec![added]).await;
    let is_told = matches!(&answer, Err(AddTagsError::Store(error)) if error.kind() == StoreErrorKind::Sealed);
    ensure!(is_told, "tags for a sealed log were answered with {answer:?}");
    let answer = side.records.load(Load::new(log, head, Vec::new())).await;
    let is_told = matches!(&answer, Err(LoadError::Store(error)) if error.kind() == StoreErrorKind::Sealed);
    ensure!(is_told, "a load into a sealed log was answered with {answer:?}");
    same("the event of a sealed log", &whole(&side.store).await?, &vec![event.clone()])?;
    let info = side.store.stream_info(&stream("a")).await?;
    ensure!(info.status.is_open(), "a stream of a sealed log is {}", info.status);
    side.records.unseal().await?;
    side.store.change_stream(&stream("a"), StreamChange::Archive).await?;
    Ok(())
}

/// Whoever does not know what became of an append finds out, also beside appends that are refused.
async fn a_repeat_is_still_answered(context: &Context) -> Outcome {
    let side = context.open_source().await?;
    let appends: Vec<_> = (0..8).map(|_| one(on(stream("a"), "bank.Paid"))).collect();
    for append in &appends {
        put(&side.store, append.clone()).await?;
    }
    let head = side.records.seal().await?;
    let calls = appends.into_iter().flat_map(|append| [append, one(plain("bank.Noted"))]).enumerate();
    let calls = calls.map(|(index, append)| {
        let store = side.store.clone();
        async move {
            if index % 2 == 1 {
                return takes_no_event(&store, append.events[0].clone()).await;
            }
            let answer = store.append(append).await;
            let expected = Position::new(index as u64 / 2 + 1);
            let is_known = matches!(&answer, Ok(told) if told.repeated && told.positions == [expected]);
            ensure!(is_known, "a repeat in a sealed log was answered with {answer:?}");
            Ok(())
        }
    });
    context.together("repeats in a sealed log", calls).await?;
    same("the head after repeats", &side.store.head().await?, &head)
}

/// More than a writer gets through before the log is sealed.
const APPENDS_MAX: u32 = 20_000;

/// Appends until it is refused. Returns the last position that was confirmed.
async fn append_until_sealed(store: AnyStore, start: Arc<Barrier>) -> Result<Position, Failure> {
    let mut last = Position::START;
    start.wait().await;
    for _ in 0..APPENDS_MAX {
        match store.append(one(plain("bank.Noted"))).await {
            Ok(appended) => {
                last = appended.positions.last().copied().unwrap_or(last);
                tokio::task::yield_now().await;
            }
            Err(AppendError::Store(error)) if error.kind() == StoreErrorKind::Sealed => return Ok(last),
            Err(error) => return Err(error.into()),
        }
    }
    Err(Failure::new(format!("{APPENDS_MAX} appends went through beside a seal")))
}

async fn what_was_confirmed_is_before_the_head_of_the_seal(context: &Context) -> Outcome {
    const WRITERS: usize = 6;
    let side = context.open_source().await?;
    for _ in 0..context.repeats(4) {
        context.count_seed();
        let start = Arc::new(Barrier::new(WRITERS + 1));
        let from = side.store.head().await?.position.get();
        let (records, store, begun) = (side.records.clone(), side.store.clone(), Arc::clone(&start));
        let sealing = async move {
            begun.wait().await;
            while store.head().await?.position.get() < from + 20 {
                tokio::task::yield_now().await;
            }
            Ok(records.seal().await?.position)
        };
        let writers = (0..WRITERS).map(|_| append_until_sealed(side.store.clone(), Arc::clone(&start)));
        let writing = context.together("appends beside a seal", writers);
        let (sealed, confirmed) = tokio::join!(context.together("a seal beside appends", [sealing]), writing);
        let (sealed, last) = (sealed?[0], confirmed?.into_iter().max());
        ensure!(last <= Some(sealed), "the seal told position {sealed}, but {last:?} was confirmed");
        same("the head of the sealed log", &side.store.head().await?.position, &sealed)?;
        side.records.unseal().await?;
    }
    Ok(())
}

async fn a_seal_is_of_the_log_that_has_it(context: &Context) -> Outcome {
    let source = context.open_source().await?;
    put(&source.store, one(plain("bank.Noted"))).await?;
    source.records.seal().await?;
    let page = source.records.dump(&DumpFrom::START).await?;
    let target = context.open_target().await?;
    target.records.load(Load::new(page.log, Place::START, page.records)).await?;
    same("since when a copy of a sealed log is sealed", &target.records.sealed_at().await?, &None)?;
    put(&target.store, one(plain("bank.Noted"))).await?;
    Ok(())
}

async fn a_seal_holds_for_every_handle(context: &Context) -> Outcome {
    let log = context.log();
    let (first, second) = (context.open_side(&log).await?, context.open_side(&log).await?);
    for side in [&first, &second] {
        put(&side.store, one(on(stream("a"), "bank.Paid"))).await?;
    }
    first.records.seal().await?;
    takes_no_event(&second.store, on(stream("a"), "bank.Paid")).await?;
    let since = first.records.sealed_at().await?;
    same("since when another handle has a log sealed", &second.records.sealed_at().await?, &since)?;
    drop((first, second));
    let again = context.open_side(&log).await?;
    same("since when a log is sealed that was opened again", &again.records.sealed_at().await?, &since)?;
    takes_no_event(&again.store, plain("bank.Noted")).await?;
    again.records.unseal().await?;
    put(&again.store, one(plain("bank.Noted"))).await?;
    Ok(())
}

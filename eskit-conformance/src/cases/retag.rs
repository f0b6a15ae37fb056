//! Tags that are added to stored events.

use eskit_runtime::log::{
    AddTagsError, AddedTags, Append, ConflictKind, EventId, Position, Query, QueryItem, ReadOptions, StreamChange, Tag,
    TagRef, Tags,
};
use eskit_runtime::{AnyStore, EventStore, RecordedEvent};

use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::sample::{no_events, on, one, plain, positions, put, read_all, refused, stream, tags, whole, with_tags};

pub(super) const CASES: &[Case] = cases![
    "retag": queries_find_an_event_by_its_new_tag(AddTags),
    an_event_keeps_all_else(AddTags),
    a_condition_counts_a_new_tag(AddTags),
    a_tag_is_added_once(AddTags),
    tags_are_added_to_all_events_or_none(AddTags),
    an_event_takes_no_more_tags_than_it_may(AddTags),
    added_tags_have_limits(AddTags),
    what_is_deleted_is_left_alone(AddTags, Deletion),
    added_tags_are_seen_by_all(Shared, AddTags),
    added_tags_outlive_the_handle(Durable, AddTags),
];

/// So many events that a store may keep the older ones in another way.
const MANY: usize = 1500;

const NEW: (&str, &str) = ("sender", "s");

/// An append of many events, and others of one: what was appended. Every event carries `mail:m`, every third one a number.
async fn filled(store: &AnyStore) -> Result<Vec<RecordedEvent>, Failure> {
    let event = |nth: usize| {
        let own = nth.to_string();
        let all = [("mail", "m"), ("nth", own.as_str())];
        on(stream("a"), "mail.Sent").with_tags(tags(if nth.is_multiple_of(3) { &all } else { &all[..1] }))
    };
    let mut log = put(store, Append::new((0..MANY).map(event).collect())).await?;
    for nth in MANY..MANY + 9 {
        log.extend(put(store, one(event(nth))).await?);
        log.extend(put(store, one(plain("mail.Read"))).await?);
    }
    Ok(log)
}

fn add(event: &RecordedEvent, all: &[(&str, &str)]) -> AddedTags {
    AddedTags::new(event.position, event.id, tags(all))
}

/// Gives every tenth event of a log the new tag: the log from then on.
async fn retagged(store: &AnyStore) -> Result<Vec<RecordedEvent>, Failure> {
    let mut log = filled(store).await?;
    let added: Vec<AddedTags> = log.iter().step_by(10).map(|event| add(event, &[NEW])).collect();
    let count = store.add_tags(added.clone()).await?;
    same("how many events were given tags", &count, &(added.len() as u64))?;
    for event in log.iter_mut().step_by(10) {
        event.tags.push(NEW.0, NEW.1);
    }
    Ok(log)
}

/// What a store answers to queries by the new tag is what the log holds.
async fn check_queries(store: &AnyStore, log: &[RecordedEvent]) -> Outcome {
    let queries: [Query; 5] = [
        with_tags(&[NEW]).into(),
        with_tags(&[NEW]).with_types(["mail.Sent"]).into(),
        with_tags(&[("mail", "m"), NEW]).into(),
        QueryItem::stream(stream("a")).with_tag(Tag::new(NEW.0, NEW.1)).into(),
        with_tags(&[("nth", "30"), NEW]).with_types(["mail.Sent", "mail.Read"]).into(),
    ];
    for query in queries {
        for options in [ReadOptions::default(), ReadOptions::default().backward().limit(7)] {
            let found = read_all(store, &query, options).await?;
            let mut wanted: Vec<_> = log.iter().filter(|event| query.matches(event)).cloned().collect();
            if options != ReadOptions::default() {
                wanted.reverse();
            }
            let places = (positions(&found), positions(&wanted));
            ensure!(found == wanted, "by a new tag, {query:?} found {:?}, expected {:?}", places.0, places.1);
        }
    }
    Ok(())
}

async fn queries_find_an_event_by_its_new_tag(context: &Context) -> Outcome {
    let store = context.open().await?;
    let log = retagged(&store).await?;
    check_queries(&store, &log).await?;
    // What is appended later stands with it.
    let mut log = log;
    for _ in 0..3 {
        log.extend(put(&store, one(on(stream("a"), "mail.Sent").with_tags(tags(&[NEW])))).await?);
    }
    check_queries(&store, &log).await
}

async fn an_event_keeps_all_else(context: &Context) -> Outcome {
    let store = context.open().await?;
    let full = on(stream("a"), "mail.Sent")
        .with_tags(tags(&[("mail", "m")]))
        .with_metadata(eskit_runtime::Metadata::new().with("tenant", "t-1"));
    let append = Append::new(vec![full, plain("mail.Sent")]);
    let mut log = put(&store, append.clone()).await?;
    let head = store.head().await?;
    store.add_tags(log.iter().map(|event| add(event, &[NEW, ("from", "f:\u{1f600}")])).collect()).await?;
    for event in &mut log {
        event.tags.push(NEW.0, NEW.1);
        event.tags.push("from", "f:\u{1f600}");
    }
    same("the log after tags were added", &whole(&store).await?, &log)?;
    let by_id = QueryItem::ids(log.iter().map(|event| event.id));
    same("the events by their ids", &read_all(&store, &by_id.into(), ReadOptions::default()).await?, &log)?;
    let of_stream = store.read(&Query::stream(stream("a")), ReadOptions::default()).await?.events;
    same("the events of the stream", &of_stream, &log[..1].to_vec())?;
    same("the head", &store.head().await?, &head)?;
    let again = store.append(append).await?;
    ensure!(again.repeated, "a repeat was not known after its events were given tags");
    Ok(())
}

async fn a_condition_counts_a_new_tag(context: &Context) -> Outcome {
    let store = context.open().await?;
    let log = put(&store, Append::new(vec![plain("mail.Sent"), plain("mail.Read")])).await?;
    let none_sent = |after| one(plain("mail.Sent")).with(no_events(with_tags(&[NEW]).with_types(["mail.Sent"]), after));
    put(&store, none_sent(Position::START)).await?;
    store.add_tags(vec![add(&log[0], &[NEW])]).await?;
    let conflict = refused(&store, none_sent(Position::START)).await?;
    same("the kind of the conflict", &conflict.kind, &ConflictKind::Query { after: Position::START })?;
    let found = conflict.event.map(|event| event.position);
    same("the event of the conflict", &found, &Some(log[0].position))?;
    put(&store, none_sent(log[0].position)).await?;
    Ok(())
}

async fn a_tag_is_added_once(context: &Context) -> Outcome {
    let store = context.open().await?;
    let log = retagged(&store).await?;
    let again: Vec<AddedTags> = log.iter().step_by(10).map(|event| add(event, &[NEW, ("mail", "m")])).collect();
    let without_mail = log.iter().step_by(10).filter(|event| event.name == "mail.Read").count() as u64;
    // Those of one kind had no tag of `mail` before.
    same("how many events were given tags", &store.add_tags(again.clone()).await?, &without_mail)?;
    same("how many were given them again", &store.add_tags(again).await?, &0)?;
    // One event may stand there twice.
    let twice = vec![add(&log[1], &[("a", "1")]), add(&log[1], &[("b", "2"), ("a", "1")])];
    same("how many events stood there twice", &store.add_tags(twice).await?, &1)?;
    let mut expected = log;
    for event in expected.iter_mut().step_by(10) {
        event.tags.push("mail", "m");
    }
    expected[1].tags.push("a", "1");
    expected[1].tags.push("b", "2");
    same("the log", &whole(&store).await?, &expected)?;
    check_queries(&store, &expected).await?;
    same("how many events were given none", &store.add_tags(Vec::new()).await?, &0)
}

async fn tags_are_added_to_all_events_or_none(context: &Context) -> Outcome {
    let store = context.open().await?;
    let log = put(&store, Append::new(vec![plain("mail.Sent"), plain("mail.Sent")])).await?;
    let behind = log[1].position.next();
    for wrong in [
        AddedTags { id: EventId::new(), ..add(&log[1], &[NEW]) },
        AddedTags { id: log[0].id, ..add(&log[1], &[NEW]) },
        AddedTags { position: behind, ..add(&log[1], &[NEW]) },
        AddedTags { position: Position::START, ..add(&log[1], &[NEW]) },
        AddedTags { position: Position::new(u64::MAX), ..add(&log[1], &[NEW]) },
    ] {
        match store.add_tags(vec![add(&log[0], &[NEW]), wrong.clone()]).await {
            Err(AddTagsError::NotThere { position, id }) => {
                same("the event that is not there", &(position, id), &(wrong.position, wrong.id))?;
            }
            other => return Err(Failure::new(format!("tags for an event that is not there came to {other:?}"))),
        }
        same("the log after a refusal", &whole(&store).await?, &log)?;
        same(
            "what the tag finds",
            &read_all(&store, &with_tags(&[NEW]).into(), ReadOptions::default()).await?,
            &vec![],
        )?;
    }
    Ok(())
}

fn numbered(numbers: std::ops::Range<usize>) -> Tags {
    let mut tags = Tags::new();
    numbers.for_each(|number| tags.push("n", number));
    tags
}

async fn an_event_takes_no_more_tags_than_it_may(context: &Context) -> Outcome {
    let store = context.open().await?;
    let event = |tags| plain("mail.Sent").with_tags(tags);
    let log = put(&store, Append::new(vec![event(numbered(0..4)), event(numbered(0..60))])).await?;
    let added = |index: usize, tags| AddedTags::new(log[index].position, log[index].id, tags);
    match store.add_tags(vec![added(0, numbered(4..6)), added(1, numbered(60..65))]).await {
        Err(AddTagsError::Limit { position, .. }) => {
            same("the event that would carry too many tags", &position, &Some(log[1].position))?;
        }
        other => return Err(Failure::new(format!("65 tags on one event came to {other:?}"))),
    }
    same("the log after a refusal", &whole(&store).await?, &log)?;
    store.add_tags(vec![added(1, numbered(58..64))]).await?;
    let found = whole(&store).await?;
    same("the tags of an event with as many as it may carry", &found[1].tags, &numbered(0..64))?;
    let last = with_tags(&[("n", "63")]);
    same("what its last tag finds", &read_all(&store, &last.into(), ReadOptions::default()).await?.len(), &1)
}

async fn added_tags_have_limits(context: &Context) -> Outcome {
    let store = context.open().await?;
    let log = put(&store, one(plain("mail.Sent"))).await?;
    let long = "v".repeat(257);
    for (key, value) in [("", "v"), ("k", ""), ("k", "a\0b"), ("k", long.as_str()), (long.as_str(), "v")] {
        let mut tags = Tags::new();
        tags.push(key, value);
        let answer = store.add_tags(vec![AddedTags::new(log[0].position, log[0].id, tags)]).await;
        let is_refused = matches!(answer, Err(AddTagsError::Limit { position: None, .. }));
        ensure!(is_refused, "a tag that no event may carry came to {answer:?}");
    }
    same("the log after a refusal", &whole(&store).await?, &log)
}

async fn what_is_deleted_is_left_alone(context: &Context) -> Outcome {
    let store = context.open().await?;
    let append = Append::new(vec![on(stream("gone"), "mail.Sent"), on(stream("kept"), "mail.Sent")]);
    let mut log = put(&store, append).await?;
    store.change_stream(&stream("gone"), StreamChange::delete("it was asked for")).await?;
    let count = store.add_tags(log.iter().map(|event| add(event, &[NEW])).collect()).await?;
    same("how many events were given tags", &count, &1)?;
    log.remove(0);
    log[0].tags.push(NEW.0, NEW.1);
    same("the log", &whole(&store).await?, &log)?;
    same("what the tag finds", &read_all(&store, &with_tags(&[NEW]).into(), ReadOptions::default()).await?, &log)?;
    // An archived stream takes no events; what it holds may be found.
    store.change_stream(&stream("kept"), StreamChange::Archive).await?;
    same("how many of a closed stream", &store.add_tags(vec![add(&log[0], &[("from", "f")])]).await?, &1)
}

async fn added_tags_are_seen_by_all(context: &Context) -> Outcome {
    let log = context.log();
    let stores = [context.open_log(&log).await?, context.open_log(&log).await?];
    let mut appended = filled(&stores[0]).await?;
    for (turn, event) in appended.iter_mut().step_by(10).enumerate() {
        let (one, other) = (&stores[turn % 2], &stores[(turn + 1) % 2]);
        if turn < 6 {
            one.add_tags(vec![add(event, &[NEW])]).await?;
            event.tags.push(NEW.0, NEW.1);
            let newest = with_tags(&[NEW]).with_types([event.name.as_str()]);
            let none =
                Append::new(vec![plain("mail.Read")]).with(no_events(newest, Position::new(event.position.get() - 1)));
            refused(other, none).await?;
        }
    }
    check_queries(&stores[0], &appended).await?;
    check_queries(&stores[1], &appended).await
}

async fn added_tags_outlive_the_handle(context: &Context) -> Outcome {
    let log = context.log();
    let store = context.open_log(&log).await?;
    let expected = retagged(&store).await?;
    drop(store);
    let store = context.open_log(&log).await?;
    same("the log after it was opened again", &whole(&store).await?, &expected)?;
    check_queries(&store, &expected).await?;
    let sender = TagRef::as_str;
    let found =
        whole(&store).await?.iter().filter(|event| event.tags.iter().map(sender).any(|tag| tag == "sender:s")).count();
    same("how many events carry the new tag", &found, &expected.iter().step_by(10).count())
}

//! The limits of every store, the functions that check them, and the error that names the limit that was crossed.
//!
//! A store checks an append before it writes anything.

use crate::log::added_tags::AddedTags;
use crate::log::append::{Append, Condition};
use crate::log::bounds::{check_count, check_text, excerpt};
use crate::log::content_type::ContentType;
use crate::log::id::EventId;
use crate::log::lifecycle::StreamChange;
use crate::log::metadata::Metadata;
use crate::log::new_event::NewEvent;
use crate::log::personal::Subject;
use crate::log::query::{Query, ReadOptions};
use crate::log::recorded::RecordedEvent;
use crate::log::stream::StreamId;
use crate::log::stream_list::ListStreams;
use crate::log::tag::{TagRef, Tags};

pub use crate::log::bounds::{
    APPEND_BYTES_MAX, CONDITION_ITEMS_PER_APPEND_MAX, CONDITIONS_PER_APPEND_MAX, EVENTS_PER_APPEND_MAX, LimitError,
    METADATA_BYTES_MAX, METADATA_ENTRIES_MAX, NAME_BYTES_MAX, PAGE_BYTES, PAGE_EVENTS_MAX, PAYLOAD_BYTES_MAX,
    QUERY_IDS_MAX, QUERY_ITEMS_MAX, QUERY_TYPES_MAX, REASON_BYTES_MAX, TAG_PART_BYTES_MAX, TAGS_PER_EVENT_MAX,
};

fn check_tag(tag: TagRef<'_>) -> Result<(), LimitError> {
    check_text("tag key", tag.key(), TAG_PART_BYTES_MAX)?;
    check_text("tag value", tag.value(), TAG_PART_BYTES_MAX).map_err(|error| error.of(tag.key()))
}

fn check_tags(tags: &Tags) -> Result<(), LimitError> {
    if tags.holds_nul() {
        return Err(LimitError::Nul { what: "tag", text: excerpt(tags.as_packed()) });
    }
    tags.iter().try_for_each(check_tag)
}

/// Checks an append against every limit; a store calls this first.
///
/// # Errors
/// The first limit that the append crosses.
pub fn check_append(append: &Append) -> Result<(), LimitError> {
    if append.events.is_empty() {
        return Err(LimitError::Empty { what: "list of events to append", of: String::new() });
    }
    check_count("events in one append", append.events.len(), EVENTS_PER_APPEND_MAX)?;
    check_count("conditions of one append", append.conditions.len(), CONDITIONS_PER_APPEND_MAX)?;
    let items = append.conditions.iter().map(|condition| match condition {
        Condition::NoEvents { query, .. } => query.items().len(),
        _ => 0,
    });
    check_count("items in the conditions of one append", items.sum(), CONDITION_ITEMS_PER_APPEND_MAX)?;
    for event in &append.events {
        let NewEvent { name, stream, tags, metadata, content_type, payload, .. } = event;
        check_event(Parts { name, stream: stream.as_ref(), tags, metadata, content_type, payload })?;
        check_sealed(event)?;
    }
    check_size(append)?;
    check_ids(append.events.iter().map(|event| event.id))?;
    for condition in &append.conditions {
        match condition {
            Condition::Stream { stream, .. } => check_stream(stream)?,
            Condition::NoEvents { query, .. } => check_query(query)?,
            Condition::Holds(_) => {}
        }
    }
    Ok(())
}

/// No personal data enters a store in the clear, whoever forgot to seal it.
fn check_sealed(event: &NewEvent) -> Result<(), LimitError> {
    match event.personal.first() {
        None => Ok(()),
        Some(value) => Err(LimitError::PersonalInClear { event: event.name.clone(), path: value.path.clone() }),
    }
}

fn check_size(append: &Append) -> Result<(), LimitError> {
    let found = append.events.iter().map(NewEvent::size_bytes).sum();
    check_count("bytes in the events of one append", found, APPEND_BYTES_MAX)
}

/// Two events of one append must differ in their ids. Ids mostly ascend, so a sort is rarely needed.
pub(crate) fn check_ids(ids: impl Iterator<Item = EventId> + Clone) -> Result<(), LimitError> {
    if ids.clone().zip(ids.clone().skip(1)).all(|(id, next)| id < next) {
        return Ok(());
    }
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    match ids.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(LimitError::RepeatedId { id: pair[0] }),
        None => Ok(()),
    }
}

/// What of an event has limits.
struct Parts<'e> {
    name: &'e str,
    stream: Option<&'e StreamId>,
    tags: &'e Tags,
    metadata: &'e Metadata,
    content_type: &'e ContentType,
    payload: &'e [u8],
}

fn check_event(event: Parts<'_>) -> Result<(), LimitError> {
    check_text("wire name", event.name, NAME_BYTES_MAX)?;
    if let Some(stream) = event.stream {
        check_stream(stream)?;
    }
    check_count("tags of one event", event.tags.len(), TAGS_PER_EVENT_MAX)?;
    check_tags(event.tags)?;
    check_metadata(event.name, event.metadata)?;
    if !event.content_type.is_json() {
        check_text("content type", event.content_type.as_str(), NAME_BYTES_MAX)?;
    }
    if event.payload.len() > PAYLOAD_BYTES_MAX {
        let (found, max) = (event.payload.len(), PAYLOAD_BYTES_MAX);
        return Err(LimitError::TooLong { what: "payload of event", text: excerpt(event.name), found, max });
    }
    Ok(())
}

/// Checks an event that is to be recorded as it is.
pub(crate) fn check_recorded(event: &RecordedEvent) -> Result<(), LimitError> {
    let RecordedEvent { name, stream, tags, metadata, content_type, payload, .. } = event;
    let stream = stream.as_ref().map(|at| &at.stream);
    check_event(Parts { name, stream, tags, metadata, content_type, payload })
}

/// Checks the stream of a record: its name and its reason.
pub(crate) fn check_closed(stream: &StreamId, reason: Option<&str>) -> Result<(), LimitError> {
    check_stream(stream)?;
    reason.map_or(Ok(()), |reason| check_text("reason", reason, REASON_BYTES_MAX))
}

/// Checks the name of a stream; a store calls this before it looks the stream up.
///
/// # Errors
/// The first limit that the name crosses.
pub fn check_stream(stream: &StreamId) -> Result<(), LimitError> {
    check_text("stream type", stream.stream_type(), NAME_BYTES_MAX)?;
    check_text("stream id", stream.id(), NAME_BYTES_MAX).map_err(|error| error.of(stream.stream_type()))
}

/// Checks a subject of personal data: kind and id are held to the limits of a tag.
///
/// # Errors
/// The first limit that the subject crosses.
pub fn check_subject(subject: &Subject) -> Result<(), LimitError> {
    check_text("kind of a subject", &subject.kind, TAG_PART_BYTES_MAX)?;
    check_text("id of a subject", &subject.id, TAG_PART_BYTES_MAX).map_err(|error| error.of(&subject.kind))
}

/// Checks a list of streams; a store calls this before it reads.
///
/// # Errors
/// The first limit that the type of the streams or the id crosses.
pub fn check_list(list: &ListStreams) -> Result<(), LimitError> {
    check_text("stream type", &list.stream_type, NAME_BYTES_MAX)?;
    let after = list.after.as_deref().map_or(Ok(()), |id| check_text("stream id", id, NAME_BYTES_MAX));
    after.map_err(|error| error.of(&list.stream_type))
}

/// Checks the change of a stream; a store calls this before it makes the change.
///
/// # Errors
/// The first limit that the name of the stream or the reason crosses.
pub fn check_change(stream: &StreamId, change: &StreamChange) -> Result<(), LimitError> {
    check_closed(stream, change.reason())
}

/// Checks tags for stored events; a store calls this before it writes any. [`AddedTags::onto`](crate::log::AddedTags::onto) checks
/// whether an event would have too many.
///
/// # Errors
/// The first limit that the number of events or a tag crosses.
pub fn check_add_tags(added: &[AddedTags]) -> Result<(), LimitError> {
    check_count("events in one call of `add_tags`", added.len(), EVENTS_PER_APPEND_MAX)?;
    added.iter().try_for_each(|added| check_tags(&added.tags))
}

fn check_metadata(of: &str, metadata: &Metadata) -> Result<(), LimitError> {
    check_count("entries in one event's metadata", metadata.extras().len(), METADATA_ENTRIES_MAX)?;
    let (found, max) = (metadata.size_bytes(), METADATA_BYTES_MAX);
    if found > max {
        return Err(LimitError::TooLong { what: "metadata of event", text: excerpt(of), found, max });
    }
    Ok(())
}

/// Checks a read against every limit; a store calls this before it reads.
///
/// # Errors
/// The first limit that the query crosses, and versions where the query is not of one stream.
pub fn check_read(query: &Query, options: &ReadOptions) -> Result<(), LimitError> {
    check_query(query)?;
    if options.versions().is_some() && query.only_stream().is_none() && !query.items().is_empty() {
        return Err(LimitError::VersionsOfNoStream);
    }
    Ok(())
}

fn check_query(query: &Query) -> Result<(), LimitError> {
    check_count("items of one query", query.items().len(), QUERY_ITEMS_MAX)?;
    for item in query.items() {
        check_count("wire names in one query item", item.types.len(), QUERY_TYPES_MAX)?;
        check_count("tags in one query item", item.tags.len(), TAGS_PER_EVENT_MAX)?;
        check_count("event ids in one query item", item.ids.len(), QUERY_IDS_MAX)?;
        item.types.iter().try_for_each(|name| check_text("wire name", name, NAME_BYTES_MAX))?;
        item.tags.iter().try_for_each(|tag| check_tag(tag.as_ref()))?;
        if let Some(stream) = &item.stream {
            check_stream(stream)?;
        }
        if let Some(stream_type) = &item.stream_type {
            check_text("stream type", stream_type, NAME_BYTES_MAX)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::new_event::NewEvent;
    use crate::log::personal::{JsonPointer, PersonalValue};
    use crate::log::query::QueryItem;
    use crate::log::tag::Tag;

    #[test]
    fn a_tag_cannot_smuggle_in_another_one() {
        let mut event = NewEvent::json("test.Happened", "{}");
        event.tags.push("course", "c1\0student:s1");
        let refused = check_append(&Append::new(vec![event])).unwrap_err();
        assert!(matches!(refused, LimitError::Nul { what: "tag", .. }), "{refused}");
        let query = Query::from(QueryItem::tags([Tag::new("course", "c1\0student:s1")]));
        assert!(matches!(check_query(&query), Err(LimitError::Nul { .. })));
    }

    #[test]
    fn metadata_and_payloads_are_told_by_the_name_of_their_event() {
        let metadata = crate::log::metadata::Metadata::new().with("text", "x".repeat(METADATA_BYTES_MAX));
        let payload = vec![b' '; PAYLOAD_BYTES_MAX + 1];
        let events = [
            (
                NewEvent::json("test.Happened", "{}").with_metadata(metadata),
                "the metadata of event \"test.Happened\" has ",
            ),
            (NewEvent::json("test.Happened", payload), "the payload of event \"test.Happened\" has "),
        ];
        for (event, text) in events {
            let refused = check_append(&Append::new(vec![event])).unwrap_err();
            assert!(refused.to_string().starts_with(text), "{refused}");
        }
    }

    #[test]
    fn personal_data_that_is_not_sealed_is_refused_and_not_shown() {
        let mut event = NewEvent::json("campus.StudentRegistered", r#"{"name":"Ada"}"#);
        let path = JsonPointer::ROOT.member("name");
        event.personal.push(PersonalValue::new(path, Subject::new("student", 1), serde_json::Value::Null));
        assert!(!format!("{event:?}").contains("Ada"), "{event:?}");
        let refused = check_append(&Append::new(vec![event])).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "event `campus.StudentRegistered` has personal data at `/name`, which is not sealed\nhelp: give the app a vault, which \
             seals it: `App::new(store).with_vault(vault)`"
        );
    }

    #[test]
    fn a_query_is_bounded_in_every_part() {
        let too_many = QueryItem::types((0..=QUERY_TYPES_MAX).map(|number| format!("test.E{number}")));
        assert!(matches!(check_query(&Query::from(too_many)), Err(LimitError::TooMany { .. })));
        let unnamed = QueryItem::stream_type("");
        assert_eq!(
            check_query(&Query::from(unnamed)),
            Err(LimitError::Empty { what: "stream type", of: String::new() })
        );
    }

    #[test]
    fn what_is_empty_is_told_by_its_key() {
        let stream = Query::stream(crate::log::stream::StreamId::new("account", ""));
        assert_eq!(check_query(&stream).unwrap_err().to_string(), "the stream id of `account` is empty");
        let tag = Query::from(QueryItem::tags([Tag::new("course", "")]));
        assert_eq!(check_query(&tag).unwrap_err().to_string(), "the tag value of `course` is empty");
    }
}

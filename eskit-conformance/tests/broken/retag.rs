//! Stores that add tags wrongly.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use eskit_conformance::Model;
use eskit_runtime::log::{
    AddTagsError, AddedTags, Append, AppendError, Appended, Page, Position, Query, QueryItem, ReadOptions,
    StreamChange, StreamError, StreamId, StreamStatus, Tags,
};
use eskit_runtime::{EventStore, RecordedEvent, StoreError, Timestamp, delegate_store};

use crate::shared::opener;
use crate::sound::{Sound, broken};
use crate::table::{Row, durable};

fn adding(
    mistake: &'static str,
    add: fn(&mut Model, &[AddedTags]) -> Result<u64, AddTagsError>,
    told: &'static str,
    cases: &'static [&'static str],
) -> Row {
    broken(mistake, move |store: &mut Sound| store.add_tags = add, told, cases)
}

/// The event as it was before any tag was added: the suite adds `sender`, `from`, and so on.
fn before(mut event: RecordedEvent) -> RecordedEvent {
    event.tags = event.tags.iter().filter(|tag| tag.key() != "sender" && tag.key() != "from").collect();
    event
}

fn asks_for_sender(query: &Query) -> bool {
    let by_sender = |item: &QueryItem| item.tags.iter().any(|tag| tag.as_ref().key() == "sender");
    query.items().iter().any(by_sender)
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        broken(
            "added tags stand in the index alone",
            |store| store.event_out = Box::new(before),
            "by a new tag",
            &["retag::queries_find_an_event_by_its_new_tag", "retag::an_event_keeps_all_else"],
        ),
        broken(
            "added tags stand in the event alone",
            |store| {
                store.read_in = Box::new(|(query, options)| {
                    if asks_for_sender(&query) {
                        (QueryItem::types(["none"]).into(), options)
                    } else {
                        (query, options)
                    }
                });
            },
            "by a new tag",
            &["retag::queries_find_an_event_by_its_new_tag", "retag::what_is_deleted_is_left_alone"],
        ),
        broken(
            "conditions go by the tags of the append",
            |store| {
                store.check = |log, append| {
                    Model::of(log.events().iter().cloned().map(before).collect()).check(&append.conditions)
                };
            },
            "does not hold",
            &["retag::a_condition_counts_a_new_tag"],
        ),
        adding(
            "tags that are there count",
            |log, added| log.add_tags(added).map(|_| added.len() as u64),
            "how many",
            &["retag::a_tag_is_added_once", "retag::what_is_deleted_is_left_alone"],
        ),
        adding(
            "an event is given its tags before the next is looked at",
            |log, added| added.iter().map(|added| log.add_tags(std::slice::from_ref(added))).sum(),
            "the log after a refusal",
            &["retag::tags_are_added_to_all_events_or_none", "retag::an_event_takes_no_more_tags_than_it_may"],
        ),
        adding(
            "an event goes by its position alone",
            |log, added| {
                let id = |position| log.events().iter().find(|event| event.position == position).map(|event| event.id);
                let added: Vec<_> = added
                    .iter()
                    .map(|added| AddedTags { id: id(added.position).unwrap_or(added.id), ..added.clone() })
                    .collect();
                log.add_tags(&added)
            },
            "came to Ok",
            &["retag::tags_are_added_to_all_events_or_none"],
        ),
        adding(
            "tags are cut to what an event may carry, and to what a tag may hold",
            |log, added| {
                let whole = |added: &AddedTags| {
                    let tags: Tags =
                        added.tags.iter().filter(|tag| tag.key().len() < 99 && tag.value().len() < 99).collect();
                    let stored =
                        log.events().iter().find(|event| event.id == added.id).map_or(0, |event| event.tags.len());
                    AddedTags { tags: tags.iter().take(64 - stored.min(64)).collect(), ..added.clone() }
                };
                let added: Vec<_> = added.iter().map(whole).collect();
                log.add_tags(&added)
            },
            "came to Ok",
            &["retag::an_event_takes_no_more_tags_than_it_may", "retag::added_tags_have_limits"],
        ),
        Handle::row(
            "added tags are forgotten when the log is opened again",
            "the log after it was opened again",
            &["retag::added_tags_outlive_the_handle"],
        ),
        Handle::row("a handle knows its own added tags", "does not hold", &["retag::added_tags_are_seen_by_all"]),
    ]
}

/// Keeps tags that are added in memory, beside the log.
struct Handle {
    shared: Arc<Sound>,
    added: Mutex<HashMap<Position, Tags>>,
}

impl Handle {
    fn row(mistake: &'static str, told: &'static str, cases: &'static [&'static str]) -> Row {
        let handle = |shared, _| Handle { shared, added: Mutex::default() };
        Row::new(mistake, durable(opener(handle)), told, cases)
    }

    /// The log with the tags of this handle.
    fn log(&self) -> Model {
        let added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        let with_tags = |event: &RecordedEvent| {
            let mut event = event.clone();
            if let Some(tags) = added.get(&event.position) {
                event.tags.clone_from(tags);
            }
            event
        };
        Model::of(self.shared.log().events().iter().map(with_tags).collect())
    }
}

impl EventStore for Handle {
    delegate_store!(|layer| &layer.shared, except append, read, change_stream, add_tags);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.log().check(&append.conditions)?;
        self.shared.append(Append::new(append.events)).await
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        self.log().read(query, options)
    }

    async fn change_stream(&self, stream: &StreamId, change: StreamChange) -> Result<StreamStatus, StreamError> {
        self.shared.log().change_stream(stream, &change, Timestamp::now())
    }

    async fn add_tags(&self, added: Vec<AddedTags>) -> Result<u64, AddTagsError> {
        let mut log = self.log();
        let count = log.add_tags(&added)?;
        let tags = log.events().iter().map(|event| (event.position, event.tags.clone())).collect();
        *self.added.lock().unwrap_or_else(PoisonError::into_inner) = tags;
        Ok(count)
    }
}

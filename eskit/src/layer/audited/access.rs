use eskit_runtime::Metadata;
use eskit_runtime::log::{
    AddedTags, Append, ListStreams, NewEvent, Page, Principal, Query, QueryItem, ReadOptions, StreamId, Tag,
};
use serde::Serialize;

/// The most of each kind that an entry lists.
const LISTED_MAX: usize = 32;
/// The longest value of a tag of an entry, in bytes.
const TAG_BYTES_MAX: usize = 256;

/// One call of a store, as it is noted.
#[derive(Default, Serialize)]
pub(super) struct Access {
    call: &'static str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_type: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    streams: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    query: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<u64>,
    /// How many events were found, written or changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    types: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ids: Vec<String>,
    /// How many items, streams, types or ids stand in none of these lists, which hold 32 each.
    #[serde(skip_serializing_if = "is_zero")]
    omitted: usize,
    #[serde(skip)]
    initiator: Option<Principal>,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// An item of a query.
#[derive(Serialize)]
struct Item {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    types: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_type: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ids: Vec<String>,
}

/// The first of some texts, each once; counts those that are left out.
fn listed(texts: impl Iterator<Item = String>, omitted: &mut usize) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in texts {
        if all.len() < LISTED_MAX {
            if !all.contains(&text) {
                all.push(text);
            }
        } else if !all.contains(&text) {
            *omitted += 1;
        }
    }
    all
}

impl Access {
    fn of(call: &'static str) -> Access {
        Access { call, ..Access::default() }
    }

    pub(super) fn append(append: &Append) -> Access {
        let events = &append.events;
        let mut access = Access { events: Some(events.len()), ..Access::of("append") };
        let streams = events.iter().filter_map(|event| event.stream.as_ref().map(StreamId::to_string));
        access.streams = listed(streams, &mut access.omitted);
        access.types = listed(events.iter().map(|event| event.name.to_string()), &mut access.omitted);
        access.ids = listed(events.iter().map(|event| event.id.to_string()), &mut access.omitted);
        access.initiator = events.first().and_then(|event| event.metadata.initiator().cloned());
        access
    }

    pub(super) fn read(query: &Query, options: &ReadOptions, found: Option<&Page>) -> Access {
        let mut access = Access { after: Some(options.after.get()), ..Access::of("read") };
        let items = query.items();
        access.omitted = items.len().saturating_sub(LISTED_MAX);
        access.query = items.iter().take(LISTED_MAX).map(|item| Item::of(item, &mut access.omitted)).collect();
        let streams = items.iter().filter_map(|item| item.stream.as_ref().map(StreamId::to_string));
        access.streams = listed(streams, &mut access.omitted);
        access.events = found.map(|page| page.events.len());
        let positions = || found.into_iter().flat_map(|page| &page.events).map(|event| event.position.get());
        (access.first, access.last) = (positions().min(), positions().max());
        access
    }

    pub(super) fn stream(call: &'static str, stream: &StreamId, change: Option<&'static str>) -> Access {
        Access { streams: vec![stream.to_string()], change, ..Access::of(call) }
    }

    pub(super) fn list(list: &ListStreams) -> Access {
        Access { stream_type: Some(list.stream_type.to_string()), ..Access::of("list_streams") }
    }

    pub(super) fn tags(added: &[AddedTags]) -> Access {
        let mut access = Access { events: Some(added.len()), ..Access::of("add_tags") };
        access.ids = listed(added.iter().map(|added| added.id.to_string()), &mut access.omitted);
        access
    }

    /// Before it is known what came of it.
    pub(super) fn attempted(self) -> Access {
        self.ended("attempted")
    }

    pub(super) fn ended(mut self, outcome: &'static str) -> Access {
        self.outcome = outcome;
        self
    }

    /// The event that is written to the audit log.
    pub(super) fn into_event(mut self, name: &'static str, who: Option<&Principal>, purpose: Option<&str>) -> NewEvent {
        self.purpose = purpose.map(str::to_owned);
        let who = who.cloned().or(self.initiator.take());
        let mut event = NewEvent::json(name, serde_json::to_vec(&self).unwrap_or_default());
        let named = who.iter().map(|who| ("audit.who", format!("{}:{}", who.kind.name(), who.id)));
        let tags = named.chain(self.streams.iter().map(|stream| ("audit.stream", stream.clone())));
        // What does not fit is in the payload.
        let tags = tags.filter(|(_, value)| value.len() <= TAG_BYTES_MAX && !value.contains('\0'));
        event.tags = tags.map(|(key, value)| Tag::new(key, value)).collect();
        if let Some(who) = who {
            event.metadata = Metadata::new().with_initiator(who);
        }
        event
    }
}

impl Item {
    fn of(item: &QueryItem, omitted: &mut usize) -> Item {
        Item {
            types: listed(item.types.iter().map(|name| name.to_string()), omitted),
            tags: listed(item.tags.iter().map(|tag| tag.to_string()), omitted),
            stream: item.stream.as_ref().map(StreamId::to_string),
            stream_type: item.stream_type.as_ref().map(|name| name.to_string()),
            ids: listed(item.ids.iter().map(|id| id.to_string()), omitted),
        }
    }
}

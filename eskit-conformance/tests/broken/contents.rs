//! Stores that do not give back what they were given.

use eskit_runtime::log::{ContentType, EventId, NewEvent, Part, SchemaVersion, StreamId, Tag, Tags};
use eskit_runtime::{Metadata, RecordedEvent, Timestamp};

use crate::sound::{Sound, broken};
use crate::table::Row;

/// A mistake that each event suffers on its way in.
fn inward(
    mistake: &'static str,
    change: fn(NewEvent) -> NewEvent,
    told: &'static str,
    cases: &'static [&'static str],
) -> Row {
    let change =
        move |store: &mut Sound| store.events_in = Box::new(move |events| events.into_iter().map(change).collect());
    broken(mistake, change, told, cases)
}

/// A mistake that each event suffers on its way out.
fn outward(
    mistake: &'static str,
    change: fn(RecordedEvent) -> RecordedEvent,
    told: &'static str,
    cases: &'static [&'static str],
) -> Row {
    broken(mistake, move |store| store.event_out = Box::new(change), told, cases)
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = basics();
    rows.extend(orders());
    rows.extend(texts());
    rows.extend(metadata());
    rows.extend(times());
    rows
}

fn basics() -> Vec<Row> {
    vec![
        broken(
            "a log begins with an event of its own",
            |store| drop(store.log().push(vec![NewEvent::json("store.Opened", "{}")], Timestamp::now())),
            "the head of an empty log",
            &["basics::an_empty_log_holds_nothing", "basics::positions_count_from_one"],
        ),
        outward(
            "schema versions are lost",
            |mut event: RecordedEvent| {
                event.schema_version = SchemaVersion::FIRST;
                event
            },
            "schema_version",
            &["basics::an_event_comes_back_as_it_was_appended", "basics::schema_versions_are_kept"],
        ),
        outward(
            "each event is an append of its own",
            |mut event: RecordedEvent| {
                event.part = Part::WHOLE;
                event
            },
            "part",
            &["basics::an_event_tells_its_part_of_the_append", "basics::an_event_comes_back_as_it_was_appended"],
        ),
        outward(
            "payloads are kept as text",
            |mut event: RecordedEvent| {
                event.payload = String::from_utf8_lossy(&event.payload).into_owned().into();
                event
            },
            "a payload of 256 bytes",
            &["basics::payloads_are_bytes"],
        ),
        outward(
            "every payload is JSON",
            |mut event: RecordedEvent| {
                event.content_type = ContentType::JSON;
                event
            },
            "application/cbor",
            &["basics::content_types_are_kept", "basics::an_event_comes_back_as_it_was_appended"],
        ),
        inward(
            "all tags but the first are lost",
            |mut event: NewEvent| {
                event.tags = event.tags.iter().take(1).collect();
                event
            },
            "the log",
            &["basics::tags_are_kept_in_their_order", "queries::of_tags", "queries::of_types_and_tags"],
        ),
        inward(
            "tags are sorted",
            |mut event: NewEvent| {
                event.tags = sorted(&event.tags);
                event
            },
            "the log",
            &["basics::tags_are_kept_in_their_order"],
        ),
        broken(
            "an append is cut to a thousand events",
            |store| store.events_in = Box::new(|events| events.into_iter().take(1000).collect()),
            "10000 events were answered with",
            &["basics::ten_thousand_events_go_in_at_once"],
        ),
    ]
}

fn sorted(tags: &Tags) -> Tags {
    let mut all: Vec<Tag> = tags.iter().map(Tag::from).collect();
    all.sort();
    all.into_iter().collect()
}

fn orders() -> Vec<Row> {
    vec![
        broken(
            "the events of one append are written backward",
            |store| store.events_in = Box::new(|events| events.into_iter().rev().collect()),
            "versions do not stand where there are streams",
            &["basics::events_keep_their_order", "subscriptions::who_watches_sees_everything"],
        ),
        broken(
            "a stream is kept in another order than the log",
            |store| {
                store.page_out = Box::new(|mut page| {
                    let streams: Vec<_> =
                        page.events.iter().map(|event| event.stream.as_ref().map(|at| &at.stream)).collect();
                    if streams.windows(2).all(|pair| pair[0] == pair[1] && pair[0].is_some()) {
                        page.events.sort_by_key(|event| event.id.as_bytes().iter().rev().copied().collect::<Vec<_>>());
                    }
                    page
                });
            },
            "the stream",
            &["basics::events_keep_their_order", "queries::of_a_stream"],
        ),
        broken(
            "versions count from zero",
            |store| {
                store.event_out = Box::new(|mut event: RecordedEvent| {
                    event.stream.iter_mut().for_each(|at| at.version -= 1);
                    event
                });
                store.answer_out = Box::new(|answer| {
                    answer.map(|mut appended: eskit_runtime::log::Appended| {
                        appended.versions.iter_mut().flatten().for_each(|version| *version -= 1);
                        appended
                    })
                });
            },
            "the versions of an append",
            &["basics::stream_versions_count_from_one"],
        ),
        broken(
            "an append goes to the stream of its first event",
            |store| {
                store.events_in = Box::new(|events: Vec<NewEvent>| {
                    let stream = events[0].stream.clone();
                    events.into_iter().map(|event| event.with_stream(stream.clone())).collect()
                });
            },
            "the stream",
            &["basics::one_append_may_write_to_several_streams"],
        ),
    ]
}

fn trimmed(text: &str) -> &str {
    text.trim_end_matches([' ', '\n', '\t'])
}

fn tag(tags: &Tags, change: fn(&str, &str) -> Tag) -> Tags {
    tags.iter().map(|tag| change(tag.key(), tag.value())).collect()
}

fn texts() -> Vec<Row> {
    vec![
        inward(
            "names lose case",
            |mut event: NewEvent| {
                event.name = event.name.to_lowercase().into();
                event
            },
            "the log",
            &["text::names_are_told_apart"],
        ),
        inward(
            "stream types lose what follows a dot",
            |mut event: NewEvent| {
                let cut = |stream: StreamId| {
                    StreamId::new(stream.stream_type().split('.').next().unwrap_or("a"), stream.id())
                };
                event.stream = event.stream.map(cut);
                event
            },
            "the log",
            &["text::stream_types_are_told_apart"],
        ),
        inward(
            "stream ids lose space at their end",
            |mut event: NewEvent| {
                let cut = |stream: StreamId| StreamId::new(stream.stream_type(), trimmed(stream.id()));
                event.stream = event.stream.map(cut);
                event
            },
            "the log",
            &["text::stream_ids_are_told_apart"],
        ),
        inward(
            "keys of tags lose case",
            |mut event: NewEvent| {
                event.tags = tag(&event.tags, |key, value| Tag::new(&key.to_lowercase(), value));
                event
            },
            "the log",
            &["text::tag_keys_are_told_apart"],
        ),
        inward(
            "values of tags lose space at their end",
            |mut event: NewEvent| {
                event.tags = tag(&event.tags, |key, value| Tag::new(key, trimmed(value)));
                event
            },
            "the log",
            &["text::tag_values_are_told_apart"],
        ),
        outward(
            "payloads lose what tells the order of their bytes",
            |mut event: RecordedEvent| {
                let text = event.payload.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&event.payload).to_vec();
                event.payload = text;
                event
            },
            "the log",
            &["text::payloads_keep_every_text"],
        ),
        outward(
            "metadata loses characters of four bytes",
            |mut event: RecordedEvent| {
                let narrow = |text: &str| text.chars().filter(|c| c.len_utf8() < 4).collect::<String>();
                let extras = event.metadata.extras().iter();
                let with = |all: Metadata, (key, value): (&String, &String)| all.with(narrow(key), narrow(value));
                event.metadata = extras.fold(event.metadata.clone(), with);
                event
            },
            "the log",
            &["text::metadata_keeps_every_text"],
        ),
    ]
}

fn metadata() -> Vec<Row> {
    vec![
        outward(
            "metadata is its entries",
            |mut event: RecordedEvent| {
                let extras = event.metadata.extras().iter();
                let metadata = extras.fold(Metadata::new(), |all, (key, value)| all.with(key, value));
                event.metadata = metadata;
                event
            },
            "the log",
            &["metadata::every_field_is_kept", "basics::an_event_comes_back_as_it_was_appended"],
        ),
        outward(
            "every event gets a correlation id",
            |mut event: RecordedEvent| {
                let id = event.metadata.correlation_id().unwrap_or("none").to_owned();
                event.metadata = event.metadata.with_correlation_id(id);
                event
            },
            "the log",
            &["metadata::no_metadata_stays_none"],
        ),
        outward(
            "entries are cut to a thousand characters",
            |mut event: RecordedEvent| {
                let cut = |all: Metadata, (key, value): (&String, &String)| {
                    all.with(key, value.chars().take(1000).collect::<String>())
                };
                event.metadata = event.metadata.extras().iter().fold(event.metadata.clone(), cut);
                event
            },
            "the log",
            &["metadata::many_and_long_entries_are_kept"],
        ),
    ]
}

fn times() -> Vec<Row> {
    vec![
        outward(
            "times are kept to the millisecond",
            |mut event: RecordedEvent| {
                let micros = event.recorded_at.as_micros();
                event.recorded_at = Timestamp::from_micros(micros - micros.rem_euclid(1000));
                event
            },
            "the log",
            &["time::given_times_are_kept", "time::missing_times_are_those_of_the_append"],
        ),
        inward(
            "given times are passed over",
            |mut event: NewEvent| {
                event.recorded_at = None;
                event
            },
            "the log",
            &["time::given_times_are_kept", "time::missing_times_are_those_of_the_append"],
        ),
        outward(
            "the id that comes back is another",
            |mut event: RecordedEvent| {
                event.id = EventId::from_bytes([1; 16]);
                event
            },
            "id",
            &["basics::an_event_comes_back_as_it_was_appended"],
        ),
    ]
}

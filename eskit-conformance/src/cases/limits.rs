//! The bounds of the contract, each with the error that names it.

use eskit_runtime::log::limits::{self, check_append, check_read};
use eskit_runtime::log::{
    Append, AppendError, ContentType, JsonPointer, NewEvent, PersonalValue, Position, Query, QueryItem, ReadOptions,
    StoreErrorKind, StreamId, Subject, Tag, Tags,
};
use eskit_runtime::{AnyStore, EventStore, Metadata};
use serde_json::Value::Null;

use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::sample::{no_events, on, one, plain, put, read_all, stream, tagged, whole, with_tags};

pub(super) const CASES: &[Case] = cases![
    "limits": counts_are_refused_by_name,
    lengths_are_refused_by_name,
    empty_texts_are_refused_by_name,
    nul_is_refused_by_name,
    content_types_are_held_to_the_limits,
    repeated_ids_are_refused_by_name,
    personal_data_is_refused_until_it_is_sealed,
    conditions_are_held_to_the_limits,
    reads_are_held_to_the_limits,
    limits_themselves_are_allowed,
];

fn long(bytes: usize) -> String {
    "x".repeat(bytes)
}

fn many_tags(count: usize) -> Tags {
    (0..count).map(|number| Tag::new("number", number)).collect()
}

fn extras(count: usize) -> Metadata {
    (0..count).fold(Metadata::new(), |metadata, number| metadata.with(format!("k{number}"), "v"))
}

fn query_of(items: usize) -> Query {
    Query::any_of((0..items).map(|number| with_tags(&[("number", &number.to_string())])))
}

/// Events with personal data, which no vault has sealed.
async fn personal_data_is_refused_until_it_is_sealed(context: &Context) -> Outcome {
    let value = PersonalValue::new(JsonPointer::ROOT.member("name"), Subject::new("student", "ada"), Null);
    let personal = plain("campus.StudentRegistered").with_personal(vec![value]);
    let among_others = Append::new(vec![plain("bank.Noted"), personal.clone()]);
    refuse(context, vec![one(personal), among_others]).await
}

/// The largest event: five of them are too large for one append.
fn large() -> NewEvent {
    plain("bank.Noted").with_payload(vec![b' '; limits::PAYLOAD_BYTES_MAX])
}

/// Each append must be refused with the same limit as the contract names, and leave nothing behind.
async fn refuse(context: &Context, appends: Vec<Append>) -> Outcome {
    let store = context.open().await?;
    put(&store, one(on(stream("a"), "bank.Opened"))).await?;
    for append in appends {
        let Err(expected) = check_append(&append) else {
            return Err(Failure::new(format!("the suite expects a limit where there is none: {append:?}")));
        };
        match store.append(append).await {
            Err(AppendError::Limit(found)) => same("the limit", &found, &expected)?,
            Err(other) => {
                return Err(Failure::new(format!("expected the limit `{expected}`, got `{other}`: {other:?}")));
            }
            Ok(_) => return Err(Failure::new(format!("an append went through, although {expected}"))),
        }
    }
    same("how many events the log holds after refusals", &whole(&store).await?.len(), &1)
}

async fn counts_are_refused_by_name(context: &Context) -> Outcome {
    let conditions = vec![no_events(Query::default(), Position::START); limits::CONDITIONS_PER_APPEND_MAX + 1];
    let many = no_events(query_of(limits::CONDITION_ITEMS_PER_APPEND_MAX / 4 + 1), Position::START);
    refuse(
        context,
        vec![
            Append::default(),
            Append::new((0..=limits::EVENTS_PER_APPEND_MAX).map(|_| plain("bank.Noted")).collect()),
            Append { conditions, ..one(plain("bank.Noted")) },
            Append::new((0..5).map(|_| large()).collect()),
            Append { conditions: vec![many; 4], ..one(plain("bank.Noted")) },
            one(plain("bank.Noted").with_tags(many_tags(limits::TAGS_PER_EVENT_MAX + 1))),
            one(plain("bank.Noted").with_metadata(extras(limits::METADATA_ENTRIES_MAX + 1))),
        ],
    )
    .await
}

async fn lengths_are_refused_by_name(context: &Context) -> Outcome {
    let (name, part) = (long(limits::NAME_BYTES_MAX + 1), long(limits::TAG_PART_BYTES_MAX + 1));
    // As many characters as may be bytes, but more bytes.
    let wide = "\u{e9}".repeat(limits::NAME_BYTES_MAX);
    let metadata = Metadata::new().with("text", long(limits::METADATA_BYTES_MAX));
    refuse(
        context,
        vec![
            one(plain("bank.Noted").with_name(name.as_str())),
            one(on(StreamId::new(name.as_str(), "a"), "bank.Noted")),
            one(on(stream(&name), "bank.Noted")),
            one(on(stream(&wide), "bank.Noted")),
            one(tagged("bank.Noted", &[(&part, "v")])),
            one(tagged("bank.Noted", &[("k", &part)])),
            one(plain("bank.Noted").with_metadata(metadata)),
            one(plain("bank.Noted").with_payload(vec![b' '; limits::PAYLOAD_BYTES_MAX + 1])),
            // One bad event among good ones: none of them is written.
            Append::new(vec![plain("bank.Noted"), on(stream(&name), "bank.Noted"), plain("bank.Noted")]),
        ],
    )
    .await
}

/// Appends that hold a text wherever a name, an id or a tag may stand.
fn with_text(text: &str) -> Vec<Append> {
    vec![
        one(plain("bank.Noted").with_name(text)),
        one(on(StreamId::new(text, "a"), "bank.Noted")),
        one(on(stream(text), "bank.Noted")),
        one(tagged("bank.Noted", &[(text, "v")])),
        one(tagged("bank.Noted", &[("k", text)])),
    ]
}

async fn empty_texts_are_refused_by_name(context: &Context) -> Outcome {
    refuse(context, with_text("")).await
}

async fn nul_is_refused_by_name(context: &Context) -> Outcome {
    let names = ["\0", "a\0", "\0a", "a\0b"].into_iter().flat_map(|text| with_text(text).into_iter().take(3));
    // A NUL within a tag is what separates two tags, so tags are made by their text.
    let tag = |text: &str| plain("bank.Noted").with_tags(Tags::from_packed(text.to_owned()));
    refuse(context, names.chain(["k:a\0b", "k\0:a"].map(|text| one(tag(text)))).collect()).await
}

async fn content_types_are_held_to_the_limits(context: &Context) -> Outcome {
    let texts = [String::new(), "\0".to_owned(), "a/b\0".to_owned(), long(limits::NAME_BYTES_MAX + 1), long(70_000)];
    let event = |text: &String| plain("bank.Noted").with_content_type(ContentType::new(text));
    refuse(context, texts.iter().map(|text| one(event(text))).collect()).await
}

async fn repeated_ids_are_refused_by_name(context: &Context) -> Outcome {
    let (event, other) = (plain("bank.Noted"), plain("bank.Noted"));
    refuse(
        context,
        vec![
            Append::new(vec![event.clone(), event.clone()]),
            Append::new(vec![event.clone(), other, event.with_name("bank.Paid")]),
        ],
    )
    .await
}

async fn conditions_are_held_to_the_limits(context: &Context) -> Outcome {
    let expected = eskit_runtime::log::ExpectedVersion::Any;
    let stream_conditions = [StreamId::new(long(257), "a"), stream(&long(257)), stream(""), stream("a\0b")]
        .map(|stream| eskit_runtime::log::Condition::Stream { stream, expected });
    let queries = bad_queries().into_iter().map(|query| no_events(query, Position::START));
    let all = stream_conditions.into_iter().chain(queries);
    refuse(context, all.map(|condition| one(plain("bank.Noted")).with(condition)).collect()).await
}

fn bad_queries() -> Vec<Query> {
    vec![
        query_of(limits::QUERY_ITEMS_MAX + 1),
        QueryItem::types([long(limits::NAME_BYTES_MAX + 1)]).into(),
        QueryItem::types([""]).into(),
        with_tags(&[(&long(limits::TAG_PART_BYTES_MAX + 1), "v")]).into(),
        with_tags(&[("k", &long(limits::TAG_PART_BYTES_MAX + 1))]).into(),
        with_tags(&[("k", "")]).into(),
        with_tags(&[("k", "a\0b")]).into(),
        Query::stream(stream(&long(limits::NAME_BYTES_MAX + 1))),
        Query::stream(StreamId::new("", "a")),
        Query::all().or(QueryItem::types(["a\0b"])),
    ]
}

/// What no store may read, with options that are right for it otherwise.
fn bad_reads() -> Vec<(Query, ReadOptions)> {
    let mut reads: Vec<_> = bad_queries().into_iter().map(|query| (query, ReadOptions::default())).collect();
    let (a, b) = (QueryItem::stream(stream("a")), QueryItem::stream(stream("b")));
    for many in [Query::all(), Query::from(a.clone()).or(b), Query::from(a).or(QueryItem::stream_type("account"))] {
        reads.push((many.clone(), ReadOptions::default().from_version(1)));
        reads.push((many, ReadOptions::default().to_version(1)));
    }
    reads
}

async fn reads_are_held_to_the_limits(context: &Context) -> Outcome {
    let store = context.open().await?;
    put(&store, one(plain("bank.Noted"))).await?;
    for (query, options) in bad_reads() {
        let Err(limit) = check_read(&query, &options) else {
            return Err(Failure::new(format!("the suite expects a limit where there is none: {query:?}, {options:?}")));
        };
        match store.read(&query, options).await {
            Err(error) if error.kind() == StoreErrorKind::Invalid => {
                let (text, limit) = (error.to_string(), limit.to_string());
                ensure!(text.contains(&limit), "the refusal of a read says `{text}`, expected `{limit}`");
            }
            other => {
                return Err(Failure::new(format!("a read was not refused as invalid, although {limit}: {other:?}")));
            }
        }
    }
    Ok(())
}

async fn limits_themselves_are_allowed(context: &Context) -> Outcome {
    let store = context.open().await?;
    let name = long(limits::NAME_BYTES_MAX);
    let part = long(limits::TAG_PART_BYTES_MAX);
    let full = plain("bank.Noted")
        .with_name(name.as_str())
        .with_stream(StreamId::new(name.as_str(), name.as_str()))
        .with_tags(
            many_tags(limits::TAGS_PER_EVENT_MAX - 1).iter().map(Tag::from).chain([Tag::new(&part, &part)]).collect(),
        )
        .with_metadata(extras(limits::METADATA_ENTRIES_MAX))
        .with_content_type(ContentType::new(&name));
    let text = long(limits::METADATA_BYTES_MAX - "text".len());
    // Of another event than the one that each query below finds, since so much is slow to read.
    let stuffed = large().with_metadata(Metadata::new().with("text", text));
    let unmet = |items| no_events(query_of(items), Position::new(u64::MAX));
    let mut conditions = vec![unmet(limits::QUERY_ITEMS_MAX)];
    conditions.resize(1 + limits::CONDITION_ITEMS_PER_APPEND_MAX - limits::QUERY_ITEMS_MAX, unmet(1));
    conditions.resize(limits::CONDITIONS_PER_APPEND_MAX, unmet(0));
    let expected = put(&store, Append { events: vec![full, stuffed], conditions }).await?;
    check_found(&store, &Query::all(), &expected).await?;
    check_found(&store, &with_tags(&[(&part, &part)]).into(), &expected[..1]).await?;
    check_found(&store, &QueryItem::types([name.clone()]).into(), &expected[..1]).await?;
    check_found(&store, &Query::stream(StreamId::new(name.as_str(), name.as_str())), &expected[..1]).await?;
    let names = (1..limits::QUERY_ITEMS_MAX).map(|number| format!("test.E{number}")).chain([name]);
    check_found(&store, &Query::any_of(names.map(|name| QueryItem::types([name]))), &expected[..1]).await?;
    Ok(())
}

async fn check_found(store: &AnyStore, query: &Query, expected: &[eskit_runtime::RecordedEvent]) -> Outcome {
    let found = read_all(store, query, ReadOptions::default()).await?;
    ensure!(found == expected, "events at the limits came back changed, or {} of {}", found.len(), expected.len());
    Ok(())
}

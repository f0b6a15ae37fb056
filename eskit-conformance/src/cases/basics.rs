//! Appending and reading, one after the other.

use eskit_runtime::log::{
    Append, ContentType, Place, Position, Principal, PrincipalKind, Query, QueryItem, ReadOptions, SchemaVersion,
    StreamId,
};
use eskit_runtime::{EventStore, Metadata, RecordedEvent, Timestamp};

use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Outcome, ensure, same};
use crate::sample::{on, one, plain, put, stream, tagged, tags, whole};

pub(super) const CASES: &[Case] = cases![
    "basics": an_empty_log_holds_nothing,
    positions_count_from_one(Contiguous),
    an_event_comes_back_as_it_was_appended,
    events_keep_their_order,
    stream_versions_count_from_one,
    one_append_may_write_to_several_streams,
    an_event_tells_its_part_of_the_append,
    the_head_follows_each_append,
    an_answer_follows_the_commit,
    payloads_are_bytes,
    content_types_are_kept,
    schema_versions_are_kept,
    tags_are_kept_in_their_order,
    ten_thousand_events_go_in_at_once,
];

async fn an_empty_log_holds_nothing(context: &Context) -> Outcome {
    let store = context.open().await?;
    same("the head of an empty log", &store.head().await?, &Place::START)?;
    for options in [ReadOptions::default(), ReadOptions::default().backward()] {
        let page = store.read(&Query::all(), options).await?;
        ensure!(page.events.is_empty() && !page.more, "a new log is not empty: {page:?}");
    }
    Ok(())
}

async fn positions_count_from_one(context: &Context) -> Outcome {
    let store = context.open().await?;
    let mut next = 1;
    for count in [1, 3, 2] {
        let events = (0..count).map(|_| plain("bank.Noted")).collect();
        let appended = store.append(Append::new(events)).await?;
        let expected: Vec<_> = (next..next + count).map(Position::new).collect();
        same("the positions of an append", &appended.positions, &expected)?;
        next += count;
    }
    Ok(())
}

async fn an_event_comes_back_as_it_was_appended(context: &Context) -> Outcome {
    let store = context.open().await?;
    let full = plain("bank.Opened")
        .with_stream(stream("a-1"))
        .with_schema_version(SchemaVersion::new(7).unwrap_or(SchemaVersion::FIRST))
        .with_tags(tags(&[("owner", "o:1"), ("branch", "b")]))
        .with_metadata(
            Metadata::new().with_correlation_id("c-1").with_initiator(Principal::new(PrincipalKind::User, "u-1")),
        )
        .with_content_type(ContentType::new("application/cbor"))
        .with_payload(vec![0, 255, 1])
        .with_recorded_at(Timestamp::from_micros(1_317_422_324_546_001));
    let expected = put(&store, Append::new(vec![full, plain("bank.Noted")])).await?;
    same("the log", &whole(&store).await?, &expected)
}

async fn an_event_tells_its_part_of_the_append(context: &Context) -> Outcome {
    let store = context.open().await?;
    for (count, name) in [(1, "bank.First"), (3, "bank.Second"), (2, "bank.Third")] {
        store.append(Append::new((0..count).map(|_| plain(name)).collect())).await?;
    }
    let read = whole(&store).await?;
    let parts: Vec<_> = read.iter().map(|event| (event.part.index(), event.part.count())).collect();
    same("the parts that were read", &parts, &vec![(0, 1), (0, 3), (1, 3), (2, 3), (0, 2), (1, 2)])?;
    let newest = ReadOptions::default().backward().limit(1);
    let page = store.read(&Query::from(QueryItem::types(["bank.Second"])), newest).await?;
    let alone: Vec<_> = page.events.iter().map(|event| (event.part.index(), event.append_end())).collect();
    same("the part of an event that is read alone", &alone, &vec![(2, read[3].position)])
}

async fn events_keep_their_order(context: &Context) -> Outcome {
    let store = context.open().await?;
    let mut expected = Vec::new();
    for append in 0..5 {
        let events = (0..20).map(|part| match part % 3 {
            0 => plain(&format!("bank.Plain{append}x{part}")),
            _ => on(stream(&format!("a-{}", part % 3)), &format!("bank.Paid{append}x{part}")),
        });
        expected.extend(put(&store, Append::new(events.collect())).await?);
    }
    same("the log", &whole(&store).await?, &expected)?;
    let of_one = Query::stream(stream("a-1"));
    let in_stream: Vec<_> = expected.into_iter().filter(|event| of_one.matches(event)).collect();
    let page = store.read(&of_one, ReadOptions::default()).await?;
    same("the stream", &page.events, &in_stream)
}

async fn stream_versions_count_from_one(context: &Context) -> Outcome {
    let store = context.open().await?;
    let pay = |id| on(stream(id), "bank.Paid");
    for (events, expected) in [
        (vec![pay("a"), pay("a")], vec![Some(1), Some(2)]),
        (vec![plain("bank.Noted"), pay("b")], vec![None, Some(1)]),
        (vec![pay("a")], vec![Some(3)]),
    ] {
        let appended = store.append(Append::new(events)).await?;
        same("the versions of an append", &appended.versions, &expected)?;
    }
    let log = whole(&store).await?;
    let found: Vec<_> = log.iter().map(|event| event.stream.as_ref().map(|at| at.version)).collect();
    same("the versions in the log", &found, &vec![Some(1), Some(2), None, Some(1), Some(3)])
}

async fn one_append_may_write_to_several_streams(context: &Context) -> Outcome {
    let store = context.open().await?;
    let (from, to) = (StreamId::new("account", "x"), StreamId::new("card", "x"));
    let events = vec![on(from.clone(), "bank.Sent"), on(to.clone(), "bank.Got"), on(from.clone(), "bank.Charged")];
    let expected = put(&store, Append::new(events)).await?;
    for (of, parts) in [(from, vec![0, 2]), (to, vec![1])] {
        let found = store.read(&Query::stream(of), ReadOptions::default()).await?.events;
        same("the stream", &found, &parts.into_iter().map(|part| expected[part].clone()).collect())?;
    }
    Ok(())
}

async fn the_head_follows_each_append(context: &Context) -> Outcome {
    let store = context.open().await?;
    for count in 1..20 {
        let log = put(&store, Append::new((0..count).map(|_| plain("bank.Noted")).collect())).await?;
        same("the head after an append", &Some(store.head().await?), &log.last().map(RecordedEvent::place))?;
    }
    Ok(())
}

async fn an_answer_follows_the_commit(context: &Context) -> Outcome {
    let store = context.open().await?;
    let mut expected = Vec::new();
    for number in 0..50 {
        let last = put(&store, one(tagged("bank.Noted", &[("note", &number.to_string())]))).await?;
        let after = expected.last().map_or(Position::START, |event: &eskit_runtime::RecordedEvent| event.position);
        let page = store.read(&Query::all(), ReadOptions::default().after(after)).await?;
        same("what is read right after the answer", &page.events, &last)?;
        expected.extend(last);
    }
    Ok(())
}

async fn payloads_are_bytes(context: &Context) -> Outcome {
    let store = context.open().await?;
    let payloads: [Vec<u8>; 7] = [
        Vec::new(),
        (0..=255).collect(),
        vec![0; 3],
        // What a column of JSON would tidy up.
        br#"{ "b" : 1.0, "a":[ ], "b":12345678901234567890 }"#.to_vec(),
        br#""\u0000\ud83d\ude00""#.to_vec(),
        "\u{feff}text \u{1f600}".into(),
        (0..1 << 20).map(|byte| (byte % 251) as u8).collect(),
    ];
    let events = payloads.into_iter().map(|payload| plain("bank.Noted").with_payload(payload));
    let expected = put(&store, Append::new(events.collect())).await?;
    for (found, expected) in whole(&store).await?.iter().zip(&expected) {
        let begins: Vec<u8> = expected.payload.iter().take(50).copied().collect();
        ensure!(
            found == expected,
            "a payload of {} bytes came back changed; it begins {begins:?}",
            expected.payload.len()
        );
    }
    Ok(())
}

async fn content_types_are_kept(context: &Context) -> Outcome {
    let store = context.open().await?;
    let all =
        ["application/json", "application/cbor", "application/JSON", "text/plain; charset=\"utf-8\"", "x/\u{1f600}'"];
    let event = |all| plain("bank.Noted").with_content_type(ContentType::new(all));
    let expected = put(&store, Append::new(all.into_iter().map(event).collect())).await?;
    same("the log", &whole(&store).await?, &expected)
}

async fn schema_versions_are_kept(context: &Context) -> Outcome {
    let store = context.open().await?;
    let all = [1, 2, 255, 65_536, i32::MAX as u32, u32::MAX].into_iter().filter_map(SchemaVersion::new);
    let events = all.map(|schema_version| plain("bank.Noted").with_schema_version(schema_version));
    let expected = put(&store, Append::new(events.collect())).await?;
    same("the log", &whole(&store).await?, &expected)
}

async fn tags_are_kept_in_their_order(context: &Context) -> Outcome {
    let store = context.open().await?;
    let all = [("z", "1"), ("a", "2"), ("m", "3"), ("a", "1"), ("z", "0")];
    let expected = put(&store, Append::new(vec![tagged("bank.Noted", &all), tagged("bank.Noted", &all[1..3])])).await?;
    same("the log", &whole(&store).await?, &expected)
}

async fn ten_thousand_events_go_in_at_once(context: &Context) -> Outcome {
    let store = context.open().await?;
    let count = eskit_runtime::log::limits::EVENTS_PER_APPEND_MAX;
    let events = (0..count).map(|number| tagged("bank.Noted", &[("number", &number.to_string())])).collect();
    let expected = put(&store, Append::new(events)).await?;
    let found = whole(&store).await?;
    ensure!(found == expected, "of {count} events, {} came back, or not as they were appended", found.len());
    Ok(())
}

//! Texts that stores have been broken by, wherever a text may stand.

use eskit_runtime::log::{
    Append, ExpectedVersion, NewEvent, Position, Principal, PrincipalKind, Query, QueryItem, ReadOptions, StreamId,
};
use eskit_runtime::{EventStore, Metadata};

use super::{Case, cases};
use crate::context::Context;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::sample::{expect, no_events, on, one, plain, put, refused, stream, tagged, whole, with_tags};

pub(super) const CASES: &[Case] = cases![
    "text": names_are_told_apart,
    stream_types_are_told_apart,
    stream_ids_are_told_apart,
    tag_keys_are_told_apart,
    tag_values_are_told_apart,
    metadata_keeps_every_text,
    payloads_keep_every_text,
    conditions_tell_texts_apart,
];

/// Texts of which no two are the same, however alike some systems find them.
pub(super) fn texts() -> Vec<String> {
    let mut all: Vec<String> = [
        // Case, width, normal form, accents, trailing and inner space.
        "a",
        "A",
        "\u{ff41}",
        "e\u{301}",
        "\u{e9}",
        "e",
        "a ",
        " a",
        "a\t",
        "a\n",
        "a\r\n",
        "\u{a0}a",
        "\u{df}",
        "ss",
        "\u{131}",
        "i",
        "I",
        // Numbers that are equal, and what some take for nothing.
        "1",
        "01",
        "1.0",
        "1e0",
        "+1",
        "0",
        "-0",
        "null",
        "NULL",
        "undefined",
        "true",
        "TRUE",
        "nan",
        // Quotes, comments, statements, placeholders, patterns.
        "'",
        "''",
        "\"",
        "`",
        "\\",
        "\\'",
        "--",
        "/*",
        "*/",
        ";",
        "$1",
        "?",
        "?1",
        ":x",
        "@x",
        "%",
        "_",
        "a%",
        "a_",
        "*",
        "?*",
        "[a]",
        "{}",
        "'; DROP TABLE events; --",
        "' OR '1'='1",
        "x' UNION SELECT 1 --",
        "\"; DELETE FROM events; --",
        "$$; SELECT 1; $$",
        // What separates subjects, paths, columns and lines.
        ".",
        "..",
        "/",
        ">",
        "a.b",
        "a/b",
        "a,b",
        "a;b",
        "a|b",
        "a=b",
        "a&b",
        "a:b",
        "a::b",
        "a:",
        ":a",
        "\u{1f}",
        "\u{1}",
        "\u{7f}",
        // Four bytes, joined, right to left, invisible, private, unassigned.
        "\u{1f600}",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd}",
        "\u{202e}abc\u{202c}",
        "\u{200b}",
        "\u{feff}",
        "\u{feff}a",
        "\u{fffd}",
        "\u{ffff}",
        "\u{10ffff}",
        "\u{e000}",
        "\u{4e2d}\u{6587}",
        "\u{2028}",
    ]
    .map(str::to_owned)
    .to_vec();
    // At the limit in bytes, alike but for the last character.
    all.extend(["x", "y"].map(|end| format!("{}{end}", "x".repeat(255))));
    all.push("\u{1f600}".repeat(64));
    all
}

/// Appends one event for each text, and reads each back alone.
async fn apart(context: &Context, event: impl Fn(&str) -> NewEvent, query: impl Fn(&str) -> QueryItem) -> Outcome {
    all_apart(context, texts(), event, query).await
}

async fn all_apart(
    context: &Context,
    texts: Vec<String>,
    event: impl Fn(&str) -> NewEvent,
    query: impl Fn(&str) -> QueryItem,
) -> Outcome {
    let store = context.open().await?;
    let expected = put(&store, Append::new(texts.iter().map(|text| event(text)).collect())).await?;
    same("the log", &whole(&store).await?, &expected)?;
    for (text, expected) in texts.iter().zip(&expected) {
        let found = store.read(&Query::from(query(text)), ReadOptions::default()).await?.events;
        ensure!(found == std::slice::from_ref(expected), "asking for {text:?} found {found:?}, expected {expected:?}");
    }
    Ok(())
}

async fn names_are_told_apart(context: &Context) -> Outcome {
    apart(context, |text| plain("").with_name(text), |text| QueryItem::types([text])).await
}

async fn stream_types_are_told_apart(context: &Context) -> Outcome {
    let of_text = |text: &str| StreamId::new(text, "a");
    apart(context, |text| on(of_text(text), "bank.Noted"), |text| QueryItem::stream_type(text)).await?;
    apart(context, |text| on(of_text(text), "bank.Noted"), |text| QueryItem::stream(of_text(text))).await
}

async fn stream_ids_are_told_apart(context: &Context) -> Outcome {
    apart(context, |text| on(stream(text), "bank.Noted"), |text| QueryItem::stream(stream(text))).await
}

async fn tag_keys_are_told_apart(context: &Context) -> Outcome {
    // The first colon ends the key, so no key begins with one.
    let keys = texts().into_iter().filter(|text| !text.starts_with(':')).collect();
    all_apart(context, keys, |text| tagged("bank.Noted", &[(text, "v")]), |text| with_tags(&[(text, "v")])).await
}

async fn tag_values_are_told_apart(context: &Context) -> Outcome {
    let event = |text: &str| tagged("bank.Noted", &[("k", text), ("other", "v")]);
    apart(context, |text| event(text), |text| with_tags(&[("k", text)])).await?;
    apart(context, |text| event(text), |text| with_tags(&[("k", text), ("other", "v")]).with_types(["bank.Noted"]))
        .await
}

async fn metadata_keeps_every_text(context: &Context) -> Outcome {
    let event = |text: &str| {
        plain("bank.Noted").with_metadata(
            Metadata::new()
                .with_correlation_id(text)
                .with_causation_id(text)
                .with_originator(Principal::new(PrincipalKind::Api, text))
                .with(text, "value")
                .with("key", text),
        )
    };
    apart(context, |text| event(text).with_id(id_of(text)), |text| QueryItem::ids([id_of(text)])).await
}

async fn payloads_keep_every_text(context: &Context) -> Outcome {
    let event = |text: &str| plain("bank.Noted").with_id(id_of(text)).with_payload(text);
    apart(context, |text| event(text), |text| QueryItem::ids([id_of(text)])).await
}

fn id_of(text: &str) -> eskit_runtime::log::EventId {
    eskit_runtime::log::EventId::from_key(text, 0)
}

async fn conditions_tell_texts_apart(context: &Context) -> Outcome {
    let store = context.open().await?;
    for text in texts() {
        let event = tagged("bank.Noted", &[("k", &text)]).with_stream(stream(&text));
        let append = || {
            one(event.clone().with_id(eskit_runtime::log::EventId::new()))
                .with(no_events(with_tags(&[("k", &text)]), Position::START))
                .with(expect(stream(&text), ExpectedVersion::NoStream))
        };
        let told = |failure: Failure| failure.during(format!("with the text {text:?}"));
        put(&store, append()).await.map_err(told)?;
        refused(&store, append()).await.map_err(told)?;
    }
    Ok(())
}

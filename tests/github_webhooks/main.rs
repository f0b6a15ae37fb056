//! Real webhook payloads of GitHub, deeply nested, with nulls and unions: each goes through typed events and a store and
//! comes back as it was.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod account;
mod event;
mod issue;
mod repository;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use eskit::log::{Append, NewEvent, Query, QueryItem, ReadOptions, Tag};
use eskit::prelude::*;
use eskit_tests::scripted::{encode, log};
use event::{KINDS, Webhook};
use flate2::read::GzDecoder;
use libtest_mimic::{Failed, Trial};
use serde_json::Value;

fn main() -> ExitCode {
    eskit_tests::data::run("github-webhooks.ndjson.gz", trials)
}

/// One trial for each kind of webhook, over all of its payloads, and one over the store that holds them all.
fn trials(path: &Path) -> Vec<Trial> {
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let mut by_kind: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        by_kind.entry(line["event"].as_str().unwrap().to_owned()).or_default().push(line);
    }
    let mine: Vec<(&str, Vec<Value>)> =
        KINDS.into_iter().map(|kind| (kind, by_kind.remove(kind).unwrap_or_default())).collect();
    let all: Vec<Value> = mine.iter().flat_map(|(_, lines)| lines.clone()).collect();
    let mut trials = vec![Trial::test("tags find the payloads of a repository", || runtime().block_on(by_tag(all)))];
    trials.extend(mine.into_iter().map(|(kind, lines)| {
        let name = format!("{kind}: {} payloads", lines.len());
        Trial::test(name, || runtime().block_on(round_trip(lines)))
    }));
    trials
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// The typed event of a line, encoded.
fn typed(line: &Value) -> Result<NewEvent, Failed> {
    let webhook: Webhook = serde_json::from_value(line.clone())?;
    Ok(encode(webhook).remove(0))
}

/// Typed, encoded, appended, read, decoded, and encoded again: the JSON is the same at each step.
async fn round_trip(lines: Vec<Value>) -> Result<(), Failed> {
    if lines.is_empty() {
        return Err("the file holds no payload of this kind".into());
    }
    let store = MemoryStore::new();
    let events = lines.iter().map(typed).collect::<Result<Vec<_>, _>>()?;
    for (line, event) in lines.iter().zip(&events) {
        compare(&line["payload"], &event.payload)?;
    }
    store.append(Append::new(events)).await?;
    for (line, recorded) in lines.iter().zip(log(&store).await?) {
        compare(&line["payload"], &recorded.payload)?;
        let again = encode(recorded.decode::<Webhook>()?).remove(0);
        compare(&line["payload"], &again.payload)?;
        if (&again.name, &again.tags) != (&recorded.name, &recorded.tags) {
            return Err(format!("`{}` was encoded again as `{}`", recorded.name, again.name).into());
        }
    }
    Ok(())
}

/// Fails with the path of the first difference.
fn compare(expected: &Value, found: &[u8]) -> Result<(), Failed> {
    match difference("payload", expected, &serde_json::from_slice(found)?) {
        None => Ok(()),
        Some(text) => Err(text.into()),
    }
}

fn difference(path: &str, expected: &Value, found: &Value) -> Option<String> {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            let lost = expected.keys().find(|key| !found.contains_key(*key)).map(|key| format!("{path}.{key} is lost"));
            let added =
                || found.keys().find(|key| !expected.contains_key(*key)).map(|key| format!("{path}.{key} is new"));
            let differs = || {
                expected.iter().find_map(|(key, value)| difference(&format!("{path}.{key}"), value, found.get(key)?))
            };
            lost.or_else(added).or_else(differs)
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            let mut pairs = expected.iter().zip(found).enumerate();
            pairs.find_map(|(index, (expected, found))| difference(&format!("{path}[{index}]"), expected, found))
        }
        _ if expected == found => None,
        _ => Some(format!("{path} was {expected}, and is {found}")),
    }
}

/// The tags come from nested fields: a repository's full name, a user's login.
async fn by_tag(lines: Vec<Value>) -> Result<(), Failed> {
    let store = MemoryStore::new();
    store.append(Append::new(lines.iter().map(typed).collect::<Result<_, _>>()?)).await?;
    let mut found = 0;
    for repository in ["Codertocat/Hello-World", "Octocoders/Hello-World", "octo-org/octo-repo"] {
        let names = |line: &&Value| {
            let payload = &line["payload"];
            [&payload["repository"], &payload["forkee"]].iter().any(|value| value["full_name"] == repository)
        };
        let wanted: Vec<&Value> = lines.iter().filter(names).map(|line| &line["payload"]).collect();
        let query = Query::from(QueryItem::tags([Tag::new("repository", repository)]));
        let page = store.read(&query, ReadOptions::default()).await?;
        if page.events.len() != wanted.len() {
            return Err(format!("{} of {} events of `{repository}`", page.events.len(), wanted.len()).into());
        }
        for (payload, event) in wanted.iter().zip(&page.events) {
            compare(payload, &event.payload)?;
        }
        found += wanted.len();
    }
    if found < 100 { Err(format!("only {found} payloads have one of the repositories").into()) } else { Ok(()) }
}

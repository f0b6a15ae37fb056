use std::collections::HashMap;

use eskit_runtime::RecordedEvent;
use eskit_runtime::log::StreamId;

use super::child::{APPEND, COUNTER};
use super::process::Note;
use crate::failure::{Outcome, ensure};
use crate::sample::tags;

/// Checks what a log holds after its writers were killed: everything that was confirmed, and nothing by halves.
pub(crate) fn check(log: &[RecordedEvent], confirmed: &[Note], is_contiguous: bool) -> Outcome {
    check_order(log, is_contiguous)?;
    let appends = by_append(log);
    for note in confirmed {
        let places: Vec<_> =
            appends.get(note.key.as_str()).into_iter().flatten().map(|event| event.position.get()).collect();
        ensure!(
            places.len() == note.count && places[0] == note.first,
            "an append of {} events was confirmed at position {}, but after the kill it stands at {places:?}",
            note.count,
            note.first
        );
    }
    for (key, events) in &appends {
        check_whole(key, events)?;
    }
    check_versions(log)?;
    check_count(log)
}

/// Checks that positions ascend, without gaps where the store has none.
pub(crate) fn check_order(log: &[RecordedEvent], is_contiguous: bool) -> Outcome {
    for pair in log.windows(2) {
        let (last, next) = (pair[0].position, pair[1].position);
        let follows = if is_contiguous { next == last.next() } else { next > last };
        ensure!(follows, "position {next} follows {last}");
    }
    Ok(())
}

fn by_append(log: &[RecordedEvent]) -> HashMap<&str, Vec<&RecordedEvent>> {
    let mut appends: HashMap<&str, Vec<&RecordedEvent>> = HashMap::new();
    for event in log {
        if let Some(key) = event.tags.values(APPEND).next() {
            appends.entry(key).or_default().push(event);
        }
    }
    appends
}

/// Every event of an append says which part of how many it is.
pub(crate) fn check_whole(key: &str, events: &[&RecordedEvent]) -> Outcome {
    let parts: Vec<_> = events.iter().map(|event| String::from_utf8_lossy(&event.payload).into_owned()).collect();
    if !events[0].tags.contains(eskit_runtime::log::Tag::new(COUNTER.0, COUNTER.1).as_ref()) {
        let count = events.len();
        let expected: Vec<_> = (0..count).map(|part| format!("{part}/{count}")).collect();
        ensure!(parts == expected, "the append {key} is in the log by halves: it holds the parts {parts:?}");
    }
    Ok(())
}

/// Checks that the versions of each stream count from 1.
pub(crate) fn check_versions(log: &[RecordedEvent]) -> Outcome {
    let mut versions: HashMap<&StreamId, u64> = HashMap::new();
    for at in log.iter().filter_map(|event| event.stream.as_ref()) {
        let last = versions.entry(&at.stream).or_default();
        ensure!(at.version == *last + 1, "in `{}` version {} follows {last}", at.stream, at.version);
        *last = at.version;
    }
    Ok(())
}

/// Each number of the shared count stands in the log once, in order.
fn check_count(log: &[RecordedEvent]) -> Outcome {
    let counter = tags(&[COUNTER]);
    let counted = log.iter().filter(|event| counter.iter().all(|tag| event.tags.contains(tag)));
    for (event, expected) in counted.zip(1_u64..) {
        let found = String::from_utf8_lossy(&event.payload);
        ensure!(
            found == expected.to_string(),
            "the count goes on with {found} instead of {expected}, at position {}",
            event.position
        );
    }
    Ok(())
}

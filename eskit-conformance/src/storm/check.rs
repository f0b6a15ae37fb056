use std::collections::HashMap;

use eskit_runtime::log::{Append, AppendError, EventId, Position, StoreErrorKind};
use eskit_runtime::{RecordedEvent, StoreError};

use super::sent::{APPEND, Sent, is_unknown};
use crate::crash;
use crate::failure::{Failure, Outcome, ensure};
use crate::fault::Fault;
use crate::sample::positions;

/// Checks that a log holds everything that was confirmed, where it was confirmed, as it was sent.
pub(crate) fn confirmed(log: &[RecordedEvent], sent: &[Sent]) -> Outcome {
    let confirmed: Vec<_> = sent.iter().filter_map(Sent::confirmed).collect();
    holds(log, confirmed.iter().map(Vec::as_slice))
}

/// Checks that a log holds these events.
pub(super) fn holds<'e>(log: &[RecordedEvent], confirmed: impl Iterator<Item = &'e [RecordedEvent]>) -> Outcome {
    let at: HashMap<Position, &RecordedEvent> = log.iter().map(|event| (event.position, event)).collect();
    for events in confirmed {
        let places = positions(events);
        for event in events {
            let found = at.get(&event.position);
            ensure!(found.is_some(), "an append was confirmed at {places:?}, but position {} is gone", event.position);
            ensure!(
                found == Some(&event),
                "an append was confirmed at {places:?}, but position {} holds another event: {found:?}",
                event.position
            );
        }
    }
    Ok(())
}

/// Checks that no append is in the log by halves, or more than once.
pub(crate) fn halves(log: &[RecordedEvent], sent: &[Sent]) -> Outcome {
    let places = by_id(log);
    for append in sent.iter().map(|sent| &sent.append) {
        let found: Vec<_> = append.events.iter().filter_map(|event| places.get(&event.id)).collect();
        let (all, count) = (append.events.len(), found.len());
        ensure!(count == 0 || count == all, "the log holds {count} of the {all} events of an append, at {found:?}");
        for places in &found {
            ensure!(places.len() == 1, "one event is in the log several times, at {places:?}");
        }
        let ascend = found.windows(2).all(|pair| pair[0][0] < pair[1][0]);
        ensure!(ascend, "the events of an append stand out of order, at {found:?}");
    }
    Ok(())
}

/// Checks that what was refused, and is not merely of unknown outcome, is not in the log.
pub(crate) fn refused(log: &[RecordedEvent], sent: &[Sent]) -> Outcome {
    let places = by_id(log);
    for sent in sent {
        let Some(refusal) = sent.refused() else { continue };
        let found: Vec<_> = sent.append.events.iter().filter_map(|event| places.get(&event.id)).flatten().collect();
        ensure!(found.is_empty(), "an append was refused with `{refusal}`, but is in the log at {found:?}");
    }
    Ok(())
}

/// Checks that positions ascend and versions count.
pub(crate) fn order(log: &[RecordedEvent], is_contiguous: bool) -> Outcome {
    crash::check_order(log, is_contiguous)?;
    crash::check_versions(log)
}

/// Checks that nothing was confirmed while the disk failed, and that each error says what happened.
pub(crate) fn told(fault: Fault, sent: &[Sent]) -> Outcome {
    let mut is_full_told = false;
    for sent in sent {
        for answer in &sent.answers {
            match answer {
                Ok(appended) => {
                    let went_through = sent.is_late && !appended.repeated;
                    ensure!(!went_through, "an append was confirmed during the fault {fault:?}: {appended:?}");
                }
                Err(error) => is_full_told |= tells(fault, error)?,
            }
        }
    }
    ensure!(fault != Fault::FullDisk || is_full_told, "no error was of the kind Full");
    Ok(())
}

/// Whether an error says that the disk is full. Fails when it says what did not happen.
fn tells(fault: Fault, error: &AppendError) -> Result<bool, Failure> {
    let wrong = || Failure::new(format!("during the fault {fault:?} an append was answered with {error:?}"));
    match error {
        AppendError::Store(told) | AppendError::UnknownOutcome(told) if may_tell(fault, told, is_unknown(error)) => {
            Ok(told.kind() == StoreErrorKind::Full)
        }
        _ => Err(wrong()),
    }
}

fn may_tell(fault: Fault, error: &StoreError, is_unknown: bool) -> bool {
    match (fault, error.kind()) {
        (_, StoreErrorKind::FailedClosed) => true,
        (Fault::FullDisk, StoreErrorKind::Full) => true,
        (Fault::FullDisk, StoreErrorKind::Other) => is_unknown,
        (Fault::FailedSync, StoreErrorKind::Unavailable | StoreErrorKind::Corrupt | StoreErrorKind::Other) => true,
        _ => false,
    }
}

/// Where the events of an append stand in a log.
pub(super) fn places(log: &[RecordedEvent], append: &Append) -> Vec<Position> {
    let places = by_id(log);
    append.events.iter().filter_map(|event| places.get(&event.id)).flatten().copied().collect()
}

fn by_id(log: &[RecordedEvent]) -> HashMap<EventId, Vec<Position>> {
    let mut places: HashMap<EventId, Vec<Position>> = HashMap::new();
    for event in log {
        places.entry(event.id).or_default().push(event.position);
    }
    places
}

/// Checks that a read found each append whole, by what its events say.
pub(super) fn whole(log: &[RecordedEvent]) -> Outcome {
    let mut appends: HashMap<&str, Vec<&RecordedEvent>> = HashMap::new();
    for event in log {
        if let Some(key) = event.tags.values(APPEND).next() {
            appends.entry(key).or_default().push(event);
        }
    }
    for (key, events) in appends {
        let found: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
        let count = super::sent::count(key);
        ensure!(count == Some(found.len()), "a read found {found:?} of the append {key}, which has {count:?} events");
    }
    Ok(())
}

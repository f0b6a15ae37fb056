use eskit::RecordedEvent;

use crate::{ApplicationEvent, OfferEvent};

/// What an event changes: a statement that SQLite and PostgreSQL both read, and its values, in order.
pub(super) struct Change {
    pub(super) sql: &'static str,
    pub(super) values: Vec<i64>,
}

const SUBMIT: &str = "INSERT INTO cases (submitted_at, asked, id) VALUES ($1, $2, $3)";
const APPROVE: &str = "UPDATE cases SET approved = approved + 1, decided_at = coalesce(decided_at, $1) WHERE id = $2";
const DECLINE: &str = "UPDATE cases SET declined = declined + 1, decided_at = coalesce(decided_at, $1) WHERE id = $2";
const CANCEL: &str = "UPDATE cases SET cancelled = cancelled + 1, decided_at = coalesce(decided_at, $1) WHERE id = $2";
const OFFER: &str = "UPDATE cases SET offers = offers + 1 WHERE id = $1";
const ACCEPT: &str = "UPDATE cases SET accepted = accepted + 1 WHERE id = $1";

/// What a step of an application changes.
pub(super) fn of_application(event: &ApplicationEvent, recorded: &RecordedEvent) -> Option<Change> {
    let (case, at) = (case(recorded)?, recorded.recorded_at.as_micros());
    let decided = |sql| Change { sql, values: vec![at, case] };
    match event {
        ApplicationEvent::Submitted(submitted) => {
            let asked = i64::try_from(submitted.amount_requested).unwrap_or(i64::MAX);
            Some(Change { sql: SUBMIT, values: vec![at, asked, case] })
        }
        ApplicationEvent::Approved => Some(decided(APPROVE)),
        ApplicationEvent::Declined => Some(decided(DECLINE)),
        ApplicationEvent::Cancelled => Some(decided(CANCEL)),
        _ => None,
    }
}

/// What a step of an offer changes.
pub(super) fn of_offer(event: &OfferEvent, recorded: &RecordedEvent) -> Option<Change> {
    let case = case(recorded)?;
    match event {
        OfferEvent::Created => Some(Change { sql: OFFER, values: vec![case] }),
        OfferEvent::Accepted => Some(Change { sql: ACCEPT, values: vec![case] }),
        _ => None,
    }
}

/// The case to whose stream an event belongs.
fn case(recorded: &RecordedEvent) -> Option<i64> {
    recorded.stream.as_ref()?.stream.id().parse().ok()
}

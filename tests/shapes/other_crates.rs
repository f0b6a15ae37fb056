//! The types of other crates whose shape is known.

use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Json {
    value: serde_json::Value,
    map: serde_json::Map<String, serde_json::Value>,
    number: serde_json::Number,
}

#[derive(Event, Serialize, Deserialize)]
struct Ids {
    uuid: uuid::Uuid,
}

/// The values of eskit itself.
#[derive(Event, Serialize, Deserialize)]
struct Own {
    at: eskit::Timestamp,
    cause: eskit::log::EventId,
    seen: eskit::log::Position,
}

#[derive(Event, Serialize, Deserialize)]
struct Chrono {
    a: chrono::DateTime<chrono::Utc>,
    b: chrono::NaiveDate,
    c: chrono::NaiveTime,
    d: chrono::NaiveDateTime,
    e: chrono::Weekday,
}

#[derive(Event, Serialize, Deserialize)]
struct Jiff {
    a: jiff::Timestamp,
    b: jiff::Zoned,
    c: jiff::civil::Date,
    d: jiff::civil::DateTime,
    e: jiff::Span,
}

#[derive(Event, Serialize, Deserialize)]
struct Time {
    a: time::OffsetDateTime,
    b: time::Date,
    c: time::Duration,
}

#[derive(Event, Serialize, Deserialize)]
struct Decimal {
    amount: rust_decimal::Decimal,
}

//! The shapes of eskit's own values and of types of other crates, named after what stands on the wire where that is a
//! common text form.

use super::def::{Shape, ShapeDef};
use super::std_types::leaves;
use crate::log::id::EventId;
use crate::log::position::Position;
use crate::log::time::Timestamp;

leaves! {
    "u64": Position;
    "uuid": EventId;
    "datetime": Timestamp;
    "json": serde_json::Value;
    "number": serde_json::Number;
    "uuid": uuid::Uuid;
}

impl Shape for serde_json::Map<String, serde_json::Value> {
    const DEF: &'static ShapeDef = <std::collections::BTreeMap<String, serde_json::Value> as Shape>::DEF;
}

#[cfg(feature = "chrono")]
mod chrono {
    use super::*;

    /// RFC 3339.
    impl<Tz: ::chrono::TimeZone> Shape for ::chrono::DateTime<Tz> {
        const DEF: &'static ShapeDef = &ShapeDef::leaf("datetime");
    }

    leaves! {
        "date": ::chrono::NaiveDate;
        "time": ::chrono::NaiveTime;
        "local-datetime": ::chrono::NaiveDateTime;
        "chrono-duration": ::chrono::TimeDelta;
        "weekday": ::chrono::Weekday;
        "month": ::chrono::Month;
    }
}

#[cfg(feature = "jiff")]
mod jiff {
    use super::*;

    leaves! {
        "datetime": ::jiff::Timestamp;
        "zoned-datetime": ::jiff::Zoned;
        "date": ::jiff::civil::Date;
        "time": ::jiff::civil::Time;
        "local-datetime": ::jiff::civil::DateTime;
        "iso-week-date": ::jiff::civil::ISOWeekDate;
        "iso-duration": ::jiff::Span, ::jiff::SignedDuration;
    }
}

/// The crate writes its own compact form, unless its feature `serde-human-readable` is on.
#[cfg(feature = "time")]
mod time {
    use super::*;

    leaves! {
        "time-date": ::time::Date;
        "time-time": ::time::Time;
        "time-primitive-date-time": ::time::PrimitiveDateTime;
        "time-offset-date-time": ::time::OffsetDateTime;
        "time-utc-offset": ::time::UtcOffset;
        "time-duration": ::time::Duration;
        "time-weekday": ::time::Weekday;
        "time-month": ::time::Month;
    }
}

#[cfg(feature = "rust_decimal")]
leaves! {
    "decimal": ::rust_decimal::Decimal;
}

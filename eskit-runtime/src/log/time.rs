//! When an event was recorded: a point of time, as text, and as what the time crates have for it.

#[cfg(any(feature = "jiff", feature = "chrono", feature = "time"))]
mod convert;
mod text;
mod timestamp;

#[cfg(any(feature = "jiff", feature = "chrono", feature = "time"))]
pub use convert::TimestampRangeError;
pub use text::TimestampParseError;
pub use timestamp::Timestamp;

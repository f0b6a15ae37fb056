//! Whole logs as records: what a store gives out and takes in to move a log to another store, byte for byte in meaning.
//!
//! | to | use |
//! |---|---|
//! | read a whole log, or load one | [`Transfer`], which the stores of eskit implement |
//! | look at what a log holds | [`LogRecord`]: [`RecordedAppend`] and [`StreamRecord`] |
//! | write records to a file | [`LogRecord::encode`] and [`LogRecord::decode`], [`LogRecord::to_json`] and [`LogRecord::from_json`] |
//! | write a store | [`Transfer`], [`check_load`], [`check_place`], [`check_streams`], [`Appends`] |
//!
//! The crate `eskit-transfer` builds on it: it migrates logs between stores, compares them, backs them up to a file, and restores them.

mod any;
mod appends;
mod binary;
mod check;
mod error;
mod json;
mod record;
mod store;
#[cfg(test)]
mod tests;

pub use any::AnyTransfer;
pub use appends::Appends;
pub use check::{check_load, check_place, check_streams};
pub use error::{DecodeRecordError, LoadError, RecordError};
pub use record::{DeletedEvent, Entry, LogRecord, RecordedAppend, StreamRecord};
pub use store::{DumpFrom, Load, RecordPage, Transfer};

//! What must compile, and do what it says, however the code around it is written.

#![forbid(unsafe_code)]
#![deny(warnings)]
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod conditional;
mod impl_items;
mod lifetimes;
mod local_items;
mod macro_rules;
mod names;
mod raw_identifiers;
mod returns;
mod serde_attributes;
mod shapes;
mod tag_values;
mod visibility;

eskit::lock!();

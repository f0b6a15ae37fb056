//! What the benchmarks measure with: rounds in which both sides take turns, medians, figures, and the table.
//!
//! A package apart from the rows and the peers, so that its tests compile none of them.

pub mod context;
pub mod cpu;
pub mod disk;
pub mod drive;
pub mod figure;
pub mod measure;
pub mod memory;
pub mod report;
pub mod syncs;

/// A failure that ends a row.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

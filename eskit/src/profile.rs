//! How long things take, and whether they take longer than they did before.
//!
//! A [`ProfileReport`] has the percentiles of each [`Operation`] over the last minutes, against the time before. A program makes
//! one of what it does itself, with `Profiler` (feature `metrics`); [`of_commands`] makes one of a log of commands, also
//! of another program and of another day.

mod durations;
mod operation;
#[cfg(feature = "metrics")]
mod profiler;
mod report;
mod window;

pub use operation::Operation;
#[cfg(feature = "metrics")]
pub use profiler::{Profiled, Profiler, RecorderInstalled};
pub use report::{OperationReport, Percentiles, ProfileReport};
pub use window::{Profile, of_commands};

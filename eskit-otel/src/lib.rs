//! Exports the traces of a program that uses eskit to an OpenTelemetry collector: OTLP over HTTP, in protobuf.
//!
//! ```no_run
//! use tracing_subscriber::prelude::*;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let traces = eskit_otel::Traces::export("shop")?;
//! tracing_subscriber::registry().with(traces.layer()).init();
//! // Let the program run ..
//! traces.shutdown()?;
//! # Ok(()) }
//! ```
//!
//! The collector is at `http://localhost:4318`, or where the standard variables say: `OTEL_EXPORTER_OTLP_ENDPOINT`,
//! `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`. `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`,
//! `OTEL_TRACES_SAMPLER` and those of the batches (`OTEL_BSP_..`) are obeyed too.
//!
//! This crate switches on the feature `otel` of eskit, with which the trace of a command goes on in whatever acts on its events. Which
//! spans there are is told in `docs/telemetry.md`. A program that has an OpenTelemetry exporter of its own needs that feature only.
//!
//! There is no TLS: mostly, the collector is on the same machine. For one at an `https` address, add ureq to your own dependencies with
//! a feature such as `rustls`.

#![forbid(unsafe_code)]

mod client;
mod error;
mod traces;

pub use error::{ExportError, SetupError};
pub use traces::Traces;

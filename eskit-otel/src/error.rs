use std::error::Error;
use std::fmt;

use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_sdk::error::OTelSdkError;

/// The exporter was not set up.
#[derive(Debug)]
pub struct SetupError(pub(crate) ExporterBuildError);

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "traces cannot be exported: {}\nhelp: set `OTEL_EXPORTER_OTLP_ENDPOINT` to the address of a collector, such as \
             `http://localhost:4318`",
            self.0
        )
    }
}

impl Error for SetupError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// The last spans did not reach the collector.
#[derive(Debug)]
pub struct ExportError(pub(crate) OTelSdkError);

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the last spans were not exported: {}\nhelp: look whether the collector runs, and takes OTLP over HTTP at the address in \
             `OTEL_EXPORTER_OTLP_ENDPOINT`",
            self.0
        )
    }
}

impl Error for ExportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

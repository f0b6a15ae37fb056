use std::borrow::Cow;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Layer;
use tracing_subscriber::registry::LookupSpan;

use crate::client::Client;
use crate::error::{ExportError, SetupError};

/// How long [`Traces::shutdown`] waits for the collector.
const SHUTDOWN_WITHIN: Duration = Duration::from_secs(5);

/// Exports the spans of a program, in batches, on a thread of its own.
///
/// Spans that the collector does not take in time are dropped: at most 2,048 wait, or as many as `OTEL_BSP_MAX_QUEUE_SIZE` says. The
/// program is never held up by the collector, except in [`Traces::shutdown`].
#[derive(Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    /// Exports the spans of the service with this name to the collector that the standard variables name, or to the one at
    /// `http://localhost:4318`. A collector that does not answer is no error.
    ///
    /// # Errors
    /// A variable holds what cannot be meant, such as an address without a scheme.
    pub fn export(service: impl Into<Cow<'static, str>>) -> Result<Traces, SetupError> {
        Traces::build(service.into(), None)
    }

    /// The same, to the collector at this address of OTLP over HTTP, such as `http://localhost:4318/v1/traces`.
    ///
    /// # Errors
    /// It is no address.
    pub fn export_to(service: impl Into<Cow<'static, str>>, endpoint: &str) -> Result<Traces, SetupError> {
        Traces::build(service.into(), Some(endpoint))
    }

    fn build(service: Cow<'static, str>, endpoint: Option<&str>) -> Result<Traces, SetupError> {
        let exporter =
            SpanExporter::builder().with_http().with_http_client(Client::new()).with_protocol(Protocol::HttpBinary);
        let exporter = match endpoint {
            Some(endpoint) => exporter.with_endpoint(endpoint),
            None => exporter,
        };
        let mut resource = Resource::builder();
        // What the environment says goes first.
        if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
            resource = resource.with_service_name(service.into_owned());
        }
        let provider = SdkTracerProvider::builder()
            .with_resource(resource.build())
            .with_batch_exporter(exporter.build().map_err(SetupError)?)
            .build();
        Ok(Traces { provider })
    }

    /// The layer that collects the spans of eskit, which have the level `DEBUG`, and those of other code from the level `INFO` on. Add
    /// it to a subscriber with [`SubscriberExt::with`](tracing_subscriber::layer::SubscriberExt::with); other layers keep their own filters.
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let filter = Targets::new().with_target("eskit", Level::DEBUG).with_default(Level::INFO);
        let tracer = self.provider.tracer("eskit");
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(filter)
    }

    /// Where the spans go: for a layer with other options than [`Traces::layer`], or spans of other libraries of OpenTelemetry.
    pub fn provider(&self) -> &SdkTracerProvider {
        &self.provider
    }

    /// Exports the spans that have ended by now.
    ///
    /// # Errors
    /// The collector did not take them.
    pub fn flush(&self) -> Result<(), ExportError> {
        self.provider.force_flush().map_err(ExportError)
    }

    /// Exports the spans that have ended by now, and no more. Waits for 5 s at most. Call it at the end of the program.
    ///
    /// # Errors
    /// The collector did not take them.
    pub fn shutdown(self) -> Result<(), ExportError> {
        self.provider.shutdown_with_timeout(SHUTDOWN_WITHIN).map_err(ExportError)
    }
}

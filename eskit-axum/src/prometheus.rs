use std::fmt;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use eskit::profile::{Profiled, Profiler};
use eskit::{EventStore, Running};
use metrics::SetRecorderError;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of durations, in seconds.
const SECONDS: [f64; 14] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Upper bounds of numbers of events.
const EVENTS: [f64; 8] = [1.0, 2.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1000.0];

/// The metrics of the program, for Prometheus to fetch.
///
/// ```no_run
/// # use eskit::prelude::*;
/// use eskit_axum::Prometheus;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Before anything is measured.
/// let prometheus = Prometheus::install()?;
/// let app = App::new(MemoryStore::new()).start().await?;
/// let routes: axum::Router = prometheus.router(app);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Prometheus {
    handle: PrometheusHandle,
}

impl Prometheus {
    /// Collects all that is measured through the facade `metrics` in this program from now on, with buckets for durations and for
    /// numbers of events.
    ///
    /// # Errors
    /// The program has a recorder of metrics already.
    pub fn install() -> Result<Prometheus, PrometheusError> {
        let handle = builder().and_then(PrometheusBuilder::install_recorder).map_err(PrometheusError)?;
        Ok(Prometheus { handle })
    }

    /// The same, and a profiler keeps how long everything takes.
    ///
    /// # Errors
    /// The program has a recorder of metrics already.
    pub fn install_with(profiler: &Profiler) -> Result<Prometheus, PrometheusError> {
        let recorder = builder().map_err(PrometheusError)?.build_recorder();
        let handle = recorder.handle();
        let installed = metrics::set_global_recorder(profiler.in_front_of(recorder));
        let behind = |error: SetRecorderError<Profiled<_>>| SetRecorderError(error.into_inner().into_inner());
        installed.map_err(|error| PrometheusError(behind(error).into()))?;
        Ok(Prometheus { handle })
    }

    /// For a program that has set up the exporter by itself.
    pub fn from_handle(handle: PrometheusHandle) -> Prometheus {
        Prometheus { handle }
    }

    /// The route `/metrics`. Each time it is asked, it also measures how far the subscriptions of this app are behind.
    pub fn router<T: Clone + Send + Sync + 'static, S: EventStore + 'static>(self, app: Running<S>) -> Router<T> {
        Router::new().route("/metrics", get(render::<S>)).with_state((self, app))
    }

    /// The metrics in the text format of Prometheus.
    pub fn render(&self) -> String {
        // What histograms have collected is added up.
        self.handle.run_upkeep();
        self.handle.render()
    }
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_events".to_owned()), &EVENTS)
}

async fn render<S: EventStore + 'static>(State((prometheus, app)): State<(Prometheus, Running<S>)>) -> Response {
    app.measure().await;
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], prometheus.render()).into_response()
}

impl fmt::Debug for Prometheus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prometheus").finish_non_exhaustive()
    }
}

/// The exporter for Prometheus was not set up.
#[derive(Debug)]
pub struct PrometheusError(BuildError);

impl fmt::Display for PrometheusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "metrics cannot be collected: {}\nhelp: install the recorder once, and pass the handle of one that you install yourself to \
             `Prometheus::from_handle`",
            self.0
        )
    }
}

impl std::error::Error for PrometheusError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.0)
    }
}

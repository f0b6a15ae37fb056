mod progress;
mod ready;
mod report;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use eskit::subscription::State as Doing;
use eskit::{EventStore, Running};

use progress::Progress;
use ready::Probe;
use report::Report;

/// The routes by which a supervisor, such as Kubernetes, sees how a program is doing.
///
/// | route | status 200 means | otherwise |
/// |---|---|---|
/// | `/live` | the process answers. No I/O: a database that is down is no reason to restart it | no answer |
/// | `/ready` | the log was reachable within 1 s, a second ago at most, and the app is not being stopped | 503 |
/// | `/health` | the same, and every subscription does its work | 503 |
///
/// `/health` answers with JSON. A subscription has one of these verdicts:
///
/// | verdict | what it means | |
/// |---|---|---|
/// | `ok` | it has handled all that the log holds, is paused, or another process handles its events | |
/// | `lagging` | it is behind and makes progress, however far behind: a rebuild is no failure | |
/// | `stuck` | it is behind, and has made no progress for as long as [`HealthRoutes::patience`] says | unhealthy |
/// | `failed`, `stopped` | it has ended | unhealthy |
///
/// How far a subscription is behind is counted from the head of the log itself, so that one that has lost touch with the log is found
/// out. No text of an error is in an answer, since it may quote an event: `failing` says that there is one, which
/// [`Running::health`] tells.
///
/// ```
/// # use eskit::prelude::*;
/// use eskit_axum::HealthRoutes;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let app = App::new(MemoryStore::new()).start().await?;
/// let routes: axum::Router = axum::Router::new().merge(HealthRoutes::new(app.clone()).router());
/// # Ok(()) }
/// ```
pub struct HealthRoutes<S> {
    app: Running<S>,
    patience: Duration,
}

impl<S: EventStore + 'static> HealthRoutes<S> {
    /// The routes for this app. A subscription may be without progress for 30 s.
    pub fn new(app: Running<S>) -> HealthRoutes<S> {
        HealthRoutes { app, patience: Duration::from_secs(30) }
    }

    /// Sets how long a subscription that is behind may make no progress.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> HealthRoutes<S> {
        self.patience = patience;
        self
    }

    /// The routes, to be merged into those of the program.
    pub fn router<T: Clone + Send + Sync + 'static>(self) -> Router<T> {
        let HealthRoutes { app, patience } = self;
        let shared = Arc::new(Shared { app, probe: Probe::default(), progress: Progress::new(patience), patience });
        Router::new()
            .route("/live", get(async || "live"))
            .route("/ready", get(ready::<S>))
            .route("/health", get(health::<S>))
            .with_state(shared)
    }
}

impl<S: fmt::Debug> fmt::Debug for HealthRoutes<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthRoutes").field("patience", &self.patience).finish_non_exhaustive()
    }
}

/// What all requests share, so that they learn from each other.
struct Shared<S> {
    app: Running<S>,
    probe: Probe,
    progress: Progress,
    patience: Duration,
}

impl<S: EventStore + 'static> Shared<S> {
    fn is_stopping(&self) -> bool {
        self.app.health().iter().any(|health| health.state == Doing::Stopped)
    }
}

async fn ready<S: EventStore + 'static>(State(shared): State<Arc<Shared<S>>>) -> Response {
    if shared.is_stopping() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping").into_response();
    }
    match shared.probe.head(shared.app.store()).await {
        Some(_) => "ready".into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, "the log cannot be reached").into_response(),
    }
}

async fn health<S: EventStore + 'static>(State(shared): State<Arc<Shared<S>>>) -> Response {
    let head = shared.probe.head(shared.app.store()).await;
    let (subscriptions, work) = (shared.app.health(), shared.app.work_health());
    let report = Report::new(head, subscriptions, work, &shared.progress, shared.patience);
    let status = if report.is_healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}

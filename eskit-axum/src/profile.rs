use axum::routing::get;
use axum::{Json, Router};
use eskit::profile::Profiler;

/// The route `/profile`: how long each operation of this program took in the last five minutes, against the hour before, as JSON.
///
/// It names types, subscriptions and lists of the program, and holds nothing from events.
///
/// ```
/// use eskit::profile::Profiler;
///
/// let profiler = Profiler::new();
/// let routes: axum::Router = eskit_axum::profile(profiler);
/// ```
pub fn profile<T: Clone + Send + Sync + 'static>(profiler: Profiler) -> Router<T> {
    Router::new().route("/profile", get(async move || Json(profiler.report())))
}

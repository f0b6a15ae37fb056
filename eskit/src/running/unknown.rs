use std::fmt;

use eskit_runtime::subscription::Health;

/// The projection, processor or queue that was asked for was not added to the app.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownSubscription(pub(super) &'static str);

impl fmt::Display for UnknownSubscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` was not added to this app\nhelp: add it before `start`, with `with_projection`, `with_rows`, `with_memory`, \
             `with_processor` or `with_queue`",
            self.0
        )
    }
}

impl std::error::Error for UnknownSubscription {}

/// Writes why a subscription failed.
pub(super) fn write_failed(f: &mut fmt::Formatter<'_>, health: &Health) -> fmt::Result {
    let Health { name, version, error, .. } = health;
    let error = error.as_deref().unwrap_or("it was stopped");
    write!(f, "`{name}` version {version} failed: {error}")
}

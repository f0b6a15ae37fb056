use std::fmt;

use eskit_runtime::subscription::Health;

/// The projection, processor or queue that was asked for was not added to the app, or has no to-dos.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownSubscription {
    pub(super) name: &'static str,
    /// Whether it was added, and has no to-dos.
    pub(super) is_idle: bool,
}

impl UnknownSubscription {
    pub(super) fn of(name: &'static str) -> UnknownSubscription {
        UnknownSubscription { name, is_idle: false }
    }
}

impl fmt::Display for UnknownSubscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_idle {
            return write!(
                f,
                "`{}` has no to-dos\nhelp: a processor with `#[work]` or `#[every]` methods has some",
                self.name
            );
        }
        write!(
            f,
            "`{}` was not added to this app\nhelp: add it before `start`, with `with_projection`, `with_rows`, `with_memory`, \
             `with_processor` or `with_queue`",
            self.name
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

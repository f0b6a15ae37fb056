use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use rusqlite::Connection;

/// After how many steps of SQLite's virtual machine they are counted.
const TICK: i32 = 1000;

/// What it takes at most to look one part of a query up in the indexes: the contract bounds how many parts there are.
const STEPS_PER_PART: i64 = 200;

/// Bounds what the conditions of one append may look at, whatever the shape of their queries: all other appends wait meanwhile.
/// Steps of SQLite's virtual machine are the same on each machine; one entry of an index takes 5 to 20 of them.
pub(crate) struct Budget {
    steps: i64,
    left: Arc<AtomicI64>,
}

impl Budget {
    /// Counts the steps of a connection, without a bound at first.
    pub(crate) fn on(conn: &Connection, steps: u64) -> Result<Budget, rusqlite::Error> {
        let left = Arc::new(AtomicI64::new(i64::MAX));
        let counted = Arc::clone(&left);
        conn.progress_handler(TICK, Some(move || counted.fetch_sub(TICK.into(), Ordering::Relaxed) <= 0))?;
        Ok(Budget { steps: i64::try_from(steps).unwrap_or(i64::MAX), left })
    }

    /// From now on SQLite interrupts what goes beyond the bound, for conditions with so many parts.
    pub(crate) fn begin(&self, parts: usize) {
        let parts = i64::try_from(parts).unwrap_or(i64::MAX);
        self.left.store(self.steps.saturating_add(parts.saturating_mul(STEPS_PER_PART)), Ordering::Relaxed);
    }

    /// From now on there is no bound.
    pub(crate) fn end(&self) {
        self.left.store(i64::MAX, Ordering::Relaxed);
    }

    /// The refusal of an append whose conditions go beyond the bound.
    pub(crate) fn exceeded(&self) -> StoreError {
        let text = format!(
            "the conditions of the append look at too many events: they take more than {} steps of SQLite, while every other \
             append waits\nhelp: read first, and give the head of what was read as the `after` of the condition, which then \
             looks at newer events only; or narrow its query, or raise `condition_steps`",
            self.steps
        );
        StoreError::new(StoreErrorKind::Invalid, text)
    }
}

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long before now a line begins at the earliest: transactions that opened an item so long ago have ended, and the clocks of a
/// server that was restored or set back agree again.
pub(crate) const MARGIN: Duration = Duration::from_secs(5);
/// How often to look where a line begins.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often to look from its very beginning, for items that came later than [`MARGIN`].
const LOOK_ALL_EVERY: Duration = Duration::from_secs(10);
/// Lines that are remembered.
const LINES_MAX: usize = 1024;

/// Where the lines of waiting items begin, as far as this process knows.
///
/// Items that are done leave entries in the index that the server removes only when no transaction is older than their end. Without
/// this, each claim would walk over all of them while some transaction is held open.
#[derive(Debug, Default)]
pub(crate) struct Lines(Mutex<HashMap<Line, Start>>);

/// A list, and some kinds of its items.
type Line = (String, Vec<String>);

#[derive(Debug)]
struct Start {
    at: i64,
    looked_at: Instant,
    looked_at_all: Instant,
}

/// Where to look for the items of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct From {
    pub(crate) at: i64,
    /// Whether the caller should look where the line begins, from there on.
    pub(crate) is_to_look: bool,
}

impl Lines {
    /// Where to look for items now.
    pub(crate) fn from(&self, list: &str, kinds: &[String], now: Instant) -> From {
        let mut lines = self.lines();
        let Some(start) = lines.get_mut(&(list.to_owned(), kinds.to_vec())) else {
            return From { at: i64::MIN, is_to_look: true };
        };
        if now.duration_since(start.looked_at_all) >= LOOK_ALL_EVERY {
            (start.looked_at, start.looked_at_all) = (now, now);
            return From { at: i64::MIN, is_to_look: true };
        }
        let is_to_look = now.duration_since(start.looked_at) >= LOOK_EVERY;
        if is_to_look {
            start.looked_at = now;
        }
        From { at: start.at, is_to_look }
    }

    /// Takes note of where a line begins.
    pub(crate) fn begins(&self, list: &str, kinds: &[String], at: i64, now: Instant) {
        let mut lines = self.lines();
        if lines.len() >= LINES_MAX {
            lines.clear();
        }
        let start = Start { at, looked_at: now, looked_at_all: now };
        lines.entry((list.to_owned(), kinds.to_vec())).and_modify(|start| start.at = at).or_insert(start);
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<Line, Start>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_looked_at_now_and_then_and_rarely_from_its_beginning() {
        let (lines, kinds, start) = (Lines::default(), ["a".to_owned()], Instant::now());
        let after = |millis| start + Duration::from_millis(millis);
        assert_eq!(lines.from("l", &kinds, start), From { at: i64::MIN, is_to_look: true });
        lines.begins("l", &kinds, 7, start);
        assert_eq!(lines.from("l", &kinds, after(249)), From { at: 7, is_to_look: false });
        assert_eq!(lines.from("l", &kinds, after(250)), From { at: 7, is_to_look: true });
        assert_eq!(lines.from("l", &kinds, after(300)), From { at: 7, is_to_look: false });
        lines.begins("l", &kinds, 8, after(300));
        assert_eq!(lines.from("l", &kinds, after(10_000)), From { at: i64::MIN, is_to_look: true });
        assert_eq!(lines.from("l", &kinds, after(10_001)), From { at: 8, is_to_look: false });
        assert_eq!(lines.from("l", &[], after(10_001)).at, i64::MIN);
        assert_eq!(lines.from("m", &kinds, after(10_001)).at, i64::MIN);
    }
}

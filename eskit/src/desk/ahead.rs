use std::time::{Duration, Instant};

use eskit_runtime::work::WorkOptions;

/// At most this many items are claimed at once, unless more are done together.
const CLAIM_MAX: usize = 100;

/// Workers that ask for more within this time get twice as many items at once.
const SOON: Duration = Duration::from_millis(50);

/// How many items are claimed before a worker asks for them.
pub(super) struct Ahead {
    /// What the workers can do at once.
    room: usize,
    /// At most this many are claimed at once.
    most: usize,
    /// So many items may be left when others are claimed: the room of the workers, or more while they are soon done with it.
    left: usize,
    /// Whether an item is claimed only for a worker that is free: a kill would use up the only try of those that wait.
    is_for_the_free: bool,
    /// When there were last as many items as were asked for.
    filled_at: Instant,
}

impl Ahead {
    pub(super) fn new(options: WorkOptions) -> Ahead {
        let (batch, workers) = (options.batch.max(1) as usize, options.workers.max(1) as usize);
        let (room, is_for_the_free) = (workers.saturating_mul(batch), options.attempts <= 1);
        let left = if is_for_the_free { room - 1 } else { room };
        Ahead { room, most: CLAIM_MAX.max(batch), left, is_for_the_free, filled_at: Instant::now() }
    }

    pub(super) fn room(&self) -> usize {
        self.room
    }

    /// Whether the workers have enough to do with so many claimed items.
    pub(super) fn is_enough(&self, claimed: usize) -> bool {
        claimed > self.left
    }

    /// How many to claim beside so many.
    pub(super) fn wanted(&mut self, claimed: usize) -> usize {
        if self.is_for_the_free {
            return self.room.saturating_sub(claimed);
        }
        let is_soon = self.filled_at.elapsed() < SOON;
        self.left = if is_soon { (2 * self.left).min(self.most.max(self.room)) } else { self.room };
        (self.left + self.room).saturating_sub(claimed).min(self.most)
    }

    /// As many as were asked for were there.
    pub(super) fn filled(&mut self) {
        self.filled_at = Instant::now();
    }

    /// Whether that was as long ago as this.
    pub(super) fn is_unfilled(&self, time: Duration) -> bool {
        self.filled_at.elapsed() >= time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_claimed_while_the_workers_are_soon_done() {
        let mut ahead = Ahead::new(WorkOptions::DEFAULT);
        ahead.filled_at -= SOON;
        assert_eq!((ahead.wanted(0), ahead.wanted(4), ahead.is_enough(4), ahead.is_enough(5)), (8, 4, false, true));
        let wanted = |ahead: &mut Ahead| {
            ahead.filled();
            ahead.wanted(0)
        };
        let growing: Vec<usize> = (0..6).map(|_| wanted(&mut ahead)).collect();
        assert_eq!(growing, [12, 20, 36, 68, 100, 100]);
        ahead.filled_at -= SOON;
        assert_eq!(ahead.wanted(0), 8);
    }

    #[test]
    fn what_is_tried_once_waits_for_no_worker() {
        let mut ahead = Ahead::new(WorkOptions::DEFAULT.attempts(1));
        ahead.filled();
        assert_eq!((ahead.wanted(0), ahead.wanted(3), ahead.wanted(4)), (4, 1, 0));
        assert_eq!((ahead.is_enough(3), ahead.is_enough(4)), (false, true));
    }
}

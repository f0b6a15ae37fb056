use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How far a long read has come. Shown on standard error, if that is a terminal.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Of a read over this many positions.
    pub(crate) fn new(positions: u64) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(positions), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} events, {per_sec}") {
            bar.set_style(style);
        }
        Progress(bar)
    }

    /// A run over a whole log has come so far; the log may grow meanwhile.
    pub(crate) fn move_to(&self, done: eskit_transfer::Progress) {
        self.0.set_length(done.head.get());
        self.0.set_position(done.position.get());
    }

    /// It has come over this many.
    pub(crate) fn set(&self, positions: u64) {
        self.0.set_position(positions);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

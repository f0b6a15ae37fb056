use std::time::Duration;

/// How the `#[work]` method of a processor does its to-dos.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct WorkOptions {
    /// How many of them it does side by side, in each process.
    pub workers: u32,
    /// How often one is tried; then it is parked. What lost its claim each time, as by kills, is tried once more by itself, unless this is 1.
    pub attempts: u32,
    /// How long a try may last; then it has failed.
    pub within: Duration,
    /// Up to how many of them one call does together.
    pub batch: u32,
}

impl WorkOptions {
    /// Four side by side, each by itself, up to 20 times, 30 s at most each time.
    pub const DEFAULT: WorkOptions =
        WorkOptions { workers: 4, attempts: 20, within: Duration::from_secs(30), batch: 1 };

    /// Sets [`WorkOptions::workers`]; 0 counts as 1.
    #[must_use]
    pub const fn workers(mut self, workers: u32) -> WorkOptions {
        self.workers = if workers == 0 { 1 } else { workers };
        self
    }

    /// Sets [`WorkOptions::attempts`]; 0 counts as 1.
    #[must_use]
    pub const fn attempts(mut self, attempts: u32) -> WorkOptions {
        self.attempts = if attempts == 0 { 1 } else { attempts };
        self
    }

    /// Sets [`WorkOptions::within`].
    #[must_use]
    pub const fn within(mut self, within: Duration) -> WorkOptions {
        self.within = within;
        self
    }

    /// Sets [`WorkOptions::batch`], for a `#[work]` method that takes a slice; 0 counts as 1, and 1,000 is the most.
    #[must_use]
    pub const fn batch(mut self, batch: u32) -> WorkOptions {
        self.batch = match batch {
            0 => 1,
            1..=BATCH_MAX => batch,
            _ => BATCH_MAX,
        };
        self
    }
}

/// How many to-dos one call takes at most.
pub(crate) const BATCH_MAX: u32 = 1_000;

/// An `#[every]` method of a processor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// The name of the method.
    pub name: &'static str,
    /// When it is called, as cron text in UTC, or in the time zone that is named behind its five fields.
    pub every: &'static str,
}

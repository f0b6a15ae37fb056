use std::time::Duration;

/// Which failures a completed append survives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Durability {
    /// Crashes of the program and of the operating system, and a loss of power: every commit is fsynced before the append returns
    /// (`synchronous=FULL`).
    #[default]
    Full,
    /// Crashes of the program. A crash of the operating system or a loss of power may lose the last commits, but does not damage
    /// the log (`synchronous=NORMAL`).
    Normal,
}

/// Options for opening a [`SqliteStore`](crate::SqliteStore).
///
/// ```no_run
/// # mod eskit { pub use eskit_runtime::*; pub use eskit_sqlite as sqlite; }
/// # async fn example() -> Result<(), eskit::StoreError> {
/// use eskit::sqlite::{Durability, SqliteStore};
///
/// let store = SqliteStore::options().durability(Durability::Normal).readers(8).open("campus.db").await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    pub(crate) durability: Durability,
    pub(crate) readers: usize,
    pub(crate) queue_len: usize,
    pub(crate) busy_timeout: Duration,
    pub(crate) poll_interval: Duration,
    pub(crate) create: bool,
    pub(crate) migrate: bool,
    pub(crate) read_only: bool,
    pub(crate) max_bytes: Option<u64>,
    pub(crate) settle_after: usize,
    pub(crate) condition_steps: u64,
}

/// Threads that one store may read with.
const READERS_MAX: usize = 64;
/// Appends, and apart from them reads, that one store may queue.
const QUEUE_LEN_MAX: usize = 1 << 20;
/// Longer than anybody waits; rusqlite panics above 2^31 ms.
const BUSY_TIMEOUT_MAX: Duration = Duration::from_secs(24 * 3600);
/// Events whose entries one store may keep apart.
const SETTLE_AFTER_MAX: usize = 1 << 20;

impl Default for SqliteOptions {
    fn default() -> SqliteOptions {
        SqliteOptions {
            durability: Durability::Full,
            readers: std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8)),
            queue_len: 4096,
            busy_timeout: Duration::from_secs(5),
            poll_interval: Duration::from_millis(10),
            create: true,
            migrate: true,
            read_only: false,
            max_bytes: None,
            settle_after: 4000,
            condition_steps: 500_000,
        }
    }
}

impl SqliteOptions {
    /// The defaults: full durability, one reader for each core (2 to 8), 4,096 queued appends, a busy timeout of 5 s; the file is
    /// created if it is missing.
    pub fn new() -> SqliteOptions {
        SqliteOptions::default()
    }

    /// Which failures a completed append survives.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> SqliteOptions {
        self.durability = durability;
        self
    }

    /// How many threads read, each with a connection of its own: 1 to 64. Other values are clamped.
    #[must_use]
    pub fn readers(mut self, threads: usize) -> SqliteOptions {
        self.readers = threads.clamp(1, READERS_MAX);
        self
    }

    /// How many appends, and separately how many reads, may be queued: 1 to 1,048,576. Other values are clamped. When a queue is
    /// full, further calls wait for a place in it.
    #[must_use]
    pub fn queue_len(mut self, requests: usize) -> SqliteOptions {
        self.queue_len = requests.clamp(1, QUEUE_LEN_MAX);
        self
    }

    /// How long to wait for another process that writes to the file before an append fails as busy; at most a day.
    #[must_use]
    pub fn busy_timeout(mut self, timeout: Duration) -> SqliteOptions {
        self.busy_timeout = timeout.min(BUSY_TIMEOUT_MAX);
        self
    }

    /// How often to look for appends of other processes while a call of `watch` waits; at least 1 ms. Appends of this store are
    /// seen at once.
    #[must_use]
    pub fn poll_interval(mut self, interval: Duration) -> SqliteOptions {
        self.poll_interval = interval.max(Duration::from_millis(1));
        self
    }

    /// Whether to create the file if it is missing.
    #[must_use]
    pub fn create(mut self, create: bool) -> SqliteOptions {
        self.create = create;
        self
    }

    /// Whether to bring a file of an earlier version up to date, and to make a log of an empty file. Otherwise, opening such a file
    /// is an error.
    #[must_use]
    pub fn migrate(mut self, migrate: bool) -> SqliteOptions {
        self.migrate = migrate;
        self
    }

    /// Whether to open the file for reading only. Every append then fails as `ReadOnly`. The folder must still be writable, since
    /// SQLite also creates an index file for readers, unless another connection has the log open.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> SqliteOptions {
        self.read_only = read_only;
        self
    }

    /// The maximum size of the file in bytes, rounded down to whole pages. An append beyond it fails as `Full`. The file of the
    /// write-ahead log does not count.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> SqliteOptions {
        self.max_bytes = Some(bytes);
        self
    }

    /// How many recent events keep their stream and tag entries in small tables, before one commit moves all of these entries to
    /// the large tables: 1 to 1,048,576, and 4,000 by default. Other values are clamped. A larger number makes the appends of many
    /// callers faster, and that commit longer: at worst by one page for each entry.
    #[must_use]
    pub fn settle_after(mut self, events: usize) -> SqliteOptions {
        self.settle_after = events.clamp(1, SETTLE_AFTER_MAX);
        self
    }

    /// How much work the conditions of one append may take, in steps of SQLite's virtual machine: 500,000 by default, a few
    /// hundredths of a second. Each event that is examined takes 5 to 20 steps. All other appends wait meanwhile, so an append whose
    /// conditions take more is refused as `Invalid`. Conditions on streams, tags and types are fast. A condition on a combination
    /// that rarely occurs examines many events, unless its `after` leaves only the newest.
    #[must_use]
    pub fn condition_steps(mut self, steps: u64) -> SqliteOptions {
        self.condition_steps = steps;
        self
    }
}

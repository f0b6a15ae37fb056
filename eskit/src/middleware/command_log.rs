mod counts;
mod waiting;
mod writing;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eskit_runtime::command_log::{CommandEntries, CommandEntry, CommandPage, CommandQuery};
use eskit_runtime::execute::{DecisionNote, Denied, OutcomeKind};
use eskit_runtime::log::Tag;
use eskit_runtime::work::kept_text;
use eskit_runtime::{StoreError, Timestamp};

use super::call::Call;
use super::next::{Middleware, Next};
use super::outcome::Outcome;

pub use counts::CommandLogHealth;
use writing::{Retention, Writing};

/// Keeps an entry about each command: who sent what, when, what came of it, and how long it took.
///
/// The entries are kept in views, such as `SqliteViews`, whatever store the events are in. Cheap to clone; clones share everything.
///
/// ```
/// # use eskit::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)] pub struct Paid { #[tag] order: u32 }
/// # #[derive(Command)] pub struct Pay { #[tag] order: u32 }
/// # #[decider(no_models)] fn pay(c: &Pay) -> Paid { Paid { order: c.order } }
/// use std::time::Duration;
/// use eskit::MemoryViews;
/// use eskit::command_log::CommandQuery;
/// use eskit::middleware::CommandLog;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let log = CommandLog::new(MemoryViews::new()).keep_for(Duration::from_secs(90 * 24 * 3600));
/// let app = App::new(MemoryStore::new()).with_middleware(log.clone());
/// let done = app.execute(Pay { order: 17 }).metadata(Metadata::new().with_correlation_id("request-1")).await?;
///
/// // All commands of a request, and the one that led to an event.
/// log.written().await;
/// let of_request = log.find(CommandQuery::new().correlation_id("request-1")).await?;
/// let of_event = log.find(CommandQuery::new().event(done.events[0].place())).await?;
/// assert_eq!(of_request, of_event);
/// let entry = &of_event.entries[0].entry;
/// assert_eq!((entry.command.as_str(), entry.tags[0].as_str()), ("Pay", "order:17"));
/// # Ok(()) }
/// ```
///
/// **Beside the commands.** Entries are written after the command, in a task of the tokio runtime in which it is executed or, without one,
/// on a thread of its own: up to 500 in one transaction. No command waits for them, and none fails because of them. Up to 4,096 entries
/// and 16 MiB wait; what does not fit, or cannot be written within 10 s, is dropped and counted in [`CommandLog::health`].
/// [`Running::stop`](crate::Running::stop) waits until they are written. A kill loses those that wait.
///
/// **A command that does not end**, since it panics or its future is dropped, has the outcome `unknown`: it may have been appended.
///
/// **What is kept.** The name of the command, its tags, metadata and idempotency key, and the text of a refusal or an error, cut after 8 KiB.
/// The command itself is kept only with [`CommandLog::with_payloads`], and never its `Debug` form.
///
/// With the feature `metrics`, the counter `eskit_command_log_entries_total` has the label `outcome`: `written` or `dropped`. With the feature
/// `tracing`, an event of the level `WARN` says when entries begin to be dropped.
pub struct CommandLog<V> {
    writing: Arc<Writing<V>>,
    retention: Retention,
    keeps_payloads: bool,
    keeps_decisions: bool,
}

impl<V: CommandEntries> CommandLog<V> {
    /// A log of commands in these views. Nothing is removed from it, unless [`CommandLog::keep_for`] or [`CommandLog::keep_newest`] says so.
    pub fn new(views: V) -> CommandLog<V> {
        CommandLog {
            writing: Arc::new(Writing::new(views)),
            retention: Retention::default(),
            keeps_payloads: false,
            keeps_decisions: false,
        }
    }

    /// Removes entries of commands that began longer ago than this. That is done after entries were written, once a minute at most.
    #[must_use]
    pub fn keep_for(mut self, age: Duration) -> CommandLog<V> {
        self.retention.age = Some(age);
        self
    }

    /// Removes all but the newest entries. That is done after entries were written, once a minute at most, so that there are more for a
    /// while.
    #[must_use]
    pub fn keep_newest(mut self, count: u64) -> CommandLog<V> {
        self.retention.count = Some(count);
        self
    }

    /// Keeps the payloads of stored commands too, with all personal data that they hold.
    #[must_use]
    pub fn with_payloads(mut self) -> CommandLog<V> {
        self.keeps_payloads = true;
        self
    }

    /// Keeps what each command was decided on: the instances of its models, their versions, and the condition of the append.
    #[must_use]
    pub fn with_decisions(mut self) -> CommandLog<V> {
        self.keeps_decisions = true;
        self
    }

    /// Finds entries, the newest first, one page of them. Those that wait to be written are not found.
    ///
    /// # Errors
    /// The views failed.
    pub async fn find(&self, query: CommandQuery) -> Result<CommandPage, StoreError> {
        self.writing.views().find_commands(query).await
    }

    /// Waits until all entries of commands that were executed before are written, or were dropped.
    pub async fn written(&self) {
        self.writing.written().await;
    }

    /// How many entries were written and dropped since the program began.
    pub fn health(&self) -> CommandLogHealth {
        self.writing.health()
    }

    fn entry(&self, call: &Call<'_>, answer: &Result<Outcome, Denied>, began_at: Timestamp) -> CommandEntry {
        let outcome = answer.as_ref().map_or(OutcomeKind::Denied, |outcome| outcome.kind);
        let mut entry = CommandEntry::new(call.name(), began_at, outcome);
        entry.tags = call.tags().iter().map(Tag::to_string).collect();
        entry.metadata = call.metadata().clone();
        entry.idempotency_key.clone_from(&call.options().idempotency_key);
        if self.keeps_payloads {
            entry.stored = call.stored().and_then(Result::ok);
        }
        match answer {
            Ok(Outcome { events, attempts, text, .. }) => {
                entry.events = events.first().copied().zip(events.last().copied());
                entry.attempts = *attempts;
                entry.text = text.as_deref().map(kept_text);
            }
            Err(denied) => entry.text = Some(kept_text(&denied.to_string())),
        }
        entry
    }
}

/// A command that has begun: its entry is written also if its future is dropped before it ends, or panics.
struct Begun<'l, 'a, 'c, V: CommandEntries> {
    log: &'l CommandLog<V>,
    call: &'a mut Call<'c>,
    began_at: Timestamp,
    begun: Instant,
    is_written: bool,
}

impl<V: CommandEntries> Begun<'_, '_, '_, V> {
    fn write(&mut self, answer: &Result<Outcome, Denied>) {
        let Begun { log, call, .. } = self;
        let mut entry = log.entry(call, answer, self.began_at);
        entry.duration = self.begun.elapsed();
        if log.keeps_decisions {
            entry.decision = call.options().note.as_ref().and_then(DecisionNote::read);
        }
        log.writing.add(entry, log.retention);
        self.is_written = true;
    }
}

impl<V: CommandEntries> Drop for Begun<'_, '_, '_, V> {
    fn drop(&mut self) {
        if !self.is_written {
            let text = match std::thread::panicking() {
                true => "it panicked",
                false => "nobody waited for its end",
            };
            self.write(&Ok(Outcome::unfinished(text)));
        }
    }
}

impl<V: CommandEntries> Middleware for CommandLog<V> {
    async fn around(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<Outcome, Denied> {
        if self.keeps_decisions && call.options().note.is_none() {
            call.options_mut().note = Some(DecisionNote::default());
        }
        let mut begun = Begun { log: self, call, began_at: Timestamp::now(), begun: Instant::now(), is_written: false };
        let answer = next.run(begun.call).await;
        begun.write(&answer);
        answer
    }

    async fn flush(&self) {
        self.written().await;
    }

    fn warning(&self) -> Option<String> {
        self.health().warning()
    }
}

impl<V> Clone for CommandLog<V> {
    fn clone(&self) -> CommandLog<V> {
        CommandLog { writing: Arc::clone(&self.writing), ..*self }
    }
}

impl<V> fmt::Debug for CommandLog<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandLog")
            .field("retention", &self.retention)
            .field("keeps_payloads", &self.keeps_payloads)
            .field("keeps_decisions", &self.keeps_decisions)
            .finish_non_exhaustive()
    }
}

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use eskit_runtime::log::{
    Append, AppendError, EventId, NewEvent, Position, Query, ReadOptions, StreamChange, StreamId,
};
use eskit_runtime::{AnyStore, EventStore};

use crate::failure::{Failure, Outcome};
use crate::harness::Harness;
use crate::log::Log;
use crate::rng::Rng;
use crate::sample::{no_events, on, one, tags, with_tags};

pub(super) const LOG: &str = "ESKIT_CONFORMANCE_CHILD_LOG";
pub(super) const FOLDER: &str = "ESKIT_CONFORMANCE_CHILD_FOLDER";
pub(super) const NOTES: &str = "ESKIT_CONFORMANCE_CHILD_NOTES";
pub(super) const SEED: &str = "ESKIT_CONFORMANCE_CHILD_SEED";
pub(super) const TASK: &str = "ESKIT_CONFORMANCE_CHILD_TASK";

/// A process ends itself after this time, should nobody be left to kill it.
const LIFE: Duration = Duration::from_secs(60);
/// Tasks that append at the same time.
const CLIENTS: u64 = 4;

/// The tag that counts across all processes.
pub(super) const COUNTER: (&str, &str) = ("counter", "hot");
/// The key of the tag that all events of one append carry.
pub(crate) const APPEND: &str = "append";

/// The type of the streams that are deleted.
pub(crate) const DOOMED: &str = "doomed";

/// What a process does until it is killed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Task {
    /// Appends, and notes each append.
    Append,
    /// Fills streams and deletes them, and notes each deletion.
    Delete,
}

impl Task {
    pub(super) fn name(self) -> &'static str {
        match self {
            Task::Append => "append",
            Task::Delete => "delete",
        }
    }
}

/// What a process that is to be killed was told.
#[derive(Debug)]
pub(crate) struct Child {
    log: Log,
    notes: PathBuf,
    seed: u64,
    task: Task,
}

impl Child {
    /// What the environment says; `None` in a process that is not to be killed.
    pub(crate) fn from_environment() -> Result<Option<Child>, Failure> {
        let (Ok(name), Some(folder), Some(notes)) =
            (std::env::var(LOG), std::env::var_os(FOLDER), std::env::var_os(NOTES))
        else {
            return Ok(None);
        };
        let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok()).unwrap_or_default();
        let deletes = std::env::var(TASK).is_ok_and(|task| task == Task::Delete.name());
        let task = if deletes { Task::Delete } else { Task::Append };
        Ok(Some(Child { log: Log::given(name, folder.into()), notes: notes.into(), seed, task }))
    }

    /// Does its task until the process is killed, and notes what was confirmed.
    pub(crate) async fn write(self, harness: &Harness) -> Outcome {
        let notes = File::options().create(true).append(true).open(&self.notes)?;
        let outcome = self.try_write(harness, &notes).await;
        if let Err(failure) = &outcome {
            note(&notes, &format!("failed {}\n", failure.to_string().replace('\n', " ")))?;
        }
        outcome
    }

    async fn try_write(&self, harness: &Harness, notes: &File) -> Outcome {
        let store = harness.open(&self.log).await.map_err(Failure::new)?;
        let mut rng = Rng::new(self.seed);
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..CLIENTS {
            let client = Client { store: store.clone(), notes: notes.try_clone()?, rng: rng.fork(number) };
            tasks.spawn(client.write(self.task, number == 0));
        }
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        Ok(())
    }
}

/// One line in one write, which the end of this process cannot take back.
fn note(mut notes: &File, line: &str) -> std::io::Result<()> {
    notes.write_all(line.as_bytes())
}

struct Client {
    store: AnyStore,
    notes: File,
    rng: Rng,
}

impl Client {
    async fn write(mut self, task: Task, counts: bool) -> Outcome {
        let started = Instant::now();
        while started.elapsed() < LIFE {
            match task {
                Task::Append if counts => self.count().await?,
                Task::Append => self.append().await?,
                Task::Delete => self.delete().await?,
            }
        }
        Ok(())
    }

    /// Fills a stream with events that each say how many there must be, and deletes it.
    async fn delete(&mut self) -> Outcome {
        let key = EventId::new().to_string();
        let count = 10 + self.rng.below(90);
        let stream = StreamId::new(DOOMED, key.as_str());
        let event = |part: u64| {
            on(stream.clone(), "crash.Doomed")
                .with_tags(tags(&[(APPEND, &key)]))
                .with_payload(format!("{part}/{count}"))
        };
        let appended = self.store.append(Append::new((0..count).map(event).collect())).await?;
        self.store.change_stream(&stream, StreamChange::delete("the suite asked for it")).await?;
        let first = appended.positions.first().copied().unwrap_or_default();
        Ok(note(&self.notes, &format!("{key} {first} {}\n", appended.positions.len()))?)
    }

    /// An append of several events, each of which says how many there must be.
    async fn append(&mut self) -> Outcome {
        let key = EventId::new().to_string();
        let count = 1 + self.rng.below(5);
        let stream = StreamId::new("writer", self.rng.below(3).to_string());
        let event = |part: u64| {
            on(stream.clone(), "crash.Written")
                .with_tags(tags(&[(APPEND, &key)]))
                .with_payload(format!("{part}/{count}"))
        };
        self.send(Append::new((0..count).map(event).collect()), &key).await.map(drop)
    }

    /// The next number of a count that all clients of all processes share.
    async fn count(&mut self) -> Outcome {
        let query = Query::from(with_tags(&[COUNTER]));
        let last = self.store.read(&query, ReadOptions::default().backward().limit(1)).await?.events;
        let (after, number) = match last.first() {
            Some(event) => (event.position, String::from_utf8_lossy(&event.payload).parse().unwrap_or(0)),
            None => (Position::START, 0_u64),
        };
        let key = EventId::new().to_string();
        let event = NewEvent::json("crash.Counted", "")
            .with_tags(tags(&[COUNTER, (APPEND, &key)]))
            .with_payload((number + 1).to_string());
        self.send(one(event).with(no_events(query, after)), &key).await
    }

    async fn send(&mut self, append: Append, key: &str) -> Outcome {
        match self.store.append(append).await {
            Ok(appended) => {
                let first = appended.positions.first().copied().unwrap_or_default();
                Ok(note(&self.notes, &format!("{key} {first} {}\n", appended.positions.len()))?)
            }
            Err(AppendError::Conflict(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

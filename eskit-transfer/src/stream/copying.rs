use std::vec::IntoIter;

use eskit_runtime::log::{
    Append, AppendError, Condition, EventId, ExpectedVersion, NewEvent, Pages, Query, ReadOptions, StreamId,
};
use eskit_runtime::{EventStore, RecordedEvent, StoreError};

use super::error::ArchiveError;
use crate::verify::{content_differs, is_same_payload};

/// How often an append of unknown outcome is repeated.
const TRIES_MAX: u32 = 10;

/// Gives an event of a copy its id.
pub(crate) type NewId = dyn Fn(&RecordedEvent) -> EventId + Send + Sync;

/// Copies a stream into another log, from where the copy ends, and compares both.
pub(crate) struct Copying<'a, F, T> {
    from: &'a F,
    source: &'a StreamId,
    to: &'a T,
    target: &'a StreamId,
    id: &'a NewId,
}

/// What a copy holds after it was compared with the original.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Copied {
    pub(crate) events: u64,
    /// How many this run has copied.
    pub(crate) copied: u64,
    /// How many have tags.
    pub(crate) tagged: u64,
    /// How many hold sealed personal data.
    pub(crate) sealed: u64,
    /// How many were appended together with events that are not in the stream.
    pub(crate) apart: u64,
}

impl<'a, F: EventStore, T: EventStore> Copying<'a, F, T> {
    pub(crate) fn new(
        (from, source): (&'a F, &'a StreamId),
        (to, target): (&'a T, &'a StreamId),
        id: &'a NewId,
    ) -> Copying<'a, F, T> {
        Copying { from, source, to, target, id }
    }

    pub(crate) async fn run(&self) -> Result<Copied, ArchiveError> {
        let mut done = Copied::default();
        let held = self.to.stream_info(self.target).await.map_err(ArchiveError::To)?.version;
        let mut events = Events::of(self.from, self.source);
        // Events that were appended together.
        let mut together: Vec<RecordedEvent> = Vec::new();
        while let Some(event) = events.next().await.map_err(ArchiveError::From)? {
            if together.last().is_some_and(|last| last.append_end() != event.append_end()) {
                self.add(std::mem::take(&mut together), held, &mut done).await?;
            }
            together.push(event);
        }
        self.add(together, held, &mut done).await?;
        self.compare(&done).await?;
        Ok(done)
    }

    /// Appends events to the copy, unless it holds them: `held` is its version before this run.
    async fn add(&self, events: Vec<RecordedEvent>, held: u64, done: &mut Copied) -> Result<(), ArchiveError> {
        let Some(first) = events.first() else { return Ok(()) };
        let count = events.len() as u64;
        let before = done.events;
        if first.part.count() != events.len() {
            done.apart += count;
        }
        done.events += count;
        done.sealed += events.iter().filter(|event| event.content_type.is_sealed()).count() as u64;
        done.tagged += events.iter().filter(|event| !event.tags.is_empty()).count() as u64;
        // Where a copy ends within an append, it has only a part of it: that is found when both are compared.
        let missing: Vec<NewEvent> = events
            .into_iter()
            .zip(before + 1..)
            .filter(|(_, version)| *version > held)
            .map(|(e, _)| self.copy_of(e))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let expected = ExpectedVersion::Exact(done.events - missing.len() as u64);
        let added = missing.len() as u64;
        let append = Append::new(missing).with(Condition::Stream { stream: self.target.clone(), expected });
        let mut tries = 0;
        loop {
            tries += 1;
            match self.to.append(append.clone()).await {
                Ok(_) => break,
                Err(AppendError::UnknownOutcome(_)) if tries < TRIES_MAX => {}
                Err(AppendError::UnknownOutcome(error) | AppendError::Store(error)) => {
                    return Err(ArchiveError::To(error));
                }
                Err(error) => return Err(ArchiveError::Append { stream: self.target.clone(), error: Box::new(error) }),
            }
        }
        done.copied += added;
        Ok(())
    }

    fn copy_of(&self, event: RecordedEvent) -> NewEvent {
        let id = (self.id)(&event);
        let mut copy = NewEvent::json(event.name, event.payload);
        (copy.id, copy.stream) = (id, Some(self.target.clone()));
        (copy.schema_version, copy.content_type) = (event.schema_version, event.content_type);
        (copy.tags, copy.metadata) = (event.tags, event.metadata);
        copy.recorded_at = Some(event.recorded_at);
        copy
    }

    /// Reads both streams, and finds the first event that is not the same in both.
    async fn compare(&self, done: &Copied) -> Result<(), ArchiveError> {
        let (mut from, mut to) = (Events::of(self.from, self.source), Events::of(self.to, self.target));
        for version in 1.. {
            let a = from.next().await.map_err(ArchiveError::From)?;
            let b = to.next().await.map_err(ArchiveError::To)?;
            let differs = |what| Err(ArchiveError::Differs { stream: self.target.clone(), version, what });
            match (a, b) {
                (Some(a), Some(b)) => {
                    if let Some(what) = self.what_differs(version, &a, &b) {
                        return differs(what);
                    }
                }
                (None, None) if version == done.events + 1 => return Ok(()),
                (None, None) => return differs("whether the original has it, which changed meanwhile"),
                (Some(_), None) => return differs("whether the copy has it"),
                (None, Some(_)) => return differs("whether the original has it"),
            }
        }
        Ok(())
    }

    fn what_differs(&self, version: u64, a: &RecordedEvent, b: &RecordedEvent) -> Option<&'static str> {
        let version_of = |event: &RecordedEvent| event.stream.as_ref().map(|at| at.version);
        if version_of(a) != Some(version) || version_of(b) != Some(version) {
            return Some("version");
        }
        if (self.id)(a) != b.id {
            return Some("id");
        }
        content_differs(a, b).or_else(|| is_same_payload(a, b).is_none().then_some("payload"))
    }
}

/// The events of a stream, one after another.
struct Events<'a, S> {
    pages: Pages<'a, S>,
    page: IntoIter<RecordedEvent>,
}

impl<'a, S: EventStore> Events<'a, S> {
    fn of(store: &'a S, stream: &StreamId) -> Events<'a, S> {
        let pages = Pages::new(store, Query::stream(stream.clone()), ReadOptions::default());
        Events { pages, page: Vec::new().into_iter() }
    }

    async fn next(&mut self) -> Result<Option<RecordedEvent>, StoreError> {
        if self.page.len() == 0 {
            self.page = self.pages.next().await?.unwrap_or_default().into_iter();
        }
        Ok(self.page.next())
    }
}

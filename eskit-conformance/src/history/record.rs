use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use eskit_runtime::log::{
    Append, AppendError, Condition, ExpectedVersion, NewEvent, Position, Query, QueryItem, ReadOptions, StreamId,
};
use eskit_runtime::{AnyStore, EventStore};

use super::op::{Call, Op};
use crate::failure::Outcome;
use crate::rng::Rng;
use crate::sample::{expect, no_events, on, tagged, with_tags};

/// The calls of all clients. The clock counts beginnings and ends, so it agrees with real time and never stands still.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    clock: AtomicU64,
    ops: Mutex<Vec<Op>>,
}

impl Recorder {
    fn now(&self) -> u64 {
        self.0.clock.fetch_add(1, Ordering::SeqCst)
    }

    fn note(&self, began: u64, call: Call) {
        let ended = self.now();
        self.0.ops.lock().unwrap_or_else(PoisonError::into_inner).push(Op { began, ended, call });
    }

    pub(crate) async fn append(&self, store: &AnyStore, append: Append) {
        let began = self.now();
        let result = store.append(append.clone()).await;
        self.note(began, Call::Append { append, result });
    }

    pub(crate) async fn read(
        &self,
        store: &AnyStore,
        query: Query,
        options: ReadOptions,
    ) -> Result<Position, crate::Failure> {
        let began = self.now();
        let page = store.read(&query, options).await?;
        let last = page.events.iter().map(|event| event.position).max().unwrap_or_default();
        self.note(began, Call::Read { query, options, events: page.events, more: page.more });
        Ok(last)
    }

    pub(crate) async fn head(&self, store: &AnyStore) -> Result<Position, crate::Failure> {
        let began = self.now();
        let head = store.head().await?.position;
        self.note(began, Call::Head { head });
        Ok(head)
    }

    /// Everything that was recorded.
    pub(crate) fn finish(self) -> Vec<Op> {
        std::mem::take(&mut *self.0.ops.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

const COURSES: [&str; 3] = ["c1", "c2", "c3"];
const NAMES: [&str; 3] = ["campus.Defined", "campus.Enrolled", "campus.Left"];

fn pick<T: Copy>(rng: &mut Rng, from: &[T]) -> T {
    from[rng.below(from.len() as u64) as usize]
}

fn stream(rng: &mut Rng) -> StreamId {
    StreamId::new("seat", pick(rng, &["1", "2"]))
}

fn event(rng: &mut Rng) -> NewEvent {
    let (name, course) = (pick(rng, &NAMES), pick(rng, &COURSES));
    if rng.chance(40) { on(stream(rng), name) } else { tagged(name, &[("course", course)]) }
}

fn query(rng: &mut Rng) -> Query {
    let tag = |rng: &mut Rng| with_tags(&[("course", pick(rng, &COURSES))]);
    match rng.below(6) {
        0 => Query::all(),
        1 => Query::stream(stream(rng)),
        2 => QueryItem::stream_type("seat").into(),
        3 => tag(rng).with_types([pick(rng, &NAMES)]).into(),
        4 => Query::from(tag(rng)).or(QueryItem::types([pick(rng, &NAMES)])),
        _ => tag(rng).into(),
    }
}

fn options(rng: &mut Rng, seen: Position) -> ReadOptions {
    let mut options = ReadOptions::default();
    if rng.chance(50) {
        options = options.after(Position::new(seen.get().saturating_sub(rng.below(6))));
    }
    if rng.chance(20) {
        options = options.until(Position::new(seen.get() + rng.below(6)));
    }
    if rng.chance(30) {
        options = options.backward();
    }
    if rng.chance(40) { options.limit(1 + rng.below(8) as usize) } else { options }
}

fn condition(rng: &mut Rng, seen: Position) -> Condition {
    match rng.below(5) {
        0 => expect(stream(rng), ExpectedVersion::Exact(rng.below(8))),
        1 => expect(stream(rng), ExpectedVersion::NoStream),
        _ => no_events(query(rng), seen),
    }
}

/// One client: appends, reads and asks for the head, in an order that `rng` decides; sometimes sends an append again.
pub(crate) async fn client(recorder: Recorder, store: AnyStore, mut rng: Rng, calls: u32) -> Outcome {
    let mut seen = Position::START;
    let mut sent: Option<Append> = None;
    for _ in 0..calls {
        match rng.below(20) {
            0..10 => {
                let events = (0..1 + rng.below(3)).map(|_| event(&mut rng)).collect();
                let conditions = (0..rng.below(3)).map(|_| condition(&mut rng, seen)).collect();
                let append = Append { events, conditions };
                sent = Some(append.clone());
                recorder.append(&store, append).await;
            }
            10 => {
                if let Some(append) = sent.clone() {
                    recorder.append(&store, append).await;
                }
            }
            11..19 => {
                let (query, options) = (query(&mut rng), options(&mut rng, seen));
                seen = seen.max(recorder.read(&store, query, options).await?);
            }
            _ => seen = seen.max(recorder.head(&store).await?),
        }
        if rng.chance(30) {
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}

/// Whether the store may have written the events of an append that it did not confirm.
pub(crate) fn is_unknown(error: &AppendError) -> bool {
    matches!(error, AppendError::UnknownOutcome(_))
}

//! To-dos without an effect, and programs that do them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eskit::log::{Append, NewEvent, Pages, Query, ReadOptions};
use eskit::prelude::*;
use eskit::processor::{Acted, Processor};
use eskit::subscription::Apply;
use eskit::work::{NewWork, Todo, Work};
use tokio::sync::Notify;

use eskit_bench_harness::Failure;

/// Events of one append, and to-dos that are added at once.
const AT_ONCE: usize = 1_000;
/// Longer than any of this takes.
const PATIENCE: Duration = Duration::from_secs(300);
pub(crate) const PROGRAMS: usize = 2;
pub(crate) const LIST: &str = "chores";

#[derive(Event, Serialize, Deserialize)]
#[event(context = "bench")]
pub(crate) struct ChoreAsked {
    #[tag]
    pub(crate) chore: u32,
}

/// How often each chore was done.
#[derive(Default)]
pub(crate) struct Done {
    times: Mutex<Vec<u32>>,
    all: Notify,
}

impl Done {
    fn note(&self, chore: u32) {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times[chore as usize] += 1;
        if times.iter().sum::<u32>() as usize == times.len() {
            self.all.notify_one();
        }
    }
}

/// Does them.
pub(crate) struct Chores(Arc<Done>);

#[processor(name = "chores", from = "now")]
impl Chores {
    #[todo]
    fn asked(&self, event: &ChoreAsked) -> Todo<u32, u32> {
        Todo::new(event.chore, event.chore)
    }

    #[work(workers = 4)]
    async fn work(&self, chore: &u32) {
        self.0.note(*chore);
    }
}

/// Does up to a hundred in one call.
pub(crate) struct Together(Arc<Done>);

#[processor(name = "chores-together", from = "now")]
impl Together {
    #[todo]
    fn asked(&self, event: &ChoreAsked) -> Todo<u32, u32> {
        Todo::new(event.chore, event.chore)
    }

    #[work(workers = 4, batch = 100)]
    async fn work(&self, chores: &[u32]) {
        for chore in chores {
            self.0.note(*chore);
        }
    }
}

impl From<Arc<Done>> for Chores {
    fn from(done: Arc<Done>) -> Chores {
        Chores(done)
    }
}

impl From<Arc<Done>> for Together {
    fn from(done: Arc<Done>) -> Together {
        Together(done)
    }
}

/// Opens so many to-dos, as the processor would, and returns how many two programs of four workers each do a second.
pub(crate) async fn items_per_second<P, S, V>(store: S, views: [V; PROGRAMS], items: u32) -> Result<f64, Failure>
where
    P: Processor + From<Arc<Done>>,
    S: EventStore + Clone + 'static,
    V: Apply<Acted<P>> + Work,
{
    open(&store, &views[0], P::TYPE.name, items).await?;
    let done = Arc::new(Done { times: Mutex::new(vec![0; items as usize]), all: Notify::new() });
    let started = Instant::now();
    let mut running = Vec::new();
    for views in views {
        let app = App::new(store.clone()).with_processor(P::from(Arc::clone(&done)), views);
        running.push(app.start().await?);
    }
    tokio::time::timeout(PATIENCE, done.all.notified()).await?;
    let took = started.elapsed();
    for app in running {
        app.stop().await?;
    }
    let times = done.times.lock().unwrap_or_else(PoisonError::into_inner);
    if times.iter().any(|times| *times != 1) {
        return Err("a to-do was done twice".into());
    }
    Ok(f64::from(items) / took.as_secs_f64())
}

/// Appends the events, and adds a to-do for each.
async fn open(store: &impl EventStore, views: &impl Work, list: &str, items: u32) -> Result<(), Failure> {
    let chores: Vec<u32> = (0..items).collect();
    for chunk in chores.chunks(AT_ONCE) {
        let events = chunk.iter().map(|chore| asked(*chore));
        store.append(Append::new(events.collect::<Result<Vec<NewEvent>, Failure>>()?)).await?;
    }
    let mut pages = Pages::new(store, Query::all(), ReadOptions::default());
    while let Some(page) = pages.next().await? {
        let todos = page.iter().map(|event| {
            let key = event.decode::<ChoreAsked>()?.chore.to_string();
            Ok(NewWork {
                id: format!("{}/{key}", event.id),
                key,
                kind: format!("{}@{}", event.name, event.schema_version),
                event: Some(event.place()),
                payload: None,
                due: event.recorded_at,
            })
        });
        views.add_work(list, todos.collect::<Result<_, Failure>>()?).await?;
    }
    Ok(())
}

/// An event that opens a to-do.
pub(crate) fn asked(chore: u32) -> Result<NewEvent, Failure> {
    let mut event = NewEvent::json("bench.ChoreAsked", serde_json::to_vec(&ChoreAsked { chore })?);
    event.tags.push("chore", chore);
    Ok(event)
}

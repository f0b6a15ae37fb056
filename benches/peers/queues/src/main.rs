//! graphile_worker and apalis, as a program that another one gives orders to.
//!
//! `queues-peer graphile <dsn> <items>` and `queues-peer apalis <folder> <items>` print `ready`. For each line that they read, they fill a
//! queue of its own, start two workers that do four items at once each, and print how many items were done a second.

use std::error::Error;
use std::io::BufRead;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use apalis::prelude::*;
use apalis_sqlite::{SqlitePool, SqliteStorage};
use graphile_worker::{IntoTaskHandlerResult, JobSpec, LocalQueueConfig, TaskHandler, WorkerOptions};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

type Failure = Box<dyn Error + Send + Sync>;

const WORKERS: usize = 2;
const AT_ONCE: usize = 4;

/// How often each item was done.
static DONE: Mutex<Vec<u32>> = Mutex::new(Vec::new());
static ALL_DONE: Notify = Notify::const_new();

fn begin(items: usize) {
    *DONE.lock().unwrap_or_else(|error| error.into_inner()) = vec![0; items];
}

/// The effect: it does nothing but count.
fn done(item: usize) {
    let mut done = DONE.lock().unwrap_or_else(|error| error.into_inner());
    done[item] += 1;
    if done.iter().sum::<u32>() as usize == done.len() {
        ALL_DONE.notify_one();
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Item {
    number: usize,
}

impl TaskHandler for Item {
    const IDENTIFIER: &'static str = "item";

    async fn run(self, _: graphile_worker::WorkerContext) -> impl IntoTaskHandlerResult {
        done(self.number);
        Ok::<(), String>(())
    }
}

async fn graphile(dsn: &str, items: usize, round: usize) -> Result<Duration, Failure> {
    let options = || {
        WorkerOptions::default()
            .concurrency(AT_ONCE)
            // Without it, each worker takes one item a signal, and items that wait at the start have none.
            .local_queue(LocalQueueConfig::default())
            .schema(&format!("round_{round}"))
            .database_url(dsn)
            .define_job::<Item>()
    };
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        workers.push(options().init().await?);
    }
    let utils = workers[0].create_utils();
    let spec = JobSpec::default();
    let numbers: Vec<usize> = (0..items).collect();
    for chunk in numbers.chunks(1000) {
        let jobs: Vec<(Item, &JobSpec)> = chunk.iter().map(|number| (Item { number: *number }, &spec)).collect();
        utils.add_jobs::<Item>(&jobs).await?;
    }
    begin(items);
    let started = Instant::now();
    let running: Vec<_> = workers.into_iter().map(|worker| tokio::spawn(async move { worker.run().await })).collect();
    ALL_DONE.notified().await;
    let took = started.elapsed();
    running.iter().for_each(tokio::task::JoinHandle::abort);
    Ok(took)
}

async fn do_item(number: usize) -> Result<(), std::io::Error> {
    done(number);
    Ok(())
}

async fn apalis(folder: &str, items: usize, round: usize) -> Result<Duration, Failure> {
    let pool = SqlitePool::connect(&format!("sqlite://{folder}/round-{round}.db?mode=rwc")).await?;
    SqliteStorage::setup(&pool).await?;
    let mut storage = SqliteStorage::<usize>::new(&pool);
    storage.push_bulk((0..items).collect()).await?;
    begin(items);
    let started = Instant::now();
    let running: Vec<_> = (0..WORKERS)
        .map(|worker| {
            let storage = SqliteStorage::<usize>::new(&pool);
            tokio::spawn(async move {
                WorkerBuilder::new(format!("worker-{worker}"))
                    .backend(storage)
                    .concurrency(AT_ONCE)
                    .build(do_item)
                    .run()
                    .await
            })
        })
        .collect();
    ALL_DONE.notified().await;
    let took = started.elapsed();
    running.iter().for_each(tokio::task::JoinHandle::abort);
    Ok(took)
}

fn main() -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve())
}

async fn serve() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [queue, place, items] = arguments.as_slice() else {
        return Err("usage: queues-peer graphile <dsn> <items>, or queues-peer apalis <folder> <items>".into());
    };
    let items: usize = items.parse()?;
    println!("ready");
    for (round, order) in std::io::stdin().lock().lines().enumerate() {
        order?;
        let took = match queue.as_str() {
            "graphile" => graphile(place, items, round).await?,
            _ => apalis(place, items, round).await?,
        };
        let done = DONE.lock().unwrap_or_else(|error| error.into_inner());
        if done.iter().any(|times| *times != 1) {
            return Err("an item was done twice".into());
        }
        println!("{}", items as f64 / took.as_secs_f64());
    }
    Ok(())
}

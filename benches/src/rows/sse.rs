//! Server-sent events of `eskit-axum` under load, from a change to a thousand clients on loopback.
//!
//! Server and clients are in this process. A change is an event with a number, appended at a steady rate; its latency counts from just
//! before the append, so the append and the projection are a part of it.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use eskit::log::Append;
use eskit::rows::Rows;
use eskit::subscription::{Start, TellChanges};
use eskit::{App, EventStore, Running};
use eskit_axum::sse::{self, LastEventId, Message};
use eskit_sqlite::{SqliteOptions, SqliteStore, SqliteViews};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::account::{Account, Deposited, recorded};
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::memory::resident_bytes;

/// A hundred changes a second.
const PERIOD: Duration = Duration::from_millis(10);
/// For how long changes are collected where keys are sent.
const DEBOUNCE: Duration = Duration::from_millis(20);
/// What the 99th percentile is held to.
const BAR_MS: f64 = 100.0;
/// By how much memory may grow in the second half, in which nothing is new any more.
const GROWTH_MAX: f64 = 1.1;
/// The longest time that clients wait for what is missing.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let load = Load { clients: context.size(1_000, 20), changes: context.size(2_000, 100) };
    let mut figures = Vec::new();
    for feed in ["/changes", "/events"] {
        let folder = context.fresh("sse")?;
        let runtime = context.runtime()?;
        let found = runtime.block_on(runtime.spawn(async move {
            let store = Arc::new(SqliteOptions::new().open(folder.join("log.db")).await?);
            let views = SqliteViews::open(folder.join("views.db")).await?;
            let app = App::new(store).with_rows::<Account>(views.clone()).start().await?;
            let found = stress(&app, &views, feed, load).await;
            app.stop().await?;
            found
        }))??;
        figures.extend(found.figures(feed, load));
    }
    Ok(Finding::Figures(figures))
}

/// How many clients there are, and how many changes.
#[derive(Clone, Copy)]
struct Load {
    clients: usize,
    changes: u32,
}

/// What the clients got.
struct Found {
    latencies_ms: Vec<f32>,
    lost: usize,
    twice: usize,
    memory_half: f64,
    memory_end: f64,
}

impl Found {
    fn figures(mut self, feed: &str, load: Load) -> Vec<Figure> {
        self.latencies_ms.sort_unstable_by(f32::total_cmp);
        let percentile = |percent: usize| {
            let index = (self.latencies_ms.len() * percent).div_ceil(100).saturating_sub(1);
            Quantity::milliseconds(self.latencies_ms.get(index).copied().unwrap_or(f32::NAN).into())
        };
        let case = |what: &str| format!("{feed}, {what}");
        let count = |count: usize| Quantity::count(count as f64);
        // Who was told that anything may have changed is told of the keys too.
        let twice = Figure::absolute(case("changes got twice"), count(self.twice));
        let twice = if feed == "/events" { twice.bar(Bar::AtMost(0.0)) } else { twice };
        vec![
            Figure::reported(case("clients"), count(load.clients)),
            Figure::reported(case("changes got by all"), count(self.latencies_ms.len())),
            Figure::absolute(case("changes lost"), count(self.lost)).bar(Bar::AtMost(0.0)),
            twice,
            Figure::reported(case("p50"), percentile(50)),
            Figure::absolute(case("p99"), percentile(99)).bar(Bar::AtMost(BAR_MS)),
            Figure::compared(
                case("memory at the end"),
                Quantity::bytes(self.memory_end),
                "memory after half of the changes",
                Quantity::bytes(self.memory_half),
                self.memory_end / self.memory_half,
            )
            .bar(Bar::AtMost(GROWTH_MAX)),
        ]
    }
}

#[derive(Clone)]
struct Served {
    app: App<Arc<SqliteStore>>,
    views: SqliteViews,
}

/// Each event, by its number.
async fn events(State(served): State<Served>, last: LastEventId) -> Response {
    sse::events::<Deposited, _>(&served.app, last.or(Start::Now), |event| {
        let deposited: Deposited = event.decode().ok()?;
        Some(Message::new(format!("\"{}\"", deposited.account)))
    })
}

/// The keys of the rows that have changed, which are the same numbers.
async fn changes(State(served): State<Served>) -> Result<Response, StatusCode> {
    let changes = served.views.changes::<Rows<Account>>().await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(sse::changes(changes.debounce(DEBOUNCE)))
}

async fn stress(
    app: &Running<Arc<SqliteStore>>,
    views: &SqliteViews,
    feed: &'static str,
    load: Load,
) -> Result<Found, Failure> {
    let served = Served { app: App::new(Arc::clone(app.store())), views: views.clone() };
    let router = Router::new().route("/events", get(events)).route("/changes", get(changes)).with_state(served);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let sent: Arc<[OnceLock<Instant>]> = (0..=load.changes).map(|_| OnceLock::new()).collect();
    let listening = Arc::new(Barrier::new(load.clients + 1));
    let mut clients = JoinSet::new();
    for _ in 0..load.clients {
        let (client, listening) = (Client::new(&sent), Arc::clone(&listening));
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(format!("GET {feed} HTTP/1.1\r\nhost: bench\r\n\r\n").as_bytes()).await?;
        clients.spawn(client.read(stream, listening));
    }
    // The change with the number 0 is repeated until each client has had it: from then on, they all listen.
    let mut ready = std::pin::pin!(listening.wait());
    let stamp = |number: u32| sent.get(number as usize).map(|sent| sent.get_or_init(Instant::now));
    loop {
        stamp(0);
        app.store().append(Append::new(vec![recorded(0)?])).await?;
        if tokio::time::timeout(Duration::from_millis(200), &mut ready).await.is_ok() {
            break;
        }
    }
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut memory_half = 0.0;
    for number in 1..=load.changes {
        ticks.tick().await;
        stamp(number);
        app.store().append(Append::new(vec![recorded(number)?])).await?;
        if number == load.changes / 2 {
            memory_half = resident_bytes()?;
        }
    }
    let memory_end = resident_bytes()?;
    let mut found = Found { latencies_ms: Vec::new(), lost: 0, twice: 0, memory_half, memory_end };
    while let Some(client) = clients.join_next().await {
        let client = client??;
        // Not the first one, which was sent again and again.
        let (lost, got): (Vec<f32>, Vec<f32>) =
            client.latencies_ms.iter().skip(1).partition(|latency| latency.is_nan());
        found.latencies_ms.extend(got);
        found.lost += lost.len();
        found.twice += client.twice;
    }
    server.abort();
    Ok(found)
}

/// What one client got.
struct Client {
    sent: Arc<[OnceLock<Instant>]>,
    /// How long each change took, by its number; NaN until it is there. The memory is all written at first, so that what grows is the server's.
    latencies_ms: Vec<f32>,
    twice: usize,
}

impl Client {
    fn new(sent: &Arc<[OnceLock<Instant>]>) -> Client {
        Client { sent: Arc::clone(sent), latencies_ms: vec![f32::NAN; sent.len()], twice: 0 }
    }

    /// Reads until it has got everything, or waited for too long.
    async fn read(mut self, mut stream: TcpStream, listening: Arc<Barrier>) -> Result<Client, Failure> {
        let (mut buffer, mut line) = (vec![0; 4096], Vec::with_capacity(1024));
        let mut missing = self.latencies_ms.len();
        let mut listening = Some(listening);
        let mut patience = tokio::time::Instant::now() + PATIENCE;
        while missing > 0 {
            // Heartbeats are no news.
            let Ok(count) = tokio::time::timeout_at(patience, stream.read(&mut buffer)).await else { break };
            let (now, count) = (Instant::now(), count?);
            if count == 0 {
                return Err("the server ended a connection".into());
            }
            for byte in &buffer[..count] {
                if *byte != b'\n' {
                    line.push(*byte);
                    continue;
                }
                let new = self.take(&line, now);
                missing -= new;
                if new > 0 {
                    patience = tokio::time::Instant::now() + PATIENCE;
                }
                line.clear();
            }
            let has_first = self.latencies_ms.first().is_some_and(|first| !first.is_nan());
            if let Some(listening) = listening.take_if(|_| has_first) {
                listening.wait().await;
            }
        }
        Ok(self)
    }

    /// Notes the numbers of a message: they stand between quotes. Returns how many are new. A client that is told that anything may have
    /// changed reads its page anew, and has all changes until then.
    fn take(&mut self, line: &[u8], now: Instant) -> usize {
        let data = line.strip_prefix(b"data: ").and_then(|data| std::str::from_utf8(data).ok()).unwrap_or_default();
        if data == r#"{"all":true}"# {
            let all = 0..self.latencies_ms.len();
            return all.filter(|number| self.note(*number, now) == Some(true)).count();
        }
        let mut new = 0;
        for number in data.split('"').filter_map(|text| text.parse::<usize>().ok()) {
            match self.note(number, now) {
                Some(true) => new += 1,
                Some(false) if number > 0 => self.twice += 1,
                _ => {}
            }
        }
        new
    }

    /// Notes that a change is there. Returns whether that is new; `None` if it was not sent yet.
    fn note(&mut self, number: usize, now: Instant) -> Option<bool> {
        let sent = self.sent.get(number).and_then(OnceLock::get)?;
        let latency_ms = self.latencies_ms.get_mut(number)?;
        let is_new = latency_ms.is_nan();
        if is_new {
            *latency_ms = now.saturating_duration_since(*sent).as_secs_f32() * 1e3;
        }
        Some(is_new)
    }
}

mod check;
mod health;
mod seal;

use clap::{Args, Subcommand};
use eskit::log::{LogId, LogStats, Statistics as _, TypeStats};
use eskit::transfer::Transfer as _;
use eskit::{AnyStore, EventStore as _, MemoryStore, Timestamp};
use serde::Serialize;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Column, Rows, size};
use crate::target::records;

/// Describe the log as a whole
#[derive(Subcommand, Debug)]
pub(crate) enum Store {
    /// Count events and closed streams, and list the types
    Stats(Stats),
    /// Check that the log answers, and what is kept of it; exits with 3 if something is wrong
    Health(health::Health),
    /// Read the whole log and hold it to its own rules, or compare it with another one; exits with 3 if something is wrong
    Check(check::Check),
    /// Close the log for writes in every program, such as before it is moved. Writes
    Seal(seal::Seal),
    /// Let a sealed log take writes again. Writes
    Unseal(seal::Unseal),
}

impl Store {
    pub(crate) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Store::Stats(verb) => verb.run(context).await,
            Store::Health(verb) => verb.run(context).await,
            Store::Check(verb) => verb.run(context).await,
            Store::Seal(verb) => verb.run(context).await,
            Store::Unseal(verb) => verb.run(context).await,
        }
    }
}

/// What a log holds, by the store that has it open.
pub(crate) async fn stats_of(store: &AnyStore) -> Result<LogStats, Failure> {
    #[cfg(feature = "sqlite")]
    if let Some(store) = store.downcast_ref::<eskit::sqlite::SqliteStore>() {
        return Ok(store.stats().await?);
    }
    #[cfg(feature = "postgres")]
    if let Some(store) = store.downcast_ref::<eskit::postgres::PostgresStore>() {
        return Ok(store.stats().await?);
    }
    #[cfg(feature = "nats")]
    if let Some(store) = store.downcast_ref::<eskit::nats::NatsStore>() {
        return Ok(store.stats().await?);
    }
    match store.downcast_ref::<MemoryStore>() {
        Some(store) => Ok(store.stats().await?),
        None => Err(Failure::new("this store cannot tell what its log holds")),
    }
}

/// Count events and closed streams, and list the types
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit store stats --json | jq .events")]
pub(crate) struct Stats {}

#[derive(Serialize)]
struct StatsJson {
    log: String,
    head: u64,
    head_id: Option<String>,
    events: u64,
    deleted_events: u64,
    archived_streams: u64,
    tombstoned_streams: u64,
    deleted_streams: u64,
    size_bytes: Option<u64>,
    sealed_at: Option<String>,
    event_types: Vec<TypeJson>,
    stream_types: Vec<String>,
}

#[derive(Serialize)]
struct TypeJson {
    name: String,
    first: u64,
    last: u64,
}

impl From<&TypeStats> for TypeJson {
    fn from(of: &TypeStats) -> TypeJson {
        TypeJson { name: of.name.to_string(), first: of.first.get(), last: of.last.get() }
    }
}

impl StatsJson {
    fn new(log: LogId, stats: &LogStats, sealed_at: Option<Timestamp>) -> StatsJson {
        StatsJson {
            sealed_at: sealed_at.map(|since| since.to_string()),
            log: log.to_string(),
            head: stats.head.position.get(),
            head_id: stats.head.id.map(|id| id.to_string()),
            events: stats.events(),
            deleted_events: stats.deleted_events,
            archived_streams: stats.archived_streams,
            tombstoned_streams: stats.tombstoned_streams,
            deleted_streams: stats.deleted_streams,
            size_bytes: stats.size_bytes,
            event_types: stats.event_types.iter().map(TypeJson::from).collect(),
            stream_types: stats.stream_types.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Stats {
    async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let store = context.global.read().await?;
        let (log, stats) = (store.log_id().await?, stats_of(&store).await?);
        let json = StatsJson::new(log, &stats, records(&store)?.sealed_at().await?);
        if context.out.is_json() {
            return context.out.json(&json);
        }
        let mut rows = Rows::pairs();
        rows.push(["log", &json.log]);
        rows.push(["head", &stats.head.to_string()]);
        rows.push(["events", &json.events.to_string()]);
        rows.push(["deleted events", &json.deleted_events.to_string()]);
        rows.push(["archived streams", &json.archived_streams.to_string()]);
        rows.push(["tombstoned streams", &json.tombstoned_streams.to_string()]);
        rows.push(["deleted streams", &json.deleted_streams.to_string()]);
        if let Some(bytes) = json.size_bytes {
            rows.push(["size", &size(bytes)]);
        }
        if let Some(since) = &json.sealed_at {
            rows.push(["sealed since", since]);
        }
        rows.push(["stream types", &json.stream_types.join(", ")]);
        context.out.table(rows)?;
        let mut types = Rows::new(&[Column::Text("EVENT TYPE"), Column::Number("FIRST"), Column::Number("LAST")]);
        for of in &json.event_types {
            types.push([&of.name, &of.first.to_string(), &of.last.to_string()]);
        }
        if !json.event_types.is_empty() {
            context.out.line("")?;
        }
        context.out.table(types)
    }
}

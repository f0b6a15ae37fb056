//! The store on servers of this machine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

mod damage;
mod load;
mod lost;
mod open;
mod rights;

use std::sync::atomic::{AtomicU32, Ordering};

use eskit_nats::NatsStore;
use eskit_nats::async_nats::{self, Client};
use eskit_nats::testing::{self, Server};
use eskit_runtime::StoreError;
use eskit_runtime::log::{Append, NewEvent, Pages, Query, ReadOptions, RecordedEvent};
use serde_json::Value;

/// The shared server; `None` where there is none, and the test is skipped by name.
fn server() -> Option<&'static Server> {
    testing::server().unwrap()
}

/// A name that no other log of the shared server has.
fn new_log(what: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{what}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

async fn client(server: &Server) -> Client {
    async_nats::connect(server.address()).await.unwrap()
}

/// A request to JetStream, which must be granted.
async fn ask(client: &Client, what: &str, body: Value) -> Value {
    let answer = client.request(format!("$JS.API.{what}"), body.to_string().into()).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer.payload).unwrap();
    assert!(answer.get("error").is_none(), "{what}: {answer}");
    answer
}

/// The error of opening a log.
async fn refused(dsn: &str) -> StoreError {
    NatsStore::connect(dsn).await.expect_err("the store must not open")
}

fn one(name: &str) -> Append {
    Append::new(vec![NewEvent::json(name, "{}")])
}

/// All events of a log.
async fn all(store: &NatsStore) -> Vec<RecordedEvent> {
    let mut pages = Pages::new(store, Query::all(), ReadOptions::default());
    let mut events = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        events.extend(page);
    }
    events
}

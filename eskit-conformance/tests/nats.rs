//! The NATS JetStream store, held to the contract: on one server, and where servers agree with each other, on three.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

mod parity;
#[path = "nats/twins.rs"]
mod twins;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use eskit_conformance::{Backups, Log, Report, Suite};
use eskit_nats::async_nats::{self, Client, ServerAddr};
use eskit_nats::testing::{self, Cluster};
use eskit_nats::{NatsOptions, NatsStore};
use eskit_runtime::StoreError;
use serde_json::{Value, json};

/// How a process that is to be killed learns of the server: the DSN, without the name of the log.
const DSN: &str = "ESKIT_CONFORMANCE_NATS";
/// Stands for the name of the log.
const LOG: &str = "the-log";

/// Each log is a stream of its own.
async fn open(log: Log, dsn: String) -> Result<NatsStore, StoreError> {
    NatsOptions::default().connect(&dsn.replace(LOG, log.name())).await
}

/// Connects to any of the servers of a list.
async fn connect(addresses: &str) -> Client {
    let servers: Vec<ServerAddr> = addresses.split(',').map(|address| address.parse().unwrap()).collect();
    async_nats::connect(servers).await.unwrap()
}

async fn ask(client: &Client, what: String, body: Value) -> Value {
    let answer = client.request(format!("$JS.API.{what}"), body.to_string().into()).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer.payload).unwrap();
    assert!(answer.get("error").is_none(), "{what}: {answer}");
    answer
}

/// Removes the stream of a log.
async fn remove(log: Log, address: String) {
    let client = connect(&address).await;
    ask(&client, format!("STREAM.DELETE.{}", log.name()), json!({})).await;
}

/// A copy of a stream: its configuration and its messages.
type Kept = (Value, Vec<Vec<u8>>);

/// Copies of streams.
#[derive(Clone)]
struct Copies {
    address: String,
    kept: Arc<Mutex<HashMap<Log, Kept>>>,
}

impl Backups for Copies {
    async fn back_up(&self, log: Log) {
        let client = connect(&self.address).await;
        let state = ask(&client, format!("STREAM.INFO.{}", log.name()), json!({})).await;
        let inbox = client.new_inbox();
        let mut messages = client.subscribe(inbox.clone()).await.unwrap();
        let consumer = json!({"deliver_policy": "all", "ack_policy": "none", "deliver_subject": inbox});
        let body = json!({"stream_name": log.name(), "config": consumer});
        ask(&client, format!("CONSUMER.CREATE.{}", log.name()), body).await;
        let mut kept = Vec::new();
        for _ in 0..state["state"]["messages"].as_u64().unwrap() {
            let message = futures_util::StreamExt::next(&mut messages).await.unwrap();
            kept.push(message.payload.to_vec());
        }
        self.kept.lock().unwrap().insert(log, (state["config"].clone(), kept));
    }

    async fn restore(&self, log: Log) {
        let (config, messages) = self.kept.lock().unwrap()[&log].clone();
        let client = connect(&self.address).await;
        ask(&client, format!("STREAM.DELETE.{}", log.name()), json!({})).await;
        let subject = config["subjects"][0].as_str().unwrap().to_owned();
        ask(&client, format!("STREAM.CREATE.{}", log.name()), config).await;
        for message in messages {
            client.request(subject.clone(), message.into()).await.unwrap();
        }
    }
}

/// Runs a suite on the servers of a DSN; a process that is to be killed finds its way by `test`, its own full name. `None` in such a process.
fn check(name: &str, test: &str, dsn: Option<String>, address: String, offered: fn(Suite) -> Suite) -> Option<Report> {
    let suite = |dsn: String| {
        offered(Suite::durable(move |log| open(log, dsn.clone())).without_deletion()).named(name).in_test(test)
    };
    if let Ok(dsn) = std::env::var(DSN) {
        suite(dsn).run();
        return None;
    }
    let dsn = dsn?;
    let copies = Copies { address: address.clone(), kept: Arc::default() };
    let suite = suite(dsn.clone()).child_env(DSN, dsn).backups(copies);
    let report = suite.remove_with(move |log| remove(log, address.clone())).run();
    assert!(report.is_success(), "{report}");
    Some(report)
}

#[test]
fn nats() {
    let server = testing::server().unwrap();
    let (dsn, address) = (server.map(|server| server.dsn(LOG)), server.map(|server| server.address()));
    let test = concat!(module_path!(), "::nats");
    if let Some(report) = check("nats", test, dsn, address.unwrap_or_default(), Suite::transfers::<NatsStore>) {
        parity::check("NATS", &report);
    }
}

/// Where three servers must agree: races, histories, and several handles.
#[test]
fn nats_on_three_servers() {
    let is_child = std::env::var_os(DSN).is_some();
    let cluster = if is_child { None } else { Cluster::start().unwrap() };
    let (dsn, address) = (cluster.as_ref().map(|it| it.dsn(LOG)), cluster.as_ref().map(Cluster::address));
    let offered = |suite: Suite| {
        ["basics::", "conditions::", "ids::", "races::", "history::", "handles::", "crash::what"]
            .into_iter()
            .fold(suite.rounds(12), Suite::only)
    };
    let test = concat!(module_path!(), "::nats_on_three_servers");
    check("nats_on_three_servers", test, dsn, address.unwrap_or_default(), offered);
}

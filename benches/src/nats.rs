//! Private NATS servers that sync every message, and streams on them that nothing but the server keeps.

use std::sync::Arc;

use async_nats::{Client, HeaderMap, Request};
use eskit_nats::NatsStore;
use eskit_nats::testing::{Cluster, Server};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::log::payload;
use eskit_bench_harness::Failure;

/// Why a row is skipped where no server can be had.
pub(crate) const NOT_FOUND: &str = "no nats-server found";

/// One server, or a cluster of three.
pub(crate) enum Servers {
    One(Server),
    Three(Cluster),
}

impl Servers {
    /// Starts one server, if it is installed.
    pub(crate) fn one() -> Result<Option<Servers>, Failure> {
        Ok(Server::start_durable()?.map(Servers::One))
    }

    /// Starts three servers, if they are installed.
    pub(crate) fn three() -> Result<Option<Servers>, Failure> {
        Ok(Cluster::start_durable()?.map(Servers::Three))
    }

    /// Opens the log of this name.
    pub(crate) fn open(&self, runtime: &Runtime, log: &str) -> Result<Arc<NatsStore>, Failure> {
        let dsn = match self {
            Servers::One(server) => server.dsn(log),
            Servers::Three(cluster) => cluster.dsn(log),
        };
        Ok(Arc::new(runtime.block_on(NatsStore::connect(&dsn))?))
    }

    /// Creates a stream of this name, in files, and with as many replicas as there are servers.
    pub(crate) fn plain(&self, runtime: &Runtime, name: &'static str) -> Result<Arc<Plain>, Failure> {
        let (address, replicas) = match self {
            Servers::One(server) => (server.address(), 1),
            Servers::Three(cluster) => (cluster.address(), 3),
        };
        let plain = runtime.block_on(async {
            let addresses: Vec<String> = address.split(',').map(|address| format!("nats://{address}")).collect();
            let client = async_nats::connect(addresses).await?;
            let config = json!({ "name": name, "subjects": [name], "storage": "file", "num_replicas": replicas });
            let plain = Plain { client, subject: name };
            plain.ask(&format!("$JS.API.STREAM.CREATE.{name}"), HeaderMap::new(), config.to_string().into()).await?;
            Ok::<Plain, Failure>(plain)
        })?;
        Ok(Arc::new(plain))
    }
}

/// A stream without eskit.
pub(crate) struct Plain {
    client: Client,
    subject: &'static str,
}

impl Plain {
    async fn ask(&self, subject: &str, headers: HeaderMap, message: Vec<u8>) -> Result<Value, Failure> {
        let request = Request::new().headers(headers).payload(message.into());
        let answer = self.client.send_request(subject.to_owned(), request).await?;
        let answer: Value = serde_json::from_slice(&answer.payload)?;
        match answer.get("error") {
            Some(error) => Err(format!("the NATS server refuses: {error}").into()),
            None => Ok(answer),
        }
    }

    /// Publishes a message of the size of an event, and waits until it is stored.
    pub(crate) async fn publish(&self, number: u64) -> Result<(), Failure> {
        self.ask(self.subject, HeaderMap::new(), message(number)).await.map(drop)
    }

    /// Publishes a message that must come after the one with this sequence, and waits until it is stored.
    pub(crate) async fn publish_after(&self, last: u64) -> Result<(), Failure> {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Expected-Last-Sequence", last.to_string().as_str());
        self.ask(self.subject, headers, message(last)).await.map(drop)
    }
}

/// A payload, and as much as an event has besides.
fn message(number: u64) -> Vec<u8> {
    let mut message = payload(number);
    message.resize(200, b' ');
    message
}

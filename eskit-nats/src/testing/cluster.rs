use std::time::{Duration, Instant};

use crate::testing::ask;
use crate::testing::error::TestError;
use crate::testing::node::{Node, free_ports};
use crate::testing::program::program;

/// How long another server may take to become the leader.
const STEP_DOWN_MAX: Duration = Duration::from_secs(10);

/// Three private servers that keep each message three times. They stop, and their data is removed, when this is dropped or when this process
/// ends.
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<Node>,
    is_durable: bool,
}

impl Cluster {
    /// Starts three servers, which do not wait for the disk; `None` when no `nats-server` is installed. Blocks for a second or more.
    ///
    /// # Errors
    /// When they do not start, and when there is no program although `CI` is `true`.
    pub fn start() -> Result<Option<Cluster>, TestError> {
        Cluster::start_with(false)
    }

    /// Starts three servers that wait for the disk as in production.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub fn start_durable() -> Result<Option<Cluster>, TestError> {
        Cluster::start_with(true)
    }

    fn start_with(is_durable: bool) -> Result<Option<Cluster>, TestError> {
        let Some(program) = program()? else { return Ok(None) };
        let [a, b, c, d, e, f, routes @ ..] = free_ports::<9>()?;
        let others = routes.map(|port| format!("\"nats://127.0.0.1:{port}\"")).join(", ");
        let mut nodes = Vec::new();
        for (number, (ports, route)) in [[a, b], [c, d], [e, f]].into_iter().zip(routes).enumerate() {
            let cluster = format!("cluster {{ name: eskit, listen: \"127.0.0.1:{route}\", routes: [{others}] }}\n");
            let name = format!("n{number}");
            nodes.push(Node::new(program.clone(), &name, ports, is_durable, &cluster)?);
        }
        let cluster = Cluster { nodes, is_durable };
        cluster.resume()?;
        Ok(Some(cluster))
    }

    /// The DSN of a log on these servers.
    pub fn dsn(&self, log: &str) -> String {
        let monitors: Vec<String> = self.nodes.iter().map(Node::monitor).collect();
        let durability = match self.is_durable {
            true => format!("monitor={}", monitors.join(",")),
            false => "durability=unverified".to_owned(),
        };
        format!("nats://{}/{log}?replicas=3&{durability}", self.address())
    }

    /// The addresses of the servers, as `host:port` with `,` between them.
    pub fn address(&self) -> String {
        let addresses: Vec<String> = self.nodes.iter().map(Node::address).collect();
        addresses.join(",")
    }

    /// Which server, from 0, leads a log; `None` while none does.
    pub fn leader(&self, log: &str) -> Option<usize> {
        let running = self.nodes.iter().find(|node| node.is_running())?;
        let report = running.report("/jsz?accounts=true&streams=true")?;
        let accounts = report["account_details"].as_array()?.iter();
        let mut streams = accounts.filter_map(|account| account["stream_detail"].as_array()).flatten();
        let stream = streams.find(|stream| stream["name"] == log)?;
        stream["cluster"]["leader"].as_str()?.strip_prefix('n')?.parse().ok()
    }

    /// Makes the leader of a log step down, and waits until there is another one, for up to 10 s.
    pub fn step_down(&self, log: &str) {
        let Some(before) = self.leader(log) else { return };
        let Some(node) = self.nodes.get(before) else { return };
        let asked = ask::request(&node.address(), &format!("$JS.API.STREAM.LEADER.STEPDOWN.{log}"));
        let started = Instant::now();
        while asked && started.elapsed() < STEP_DOWN_MAX && self.leader(log).is_none_or(|leader| leader == before) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Kills a server, from 0, as a crash would. Its data stays.
    pub fn kill(&self, server: usize) {
        if let Some(node) = self.nodes.get(server) {
            node.kill();
        }
    }

    /// Starts the servers that do not run, on the same ports, and waits until all of them answer and have elected a leader.
    ///
    /// # Errors
    /// When one does not start.
    pub fn resume(&self) -> Result<(), TestError> {
        self.nodes.iter().try_for_each(Node::start)?;
        for node in &self.nodes {
            node.wait("/healthz", |health| health["status"] == "ok")?;
            node.wait("/jsz", |report| report["meta_cluster"]["leader"].as_str().is_some_and(|name| !name.is_empty()))?;
        }
        Ok(())
    }
}

use std::time::{Duration, Instant};

use crate::testing::ask;
use crate::testing::error::TestError;
use crate::testing::node::{Node, free_ports};
use crate::testing::program::program;
use crate::testing::relay::Relay;

/// How long another server may take to become the leader.
const STEP_DOWN_MAX: Duration = Duration::from_secs(10);

/// Three private servers that keep each message three times. They stop, and their data is removed, when this is dropped or when this process
/// ends.
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<Node>,
    /// What leads from one server to another. Without them, servers are connected directly.
    links: Vec<Link>,
    is_durable: bool,
}

/// The way of one server to another.
#[derive(Debug)]
struct Link {
    from: usize,
    to: usize,
    relay: Relay,
}

impl Cluster {
    /// Starts three servers, which do not wait for the disk; `None` when no `nats-server` is installed. Blocks for a second or more.
    ///
    /// # Errors
    /// When they do not start, and when there is no program although `CI` is `true`.
    pub fn start() -> Result<Option<Cluster>, TestError> {
        Cluster::start_with(false, false)
    }

    /// Starts three servers that [`Cluster::isolate`] can part, and that do not wait for the disk.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub fn start_partable() -> Result<Option<Cluster>, TestError> {
        Cluster::start_with(false, true)
    }

    /// Starts three servers that wait for the disk as in production.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub fn start_durable() -> Result<Option<Cluster>, TestError> {
        Cluster::start_with(true, false)
    }

    fn start_with(is_durable: bool, is_partable: bool) -> Result<Option<Cluster>, TestError> {
        let Some(program) = program()? else { return Ok(None) };
        let [a, b, c, d, e, f, routes @ ..] = free_ports::<9>()?;
        let (mut nodes, mut links) = (Vec::new(), Vec::new());
        for (number, (ports, route)) in [[a, b], [c, d], [e, f]].into_iter().zip(routes).enumerate() {
            let mut others = Vec::new();
            for (other, port) in routes.into_iter().enumerate().filter(|(other, _)| *other != number) {
                let address = format!("127.0.0.1:{port}");
                if !is_partable {
                    others.push(address);
                    continue;
                }
                let relay = Relay::plain(&address)?;
                others.push(relay.address());
                links.push(Link { from: number, to: other, relay });
            }
            // What one server says of another leads nowhere, so that they meet on the links only.
            let advertise = if is_partable { ", advertise: \"127.0.0.1:1\"" } else { "" };
            let others = others.iter().map(|address| format!("\"nats://{address}\"")).collect::<Vec<_>>().join(", ");
            let cluster =
                format!("cluster {{ name: eskit, listen: \"127.0.0.1:{route}\"{advertise}, routes: [{others}] }}\n");
            nodes.push(Node::new(program.clone(), &format!("n{number}"), ports, is_durable, &cluster)?);
        }
        let cluster = Cluster { nodes, links, is_durable };
        cluster.resume()?;
        Ok(Some(cluster))
    }

    /// Parts a server, from 0, from the two others, of a cluster that was [started](Cluster::start_partable) for it. Its clients stay connected to it.
    pub fn isolate(&self, server: usize) {
        for link in self.links.iter().filter(|link| link.from == server || link.to == server) {
            link.relay.close(true);
        }
    }

    /// Ends what [`Cluster::isolate`] began, and waits until all servers answer and have elected a leader.
    ///
    /// # Errors
    /// When one does not.
    pub fn heal(&self) -> Result<(), TestError> {
        for link in &self.links {
            link.relay.close(false);
        }
        self.resume()
    }

    /// The DSN of a log for clients of one server, from 0.
    pub fn dsn_of(&self, server: usize, log: &str) -> Option<String> {
        let address = self.nodes.get(server)?.address();
        Some(self.dsn(log).replacen(&self.address(), &address, 1))
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

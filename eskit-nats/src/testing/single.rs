use std::sync::OnceLock;

use crate::testing::error::TestError;
use crate::testing::node::{Node, free_ports};
use crate::testing::program::program;

/// A private server with JetStream. Stops, and removes its data, when it is dropped or when this process ends.
#[derive(Debug)]
pub struct Server {
    node: Node,
    is_durable: bool,
}

impl Server {
    /// Starts a server; `None` when no `nats-server` is installed. Does not wait for the disk, since it is thrown away when its machine stops;
    /// killing it loses nothing either way. Blocks for a few hundred milliseconds.
    ///
    /// # Errors
    /// When it does not start, and when there is none although `CI` is `true`.
    pub fn start() -> Result<Option<Server>, TestError> {
        Server::start_with(false, "")
    }

    /// Starts a server with more lines in its configuration, such as users and their rights. Ports and folders are set already.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_configured(lines: &str) -> Result<Option<Server>, TestError> {
        Server::start_with(false, lines)
    }

    /// Starts a server that waits for the disk as in production.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_durable() -> Result<Option<Server>, TestError> {
        Server::start_with(true, "")
    }

    fn start_with(is_durable: bool, lines: &str) -> Result<Option<Server>, TestError> {
        let Some(program) = program()? else { return Ok(None) };
        let server = Server { node: Node::new(program, "single", free_ports()?, is_durable, lines)?, is_durable };
        server.resume()?;
        Ok(Some(server))
    }

    /// The DSN of a log on this server.
    pub fn dsn(&self, log: &str) -> String {
        let durability = match self.is_durable {
            true => format!("monitor={}", self.node.monitor()),
            false => "durability=unverified".to_owned(),
        };
        format!("nats://{}/{log}?replicas=1&{durability}", self.node.address())
    }

    /// The address of the server, as `host:port`.
    pub fn address(&self) -> String {
        self.node.address()
    }

    /// The address of the monitoring port, as a URL.
    pub fn monitor(&self) -> String {
        self.node.monitor()
    }

    /// Kills the server, as a crash would. Its data stays.
    pub fn kill(&self) {
        self.node.kill();
    }

    /// Starts the server after [`Server::kill`], on the same port, and waits until it answers.
    ///
    /// # Errors
    /// When it does not start.
    pub fn resume(&self) -> Result<(), TestError> {
        self.node.start()?;
        self.node.wait("/healthz", |health| health["status"] == "ok")
    }
}

/// The server of this process; `None`, with a line that says so on the standard error output, when no `nats-server` is installed. Blocks when
/// it is called first.
///
/// # Errors
/// As [`Server::start`].
pub fn server() -> Result<Option<&'static Server>, TestError> {
    // Stops with the process: what is static is never dropped, but its warden notices.
    static SERVER: OnceLock<Result<Option<Server>, String>> = OnceLock::new();
    let found = SERVER.get_or_init(|| Server::start().map_err(|error| error.to_string()));
    found.as_ref().map(Option::as_ref).map_err(TestError::new)
}

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::testing::error::TestError;
use crate::testing::relay::Relay;

/// One command of NATS's protocol, with its payload if it has one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// The connection that it is on, counted from 0.
    pub connection: usize,
    /// Whether the client sent it, and not the server.
    pub is_from_client: bool,
    /// The line of the command, such as `PUB subject 5`, without its end.
    pub line: String,
    /// Its headers and its payload.
    pub body: Vec<u8>,
}

/// What becomes of a frame: passed on as it is, or changed, or dropped. The lengths in its line are those of what is passed on.
type Rule = dyn Fn(Frame) -> Option<Frame> + Send + Sync;

/// A server between clients and a NATS server, which sees each command: for tests in which messages are lost or changed on the way.
#[derive(Debug)]
pub struct Proxy {
    relay: Relay,
}

impl Proxy {
    /// Starts a proxy before the server at `address`, which does with each frame what `rule` says.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn start(
        address: &str,
        rule: impl Fn(Frame) -> Option<Frame> + Send + Sync + 'static,
    ) -> Result<Proxy, TestError> {
        let pass = move |from: &TcpStream, to: &TcpStream, connection, is_from_client| {
            pass_on(from, to, connection, is_from_client, &rule)
        };
        Ok(Proxy { relay: Relay::start(address, pass)? })
    }

    /// The address of the proxy, as `host:port`.
    pub fn address(&self) -> String {
        self.relay.address()
    }

    /// Breaks all connections. Clients may open others.
    pub fn cut(&self) {
        self.relay.cut();
    }
}

fn pass_on(
    from: &TcpStream,
    mut to: &TcpStream,
    connection: usize,
    is_from_client: bool,
    rule: &Rule,
) -> std::io::Result<()> {
    let mut from = BufReader::new(from);
    loop {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let line = line.trim_end().to_owned();
        let has_body = ["PUB ", "HPUB ", "MSG ", "HMSG "].iter().any(|command| line.starts_with(command));
        let length = line.rsplit(' ').next().and_then(|length| length.parse::<usize>().ok()).filter(|_| has_body);
        let mut body = vec![0; length.map_or(0, |length| length + 2)];
        from.read_exact(&mut body)?;
        body.truncate(length.unwrap_or_default());
        if let Some(frame) = rule(Frame { connection, is_from_client, line, body }) {
            let mut bytes = frame.line.into_bytes();
            bytes.extend_from_slice(b"\r\n");
            if has_body {
                bytes.extend_from_slice(&frame.body);
                bytes.extend_from_slice(b"\r\n");
            }
            to.write_all(&bytes)?;
        }
    }
}

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::testing::error::TestError;

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
pub struct Proxy {
    port: u16,
    is_over: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<TcpStream>>>,
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
        let fail = |error: std::io::Error| TestError::new(format!("cannot start a proxy: {error}"));
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(fail)?;
        let port = listener.local_addr().map_err(fail)?.port();
        let proxy = Proxy { port, is_over: Arc::default(), open: Arc::default() };
        let (rule, address): (Arc<Rule>, String) = (Arc::new(rule), address.to_owned());
        let (is_over, open) = (Arc::clone(&proxy.is_over), Arc::clone(&proxy.open));
        std::thread::spawn(move || {
            for (connection, client) in listener.incoming().enumerate() {
                if is_over.load(Ordering::SeqCst) {
                    return;
                }
                // A connection that fails at once is the client's to open again.
                let _ = client.and_then(|client| connect(connection, client, &address, &rule, &open));
            }
        });
        Ok(proxy)
    }

    /// The address of the proxy, as `host:port`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Breaks all connections. Clients may open others.
    pub fn cut(&self) {
        for stream in self.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // It may be broken already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.cut();
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proxy").field("port", &self.port).finish_non_exhaustive()
    }
}

fn connect(
    connection: usize,
    client: TcpStream,
    address: &str,
    rule: &Arc<Rule>,
    open: &Mutex<Vec<TcpStream>>,
) -> std::io::Result<()> {
    let server = TcpStream::connect(address)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    {
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        open.push(client.try_clone()?);
        open.push(server.try_clone()?);
    }
    for (from, to, is_from_client) in [(client.try_clone()?, server.try_clone()?, true), (server, client, false)] {
        let rule = Arc::clone(rule);
        std::thread::spawn(move || {
            // Either end may break the connection; the other end is told.
            let _ = pass_on(&from, &to, connection, is_from_client, &*rule);
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
    Ok(())
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

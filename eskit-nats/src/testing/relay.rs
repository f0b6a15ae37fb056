use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::testing::error::TestError;

/// Passes on what comes on one connection, from one end to the other, until it ends. Told the number of the connection, from 0, and whether it
/// is the client's end.
type Pass = dyn Fn(&TcpStream, &TcpStream, usize, bool) -> std::io::Result<()> + Send + Sync;

/// A port that leads to a server, and can be cut.
pub(crate) struct Relay {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    to: String,
    pass: Box<Pass>,
    is_over: AtomicBool,
    is_closed: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Relay {
    /// Starts a relay to the server at `address`.
    ///
    /// # Errors
    /// When there is no free port.
    pub(crate) fn start(
        address: &str,
        pass: impl Fn(&TcpStream, &TcpStream, usize, bool) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Result<Relay, TestError> {
        let fail = |error: std::io::Error| TestError::new(format!("cannot start a relay: {error}"));
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(fail)?;
        let port = listener.local_addr().map_err(fail)?.port();
        let shared = Arc::new(Shared {
            to: address.to_owned(),
            pass: Box::new(pass),
            is_over: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
            open: Mutex::default(),
        });
        let relay = Relay { port, shared: Arc::clone(&shared) };
        std::thread::spawn(move || {
            for (connection, client) in listener.incoming().enumerate() {
                if shared.is_over.load(Ordering::SeqCst) {
                    return;
                }
                // A connection that fails at once is the client's to open again.
                let _ = client.and_then(|client| connect(connection, client, &shared));
            }
        });
        Ok(relay)
    }

    /// A relay that passes bytes on as they are.
    ///
    /// # Errors
    /// When there is no free port.
    pub(crate) fn plain(address: &str) -> Result<Relay, TestError> {
        Relay::start(address, |mut from, mut to, _, _| std::io::copy(&mut from, &mut to).map(drop))
    }

    /// The address of the relay, as `host:port`.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Breaks all connections. Clients may open others.
    pub(crate) fn cut(&self) {
        for stream in self.shared.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // It may be broken already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Breaks all connections and lets none through until it is opened again.
    pub(crate) fn close(&self, is_closed: bool) {
        self.shared.is_closed.store(is_closed, Ordering::SeqCst);
        if is_closed {
            self.cut();
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        self.cut();
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").field("port", &self.port).field("to", &self.shared.to).finish_non_exhaustive()
    }
}

fn connect(connection: usize, client: TcpStream, shared: &Arc<Shared>) -> std::io::Result<()> {
    let server = TcpStream::connect(&shared.to)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    {
        let mut open = shared.open.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever closes the relay sets this first, and then takes what is open.
        if shared.is_closed.load(Ordering::SeqCst) {
            return Ok(());
        }
        open.push(client.try_clone()?);
        open.push(server.try_clone()?);
    }
    for (from, to, is_from_client) in [(client.try_clone()?, server.try_clone()?, true), (server, client, false)] {
        let shared = Arc::clone(shared);
        std::thread::spawn(move || {
            // Either end may break the connection; the other end is told.
            let _ = (shared.pass)(&from, &to, connection, is_from_client);
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
    Ok(())
}

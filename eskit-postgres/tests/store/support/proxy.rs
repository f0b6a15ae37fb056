//! A proxy on the loopback interface that can swallow what goes through it, as a firewall does that forgot a connection.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use eskit_postgres::testing::Database;
use sqlx::postgres::PgConnectOptions;

/// One direction of what goes through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    ToServer,
    ToClient,
}

/// Which directions of a connection are swallowed.
#[derive(Default)]
struct Mute {
    to_server: AtomicBool,
    to_client: AtomicBool,
}

impl Mute {
    fn of(&self, direction: Direction) -> &AtomicBool {
        match direction {
            Direction::ToServer => &self.to_server,
            Direction::ToClient => &self.to_client,
        }
    }
}

#[derive(Default)]
struct State {
    connections: Vec<Arc<Mute>>,
    mutes_new: Option<Direction>,
}

/// Stands before the server of a database until the test ends.
pub(crate) struct Proxy {
    state: Arc<Mutex<State>>,
    options: PgConnectOptions,
}

impl Proxy {
    pub(crate) fn start(database: &Database) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = database.connect_options();
        let options = match server.get_socket() {
            Some(_) => PgConnectOptions::new_without_pgpass().username(server.get_username()),
            None => server.clone(),
        };
        let options = options.database(server.get_database().unwrap()).host("127.0.0.1").port(port);
        let state = Arc::<Mutex<State>>::default();
        let accepting = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let mute = Arc::<Mute>::default();
                {
                    let mut state = accepting.lock().unwrap();
                    if let Some(direction) = state.mutes_new {
                        mute.of(direction).store(true, Ordering::SeqCst);
                    }
                    state.connections.push(Arc::clone(&mute));
                }
                connect(client.unwrap(), &server, mute);
            }
        });
        Proxy { state, options }
    }

    /// How to connect to the database through the proxy.
    pub(crate) fn connect_options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// From now on, swallows what goes in this direction through the connections that there are.
    pub(crate) fn mute(&self, direction: Direction) {
        for mute in &self.state.lock().unwrap().connections {
            mute.of(direction).store(true, Ordering::SeqCst);
        }
    }

    /// What to swallow of connections that are yet to come.
    pub(crate) fn mute_new(&self, direction: Option<Direction>) {
        self.state.lock().unwrap().mutes_new = direction;
    }
}

fn connect(client: TcpStream, server: &PgConnectOptions, mute: Arc<Mute>) {
    client.set_nodelay(true).unwrap();
    let port = server.get_port();
    match server.get_socket() {
        Some(folder) => {
            let server = UnixStream::connect(PathBuf::from(folder).join(format!(".s.PGSQL.{port}"))).unwrap();
            let ends = (client.try_clone().unwrap(), server.try_clone().unwrap());
            pump(client, server, Arc::clone(&mute), Direction::ToServer, |server| {
                drop(server.shutdown(Shutdown::Both))
            });
            pump(ends.1, ends.0, mute, Direction::ToClient, |client| drop(client.shutdown(Shutdown::Both)));
        }
        None => {
            let server = TcpStream::connect((server.get_host(), port)).unwrap();
            let ends = (client.try_clone().unwrap(), server.try_clone().unwrap());
            pump(client, server, Arc::clone(&mute), Direction::ToServer, |server| {
                drop(server.shutdown(Shutdown::Both))
            });
            pump(ends.1, ends.0, mute, Direction::ToClient, |client| drop(client.shutdown(Shutdown::Both)));
        }
    }
}

/// Passes on what comes, unless it is muted, until one side closes.
fn pump<R: Read + Send + 'static, W: Write + Send + 'static>(
    mut from: R,
    mut to: W,
    mute: Arc<Mute>,
    direction: Direction,
    close: fn(&W),
) {
    std::thread::spawn(move || {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(read) = from.read(&mut bytes) {
            let is_muted = mute.of(direction).load(Ordering::SeqCst);
            if read == 0 || !is_muted && to.write_all(&bytes[..read]).is_err() {
                break;
            }
        }
        if !mute.of(direction).load(Ordering::SeqCst) {
            close(&to);
        }
    });
}

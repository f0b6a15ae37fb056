use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::testing::ask;
use crate::testing::error::TestError;

/// How long a server may take to start.
const START_MAX: Duration = Duration::from_secs(30);
/// How often to look whether it has started.
const LOOK: Duration = Duration::from_millis(10);

/// Kills the server whose number the file `$0` names, and removes the folder `$1`, when its input ends, which is when the process that holds
/// the other end of it does. Deaf to the signals that a terminal sends to all.
const WARDEN: &str = "trap '' INT TERM HUP QUIT; read -r _; kill -9 \"$(cat \"$0\")\" 2>/dev/null; rm -rf \"$1\"";

/// One server with a folder of its own.
#[derive(Debug)]
pub(crate) struct Node {
    program: PathBuf,
    folder: PathBuf,
    port: u16,
    monitor: u16,
    running: Mutex<Option<Child>>,
    warden: Child,
}

/// Free ports, which no two callers get at the same time.
pub(crate) fn free_ports<const N: usize>() -> Result<[u16; N], TestError> {
    let fail = |error: std::io::Error| TestError::new(format!("there is no free port on 127.0.0.1: {error}"));
    let mut listeners = Vec::new();
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(fail)?;
        *port = listener.local_addr().map_err(fail)?.port();
        listeners.push(listener);
    }
    Ok(ports)
}

impl Node {
    /// Makes a server, which is not started yet. `more` is added to its configuration.
    pub(crate) fn new(
        program: PathBuf,
        name: &str,
        [port, monitor]: [u16; 2],
        is_durable: bool,
        more: &str,
    ) -> Result<Node, TestError> {
        let folder = make_folder()?;
        let sync = if is_durable { "always" } else { "\"2m\"" };
        let at = folder.display();
        let config = format!(
            "server_name: {name}\nlisten: \"127.0.0.1:{port}\"\nhttp: \"127.0.0.1:{monitor}\"\npid_file: \"{at}/pid\"\n\
             jetstream {{ store_dir: \"{at}/data\", sync_interval: {sync} }}\n{more}"
        );
        let fail = |error: std::io::Error| TestError::new(format!("cannot configure a server in `{at}`: {error}"));
        std::fs::write(folder.join("server.conf"), config).map_err(fail)?;
        let mut warden = Command::new("sh");
        warden.arg("-c").arg(WARDEN).arg(folder.join("pid")).arg(&folder).current_dir("/");
        let warden = warden.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(fail)?;
        Ok(Node { program, folder, port, monitor, running: Mutex::new(None), warden })
    }

    /// The address for clients.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The address of the monitoring port.
    pub(crate) fn monitor(&self) -> String {
        format!("http://127.0.0.1:{}", self.monitor)
    }

    /// What the monitoring port says.
    pub(crate) fn report(&self, path: &str) -> Option<serde_json::Value> {
        ask::report(self.monitor, path)
    }

    fn running(&self) -> MutexGuard<'_, Option<Child>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the server, unless it runs.
    pub(crate) fn start(&self) -> Result<(), TestError> {
        let mut running = self.running();
        if running.is_some() {
            return Ok(());
        }
        let fail = |error: std::io::Error| TestError::new(format!("cannot start `nats-server`: {error}"));
        let log = std::fs::File::options().create(true).append(true).open(self.folder.join("log")).map_err(fail)?;
        let mut command = Command::new(&self.program);
        command.arg("--config").arg(self.folder.join("server.conf")).current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        *running = Some(command.spawn().map_err(fail)?);
        Ok(())
    }

    /// Waits until the monitoring port says what is looked for.
    pub(crate) fn wait(&self, path: &str, is_ready: impl Fn(&serde_json::Value) -> bool) -> Result<(), TestError> {
        let started = Instant::now();
        while started.elapsed() < START_MAX {
            if self.report(path).is_some_and(|report| is_ready(&report)) {
                return Ok(());
            }
            let ended = self.running().as_mut().map(|child| child.try_wait());
            if matches!(ended, Some(Ok(Some(_)))) {
                break;
            }
            std::thread::sleep(LOOK);
        }
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let end: Vec<&str> = log.lines().rev().take(5).collect();
        let end = end.into_iter().rev().collect::<Vec<_>>().join(" | ");
        Err(TestError::new(format!("`nats-server` did not start; its log ends with: {end}")))
    }

    /// Kills the server with signal 9. Its data stays.
    pub(crate) fn kill(&self) {
        if let Some(mut child) = self.running().take() {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Whether the server was started and not killed.
    pub(crate) fn is_running(&self) -> bool {
        self.running().is_some()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
        drop(self.warden.stdin.take());
        let _ = self.warden.wait();
    }
}

fn make_folder() -> Result<PathBuf, TestError> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_micros();
    let name = format!("eskit-nats-{}-{}-{micros}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let folder: &Path = &std::env::temp_dir().join(name);
    std::fs::create_dir_all(folder)
        .map_err(|error| TestError::new(format!("cannot make the folder `{}`: {error}", folder.display())))?;
    Ok(folder.to_owned())
}

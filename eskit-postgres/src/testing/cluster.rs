use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::testing::binaries::Binaries;
use crate::testing::error::TestError;
use crate::testing::user::User;

/// Bytes of a folder's path behind which the name of a socket still fits.
const FOLDER_BYTES_MAX: usize = 80;

/// How to start a [`Cluster`].
#[derive(Clone, Debug, Default)]
pub struct ClusterOptions {
    is_durable: bool,
    settings: Vec<(String, String)>,
    parent: Option<PathBuf>,
}

impl ClusterOptions {
    /// Whether the server waits for the disk as in production. By default it does not: a private server is thrown away
    /// when its machine stops. Killing the server loses nothing either way.
    #[must_use]
    pub fn durable(mut self, is_durable: bool) -> ClusterOptions {
        self.is_durable = is_durable;
        self
    }

    /// Sets a parameter of the server, such as `max_connections`.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> ClusterOptions {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The folder in which the server's folder is made, instead of the system's folder for temporary files.
    #[must_use]
    pub fn parent(mut self, folder: impl Into<PathBuf>) -> ClusterOptions {
        self.parent = Some(folder.into());
        self
    }

    /// Makes and starts the server; `None` when no PostgreSQL is installed. Takes a second or more, and blocks.
    ///
    /// # Errors
    /// When it is installed but does not start.
    pub fn start(self) -> Result<Option<Cluster>, TestError> {
        Binaries::find().map(|binaries| Cluster::start(binaries, &self)).transpose()
    }
}

/// How to stop a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StopMode {
    /// Ends every connection and shuts down in order.
    Fast,
    /// Kills every process of the server, as a crash would. The next start recovers.
    Immediate,
    /// Kills the first process of the server with SIGKILL and does not wait: the others find out by themselves and end. Cannot be
    /// resumed as long as one of them lives.
    Kill,
}

/// A private PostgreSQL server on a Unix socket in a temporary folder. Stops, and removes the folder, when it is dropped or
/// when this process ends.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    binaries: Binaries,
    user: User,
    /// Waits for the end of this process, or of its own input.
    warden: Child,
}

/// Stops the server `$0` and removes the folder `$2` when its input ends, which is when the process that holds the other end
/// of it does. Deaf to the signals that a terminal sends to all.
const WARDEN: &str =
    "trap '' INT TERM HUP QUIT; read -r _; \"$0\" -D \"$1\" -m immediate -w stop >/dev/null 2>&1; rm -rf \"$2\"";

impl Cluster {
    /// The superuser of a private server.
    pub(crate) const SUPERUSER: &str = "eskit";

    /// How to start a server otherwise than by default.
    pub fn options() -> ClusterOptions {
        ClusterOptions::default()
    }

    fn start(binaries: Binaries, options: &ClusterOptions) -> Result<Cluster, TestError> {
        let cluster = Cluster::make(binaries, options)?;
        let mut initdb = cluster.user.command(cluster.binaries.program("initdb"));
        initdb.args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--username", Cluster::SUPERUSER]);
        run("initdb", initdb.arg("-D").arg(cluster.data()))?;
        cluster.configure(options).map_err(|error| TestError::new(format!("cannot configure the server: {error}")))?;
        cluster.resume()?;
        Ok(cluster)
    }

    /// A folder for a server, and what removes it in the end.
    fn make(binaries: Binaries, options: &ClusterOptions) -> Result<Cluster, TestError> {
        let user = User::unprivileged()?;
        let folder = make_folder(user, options)?;
        let warden = start_warden(&binaries, user, &folder)?;
        Ok(Cluster { folder, binaries, user, warden })
    }

    /// Starts a standby: a copy of this server, made with `pg_basebackup`, that follows it. It accepts reads, and no writes until it
    /// is [promoted](Cluster::promote). Takes a second or more, and blocks.
    ///
    /// The primary waits for it if `synchronous_standby_names` says so: start the primary with
    /// `setting("synchronous_standby_names", "*")`. The standby itself waits for none.
    ///
    /// # Errors
    /// When the copy cannot be made, or the standby does not start.
    pub fn standby(&self, options: &ClusterOptions) -> Result<Cluster, TestError> {
        let standby = Cluster::make(self.binaries.clone(), options)?;
        let mut copy = self.user.command(self.binaries.program("pg_basebackup"));
        copy.args(["--no-sync", "--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf", "--no-password"]);
        copy.arg("-h").arg(&self.folder).args(["-U", Cluster::SUPERUSER]).arg("-D").arg(standby.data());
        run("pg_basebackup", &mut copy)?;
        let alone = options.clone().setting("synchronous_standby_names", "");
        standby.configure(&alone).map_err(|error| TestError::new(format!("cannot configure the standby: {error}")))?;
        standby.resume()?;
        Ok(standby)
    }

    /// Makes a standby a primary: it replays what it has received, and accepts writes from then on.
    ///
    /// # Errors
    /// When it is no standby, or does not answer.
    pub fn promote(&self) -> Result<(), TestError> {
        run("pg_ctl promote", self.pg_ctl().args(["-w", "promote"]))
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn configure(&self, options: &ClusterOptions) -> std::io::Result<()> {
        let mut file = std::fs::OpenOptions::new().append(true).open(self.data().join("postgresql.conf"))?;
        let durable = if options.is_durable { "on" } else { "off" };
        writeln!(
            file,
            "listen_addresses = ''\nunix_socket_directories = '{}'",
            quoted(&self.folder.to_string_lossy())
        )?;
        writeln!(file, "fsync = {durable}\nfull_page_writes = {durable}\nmax_connections = 200")?;
        for (name, value) in &options.settings {
            writeln!(file, "{name} = '{}'", quoted(value))?;
        }
        Ok(())
    }

    /// The DSN of the database `postgres`, as superuser.
    pub fn dsn(&self) -> String {
        format!("postgres://{}@localhost/postgres?host={}", Cluster::SUPERUSER, self.folder.display())
    }

    /// The folder of the server, with its socket and its log.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Stops the server. Its data stays.
    ///
    /// # Errors
    /// When it does not stop.
    pub fn stop(&self, mode: StopMode) -> Result<(), TestError> {
        let mode = match mode {
            StopMode::Fast => "fast",
            StopMode::Immediate => "immediate",
            StopMode::Kill => return self.kill(),
        };
        run("pg_ctl stop", self.pg_ctl().args(["-m", mode, "-w", "stop"]))
    }

    fn kill(&self) -> Result<(), TestError> {
        let file = self.data().join("postmaster.pid");
        let fail = |error: std::io::Error| TestError::new(format!("cannot read `{}`: {error}", file.display()));
        let text = std::fs::read_to_string(&file).map_err(fail)?;
        run("kill", self.user.command("kill").args(["-KILL", text.lines().next().unwrap_or_default()]))
    }

    /// Starts the server after [`Cluster::stop`], and waits until it answers.
    ///
    /// # Errors
    /// When it does not start.
    pub fn resume(&self) -> Result<(), TestError> {
        run("pg_ctl start", self.pg_ctl().arg("-l").arg(self.folder.join("log")).args(["-w", "start"])).map_err(
            |error| {
                let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                let end: Vec<&str> = log.lines().rev().take(5).collect();
                TestError::new(format!(
                    "{error}; its log ends with: {}",
                    end.into_iter().rev().collect::<Vec<_>>().join(" | ")
                ))
            },
        )
    }

    fn pg_ctl(&self) -> Command {
        let mut command = self.user.command(self.binaries.program("pg_ctl"));
        command.arg("-D").arg(self.data());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.warden.stdin.take());
        let _ = self.warden.wait();
    }
}

fn start_warden(binaries: &Binaries, user: User, folder: &Path) -> Result<Child, TestError> {
    let mut warden = user.command("sh");
    warden.arg("-c").arg(WARDEN).arg(binaries.program("pg_ctl")).arg(folder.join("data")).arg(folder).current_dir("/");
    let warden = warden.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    warden.map_err(|error| {
        let _ = std::fs::remove_dir_all(folder);
        TestError::new(format!("cannot start `sh`: {error}"))
    })
}

/// A new folder that only the server's user may enter, with a path that is short enough for a socket.
fn make_folder(user: User, options: &ClusterOptions) -> Result<PathBuf, TestError> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_micros();
    let name = format!("eskit-pg-{}-{}-{micros}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let mut folder = options.parent.clone().unwrap_or_else(std::env::temp_dir).join(&name);
    if options.parent.is_none() && folder.as_os_str().len() > FOLDER_BYTES_MAX {
        folder = Path::new("/tmp").join(name);
    }
    let fail = |error| TestError::new(format!("cannot make the folder `{}`: {error}", folder.display()));
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().mode(0o700).create(&folder).map_err(fail)?;
    user.own(&folder).map_err(fail)?;
    Ok(folder)
}

/// Runs a program to its end. Its output must not be a pipe: a server that it leaves behind would keep it open.
fn run(what: &str, command: &mut Command) -> Result<(), TestError> {
    let command = command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(TestError::new(format!("`{what}` failed with {status}"))),
        Err(error) => Err(TestError::new(format!("`{what}` cannot be run: {error}"))),
    }
}

/// A value in the server's configuration file.
fn quoted(value: &str) -> String {
    value.replace('\'', "''")
}

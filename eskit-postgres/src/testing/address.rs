use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::testing::cluster::Cluster;
use crate::testing::error::TestError;

/// The name of the socket of a server in its folder.
const SOCKET: &str = ".s.PGSQL.5432";

/// An address that leads to one server at a time, as the name or the proxy does by which programs reach a primary. Connections that are
/// open stay where they are; new ones go where it leads.
///
/// ```no_run
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use eskit_postgres::testing::{Address, Cluster, StopMode};
///
/// let options = Cluster::options().setting("synchronous_standby_names", "*");
/// let Some(primary) = options.start()? else { return Ok(()) };
/// let standby = primary.standby(&Cluster::options())?;
/// let address = Address::of(&primary)?;
/// // .. a program uses `address.dsn()` ..
/// primary.stop(StopMode::Kill)?;
/// standby.promote()?;
/// address.lead_to(&standby)?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Address {
    folder: PathBuf,
}

impl Address {
    /// An address that leads to this server.
    ///
    /// # Errors
    /// When no file can be made in the system's folder for temporary files.
    pub fn of(cluster: &Cluster) -> Result<Address, TestError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("eskit-pg-address-{}-{number}", std::process::id()));
        let made = std::fs::DirBuilder::new().mode(0o700).create(&folder);
        made.map_err(|error| TestError::new(format!("cannot make the folder `{}`: {error}", folder.display())))?;
        let address = Address { folder };
        address.lead_to(cluster)?;
        Ok(address)
    }

    /// Lets new connections go to another server.
    ///
    /// # Errors
    /// When its file cannot be replaced.
    pub fn lead_to(&self, cluster: &Cluster) -> Result<(), TestError> {
        let (next, socket) = (self.folder.join("next"), self.folder.join(SOCKET));
        let replaced = symlink(cluster.folder().join(SOCKET), &next).and_then(|()| std::fs::rename(&next, &socket));
        replaced.map_err(|error| TestError::new(format!("cannot replace `{}`: {error}", socket.display())))
    }

    /// The DSN of the database `postgres` there, as superuser.
    pub fn dsn(&self) -> String {
        self.dsn_of("postgres")
    }

    /// The DSN of another database there.
    pub fn dsn_of(&self, database: &str) -> String {
        format!("postgres://{}@localhost/{database}?host={}", Cluster::SUPERUSER, self.folder.display())
    }
}

impl Drop for Address {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

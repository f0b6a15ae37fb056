use std::fmt;
use std::sync::Arc;

use crate::error::Fault;
use crate::pool::connections::{Connections, Purpose, within};

/// Whom a commit of the server waits for, as the connections of a store find it. Returned by
/// [`PostgresStore::replication`](crate::PostgresStore::replication).
///
/// Its text says what that means for what was confirmed: `synchronous_commit = on, synchronous_standby_names = '', 1 standby: what was
/// confirmed last is lost if a standby is promoted`.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Replication {
    /// Whether the server is a standby, which takes no appends.
    pub is_standby: bool,
    /// The server's `synchronous_commit`, as it is for this role and database.
    pub synchronous_commit: String,
    /// The server's `synchronous_standby_names`; empty if no commit waits for a standby.
    pub synchronous_standby_names: String,
    /// How many standbys and other receivers of the write-ahead log are connected.
    pub standbys: u64,
}

impl Replication {
    /// Whether a confirmed append is on the disk of the server, so that a crash loses none.
    pub fn survives_crash(&self) -> bool {
        self.synchronous_commit != "off"
    }

    /// Whether a confirmed append is also on a synchronous standby, so that its promotion loses none.
    pub fn survives_failover(&self) -> bool {
        let waits = matches!(self.synchronous_commit.as_str(), "on" | "remote_apply" | "remote_write");
        waits && !self.synchronous_standby_names.is_empty()
    }
}

impl fmt::Display for Replication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_standby {
            return f.write_str("the server is a standby: it takes no appends");
        }
        let Replication { synchronous_commit, synchronous_standby_names, standbys, .. } = self;
        let s = if *standbys == 1 { "" } else { "s" };
        write!(
            f,
            "synchronous_commit = {synchronous_commit}, synchronous_standby_names = '{synchronous_standby_names}', {standbys} standby{s}"
        )?;
        if !self.survives_crash() {
            f.write_str(": a crash loses what was confirmed last")
        } else if *standbys > 0 && !self.survives_failover() {
            f.write_str(": what was confirmed last is lost if a standby is promoted")
        } else {
            Ok(())
        }
    }
}

const REPLICATION: &str = "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('synchronous_commit'), \
     pg_catalog.current_setting('synchronous_standby_names'), (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication)";

/// Asks the server.
pub(crate) async fn read_replication(connections: &Arc<Connections>) -> Result<Replication, Fault> {
    let mut connection = connections.take(Purpose::Other).await?;
    let call =
        async { Ok(sqlx::query_as::<_, (bool, String, String, i64)>(REPLICATION).fetch_one(&mut *connection).await?) };
    let result = within(connections.call_timeout(), call).await;
    connection.give_back(&result);
    let (is_standby, synchronous_commit, synchronous_standby_names, standbys) = result?;
    Ok(Replication { is_standby, synchronous_commit, synchronous_standby_names, standbys: standbys.unsigned_abs() })
}

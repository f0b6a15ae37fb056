use sqlx::PgConnection;

/// A standby confirms nothing: it is refused here as read-only, because another one may be promoted, which does not have what this one has.
const WAIT: &str = "SELECT CASE \
     WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_current_xact_id()::pg_catalog.text \
     WHEN pg_catalog.current_setting('synchronous_standby_names') OPERATOR(pg_catalog.<>) '' \
         THEN pg_catalog.pg_logical_emit_message(true, 'eskit', '')::pg_catalog.text END";

/// Waits, as the commit of what is there did, until synchronous standbys have it. It may be there without that if the wait of its commit was
/// cut off, by the end of its process or of the server. In a transaction, it is the commit that waits: one that writes nothing does not.
pub(crate) async fn wait_for_standbys(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(WAIT).execute(conn).await.map(drop)
}

//! The limit of a store's schema on PostgreSQL: its event rows inserted by hand over one connection, without a look at
//! the head, at conditions or at repeated ids.

use eskit_postgres::testing::Cluster;
use sqlx::{Connection, PgConnection};

use crate::log::{STREAM_EVENT, payload};
use eskit_benches::Failure;

/// The schema whose tables are filled without eskit, which creates them.
pub(crate) const SCHEMA: &str = "by_hand";

/// Inserts rows, each statement a transaction of its own.
pub(crate) struct Inserter {
    connection: PgConnection,
    rows: i64,
    streams: i64,
}

impl Inserter {
    /// Connects; the rows go to this many streams in turn.
    pub(crate) async fn connect(cluster: &Cluster, streams: i64) -> Result<Inserter, Failure> {
        let connection = PgConnection::connect(&cluster.dsn()).await?;
        Ok(Inserter { connection, rows: 0, streams })
    }

    /// Inserts this many rows in one statement.
    pub(crate) async fn insert(&mut self, rows: usize) -> Result<(), Failure> {
        let (mut positions, mut ids) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        let (mut streams, mut versions) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        let mut payloads = Vec::with_capacity(rows);
        for _ in 0..rows {
            streams.push((self.rows % self.streams).to_string());
            versions.push(self.rows / self.streams + 1);
            self.rows += 1;
            positions.push(self.rows);
            ids.push(uuid::Uuid::from_bytes(*eskit::EventId::new().as_bytes()));
            payloads.push(payload(self.rows.cast_unsigned()));
        }
        sqlx::query(
            "INSERT INTO by_hand.events (pos, id, type, schema_version, stream_type, stream_id, version, part, \
             recorded_at, payload) \
             SELECT pos, id, $6, 1, 'account', stream, version, 0, $7, payload \
             FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::bigint[], $5::bytea[]) \
             AS row (pos, id, stream, version, payload)",
        )
        .bind(positions)
        .bind(ids)
        .bind(streams)
        .bind(versions)
        .bind(payloads)
        .bind(STREAM_EVENT)
        .bind(eskit::Timestamp::now().as_micros())
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }

    /// Inserts one row, as a program without an event store would.
    pub(crate) async fn insert_one(&mut self) -> Result<(), Failure> {
        let number = self.rows;
        self.rows += 1;
        sqlx::query(
            "INSERT INTO by_hand.events (pos, id, type, schema_version, stream_type, stream_id, version, part, \
             recorded_at, payload) VALUES ($1, $2, $3, 1, 'account', $4, $5, 0, $6, $7)",
        )
        .bind(self.rows)
        .bind(uuid::Uuid::from_bytes(*eskit::EventId::new().as_bytes()))
        .bind(STREAM_EVENT)
        .bind((number % self.streams).to_string())
        .bind(number / self.streams + 1)
        .bind(eskit::Timestamp::now().as_micros())
        .bind(payload(self.rows.cast_unsigned()))
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }
}

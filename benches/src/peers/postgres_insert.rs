//! The limit of a store's schema on PostgreSQL: its event rows inserted by hand over one connection, without a look at
//! the head, at conditions or at repeated ids.

use eskit::Timestamp;
use eskit::log::{Part, StreamId};
use eskit::store_kit::Envelope;
use eskit_postgres::testing::Cluster;
use sqlx::{Connection, PgConnection};

use crate::log::{STREAM_EVENT, stream_event};
use eskit_bench_harness::Failure;

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
        let (mut envelopes, mut payloads) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        let now = Timestamp::now();
        for _ in 0..rows {
            let row = self.next_row(now)?;
            positions.push(row.position);
            ids.push(row.id);
            streams.push(row.stream);
            versions.push(row.version);
            envelopes.push(row.envelope);
            payloads.push(row.payload);
        }
        sqlx::query(
            "INSERT INTO by_hand.events (pos, id, type, stream_type, stream_id, version, part, recorded_at, envelope, payload) \
             SELECT pos, id, $7, 'account', stream, version, 0, $8, envelope, payload \
             FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::bigint[], $5::bytea[], $6::bytea[]) \
             AS row (pos, id, stream, version, envelope, payload)",
        )
        .bind(positions)
        .bind(ids)
        .bind(streams)
        .bind(versions)
        .bind(envelopes)
        .bind(payloads)
        .bind(STREAM_EVENT)
        .bind(now.as_micros())
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }

    /// Inserts one row, as a program without an event store would.
    pub(crate) async fn insert_one(&mut self) -> Result<(), Failure> {
        let now = Timestamp::now();
        let row = self.next_row(now)?;
        sqlx::query(
            "INSERT INTO by_hand.events (pos, id, type, stream_type, stream_id, version, part, recorded_at, envelope, payload) \
             VALUES ($1, $2, $3, 'account', $4, $5, 0, $6, $7, $8)",
        )
        .bind(row.position)
        .bind(row.id)
        .bind(STREAM_EVENT)
        .bind(row.stream)
        .bind(row.version)
        .bind(now.as_micros())
        .bind(row.envelope)
        .bind(row.payload)
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }

    fn next_row(&mut self, now: Timestamp) -> Result<Row, Failure> {
        let stream = (self.rows % self.streams).to_string();
        let version = self.rows / self.streams + 1;
        self.rows += 1;
        let event = stream_event(StreamId::new("account", stream.as_str()), self.rows.cast_unsigned());
        let place = [self.rows.to_be_bytes(), version.to_be_bytes()].concat();
        let mut envelope = Envelope::encode(&event, Part::WHOLE)?;
        Envelope::stamp(&mut envelope, now);
        Ok(Row {
            position: self.rows,
            id: uuid::Uuid::from_bytes(*event.id.as_bytes()),
            stream,
            version,
            envelope: [place, envelope].concat(),
            payload: event.payload,
        })
    }
}

struct Row {
    position: i64,
    id: uuid::Uuid,
    stream: String,
    version: i64,
    envelope: Vec<u8>,
    payload: Vec<u8>,
}

//! The limit of a store's schema: its event rows written by hand, by one thread.

use std::path::Path;
use std::time::{Duration, Instant};

use eskit::Timestamp;
use eskit::log::{Part, StreamId};
use eskit::store_kit::Envelope;
use rusqlite::{Connection, params};

use crate::log::{STREAM_EVENT, stream_event};
use eskit_bench_harness::Failure;

/// A log of eskit's schema, filled without eskit.
pub(crate) struct Bulk {
    connection: Connection,
    rows: u64,
    streams: u64,
    rows_per_commit: u64,
}

impl Bulk {
    /// Opens a log that eskit created in this folder, with the settings that eskit gives its writer. The rows go to this many
    /// streams in turn.
    pub(crate) fn open(folder: &Path, streams: u64, rows_per_commit: u64) -> Result<Bulk, Failure> {
        let connection = Connection::open(folder.join("log.db"))?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "cache_size", -(16 << 10))?;
        connection.pragma_update_and_check(None, "wal_autocheckpoint", 4000, |row| row.get::<_, i64>(0))?;
        Ok(Bulk { connection, rows: 0, streams, rows_per_commit })
    }

    /// Writes events for this long; returns how many a second.
    pub(crate) fn rows_per_second(&mut self, time: Duration) -> Result<f64, Failure> {
        let (started, first) = (Instant::now(), self.rows);
        while started.elapsed() < time {
            self.commit()?;
        }
        Ok((self.rows - first) as f64 / started.elapsed().as_secs_f64())
    }

    fn commit(&mut self) -> Result<(), Failure> {
        let transaction = self.connection.transaction()?;
        {
            let mut insert_entry = transaction.prepare_cached("INSERT INTO streams VALUES ('account', ?1, ?2, ?3)")?;
            let mut insert = transaction.prepare_cached(
                "INSERT INTO events (pos, id, type, stream_type, stream_id, version, part, recorded_at, envelope, payload) \
                 VALUES (?1, ?2, ?3, 'account', ?4, ?5, 0, ?6, ?7, ?8)",
            )?;
            for _ in 0..self.rows_per_commit {
                let stream = (self.rows % self.streams).to_string();
                let version = (self.rows / self.streams).cast_signed() + 1;
                self.rows += 1;
                let (position, now) = (self.rows.cast_signed(), Timestamp::now());
                let event = stream_event(StreamId::new("account", stream.as_str()), self.rows);
                let mut envelope = Envelope::encode(&event, Part::WHOLE)?;
                Envelope::stamp(&mut envelope, now);
                insert.execute(params![
                    position,
                    event.id.as_bytes(),
                    STREAM_EVENT,
                    stream,
                    version,
                    now.as_micros(),
                    envelope,
                    event.payload
                ])?;
                insert_entry.execute(params![stream, version, position])?;
            }
        }
        Ok(transaction.commit()?)
    }
}

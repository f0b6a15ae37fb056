use eskit_runtime::Timestamp;
use eskit_runtime::log::{EventId, LogId, Place, Position};
use eskit_runtime::subscription::{Checkpoint, ParkedEvent, Partition};
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Uuid;

use crate::error::Fault;
use crate::sql::record;

/// The columns of a checkpoint, of the tables `c` and `v`.
pub(crate) const CHECKPOINT: &str =
    "c.name, c.version, c.part, c.parts, c.log, c.pos, c.event_id, c.epoch, c.events, v.is_active, c.saved_at";

/// The columns of a parked event, of the table `p`.
pub(crate) const PARKED: &str = "p.pos, p.event_id, p.key, p.text, p.attempts, p.parked_at";

/// A checkpoint from a row that begins with its columns.
pub(crate) fn checkpoint(row: &PgRow) -> Result<Checkpoint, Fault> {
    let name: String = row.try_get(0)?;
    let damaged = |what: &str| Fault::Damaged(format!("the checkpoint of `{name}` has a damaged {what}"));
    let small = |column: usize, what: &str| -> Result<u32, Fault> {
        u32::try_from(row.try_get::<i64, _>(column)?).map_err(|_| damaged(what))
    };
    let log = LogId::from(row.try_get::<Uuid, _>(4)?);
    let mut checkpoint = Checkpoint::at_start(name.clone(), small(1, "version")?, log);
    checkpoint.partition = Partition { index: small(2, "part")?, count: small(3, "number of parts")? };
    let position = u64::try_from(row.try_get::<i64, _>(5)?).map_err(|_| damaged("position"))?;
    let id: Option<Uuid> = row.try_get(6)?;
    checkpoint.place = Place { position: Position::new(position), id: id.map(EventId::from) };
    checkpoint.epoch = u64::try_from(row.try_get::<i64, _>(7)?).map_err(|_| damaged("epoch"))?;
    checkpoint.events = row.try_get(8)?;
    checkpoint.is_active = row.try_get(9)?;
    checkpoint.saved_at = Timestamp::from_micros(row.try_get(10)?);
    Ok(checkpoint)
}

/// A parked event from a row with its columns.
pub(crate) fn parked(row: &PgRow) -> Result<ParkedEvent, Fault> {
    let id = EventId::from(row.try_get::<Uuid, _>(1)?);
    let mut parked = ParkedEvent::waiting(record::position(row.try_get(0)?), id, row.try_get::<String, _>(2)?);
    parked.text = row.try_get(3)?;
    parked.attempts = u32::try_from(row.try_get::<i64, _>(4)?).unwrap_or(u32::MAX);
    parked.parked_at = Timestamp::from_micros(row.try_get(5)?);
    Ok(parked)
}

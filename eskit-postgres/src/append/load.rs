use std::collections::HashMap;

use eskit_runtime::StoreError;
use eskit_runtime::log::{EventId, LogId, Place, StoreErrorKind, StreamId, StreamInfo, StreamStatus};
use eskit_runtime::store_kit::Envelope;
use eskit_runtime::transfer::{
    Entry, Load, LoadError, LogRecord, RecordError, RecordedAppend, StreamRecord, check_place, check_streams,
};
use sqlx::types::Uuid;
use sqlx::{Connection, PgConnection};

use crate::append::lifecycle::{self, CHANGE_CALLS};
use crate::append::seal;
use crate::append::writer::Writer;
use crate::error::Fault;
use crate::pool::connections::{Purpose, within};
use crate::sql::arrays::number;
use crate::sql::head::head_behind;
use crate::sql::migrations::PayloadType;
use crate::sql::record::{column, position};
use crate::sql::statements::Statements;

/// Looks rows up by index, whatever the planner knows of tables that grow while they are loaded.
const BY_INDEX: &str = "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_hashjoin = off; \
                        SET LOCAL enable_mergejoin = off; SET LOCAL jit = off";

type Loaded = Result<Place, LoadError>;

/// Loads records in a transaction of its own.
pub(crate) async fn load_alone(writer: &Writer, payload: PayloadType, load: &Load) -> Result<Loaded, Fault> {
    if !writer.projections.all().is_empty() {
        return Ok(Err(projects().into()));
    }
    let mut connection = writer.connections.take(Purpose::Other).await?;
    let loading = load_in_turn(&mut connection, writer, payload, load);
    let result = within(writer.limit() * CHANGE_CALLS, loading).await;
    connection.give_back(&result);
    let loaded = result?;
    if let Ok(head) = &loaded {
        writer.statements.set_log_id(load.log.as_uuid());
        writer.heads.set(*head);
        writer.heads.announce(*head);
    }
    Ok(loaded)
}

fn projects() -> StoreError {
    let text = "cannot load records: the store has synchronous projections\nhelp: load them into a store that was opened without, \
                and add the projections afterwards";
    StoreError::new(StoreErrorKind::Refused, text)
}

async fn load_in_turn(
    conn: &mut PgConnection,
    writer: &Writer,
    payload: PayloadType,
    load: &Load,
) -> Result<Loaded, Fault> {
    let statements = &writer.statements;
    // Whatever the session's default is: what others commit until it is this one's turn must be seen.
    let mut transaction = conn.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
    sqlx::raw_sql(BY_INDEX).execute(&mut *transaction).await?;
    if let Err(sealed) = seal::take_turn(&mut transaction, statements, writer.wait_ms).await? {
        transaction.rollback().await?;
        return Ok(Err(sealed.into()));
    }
    if let Err(refusal) = check(&mut transaction, statements, load).await? {
        transaction.rollback().await?;
        return Ok(Err(refusal));
    }
    write(&mut transaction, statements, payload, load).await?;
    if statements.log() != load.log.as_uuid() {
        statements.query(&statements.set_log).bind(load.log.as_uuid()).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(Ok(load.end()))
}

/// Checks records against the log as it is.
async fn check(conn: &mut PgConnection, statements: &Statements, load: &Load) -> Result<Result<(), LoadError>, Fault> {
    let head = head_behind(conn, statements, Place::START).await?;
    if let Err(refusal) = check_place(load, LogId::from(statements.log()), head) {
        return Ok(Err(refusal));
    }
    if let Some(taken) = first_taken(conn, statements, load).await? {
        return Ok(Err(taken.into()));
    }
    let held = held(conn, statements, load).await?;
    let find = |stream: &StreamId| Ok::<_, Fault>(held.get(stream).cloned().unwrap_or_default());
    Ok(check_streams(load, find)?.map_err(LoadError::from))
}

/// An id that the log holds already.
async fn first_taken(
    conn: &mut PgConnection,
    statements: &Statements,
    load: &Load,
) -> Result<Option<RecordError>, Fault> {
    let ids: Vec<Uuid> = load.appends().flat_map(RecordedAppend::entries).map(|entry| entry.id().as_uuid()).collect();
    let Some(lowest) = ids.iter().min() else { return Ok(None) };
    let may_hold = statements.query_scalar::<bool>(&statements.may_hold).bind(*lowest).fetch_one(&mut *conn).await?;
    if !may_hold {
        return Ok(None);
    }
    let found: Option<(Uuid, i64)> =
        statements.query_as(&statements.positions).bind(ids).fetch_optional(&mut *conn).await?;
    let taken = |(id, at)| RecordError::IdTaken { id: EventId::from(id), position: Some(position(at)) };
    Ok(found.map(taken))
}

/// The streams that records name: by the events that they hold, or by what is left of them.
async fn held<'l>(
    conn: &mut PgConnection,
    statements: &Statements,
    load: &'l Load,
) -> Result<HashMap<&'l StreamId, StreamInfo>, Fault> {
    let events = load.appends().flat_map(RecordedAppend::entries).filter_map(Entry::event);
    let of_events = events.filter_map(|event| event.stream.as_ref().map(|at| &at.stream));
    let named = load.records.iter().filter_map(|record| match record {
        LogRecord::Stream(record) => Some(&record.stream),
        _ => None,
    });
    let mut held: HashMap<&StreamId, StreamInfo> =
        of_events.chain(named).map(|stream| (stream, StreamInfo::default())).collect();
    let streams: Vec<&StreamId> = held.keys().copied().collect();
    let types: Vec<&str> = streams.iter().map(|stream| stream.stream_type()).collect();
    let ids: Vec<&str> = streams.iter().map(|stream| stream.id()).collect();
    let rows: Vec<(i64, bool)> =
        statements.query_as(&statements.held).bind(types).bind(ids).fetch_all(&mut *conn).await?;
    if rows.len() != streams.len() {
        let text = format!("{} streams were looked up, and {} were found", streams.len(), rows.len());
        return Err(Fault::Damaged(text));
    }
    for (stream, (version, is_deleted)) in streams.into_iter().zip(rows) {
        let at = eskit_runtime::Timestamp::from_micros(0);
        let deleted = StreamStatus::Deleted { at, reason: String::new() };
        let status = if is_deleted { deleted } else { StreamStatus::Open };
        held.insert(stream, StreamInfo::new(version.unsigned_abs(), status));
    }
    Ok(held)
}

/// The columns of the rows to write, and their tags.
#[derive(Default)]
struct Rows<'l> {
    at: Vec<i64>,
    id: Vec<Uuid>,
    name: Vec<&'l str>,
    stream_type: Vec<Option<&'l str>>,
    stream_id: Vec<Option<&'l str>>,
    version: Vec<Option<i64>>,
    part: Vec<i32>,
    recorded_at: Vec<i64>,
    envelope: Vec<Vec<u8>>,
    payload: Vec<&'l [u8]>,
    tag: Vec<&'l str>,
    tag_name: Vec<&'l str>,
    tag_at: Vec<i64>,
}

impl<'l> Rows<'l> {
    fn push(&mut self, part: usize, entry: &'l Entry, nothing: &'l [u8]) -> Result<(), Fault> {
        let (event, version) = (entry.event(), entry.version());
        let stream = event.and_then(|event| event.stream.as_ref()).map(|at| &at.stream);
        let at = column(entry.position());
        self.at.push(at);
        self.id.push(entry.id().as_uuid());
        self.name.push(event.map_or("", |event| event.name.as_str()));
        self.stream_type.push(stream.map(StreamId::stream_type));
        self.stream_id.push(stream.map(StreamId::id));
        self.version.push(version.map(|version| i64::try_from(version).unwrap_or(i64::MAX)));
        self.part.push(number(part));
        self.recorded_at.push(entry.recorded_at().as_micros());
        self.payload.push(event.map_or(nothing, |event| event.payload.as_slice()));
        let Some(event) = event else {
            self.envelope.push(Vec::new());
            return Ok(());
        };
        let rest = Envelope::encode_recorded(event).map_err(|error| Fault::Refused(error.to_string()))?;
        // As the functions that append do: the place stands before the rest.
        self.envelope.push([&at.to_be_bytes()[..], &version.unwrap_or_default().to_be_bytes(), &rest].concat());
        for tag in event.tags.iter() {
            self.tag.push(tag.as_str());
            self.tag_name.push(event.name.as_str());
            self.tag_at.push(at);
        }
        Ok(())
    }

    async fn insert(self, conn: &mut PgConnection, statements: &Statements) -> Result<(), Fault> {
        if self.at.is_empty() {
            return Ok(());
        }
        let rows = statements.query(&statements.load_rows).bind(self.at).bind(self.id).bind(self.name);
        let rows = rows.bind(self.stream_type).bind(self.stream_id).bind(self.version).bind(self.part);
        rows.bind(self.recorded_at).bind(self.envelope).bind(self.payload).execute(&mut *conn).await?;
        if !self.tag.is_empty() {
            let tags = statements.query(&statements.insert_tags);
            tags.bind(self.tag).bind(self.tag_name).bind(self.tag_at).execute(&mut *conn).await?;
        }
        Ok(())
    }
}

/// Writes records in their order: events first that come before the record of a stream.
async fn write(
    conn: &mut PgConnection,
    statements: &Statements,
    payload: PayloadType,
    load: &Load,
) -> Result<(), Fault> {
    let mut rows = Rows::default();
    for record in &load.records {
        match record {
            LogRecord::Append(append) => {
                for (part, entry) in append.entries().iter().enumerate() {
                    rows.push(part, entry, payload.nothing_bytes())?;
                }
            }
            LogRecord::Stream(StreamRecord { stream, version, status, .. }) => {
                std::mem::take(&mut rows).insert(conn, statements).await?;
                lifecycle::write(conn, statements, stream, status, *version).await?;
                if status.is_deleted() {
                    lifecycle::delete(conn, statements, stream).await?;
                }
            }
            _ => {}
        }
    }
    rows.insert(conn, statements).await
}

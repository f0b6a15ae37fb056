use eskit_runtime::RecordedEvent;
use eskit_runtime::log::{Place, Position, ReadOptions, StoreErrorKind};
use eskit_runtime::subscription::Subscription;
use sqlx::PgConnection;

use crate::append::synchronous::{Synchronous, read_all};
use crate::error::Fault;
use crate::handlers::tx::Tx;
use crate::read::page;
use crate::sql::head::head_behind;
use crate::sql::record::position;
use crate::synchronous::site::Site;
use crate::views::rights::Rights;
use crate::views::schema::{self, Found};

/// Events that one transaction hands over while a read model is built.
const PAGE: usize = 1000;

/// What a version needs before its first event: its schema with its tables, and its checkpoint. If they are there, checks that its
/// handlers still take the same events.
pub(super) async fn prepare(tx: &mut Tx, site: &Site, projection: &Synchronous) -> Result<(), Fault> {
    let (of, schema) = (&projection.subscription, projection.schema.as_str());
    alone(tx, site).await?;
    match schema::find(tx, schema).await? {
        Found::Foreign => return Err(schema::foreign(schema)),
        Found::Nothing => {}
        Found::Own => {
            return match projection.checkpoint.events(tx).await {
                Ok(Some((before, at))) => check_events(tx, site, projection, &before, position(at)).await,
                Err(fault) if fault.code() != "42P01" => Err(fault),
                _ => Err(of_views(schema)),
            };
        }
    }
    let rights = Rights::of(tx).await?;
    let created = schema::create(tx, schema, &of.name).await;
    created.map_err(|fault| Fault::told(rights.explain(fault, &format!("create the schema `{schema}` for {of}"))))?;
    projection.checkpoint.create(tx, of.log, &of.events).await?;
    let to_do = format!("create the tables of {of}");
    schema::create_tables(tx, of, schema, |fault| fault.into_failure(&to_do)).await.map_err(Fault::told)
}

/// Keeps others from creating or removing read models until the end of the transaction.
async fn alone(conn: &mut PgConnection, site: &Site) -> Result<(), Fault> {
    let sql = "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended($1, 0))";
    sqlx::query(sql).bind(format!("{} projections", site.names.channel())).execute(conn).await?;
    Ok(())
}

/// The schema belongs to the same version of the projection, in views.
fn of_views(schema: &str) -> Fault {
    Fault::Foreign(format!(
        "the schema `{schema}` is that of a projection in views\nhelp: keep a projection either in views or in the store; or give one of them \
         another name"
    ))
}

/// Refuses handlers that take events which the log holds before the checkpoint, and which they did not take before.
async fn check_events(
    conn: &mut PgConnection,
    site: &Site,
    projection: &Synchronous,
    before: &[String],
    at: Position,
) -> Result<(), Fault> {
    let of: &Subscription = &projection.subscription;
    if before == of.events {
        return Ok(());
    }
    if let Some(query) = of.may_have_missed(before).filter(|_| at > Position::START) {
        let options = ReadOptions::default().until(at).limit(1);
        if !page::read(conn, &site.statements, &query, &options).await?.page.events.is_empty() {
            let text = of.missed(before).to_string();
            return Err(Fault::Failed { kind: StoreErrorKind::Invalid, text, gave_way: false });
        }
    }
    projection.checkpoint.set_events(conn, &of.events).await
}

/// Hands over a page of what a read model lacks, and moves its checkpoint. Returns whether it has handled the whole log.
pub(super) async fn advance(tx: &mut Tx, site: &Site, projection: &Synchronous) -> Result<bool, Fault> {
    let of = &projection.subscription;
    let found = site.in_time(projection.enter(tx)).await?;
    let head = site.in_time(head_behind(tx, &site.statements, Place::START)).await?;
    if found.at.position >= head.position {
        return Ok(true);
    }
    let (events, to) = site.in_time(next(tx, site, of, found.at, head)).await?;
    let events: Vec<&RecordedEvent> = events.iter().collect();
    projection.handle(&events, &found, tx).await.map_err(|failure| failure.stuck(of))?;
    site.in_time(async { projection.leave(tx, &found, to, &events).await.map_err(|failure| failure.stuck(of)) })
        .await?;
    Ok(to == head)
}

/// The next events after a place, and the place up to which they were read.
async fn next(
    conn: &mut PgConnection,
    site: &Site,
    of: &Subscription,
    at: Place,
    head: Place,
) -> Result<(Vec<RecordedEvent>, Place), Fault> {
    let query = of.query();
    let options = ReadOptions::default().after(at).until(head.position);
    let page = page::read(conn, &site.statements, &query, &options.limit(PAGE)).await?.page;
    let mut events = page.events;
    let Some((after, end)) = events.last().map(|last| (last.place(), last.append_end())).filter(|_| page.more) else {
        return Ok((events, head));
    };
    // Events that were appended together are handled together.
    events.extend(read_all(conn, &site.statements, &query, options.after(after).until(end)).await?);
    Ok((events, place_at(conn, site, end).await?))
}

/// The place of the event at a position.
async fn place_at(conn: &mut PgConnection, site: &Site, at: Position) -> Result<Place, Fault> {
    let query =
        site.statements.query_as::<(i64, Option<sqlx::types::Uuid>, Option<sqlx::types::Uuid>)>(&site.statements.head);
    let (_, _, id) = query.bind(crate::sql::record::column(at)).fetch_one(conn).await?;
    Ok(Place { position: at, id: id.map(Into::into) })
}

/// Removes a version with its tables. Returns whether it was there.
pub(super) async fn remove(conn: &mut PgConnection, site: &Site, schema: &str) -> Result<bool, Fault> {
    alone(conn, site).await?;
    match schema::find(conn, schema).await? {
        Found::Nothing => return Ok(false),
        Found::Foreign => return Err(schema::foreign(schema)),
        Found::Own => {}
    }
    let sql = "SELECT pg_catalog.to_regclass($1) IS NOT NULL";
    let table = format!("{}.eskit_checkpoint", schema::quoted(schema));
    if !sqlx::query_scalar::<_, bool>(sql).bind(table).fetch_one(&mut *conn).await? {
        return Err(of_views(schema));
    }
    schema::drop(conn, schema).await?;
    Ok(true)
}

use eskit_runtime::Timestamp;
use eskit_runtime::subscription::{Asked, Ended, Request};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::error::Fault;

use super::inner::Inner;

/// What was asked last of each subscription.
pub(crate) async fn all(inner: &Inner) -> Result<Vec<Request>, Fault> {
    let rows = sqlx::query(inner.requests.all.safe()).fetch_all(&inner.pool).await;
    match rows.map_err(Fault::from) {
        Ok(rows) => rows.iter().map(request).collect(),
        Err(fault) if is_missing(&fault) => Ok(Vec::new()),
        Err(fault) => Err(fault),
    }
}

/// Asks something of a version of a subscription.
pub(crate) async fn ask(inner: &Inner, name: &str, version: u32, asked: &Asked) -> Result<Request, Fault> {
    let mut transaction = inner.begin().await?;
    let query = sqlx::query(inner.requests.ask.safe())
        .bind(name)
        .bind(i64::from(version))
        .bind(asked.name())
        .bind(asked.argument())
        .bind(Timestamp::now().as_micros());
    let row = query.fetch_one(&mut *transaction).await?;
    transaction.commit().await?;
    request(&row)
}

/// Stores what came of a request, unless another one was made since. Returns whether it did.
pub(crate) async fn end(inner: &Inner, request: &Request, ended: &Ended) -> Result<bool, Fault> {
    let mut transaction = inner.begin().await?;
    let query = sqlx::query(inner.requests.end.safe())
        .bind(&request.name)
        .bind(i64::from(request.version))
        .bind(i64::try_from(request.number).unwrap_or(i64::MAX))
        .bind(ended.at.as_micros())
        .bind(ended.is_done)
        // The database cannot hold this character.
        .bind(ended.text.replace('\0', "\u{fffd}"));
    let changed = match query.execute(&mut *transaction).await.map_err(Fault::from) {
        Err(fault) if is_missing(&fault) => return Ok(false),
        changed => changed?,
    };
    transaction.commit().await?;
    Ok(changed.rows_affected() > 0)
}

/// Forgets what was asked of a version that is removed.
pub(crate) async fn forget(inner: &Inner, name: &str, version: u32) -> Result<(), Fault> {
    let query = sqlx::query(inner.requests.forget.safe()).bind(name).bind(i64::from(version));
    match query.execute(&inner.pool).await.map_err(Fault::from) {
        Err(fault) if !is_missing(&fault) => Err(fault),
        _ => Ok(()),
    }
}

/// Whether the views have no such table: they are of an earlier version.
fn is_missing(fault: &Fault) -> bool {
    fault.code() == "42P01"
}

fn request(row: &PgRow) -> Result<Request, Fault> {
    let (name, asked): (String, String) = (row.try_get(0)?, row.try_get(3)?);
    let version = u32::try_from(row.try_get::<i64, _>(1)?)
        .map_err(|_| Fault::Damaged(format!("the request to `{name}` has a damaged version")))?;
    let mut request =
        Request::stored(&name, version, row.try_get::<i64, _>(2)?.unsigned_abs(), &asked, row.try_get(4)?);
    request.asked_at = Timestamp::from_micros(row.try_get(5)?);
    request.paused_at = row.try_get::<Option<i64>, _>(6)?.map(Timestamp::from_micros);
    if let (Some(at), Some(is_done)) = (row.try_get::<Option<i64>, _>(7)?, row.try_get::<Option<bool>, _>(8)?) {
        let text = row.try_get::<Option<String>, _>(9)?.unwrap_or_default();
        let mut ended = Ended::now(if is_done { Ok(text) } else { Err(text) });
        ended.at = Timestamp::from_micros(at);
        request.ended = Some(ended);
    }
    Ok(request)
}

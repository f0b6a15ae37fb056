use eskit_runtime::subscription::{ApplyError, Changed, Checkpoint, Subscription};
use eskit_runtime::{StoreError, Timestamp};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::types::Uuid;
use sqlx::{PgConnection, Postgres, Row};

use crate::error::Fault;
use crate::sql::record::column;
use crate::sql::safe::Sql;

use super::inner::Inner;
use super::open::pin_path;
use super::schema;
use super::work_statements::LIST_VERSION;

/// A version of a projection.
struct Version {
    number: i64,
    schema: String,
    is_active: bool,
    /// Whether a process handles its events.
    is_claimed: bool,
}

/// Creates what a subscription lacks: the schema with its tables, and the checkpoint.
pub(crate) async fn create(inner: &Inner, subscription: &Subscription) -> Result<(), StoreError> {
    let to_do = format!("create {subscription}");
    let fail = |fault: Fault| inner.error(&to_do, fault);
    let mut transaction = inner.begin().await.map_err(fail)?;
    pin_path(&mut transaction).await.map_err(fail)?;
    let locked = sqlx::raw_sql(inner.statements.lock_versions.safe()).execute(&mut *transaction).await;
    locked.map_err(|error| fail(error.into()))?;
    let versions = versions(inner, &mut transaction, &subscription.name).await.map_err(fail)?;
    let number = i64::from(subscription.version);
    if !versions.iter().any(|version| version.number == number) {
        let schema = free_schema(inner, &mut transaction, subscription).await.map_err(fail)?;
        let created = schema::create(&mut transaction, &schema, &subscription.name).await;
        let to_create = format!("create the schema `{schema}` for {subscription}");
        created.map_err(|fault| inner.rights.explain(fault, &to_create))?;
        let query =
            sqlx::query(inner.statements.add_version.safe()).bind(&subscription.name).bind(number).bind(&schema);
        query.execute(&mut *transaction).await.map_err(|error| fail(error.into()))?;
        create_tables(inner, &mut transaction, subscription, &schema).await?;
    }
    let partition = subscription.partition;
    let query = sqlx::query(inner.statements.add_checkpoint.safe())
        .bind(&subscription.name)
        .bind(number)
        .bind(i64::from(partition.index))
        .bind(i64::from(partition.count))
        .bind(subscription.log.as_uuid())
        .bind(column(subscription.start.position))
        .bind(subscription.start.id.map(|id| id.as_uuid()))
        .bind(&subscription.events)
        .bind(Timestamp::now().as_micros());
    query.execute(&mut *transaction).await.map_err(|error| fail(error.into()))?;
    transaction.commit().await.map_err(|error| fail(error.into()))
}

/// The schema for a new version: the plain name for the first one.
async fn free_schema(inner: &Inner, conn: &mut PgConnection, subscription: &Subscription) -> Result<String, Fault> {
    let name = &subscription.name;
    let prefix = &inner.schema_prefix;
    let mut schema = schema::of(prefix, name);
    for is_last in [false, true] {
        let query = sqlx::query_as::<_, (String, i64)>(inner.statements.holder.safe()).bind(&schema);
        match query.fetch_optional(&mut *conn).await? {
            None => break,
            Some((holder, _)) if holder == *name && !is_last => {
                schema = schema::of_version(prefix, name, subscription.version);
            }
            Some((holder, version)) => {
                return Err(Fault::Foreign(format!(
                    "its schema would be `{schema}`, which is that of `{holder}` version {version}\nhelp: give one of the projections another \
                     name"
                )));
            }
        }
    }
    match schema::find(conn, &schema).await? {
        schema::Found::Nothing => Ok(schema),
        found => Err(schema::taken(&found, &schema)),
    }
}

async fn create_tables(
    inner: &Inner,
    conn: &mut PgConnection,
    subscription: &Subscription,
    schema: &str,
) -> Result<(), StoreError> {
    let to_do = format!("create the tables of {subscription}");
    let fail = |fault: Fault| inner.error(&to_do, fault);
    schema::create_tables(&mut *conn, subscription, schema, fail).await?;
    pin_path(conn).await.map_err(fail)
}

/// All versions of a projection, which stay as they are until the end of the transaction.
async fn versions(inner: &Inner, conn: &mut PgConnection, name: &str) -> Result<Vec<Version>, Fault> {
    let rows = sqlx::query(inner.statements.versions.safe()).bind(name).fetch_all(conn).await?;
    let version = |row: &PgRow| {
        let (number, schema) = (row.try_get(0)?, row.try_get(1)?);
        Ok(Version { number, schema, is_active: row.try_get(2)?, is_claimed: row.try_get(3)? })
    };
    rows.iter().map(version).collect()
}

/// A statement with the parameters that pick the row of a claim.
pub(crate) fn of_claim<'a>(sql: &Sql, checkpoint: &'a Checkpoint, owner: Uuid) -> Query<'a, Postgres, PgArguments> {
    sqlx::query(sql.safe())
        .bind(&checkpoint.name)
        .bind(i64::from(checkpoint.version))
        .bind(i64::from(checkpoint.partition.index))
        .bind(owner)
        .bind(i64::try_from(checkpoint.epoch).unwrap_or(i64::MAX))
}

/// Lets readers see a version, unless they see a newer one that a process keeps: its schema and that of the version before change
/// their names. Returns whether they see it now.
pub(crate) async fn activate(inner: &Inner, checkpoint: &Checkpoint, owner: Uuid) -> Result<bool, ApplyError> {
    let (name, number) = (&checkpoint.name, i64::from(checkpoint.version));
    let to_do = format!("activate `{name}` version {number}");
    let fail = |fault: Fault| ApplyError::from(inner.error(&to_do, fault));
    let failed = |error: sqlx::Error| fail(error.into());
    let asked = of_claim(&inner.statements.ask, checkpoint, owner).fetch_optional(&inner.pool).await.map_err(failed)?;
    let Some(asked) = asked else { return Err(ApplyError::Deposed) };
    let (is_seen, must_wait): (bool, bool) = (asked.try_get(0).map_err(failed)?, asked.try_get(1).map_err(failed)?);
    if is_seen || must_wait {
        return Ok(is_seen);
    }
    let mut transaction = inner.begin().await.map_err(fail)?;
    pin_path(&mut transaction).await.map_err(fail)?;
    let versions = versions(inner, &mut transaction, name).await.map_err(fail)?;
    let ready = of_claim(&inner.statements.ready, checkpoint, owner).fetch_optional(&mut *transaction).await;
    let Some(ready) = ready.map_err(failed)? else { return Err(ApplyError::Deposed) };
    let others: i64 = ready.try_get(1).map_err(failed)?;
    let own = versions.iter().find(|version| version.number == number).ok_or(ApplyError::Deposed)?;
    let newer = versions.iter().find(|version| version.is_active && version.number > number);
    let is_kept = match newer {
        Some(newer) => is_kept(inner, &mut transaction, name, newer).await.map_err(fail)?,
        None => false,
    };
    let may_be_seen = others + 1 >= i64::from(checkpoint.partition.count) && !is_kept;
    let is_news = may_be_seen && !own.is_active;
    if is_news {
        show(inner, &mut transaction, name, own, &versions).await.map_err(fail)?;
    }
    transaction.commit().await.map_err(failed)?;
    if is_news {
        inner.hubs.of(name).tell(Changed::All);
    }
    Ok(may_be_seen)
}

/// Whether a process keeps any part of a version. None can begin to before the end of the transaction.
async fn is_kept(inner: &Inner, conn: &mut PgConnection, name: &str, version: &Version) -> Result<bool, Fault> {
    let query = sqlx::query_scalar::<_, bool>(inner.statements.are_kept.safe()).bind(name).bind(version.number);
    Ok(query.fetch_all(conn).await?.contains(&true))
}

async fn show(
    inner: &Inner,
    conn: &mut PgConnection,
    name: &str,
    own: &Version,
    versions: &[Version],
) -> Result<(), Fault> {
    let (prefix, schema) = (&inner.schema_prefix, schema::of(&inner.schema_prefix, name));
    if own.schema != schema {
        if let Some(before) = versions.iter().find(|version| version.schema == schema) {
            let aside = schema::of_version(prefix, name, u32::try_from(before.number).unwrap_or(u32::MAX));
            move_version(inner, conn, name, before, &aside).await?;
        }
        move_version(inner, conn, name, own, &schema).await?;
    }
    let query = sqlx::query(inner.statements.show_version.safe()).bind(name).bind(own.number);
    query.execute(conn).await?;
    Ok(())
}

async fn move_version(
    inner: &Inner,
    conn: &mut PgConnection,
    name: &str,
    version: &Version,
    to: &str,
) -> Result<(), Fault> {
    match schema::find(conn, to).await? {
        schema::Found::Nothing => {}
        found => return Err(schema::taken(&found, to)),
    }
    schema::rename(conn, &version.schema, to).await?;
    let query = sqlx::query(inner.statements.move_version.safe()).bind(name).bind(version.number).bind(to);
    query.execute(conn).await?;
    Ok(())
}

/// Empties a version, and sets all its parts back.
pub(crate) async fn restart(
    inner: &Inner,
    checkpoint: &Checkpoint,
    owner: Uuid,
    subscription: &Subscription,
) -> Result<(), ApplyError> {
    let (name, number) = (&checkpoint.name, i64::from(checkpoint.version));
    let to_do = format!("rebuild {subscription}");
    let fail = |fault: Fault| ApplyError::from(inner.error(&to_do, fault));
    let mut transaction = inner.begin().await.map_err(fail)?;
    pin_path(&mut transaction).await.map_err(fail)?;
    let versions = versions(inner, &mut transaction, name).await.map_err(fail)?;
    let own = versions.iter().find(|version| version.number == number).ok_or(ApplyError::Deposed)?;
    let kept = of_claim(&inner.statements.keep, checkpoint, owner).fetch_optional(&mut *transaction).await;
    if kept.map_err(|error| fail(error.into()))?.is_none() {
        return Err(ApplyError::Deposed);
    }
    schema::drop(&mut transaction, &own.schema).await.map_err(fail)?;
    schema::create(&mut transaction, &own.schema, name).await.map_err(fail)?;
    create_tables(inner, &mut transaction, subscription, &own.schema).await?;
    let start = subscription.start;
    let unpark = sqlx::query(inner.statements.unpark_all.safe()).bind(name).bind(number);
    let set_back = sqlx::query(inner.statements.set_back.safe())
        .bind(name)
        .bind(number)
        .bind(subscription.log.as_uuid())
        .bind(column(start.position))
        .bind(start.id.map(|id| id.as_uuid()))
        .bind(&subscription.events)
        .bind(Timestamp::now().as_micros())
        .bind(i64::from(checkpoint.partition.index));
    let pending = inner.hubs.of(name).begin(checkpoint.version);
    for query in [unpark, set_back] {
        query.execute(&mut *transaction).await.map_err(|error| fail(error.into()))?;
    }
    if checkpoint.version == LIST_VERSION {
        for sql in [&inner.work.close_all, &inner.work.free_all, &inner.work.steps.forget_events] {
            let query = sqlx::query(sql.safe()).bind(name);
            query.execute(&mut *transaction).await.map_err(|error| fail(error.into()))?;
        }
    }
    transaction.commit().await.map_err(|error| fail(error.into()))?;
    pending.committed(Changed::All, own.is_active);
    Ok(())
}

/// Removes the items of a list whose subscription has no checkpoint, if that has one at all. Returns whether there were any.
async fn remove_list(inner: &Inner, conn: &mut PgConnection, name: &str) -> Result<bool, Fault> {
    sqlx::query(inner.work.steps.remove.safe()).bind(name).execute(&mut *conn).await?;
    let removed = sqlx::query(inner.work.remove.safe()).bind(name).execute(conn).await?;
    Ok(removed.rows_affected() > 0)
}

/// Removes a version that nobody sees and nobody keeps. Returns whether it was there.
pub(crate) async fn remove(inner: &Inner, name: &str, number: u32) -> Result<bool, StoreError> {
    let to_do = format!("remove `{name}` version {number}");
    let fail = |fault: Fault| inner.error(&to_do, fault);
    let refuse = |why: &str| Err(fail(Fault::Refused(why.to_owned())));
    let mut transaction = inner.begin().await.map_err(fail)?;
    pin_path(&mut transaction).await.map_err(fail)?;
    let is_of_list = number == LIST_VERSION;
    let number = i64::from(number);
    let versions = versions(inner, &mut transaction, name).await.map_err(fail)?;
    let Some(own) = versions.iter().find(|version| version.number == number) else {
        let was_there = is_of_list && remove_list(inner, &mut transaction, name).await.map_err(fail)?;
        transaction.commit().await.map_err(|error| fail(error.into()))?;
        return Ok(was_there);
    };
    if own.is_active {
        return refuse("readers see it\nhelp: activate another version first");
    }
    if own.is_claimed {
        return refuse("a process handles its events\nhelp: stop the processes that run this version first");
    }
    schema::drop(&mut transaction, &own.schema).await.map_err(fail)?;
    for sql in [&inner.statements.unpark_all, &inner.statements.remove_version] {
        let query = sqlx::query(sql.safe()).bind(name).bind(number);
        query.execute(&mut *transaction).await.map_err(|error| fail(error.into()))?;
    }
    if is_of_list {
        remove_list(inner, &mut transaction, name).await.map_err(fail)?;
    }
    transaction.commit().await.map_err(|error| fail(error.into()))?;
    Ok(true)
}

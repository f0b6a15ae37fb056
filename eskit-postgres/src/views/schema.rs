use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::subscription::Subscription;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::error::Fault;
use crate::sql::names::EQ;
use eskit_runtime::store_kit::fnv1a;

/// Bytes of the name that a projection gives to its schema: with a version of ten digits it is no longer than an identifier.
const NAME_BYTES_MAX: usize = 50;

/// How the comment begins that eskit gives to the schemas that it creates.
const MARK: &str = "eskit:";

/// Bytes of a prefix: so many are left of a name that is too long to be written out.
const PREFIX_BYTES_MAX: usize = 20;

/// Checks what the names of schemas are to begin with.
pub(crate) fn check_prefix(prefix: &str) -> Result<(), StoreError> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if prefix.len() <= PREFIX_BYTES_MAX && prefix.chars().all(is_plain) {
        return Ok(());
    }
    let text = format!(
        "schemas of read models cannot begin with {prefix:?}\nhelp: a prefix has up to {PREFIX_BYTES_MAX} of `a-z`, `0-9` and `_`"
    );
    Err(StoreError::new(StoreErrorKind::Invalid, text))
}

/// The schema of the version of a projection that readers see: `course_list` for `course-list`, behind the prefix.
pub(crate) fn of(prefix: &str, projection: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let mut schema: String = prefix.chars().chain(projection.chars().map(word)).collect();
    if schema.starts_with("pg_") || !schema.starts_with(|first: char| first.is_ascii_lowercase() || first == '_') {
        schema.insert(0, '_');
    }
    if schema.len() > NAME_BYTES_MAX {
        schema.truncate(NAME_BYTES_MAX - 17);
        schema = format!("{schema}_{:016x}", fnv1a(format!("{prefix}{projection}").as_bytes()));
    }
    schema
}

/// The schema of another version.
pub(crate) fn of_version(prefix: &str, projection: &str, version: u32) -> String {
    format!("{}__{version}", of(prefix, projection))
}

/// An identifier as it is written in SQL.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What is known of a schema of this name.
pub(crate) enum Found {
    Nothing,
    /// Created by eskit.
    Own,
    Foreign,
}

pub(crate) async fn find(conn: &mut PgConnection, schema: &str) -> Result<Found, Fault> {
    let sql = format!(
        "SELECT coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '')
         FROM pg_catalog.pg_namespace n WHERE n.nspname {EQ} $1"
    );
    let comment: Option<String> =
        sqlx::query_scalar(AssertSqlSafe(sql)).bind(schema).fetch_optional(conn).await.map_err(Fault::from)?;
    Ok(match comment {
        None => Found::Nothing,
        Some(comment) if comment.starts_with(MARK) => Found::Own,
        Some(_) => Found::Foreign,
    })
}

/// Creates a schema for a projection.
pub(crate) async fn create(conn: &mut PgConnection, schema: &str, projection: &str) -> Result<(), Fault> {
    let quoted = quoted(schema);
    let comment = format!("{MARK} the read model of the projection {projection}").replace('\'', "''");
    run(conn, format!("CREATE SCHEMA {quoted}; COMMENT ON SCHEMA {quoted} IS '{comment}'")).await
}

/// Runs the SQL that creates the tables of a read model. Names without a schema are those of this one from now on.
pub(crate) async fn create_tables(
    conn: &mut PgConnection,
    subscription: &Subscription,
    schema: &str,
    fail: impl Fn(Fault) -> StoreError,
) -> Result<(), StoreError> {
    if subscription.tables.is_empty() {
        return Ok(());
    }
    run(conn, format!("SET LOCAL search_path = {}, public, pg_temp", quoted(schema))).await.map_err(&fail)?;
    let transaction = "SELECT pg_catalog.txid_current()";
    let begun: i64 = sqlx::query_scalar(transaction).fetch_one(&mut *conn).await.map_err(|error| fail(error.into()))?;
    sqlx::raw_sql(subscription.tables).execute(&mut *conn).await.map_err(|error| {
        let kind = crate::error::kind_of_failure(&error).unwrap_or(StoreErrorKind::Invalid);
        let text = format!("the SQL of the tables of {subscription} failed: {}", Fault::from(error));
        StoreError::new(kind, text)
    })?;
    let ended: i64 = sqlx::query_scalar(transaction).fetch_one(conn).await.map_err(|error| fail(error.into()))?;
    if ended == begun {
        return Ok(());
    }
    let text = format!(
        "the SQL of the tables of {subscription} ends its transaction\nhelp: leave `BEGIN`, `COMMIT` and `ROLLBACK` out, and drop what it \
         has left in the schema `{schema}`"
    );
    Err(StoreError::new(StoreErrorKind::Invalid, text))
}

/// Drops a schema that eskit created, with everything in it. Refuses if something outside of it needs what is in it.
pub(crate) async fn drop(conn: &mut PgConnection, schema: &str) -> Result<(), Fault> {
    match find(conn, schema).await? {
        Found::Nothing => return Ok(()),
        Found::Foreign => return Err(foreign(schema)),
        Found::Own => {}
    }
    if let Some((kind, name, needed)) = dependent(conn, schema).await? {
        return Err(Fault::Refused(format!(
            "the {kind} `{name}` needs `{needed}`\nhelp: drop the {kind} first, and create it again afterwards, or put it into the SQL of the \
             projection's tables"
        )));
    }
    run(conn, format!("DROP SCHEMA {} CASCADE", quoted(schema))).await
}

pub(crate) async fn rename(conn: &mut PgConnection, from: &str, to: &str) -> Result<(), Fault> {
    match find(conn, from).await? {
        Found::Own => run(conn, format!("ALTER SCHEMA {} RENAME TO {}", quoted(from), quoted(to))).await,
        Found::Nothing => Err(Fault::Refused(format!(
            "the schema `{from}` is missing\nhelp: restore it from a backup, or build the read model anew with `rebuild`"
        ))),
        Found::Foreign => Err(foreign(from)),
    }
}

/// Says that a schema belongs to another program.
pub(crate) fn foreign(schema: &str) -> Fault {
    Fault::Foreign(format!(
        "the schema `{schema}` exists, and was not created by eskit, which leaves it alone\nhelp: rename it: ALTER SCHEMA {} RENAME TO ..; \
         or give the projection another name",
        quoted(schema)
    ))
}

/// Says that a schema is the read model of other views, and that of another program otherwise.
pub(crate) fn taken(found: &Found, schema: &str) -> Fault {
    match found {
        Found::Nothing | Found::Foreign => foreign(schema),
        Found::Own => Fault::Foreign(format!(
            "the schema `{schema}` is a read model of other views in this database\nhelp: give the views of each program or tenant a prefix of \
             their own, `PostgresViews::options().schema(\"..\").schema_prefix(\"..\")`; if those views are gone, drop it: DROP SCHEMA {} CASCADE",
            quoted(schema)
        )),
    }
}

/// A view, a foreign key or a table outside of the schema that would go with it.
async fn dependent(conn: &mut PgConnection, schema: &str) -> Result<Option<(String, String, String)>, Fault> {
    let sql = format!(
        "WITH inside AS MATERIALIZED (
             SELECT c.oid, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid {EQ} c.relnamespace
             WHERE n.nspname {EQ} $1
         ), needs(kind, relation, needed) AS (
             SELECT 'view', r.ev_class, i.relname FROM inside i
             JOIN pg_catalog.pg_depend d ON d.refobjid {EQ} i.oid AND d.classid {EQ} 'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid
             JOIN pg_catalog.pg_rewrite r ON r.oid {EQ} d.objid
             UNION ALL
             SELECT 'foreign key of the table', k.conrelid, i.relname FROM inside i JOIN pg_catalog.pg_constraint k ON k.confrelid {EQ} i.oid
             UNION ALL
             SELECT 'table', h.inhrelid, i.relname FROM inside i JOIN pg_catalog.pg_inherits h ON h.inhparent {EQ} i.oid
         )
         SELECT s.kind, pg_catalog.concat(n.nspname, '.', c.relname), pg_catalog.concat($1, '.', s.needed)
         FROM needs s JOIN pg_catalog.pg_class c ON c.oid {EQ} s.relation JOIN pg_catalog.pg_namespace n ON n.oid {EQ} c.relnamespace
         WHERE NOT n.nspname {EQ} $1 ORDER BY 2 LIMIT 1"
    );
    Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(schema).fetch_optional(conn).await?)
}

/// Runs statements whose text holds nothing but quoted names.
async fn run(conn: &mut PgConnection, sql: String) -> Result<(), Fault> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_projection_names_its_schema() {
        for (projection, schema) in
            [("course-list", "course_list"), ("a1", "a1"), ("1st", "_1st"), ("pg-x", "_pg_x"), ("É", "_"), ("Ab", "ab")]
        {
            assert_eq!(of("", projection), schema);
        }
        assert_eq!(of_version("", "course-list", 3), "course_list__3");
        let long = of_version(&"p".repeat(PREFIX_BYTES_MAX), &"x".repeat(64), u32::MAX);
        assert!(long.len() < 64, "{long}");
        assert_ne!(of("", &"x".repeat(64)), of("", &"x".repeat(63)));
        assert_eq!(of("acme_", "course-list"), "acme_course_list");
        assert_ne!(of(&("p".repeat(62) + "1_"), "list"), of(&("p".repeat(62) + "2_"), "list"));
        assert!(check_prefix("t1_").is_ok() && check_prefix("T_").is_err() && check_prefix(&"p".repeat(21)).is_err());
    }
}

//! Sessions with other defaults, other paths and other logs than the store was opened with: an append is right, or refused.

use std::time::Duration;

use crate::support::*;
use eskit_postgres::PostgresStore;
use eskit_runtime::log::{
    Append, AppendError, Position, Query, QueryItem, ReadOptions, StoreErrorKind, StreamChange, Tag,
};
use eskit_runtime::{EventStore, StoreError};
use sqlx::{AssertSqlSafe, PgPool};

async fn run(pool: &PgPool, sql: impl Into<String>) {
    sqlx::raw_sql(AssertSqlSafe(sql.into())).execute(pool).await.unwrap();
}

/// A store whose sessions begin with these settings.
async fn with_settings(fixture: &Fixture, settings: &[(&str, &str)]) -> PostgresStore {
    let settings = settings.iter().map(|(name, value)| format!("&options[{name}]={}", value));
    let dsn = format!("{}{}", fixture.database.dsn(), settings.collect::<String>());
    PostgresStore::connect(&dsn).await.unwrap()
}

/// An append or a change that waits for its turn must see what the one before it committed.
#[tokio::test]
async fn appends_and_changes_are_right_under_any_default_isolation() {
    let Some(fixture) = fixture().await else { return };
    for level in ["read uncommitted", "repeatable read", "serializable"] {
        let strict = with_settings(&fixture, &[("default_transaction_isolation", level)]).await;
        let id = stream(level);
        strict.append(one(on(id.clone(), "e"))).await.unwrap();
        let mut holder = fixture.store.pool().begin().await.unwrap();
        let inside = fixture.store.in_transaction(&mut holder);
        inside.append(one(on(id.clone(), "e"))).await.unwrap();
        inside.change_stream(&id, StreamChange::tombstone("over")).await.unwrap();
        drop(inside);
        let spawn = |append: Append| {
            let strict = strict.clone();
            tokio::spawn(async move { strict.append(append).await })
        };
        let to_closed = spawn(one(on(id.clone(), "late")));
        let conflicting = spawn(one(plain("late")).with(no_events(QueryItem::stream(id.clone()), 1)));
        let free = spawn(one(on(stream("free"), "e")));
        tokio::time::sleep(Duration::from_millis(200)).await;
        holder.commit().await.unwrap();
        let refused = to_closed.await.unwrap();
        assert!(matches!(refused, Err(AppendError::StreamClosed(_))), "{level}: {refused:?}");
        let refused = conflicting.await.unwrap();
        assert!(matches!(refused, Err(AppendError::Conflict(_))), "{level}: {refused:?}");
        free.await.unwrap().unwrap();
        let refused = strict.change_stream(&id, StreamChange::Archive).await;
        assert!(refused.is_err(), "{level}: {refused:?}");
        strict.close().await;
    }
    assert!(everything(&fixture.store).await.iter().all(|event| event.name != "late"));
}

/// A schema that offers other operators and functions under the names of PostgreSQL's own.
const OTHER: &str = "
CREATE SCHEMA other;
DO $do$
DECLARE
    kind text;
    operator text;
BEGIN
    FOREACH kind IN ARRAY ARRAY['text', 'bigint', 'integer', 'uuid', 'name', 'oid', 'boolean', 'timestamptz', 'integer[]'] LOOP
        EXECUTE format('CREATE FUNCTION other.never(%1$s, %1$s) RETURNS boolean LANGUAGE sql IMMUTABLE AS ''SELECT false''', kind);
        FOREACH operator IN ARRAY ARRAY['=', '<>', '<', '>', '<=', '>='] LOOP
            EXECUTE format('CREATE OPERATOR other.%1$s (LEFTARG = %2$s, RIGHTARG = %2$s, FUNCTION = other.never)', operator, kind);
        END LOOP;
    END LOOP;
END
$do$;
CREATE FUNCTION other.never(name, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE OPERATOR other.= (LEFTARG = name, RIGHTARG = text, FUNCTION = other.never);
CREATE FUNCTION other.zero(bigint, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 0::bigint';
CREATE OPERATOR other.+ (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = other.zero);
CREATE OPERATOR other.- (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = other.zero);
CREATE FUNCTION other.unnest(text[]) RETURNS SETOF text LANGUAGE sql AS 'SELECT NULL::text WHERE false';
CREATE FUNCTION other.unnest(integer[]) RETURNS SETOF integer LANGUAGE sql AS 'SELECT NULL::integer WHERE false';
CREATE FUNCTION other.cardinality(text[]) RETURNS integer LANGUAGE sql AS 'SELECT 0';
CREATE FUNCTION other.cardinality(integer[]) RETURNS integer LANGUAGE sql AS 'SELECT 0';
CREATE FUNCTION other.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS 'SELECT $2';
CREATE FUNCTION other.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT 'read committed' $$;
CREATE FUNCTION other.pg_advisory_xact_lock(bigint) RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION other.int8send(bigint) RETURNS bytea LANGUAGE sql AS $$ SELECT ''::bytea $$;
CREATE FUNCTION other.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT NULL::timestamptz';
CREATE FUNCTION other.gen_random_uuid() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid';
CREATE FUNCTION other.pg_notify(text, text) RETURNS void LANGUAGE sql AS '';
CREATE DOMAIN other.bytea AS pg_catalog.text CHECK (VALUE IS NULL);
CREATE DOMAIN other.uuid AS pg_catalog.text CHECK (VALUE IS NULL);
";

/// The positions that queries of every form return.
async fn found(store: &PostgresStore) -> Vec<Vec<u64>> {
    let tag = |value: &str| Tag::new("seat", value);
    let queries = [
        Query::all(),
        QueryItem::types(["e"]).into(),
        with_tag("seat", "1").into(),
        QueryItem::tags([tag("1")]).with_types(["e"]).into(),
        QueryItem::tags([tag("1"), tag("2")]).into(),
        QueryItem::stream(stream("a")).into(),
        QueryItem::stream(stream("a")).with_types(["e"]).into(),
        QueryItem::stream_type("account").into(),
        QueryItem::stream_type("account").with_types(["e"]).into(),
    ];
    let mut all = Vec::new();
    for query in queries {
        for options in [ReadOptions::default(), ReadOptions::default().after(Position::new(1)).limit(1)] {
            all.push(numbers(&store.read(&query, options).await.unwrap().events));
        }
    }
    all
}

/// What a store may not let through, and what it must.
async fn assert_right(store: &PostgresStore) {
    let seat = || tagged("e", &[("seat", "1"), ("seat", "2")]);
    let taken = || no_events(QueryItem::tags([Tag::new("seat", "1")]).with_types(["e"]), 0);
    let both = || no_events(QueryItem::tags([Tag::new("seat", "1"), Tag::new("seat", "2")]), 0);
    store.append(one(on(stream("a"), "e")).with(at_version(stream("a"), 0))).await.unwrap();
    store.append(one(seat()).with(taken()).with(both())).await.unwrap();
    for append in [
        one(seat()).with(taken()),
        one(seat()).with(both()),
        one(plain("e")).with(at_version(stream("a"), 0)),
        one(plain("e")).with(no_events(QueryItem::stream(stream("a")), 0)),
        one(plain("e")).with(no_events(QueryItem::types(["e"]), 1)),
        one(plain("e")).with(no_events(Query::all(), 1)),
        Append::new(vec![plain("e"), plain("e")]).with(no_events(QueryItem::stream_type("account"), 0)),
    ] {
        let refused = store.append(append).await;
        assert!(matches!(refused, Err(AppendError::Conflict(_))), "{refused:?}");
    }
    let again = one(on(stream("a"), "e"));
    assert_eq!(store.append(again.clone()).await.unwrap().versions, [Some(2)]);
    assert!(store.append(again).await.unwrap().repeated);
    store.change_stream(&stream("a"), StreamChange::Archive).await.unwrap();
    assert!(matches!(store.append(one(on(stream("a"), "e"))).await, Err(AppendError::StreamClosed(_))));
    store.change_stream(&stream("a"), StreamChange::Restore).await.unwrap();
    assert_eq!(store.stream_info(&stream("a")).await.unwrap().version, 2);
    store.append(one(on(stream("b"), "e"))).await.unwrap();
    store.change_stream(&stream("b"), StreamChange::delete("asked for")).await.unwrap();
    assert_eq!(store.head().await.unwrap().position, Position::new(4));
}

/// Names mean what PostgreSQL means by them, whatever stands before it in the session's path.
#[tokio::test]
async fn the_search_path_of_the_session_does_not_matter() {
    let Some(fixture) = fixture().await else { return };
    assert_right(&fixture.store).await;
    let expected = found(&fixture.store).await;
    assert!(expected[0] == [1, 2, 3] && expected.iter().any(|found| found.len() == 1), "{expected:?}");
    run(fixture.store.pool(), OTHER).await;
    let dsn = format!("{}&options[search_path]=other,pg_catalog,public", fixture.database.dsn());
    for (schema, migrate) in [("eskit", false), ("second", true)] {
        let options = PostgresStore::options().schema(schema).migrate(migrate);
        let store = options.connect(&dsn).await.unwrap();
        if migrate {
            assert_right(&store).await;
        }
        assert_eq!(found(&store).await, expected);
        store.close().await;
    }
}

/// A migration that somebody runs by hand leaves their path as it was.
#[tokio::test]
async fn printed_migrations_are_run_on_any_search_path() {
    let Some(fixture) = fixture().await else { return };
    run(fixture.store.pool(), OTHER).await;
    let mut transaction = fixture.store.pool().begin().await.unwrap();
    sqlx::raw_sql("SET search_path = other, pg_catalog, public").execute(&mut *transaction).await.unwrap();
    for migration in eskit_postgres::migrations().schema("printed").sql().unwrap() {
        sqlx::raw_sql(AssertSqlSafe(migration.sql)).execute(&mut *transaction).await.unwrap();
    }
    let path: String = sqlx::query_scalar("SHOW search_path").fetch_one(&mut *transaction).await.unwrap();
    assert_eq!(path, "other, pg_catalog, public");
    transaction.commit().await.unwrap();
    let store = PostgresStore::options().schema("printed").connect(fixture.database.dsn()).await.unwrap();
    assert_right(&store).await;
}

/// Everything else that a role or a database may set by default and that could change what a statement means.
#[tokio::test]
async fn other_defaults_of_the_session_do_not_matter() {
    let Some(fixture) = fixture().await else { return };
    let settings = [
        ("array_nulls", "off"),
        ("backslash_quote", "off"),
        ("bytea_output", "escape"),
        ("check_function_bodies", "off"),
        ("DateStyle", "German"),
        ("default_transaction_deferrable", "on"),
        ("enable_indexscan", "off"),
        ("enable_indexonlyscan", "off"),
        ("enable_nestloop", "off"),
        ("enable_sort", "off"),
        ("escape_string_warning", "off"),
        ("extra_float_digits", "-15"),
        ("IntervalStyle", "sql_standard"),
        ("jit_above_cost", "0"),
        ("plan_cache_mode", "force_custom_plan"),
        ("plpgsql.extra_errors", "all"),
        ("plpgsql.variable_conflict", "use_column"),
        ("quote_all_identifiers", "on"),
        ("session_replication_role", "replica"),
        ("standard_conforming_strings", "off"),
        ("transform_null_equals", "on"),
        ("xmloption", "document"),
    ];
    let store = with_settings(&fixture, &settings).await;
    assert_right(&store).await;
    let expected = found(&fixture.store).await;
    assert_eq!(found(&store).await, expected);
    let reread = with_settings(&fixture, &[("force_parallel_mode", "on"), ("parallel_setup_cost", "0")]).await;
    assert_eq!(found(&reread).await, expected);
}

/// A policy that hides rows would hide them from conditions too.
#[tokio::test]
async fn rows_that_a_policy_hides_are_not_overlooked() {
    let Some(fixture) = fixture().await else { return };
    let role = format!("tenant_{}", std::process::id());
    fixture.store.append(one(tagged("e", &[("seat", "1")]))).await.unwrap();
    run(
        fixture.store.pool(),
        format!(
            "CREATE ROLE {role}; GRANT USAGE ON SCHEMA eskit TO {role}; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA eskit TO {role}"
        ),
    )
    .await;
    let store = with_settings(&fixture, &[("role", &role)]).await;
    let append = || one(tagged("e", &[("seat", "1")])).with(no_events(with_tag("seat", "1"), 0));
    assert!(matches!(store.append(append()).await, Err(AppendError::Conflict(_))));
    run(
        fixture.store.pool(),
        "ALTER TABLE eskit.tags ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON eskit.tags USING (false) WITH CHECK (true)",
    )
    .await;
    let Err(AppendError::Store(error)) = store.append(append()).await else { panic!("a row was overlooked") };
    assert!(error.to_string().contains("row-level security"), "{error}");
    store.close().await;
    run(fixture.store.pool(), format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

/// What every call of a store answers, when another log has taken the place of its own.
async fn refusals(store: &PostgresStore) -> Vec<StoreError> {
    let of_append = |answer: Result<_, AppendError>| match answer {
        Err(AppendError::Store(error)) => error,
        answer => panic!("{answer:?}"),
    };
    let of_change = |answer: Result<_, _>| match answer {
        Err(eskit_runtime::log::StreamError::Store(error)) => error,
        answer => panic!("{answer:?}"),
    };
    let mut all = Vec::new();
    for append in [one(plain("e")), one(on(stream("a"), "e")), Append::new(vec![plain("e"), plain("e")])] {
        all.push(of_append(store.append(append).await));
    }
    for query in
        [Query::all(), QueryItem::types(["e"]).into(), with_tag("a", "1").into(), QueryItem::stream(stream("a")).into()]
    {
        all.push(store.read(&query, ReadOptions::default()).await.unwrap_err());
    }
    all.push(store.head().await.unwrap_err());
    all.push(store.stream_info(&stream("a")).await.unwrap_err());
    all.push(of_change(store.change_stream(&stream("a"), StreamChange::Archive).await));
    all
}

fn assert_wrong_log(error: &StoreError) {
    assert_eq!(error.kind(), StoreErrorKind::WrongLog, "{error}");
    let text = error.to_string();
    assert!(text.contains("is not the one that this program has opened"), "{text}");
    assert!(text.contains("open the store again"), "{text}");
}

/// A schema was renamed, and another log stands under its name: nothing goes there, and nothing comes from there.
#[tokio::test]
async fn a_log_that_took_the_place_of_another_is_left_alone() {
    let Some(fixture) = fixture().await else { return };
    let (store, pool) = (&fixture.store, fixture.database.pool());
    store.append(one(on(stream("a"), "e"))).await.unwrap();
    run(&pool, "ALTER SCHEMA eskit RENAME TO old").await;
    let fresh = PostgresStore::options().migrate(true).connect(fixture.database.dsn()).await.unwrap();
    fresh.append(one(on(stream("a"), "e"))).await.unwrap();
    refusals(store).await.iter().for_each(assert_wrong_log);
    assert_eq!(fresh.head().await.unwrap().position, Position::new(1));
    // Under its new name it is opened only when its functions were made for that.
    let old = || PostgresStore::options().schema("old").migrate(true).connect(fixture.database.dsn());
    let text = old().await.unwrap_err().to_string();
    assert!(text.contains("the functions of the schema `old` name the tables of another one"), "{text}");
    let repair = text.split("anew: ").nth(1).unwrap().split(", then").next().unwrap();
    run(&pool, repair.to_owned()).await;
    assert_eq!(old().await.unwrap().append(one(plain("e"))).await.unwrap().last(), Position::new(2));
    assert_eq!(fresh.head().await.unwrap().position, Position::new(1));
}

/// Two schemas changed names under programs that run: functions then name the tables of the other one.
#[tokio::test]
async fn logs_that_changed_places_are_not_mixed_up() {
    let Some(fixture) = fixture().await else { return };
    let (first, pool) = (&fixture.store, fixture.database.pool());
    let options = PostgresStore::options().schema("second").migrate(true);
    let second = options.connect(fixture.database.dsn()).await.unwrap();
    let both = || QueryItem::tags([Tag::new("a", "1"), Tag::new("b", "2")]);
    first.append(one(tagged("first", &[("a", "1"), ("b", "2")]).with_stream(stream("a")))).await.unwrap();
    second.append(one(on(stream("a"), "second"))).await.unwrap();
    let swap =
        "ALTER SCHEMA eskit RENAME TO third; ALTER SCHEMA second RENAME TO eskit; ALTER SCHEMA third RENAME TO second";
    run(&pool, swap).await;
    for (store, name) in [(first, "first"), (&second, "second")] {
        for append in
            [one(plain(name)), one(plain(name)).with(no_events(both(), 0)), Append::new(vec![plain(name), plain(name)])]
        {
            let breaks_condition = name == "first" && !append.conditions.is_empty();
            match store.append(append).await {
                Err(AppendError::Store(error)) => assert_wrong_log(&error),
                Err(AppendError::Conflict(_)) if breaks_condition => {}
                answer => assert!(answer.is_ok() && !breaks_condition, "{answer:?}"),
            }
        }
        for query in [Query::all(), Query::stream(stream("a")), both().into()] {
            assert_wrong_log(&store.read(&query, ReadOptions::default().after(Position::new(1))).await.unwrap_err());
        }
        assert_wrong_log(&store.head().await.unwrap_err());
    }
    run(&pool, swap).await;
    for (store, name) in [(first, "first"), (&second, "second")] {
        let log = everything(store).await;
        assert!(log.iter().all(|event| event.name == name), "{log:#?}");
        store.append(one(plain(name))).await.unwrap();
    }
}

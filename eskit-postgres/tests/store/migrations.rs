//! Migrations: by whom they are run, what they make, and what is refused.

use crate::support::*;
use eskit_postgres::testing::{self, Database};
use eskit_postgres::{PayloadType, PostgresStore, migrations};
use eskit_runtime::EventStore;
use eskit_runtime::log::{NewEvent, Position, StoreErrorKind};
use sqlx::{AssertSqlSafe, PgPool};

async fn database() -> Option<Database> {
    testing::database().await.unwrap()
}

async fn run(pool: &PgPool, sql: impl Into<String>) {
    sqlx::raw_sql(AssertSqlSafe(sql.into())).execute(pool).await.unwrap();
}

/// Why a store does not open.
async fn refusal(database: &Database) -> (StoreErrorKind, String) {
    let error = PostgresStore::connect(database.dsn()).await.unwrap_err();
    (error.kind(), error.to_string())
}

/// The tables, columns, indexes and functions of a schema.
async fn made(pool: &PgPool, schema: &str) -> Vec<String> {
    let sql = "
        SELECT table_name || '.' || column_name || ' ' || data_type FROM information_schema.columns
            WHERE table_schema = $1
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = $1
        UNION ALL SELECT proname || md5(prosrc) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE nspname = $1 ORDER BY 1";
    sqlx::query_scalar(sql).bind(schema).fetch_all(pool).await.unwrap()
}

#[tokio::test]
async fn a_log_is_made_only_when_asked_for() {
    let Some(database) = database().await else { return };
    let (kind, text) = refusal(&database).await;
    assert_eq!(kind, StoreErrorKind::Foreign);
    assert_eq!(text, "there is no log `eskit.*`; run the migrations, or open with `migrate(true)`");
    PostgresStore::options().run_migrations(&database.pool()).await.unwrap();
    PostgresStore::options().run_migrations(&database.pool()).await.unwrap();
    assert_eq!(PostgresStore::connect(database.dsn()).await.unwrap().head().await.unwrap().position, Position::START);
}

#[tokio::test]
async fn printed_migrations_make_what_the_store_makes() {
    let Some(database) = database().await else { return };
    let pool = database.pool();
    for migration in migrations().sql().unwrap() {
        let mut transaction = pool.begin().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(migration.sql)).execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
    }
    let store = PostgresStore::connect(database.dsn()).await.unwrap();
    store.append(one(on(stream("a"), "e"))).await.unwrap();
    let printed = made(&pool, "eskit").await;
    run(&pool, "DROP SCHEMA eskit CASCADE").await;
    PostgresStore::options().run_migrations(&pool).await.unwrap();
    assert_eq!(made(&pool, "eskit").await, printed);
    assert!(printed.len() > 20, "{printed:#?}");
}

#[tokio::test]
async fn logs_of_other_schemas_and_prefixes_are_apart() {
    let Some(database) = database().await else { return };
    let names = [("eskit", ""), ("eskit", "a_"), ("order", ""), ("order", "select_")];
    let mut stores = Vec::new();
    for (schema, prefix) in names {
        let options = PostgresStore::options().schema(schema).table_prefix(prefix).migrate(true);
        stores.push(options.open(database.pool()).await.unwrap());
    }
    for (number, store) in stores.iter().enumerate() {
        for _ in 0..=number {
            store.append(one(on(stream("a"), "e"))).await.unwrap();
        }
    }
    for (number, store) in stores.iter().enumerate() {
        assert_eq!(store.head().await.unwrap().position, Position::new(number as u64 + 1));
    }
}

#[tokio::test]
async fn names_that_are_no_plain_names_are_refused() {
    let Some(database) = database().await else { return };
    for (schema, prefix) in [("a\"; DROP SCHEMA eskit; --", ""), ("pg_mine", ""), ("", ""), ("eskit", "a-b"), ("E", "")]
    {
        let options = PostgresStore::options().schema(schema).table_prefix(prefix).migrate(true);
        let error = options.open(database.pool()).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Invalid, "{schema:?} {prefix:?}: {error}");
    }
}

/// The newest schema version, from the outside.
async fn newest(pool: &PgPool) -> i32 {
    sqlx::query_scalar("SELECT max(version) FROM eskit.migrations").fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn an_older_log_is_brought_up_to_date_when_asked_for() {
    let Some(database) = database().await else { return };
    let pool = database.pool();
    let all = migrations().sql().unwrap();
    run(&pool, all[0].sql.clone()).await;
    let (kind, text) = refusal(&database).await;
    assert_eq!(kind, StoreErrorKind::Foreign);
    let expected = format!("the log `eskit.*` has schema version 1, this program needs {}; ", all.len());
    assert!(text.starts_with(&expected), "{text}");
    PostgresStore::options().run_migrations(&pool).await.unwrap();
    assert_eq!(newest(&pool).await as usize, all.len());
    PostgresStore::connect(database.dsn()).await.unwrap().append(one(plain("e"))).await.unwrap();
}

#[tokio::test]
async fn a_newer_log_is_left_alone() {
    let Some(database) = database().await else { return };
    let pool = database.pool();
    PostgresStore::options().run_migrations(&pool).await.unwrap();
    run(&pool, "INSERT INTO eskit.migrations (version, name) VALUES (1000, 'future')").await;
    let error = PostgresStore::options().run_migrations(&pool).await.unwrap_err();
    for (kind, text) in [refusal(&database).await, (error.kind(), error.to_string())] {
        assert_eq!(kind, StoreErrorKind::Foreign);
        assert!(text.starts_with("the log `eskit.*` has schema version 1000, but this program knows"), "{text}");
        assert!(text.ends_with("; update the program"), "{text}");
    }
}

#[tokio::test]
async fn tables_of_others_are_left_alone() {
    let Some(database) = database().await else { return };
    let pool = database.pool();
    for table in [
        "events (id int)",
        "log (id int)",
        "migrations (id int)",
        "migrations (version int)",
        "migrations (version text, name text, applied_at timestamptz)",
        "migrations (version bigint, name text, applied_at timestamptz)",
    ] {
        run(&pool, format!("CREATE SCHEMA eskit; CREATE TABLE eskit.{table}")).await;
        if table.starts_with("migrations (version ") {
            let columns = table.split(['(', ',']).nth(1).unwrap();
            run(&pool, format!("INSERT INTO eskit.migrations ({}) VALUES ('1')", columns.split(' ').next().unwrap()))
                .await;
        }
        let error = PostgresStore::options().run_migrations(&pool).await.unwrap_err();
        for (kind, text) in [refusal(&database).await, (error.kind(), error.to_string())] {
            assert_eq!(kind, StoreErrorKind::Foreign, "{table}: {text}");
            let expected = text.contains("tables of another program") && text.contains("choose another schema");
            assert!(expected, "{table}: {text}");
        }
        run(&pool, "DROP SCHEMA eskit CASCADE").await;
    }
}

#[tokio::test]
async fn a_migration_that_was_left_out_is_noticed() {
    let Some(database) = database().await else { return };
    let pool = database.pool();
    let all = migrations().sql().unwrap();
    run(&pool, all[0].sql.clone()).await;
    // A file tells by itself that the one before is missing.
    let error = sqlx::raw_sql(AssertSqlSafe(all[2].sql.clone())).execute(&pool).await.unwrap_err();
    assert!(error.to_string().contains("migration 2 of the log was not run"), "{error}");
    run(&pool, all[1].sql.clone()).await;
    run(&pool, all[2].sql.clone()).await;
    run(&pool, "DELETE FROM eskit.migrations WHERE version = 2").await;
    let error = PostgresStore::options().run_migrations(&pool).await.unwrap_err();
    for (kind, text) in [refusal(&database).await, (error.kind(), error.to_string())] {
        assert_eq!(kind, StoreErrorKind::Foreign);
        assert!(text.starts_with("migration 2 of the log `eskit.*` was not run, though later ones were"), "{text}");
    }
}

/// What a store says when it is opened after such damage.
async fn damaged(pool: &PgPool, database: &Database, damage: &str) -> String {
    run(pool, damage).await;
    let (kind, text) = refusal(database).await;
    assert_eq!(kind, StoreErrorKind::Corrupt, "{damage}: {text}");
    run(pool, "DROP SCHEMA eskit CASCADE").await;
    text
}

#[tokio::test]
async fn a_log_that_was_restored_in_part_is_noticed() {
    let Some(database) = database().await else { return };
    let pool = database.pool();
    for (damage, told) in [
        ("DROP FUNCTION eskit.append_one_v1", "the schema `eskit` lacks `append_one_v1`"),
        (
            "DROP TABLE eskit.tags; DROP INDEX eskit.events_id",
            "the schema `eskit` lacks `tags`, `events_id`, `tags_pkey`",
        ),
        ("ALTER TABLE eskit.events DROP CONSTRAINT events_pkey", "the schema `eskit` lacks `events_pkey`"),
        ("DELETE FROM eskit.events WHERE pos = 2", "the events between the positions 1 and 3 are missing"),
        ("DELETE FROM eskit.events WHERE pos = 1", "the events before position 2 are missing"),
        ("DELETE FROM eskit.tags", "the tags of the event at position 3 are missing from the table `tags`"),
        ("DELETE FROM eskit.log", "the table `log` has lost its row\nhelp: "),
    ] {
        let store = PostgresStore::options().migrate(true).open(database.pool()).await.unwrap();
        for _ in 0..3 {
            store.append(one(tagged("e", &[("a", "1")]))).await.unwrap();
        }
        store.close().await;
        let text = damaged(&pool, &database, damage).await;
        assert!(text.starts_with("cannot open the log `eskit.*`: "), "{text}");
        assert!(text.contains(told) && text.contains("help: restore the schema `eskit` from one backup"), "{text}");
    }
    // The repair that is offered.
    PostgresStore::options().run_migrations(&pool).await.unwrap();
    run(&pool, "DELETE FROM eskit.log").await;
    let (_, text) = refusal(&database).await;
    run(&pool, text.rsplit(": ").next().unwrap().to_owned()).await;
    PostgresStore::connect(database.dsn()).await.unwrap().append(one(plain("e"))).await.unwrap();
}

/// A role that may not make schemas, in a schema that was made for it, and names that the server quotes by itself.
#[tokio::test]
async fn a_role_with_a_schema_of_its_own_needs_no_other_rights() {
    let Some(database) = database().await else { return };
    let pool = database.pool();
    let role = format!("keeper_{}", std::process::id());
    run(&pool, format!("CREATE ROLE {role}; CREATE SCHEMA given AUTHORIZATION {role}")).await;
    let mut connection = pool.acquire().await.unwrap();
    let session = format!("SET ROLE {role}; SET quote_all_identifiers = on");
    sqlx::raw_sql(AssertSqlSafe(session)).execute(&mut *connection).await.unwrap();
    for migration in migrations().schema("given").payload_type(PayloadType::Jsonb).sql().unwrap() {
        sqlx::raw_sql(AssertSqlSafe(migration.sql)).execute(&mut *connection).await.unwrap();
    }
    connection.close().await.unwrap();
    let dsn = format!("{}&options=-c%20role%3D{role}%20-c%20quote_all_identifiers%3Don", database.dsn());
    let store = PostgresStore::options().schema("given").connect(&dsn).await.unwrap();
    store.append(one(plain("e"))).await.unwrap();
    assert_eq!(store.payload_type(), PayloadType::Jsonb);
    store.close().await;
    run(&pool, format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

#[tokio::test]
async fn many_may_migrate_at_once() {
    let Some(database) = database().await else { return };
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let dsn = database.dsn().to_owned();
            tokio::spawn(async move {
                let options = PostgresStore::options().migrate(true).max_connections(2);
                options.connect(&dsn).await.unwrap().append(one(plain("e"))).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let store = PostgresStore::connect(database.dsn()).await.unwrap();
    assert_eq!(store.head().await.unwrap().position, Position::new(8));
}

#[tokio::test]
async fn payloads_may_be_json_to_the_database() {
    let Some(database) = database().await else { return };
    for (payload, column, back) in
        [(PayloadType::Json, "a", r#"{"b": 1, "a": "x"}"#), (PayloadType::Jsonb, "b", r#"{"a": "x", "b": 1}"#)]
    {
        let schema = format!("log_{column}");
        let options = || PostgresStore::options().schema(schema.clone());
        let store = options().payload_type(payload).migrate(true).open(database.pool()).await.unwrap();
        store.append(one(NewEvent::json("e", r#"{"b": 1, "a": "x"}"#))).await.unwrap();
        assert_eq!(everything(&store).await[0].payload, back.as_bytes());
        let sql = format!("SELECT payload ->> 'a' FROM {schema}.events");
        let text: String = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(store.pool()).await.unwrap();
        assert_eq!(text, "x");
        // It is remembered, and not to be changed.
        assert_eq!(options().open(database.pool()).await.unwrap().payload_type(), payload);
        let error = options().payload_type(PayloadType::Bytea).open(database.pool()).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Invalid);
        let binary =
            plain("e").with_payload(vec![0xff]).with_content_type(eskit_runtime::log::ContentType::new("image/png"));
        assert!(store.append(one(binary)).await.unwrap_err().to_string().contains("nothing but JSON"));
    }
}

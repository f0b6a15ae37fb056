//! Versions of read models: built beside each other, swapped at once, and kept apart from what is not eskit's.

use crate::support::*;
use crate::views_support::*;
use eskit_postgres::sqlx::postgres::PgPoolOptions;
use eskit_postgres::{PostgresViews, Tx, sqlx};
use eskit_runtime::RecordedEvent;
use eskit_runtime::log::{Place, StoreErrorKind};
use eskit_runtime::model::EventTypes;
use eskit_runtime::subscription::{ApplyError, HandleAsync, HandleError, Subscriber, SubscriberType, Views};

/// Which schemas of the projection there are.
async fn schemas(views: &PostgresViews) -> Vec<String> {
    let sql = "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'course%' ORDER BY nspname";
    sqlx::query_scalar(sql).fetch_all(views.pool()).await.unwrap()
}

#[tokio::test]
async fn a_new_version_is_built_beside_the_old_one_and_takes_its_place() {
    let Some(fixture) = fixture().await else { return };
    let views = fixture.views().await;
    let events = fixture.events(&["a", "b"]).await;
    let mut first = claim::<Courses<1>>(&views).await;
    apply(&views, &mut first, Courses::<1>, &events[..1]).await.unwrap();
    views.activate(&first).await.unwrap();
    let mut third = claim::<Courses<3>>(&views).await;
    assert_eq!(third.checkpoint.place, Place::START);
    apply(&views, &mut third, Courses::<3>, &events).await.unwrap();
    assert_eq!(schemas(&views).await, ["course_list", "course_list__3"]);
    assert_eq!(rows(views.pool(), "course_list").await, [1]);
    views.activate(&third).await.unwrap();
    assert_eq!(schemas(&views).await, ["course_list", "course_list__1"]);
    assert_eq!(rows(views.pool(), "course_list").await, [1, 2]);
    let active: Vec<_> =
        views.checkpoints().await.unwrap().iter().map(|found| (found.version, found.is_active)).collect();
    assert_eq!(active, [(1, false), (3, true)]);
    // The old one is still fed, in its new place.
    apply(&views, &mut first, Courses::<1>, &events[1..]).await.unwrap();
    assert_eq!(rows(views.pool(), "course_list__1").await, [1, 2]);

    let in_use = views.remove_version("course-list", 1).await.unwrap_err();
    assert!(in_use.to_string().contains("a process handles its events\nhelp: "), "{in_use}");
    views.release(first).await;
    let seen = views.remove_version("course-list", 3).await.unwrap_err();
    assert!(seen.to_string().contains("readers see it\nhelp: "), "{seen}");
    assert!(views.remove_version("course-list", 1).await.unwrap());
    assert!(!views.remove_version("course-list", 1).await.unwrap());
    assert_eq!(schemas(&views).await, ["course_list"]);
    assert_eq!(views.checkpoints().await.unwrap().len(), 1);
}

/// The older version is what is wanted after a deployment was taken back, and not before.
#[tokio::test]
async fn an_older_version_takes_the_place_of_a_newer_one_that_no_process_keeps() {
    let Some(fixture) = fixture().await else { return };
    let views = fixture.views().await;
    let (first, second) = (claim::<Courses<1>>(&views).await, claim::<Courses<2>>(&views).await);
    assert!(views.activate(&second).await.unwrap());
    assert!(!views.activate(&first).await.unwrap());
    assert_eq!(schemas(&views).await, ["course_list", "course_list__1"]);
    // As after a crash.
    execute(views.pool(), "UPDATE eskit_views.checkpoints SET until = now() WHERE version = 2").await;
    assert!(views.activate(&first).await.unwrap());
    assert_eq!(schemas(&views).await, ["course_list", "course_list__2"]);
    let active: Vec<_> = views.checkpoints().await.unwrap().iter().map(|found| found.is_active).collect();
    assert_eq!(active, [true, false]);
}

/// Statements that were prepared before the change see the new version after it, without an error, and at no time none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_see_one_version_or_the_other() {
    let Some(fixture) = fixture().await else { return };
    let views = fixture.views().await;
    let events = fixture.events(&["a", "b"]).await;
    let mut claims = (claim::<Courses<1>>(&views).await, claim::<Courses<2>>(&views).await);
    apply(&views, &mut claims.0, Courses::<1>, &events[..1]).await.unwrap();
    apply(&views, &mut claims.1, Courses::<2>, &events).await.unwrap();
    views.activate(&claims.0).await.unwrap();
    let is_over = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (options, is_over) = (fixture.database.connect_options(), std::sync::Arc::clone(&is_over));
            tokio::spawn(async move {
                use sqlx::Connection;
                let mut connection = sqlx::PgConnection::connect_with(&options).await.unwrap();
                let mut seen = Vec::new();
                while !is_over.load(std::sync::atomic::Ordering::SeqCst) {
                    let sql = "SELECT count(*) FROM course_list.courses";
                    seen.push(sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut connection).await.unwrap());
                }
                seen
            })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    views.activate(&claims.1).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    is_over.store(true, std::sync::atomic::Ordering::SeqCst);
    for reader in readers {
        let seen = reader.await.unwrap();
        assert!(seen.is_sorted() && seen.first() == Some(&1) && seen.last() == Some(&2), "{seen:?}");
    }
}

/// What the docs of the views say of readers.
#[tokio::test]
async fn other_roles_read_each_version_by_default_privileges() {
    let Some(fixture) = fixture().await else { return };
    let (views, reader) =
        (fixture.views().await, format!("{}_reader", fixture.database.connect_options().get_database().unwrap()));
    let pool = views.pool();
    execute(pool, format!("CREATE ROLE {reader}; GRANT {reader} TO CURRENT_USER")).await;
    execute(pool, format!("ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO {reader}")).await;
    execute(pool, format!("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {reader}")).await;
    let named = reader.clone();
    let options = PgPoolOptions::new().max_connections(1).after_connect(move |connection, _| {
        let sql = sqlx::AssertSqlSafe(format!("SET ROLE {named}"));
        Box::pin(async move { sqlx::raw_sql(sql).execute(connection).await.map(drop) })
    });
    let reading = options.connect_with(fixture.database.connect_options()).await.unwrap();
    let (first, second) = (claim::<Courses<1>>(&views).await, claim::<Wider>(&views).await);
    views.activate(&first).await.unwrap();
    let all = || sqlx::query("SELECT * FROM course_list.courses").fetch_all(&reading);
    all().await.unwrap();
    views.activate(&second).await.unwrap();
    let changed = all().await.unwrap_err().to_string();
    assert!(changed.contains("cached plan must not change result type"), "{changed}");
    assert!(rows(&reading, "course_list").await.is_empty());
    reading.close().await;
    execute(pool, format!("DROP OWNED BY {reader}; DROP ROLE {reader}")).await;
}

#[tokio::test]
async fn a_rebuild_begins_with_empty_tables() {
    let Some(fixture) = fixture().await else { return };
    let views = fixture.views().await;
    let events = fixture.events(&["a"]).await;
    let mut claim = claim::<Courses<1>>(&views).await;
    apply(&views, &mut claim, Courses::<1>, &events).await.unwrap();
    views.activate(&claim).await.unwrap();
    let subscription = subscription::<Courses<1>>();
    execute(views.pool(), "CREATE VIEW public.report AS SELECT * FROM course_list.courses").await;
    match views.restart(&claim, &subscription).await {
        Err(ApplyError::Views(error)) => {
            assert_eq!(error.kind(), StoreErrorKind::Invalid);
            assert!(
                error.to_string().contains("the view `public.report` needs `course_list.courses`\nhelp: "),
                "{error}"
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(rows(views.pool(), "course_list").await, [1]);
    execute(views.pool(), "DROP VIEW public.report; ALTER TABLE course_list.courses ADD COLUMN more int").await;
    views.restart(&claim, &subscription).await.unwrap();
    claim.checkpoint.place = subscription.start;
    assert!(rows(views.pool(), "course_list").await.is_empty());
    let checkpoint = only(&views).await;
    assert!(checkpoint.is_active && checkpoint.place == Place::START && checkpoint.epoch == 1);
    apply(&views, &mut claim, Courses::<1>, &events).await.unwrap();
}

#[tokio::test]
async fn what_is_not_eskits_is_left_alone() {
    let Some(fixture) = fixture().await else { return };
    let views = fixture.views().await;
    execute(views.pool(), "CREATE SCHEMA course_list; CREATE TABLE course_list.courses (mine int)").await;
    let error = views.claim(&subscription::<Courses<1>>()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Foreign);
    let text = error.to_string();
    assert!(text.contains("the schema `course_list` exists, and was not created by eskit"), "{text}");
    assert!(text.contains("\nhelp: rename it: ALTER SCHEMA \"course_list\" RENAME TO "), "{text}");
    assert!(views.checkpoints().await.unwrap().is_empty());
    execute(views.pool(), "ALTER SCHEMA course_list RENAME TO mine").await;
    let held = claim::<Courses<1>>(&views).await;
    // Replaced under its name.
    execute(views.pool(), "DROP SCHEMA course_list CASCADE; ALTER SCHEMA mine RENAME TO course_list").await;
    let refused = views.restart(&held, &subscription::<Courses<1>>()).await;
    assert!(
        matches!(&refused, Err(ApplyError::Views(error)) if error.kind() == StoreErrorKind::Foreign),
        "{refused:?}"
    );
    execute(views.pool(), "SELECT mine FROM course_list.courses").await;
}

macro_rules! with_tables {
    ($type:ident, $name:literal, $version:literal, $tables:literal) => {
        struct $type;

        impl Subscriber for $type {
            const TYPE: &'static SubscriberType = &described($name, $version, $tables);
            const EVENTS: EventTypes = EventTypes::NONE;
        }

        impl HandleAsync<Tx> for $type {
            async fn handle(&self, _: &RecordedEvent, _: &mut Tx) -> Result<bool, HandleError> {
                Ok(true)
            }
        }
    };
}

with_tables!(Mistaken, "mistaken", 1, "CREATE TABLE x (id int); CREATE TABEL y (id int)");
with_tables!(Committing, "committing", 1, "CREATE TABLE x (id int); COMMIT");
with_tables!(Wider, "course-list", 2, "CREATE TABLE courses (pos bigint PRIMARY KEY, name text, seats int)");
with_tables!(Underscored, "course_list", 1, "CREATE TABLE IF NOT EXISTS courses (id int)");

#[tokio::test]
async fn the_sql_of_tables_is_run_whole_or_refused() {
    let Some(fixture) = fixture().await else { return };
    let views = fixture.views().await;
    let error = views.claim(&subscription::<Mistaken>()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Invalid);
    let text = error.to_string();
    let expected =
        "the SQL of the tables of `mistaken` version 1 failed: syntax error at or near \"TABEL\" (SQLSTATE 42601)";
    assert!(text.starts_with(expected), "{text}");
    let error = views.claim(&subscription::<Committing>()).await.unwrap_err();
    assert!(error.to_string().contains("ends its transaction\nhelp: "), "{error}");
    assert!(views.checkpoints().await.unwrap().is_empty());
    // Tables of the same name elsewhere make no difference.
    execute(views.pool(), "CREATE TABLE public.courses (mine int)").await;
    views.release(claim::<Courses<1>>(&views).await).await;
    assert!(rows(views.pool(), "course_list").await.is_empty());
    let error = views.claim(&subscription::<Underscored>()).await.unwrap_err();
    assert!(error.to_string().contains("`course_list`, which is that of `course-list` version 1\nhelp: "), "{error}");
}

#[tokio::test]
async fn a_role_without_rights_is_told_which_ones() {
    let Some(fixture) = fixture().await else { return };
    let database = fixture.database.connect_options().get_database().unwrap().to_owned();
    let role = format!("{database}_role");
    execute(fixture.store.pool(), format!("CREATE ROLE {role}; GRANT {role} TO CURRENT_USER")).await;
    let named = role.clone();
    let options = PgPoolOptions::new().max_connections(2).after_connect(move |connection, _| {
        let sql = sqlx::AssertSqlSafe(format!("SET ROLE {named}"));
        Box::pin(async move { sqlx::raw_sql(sql).execute(connection).await.map(drop) })
    });
    let limited = options.connect_with(fixture.database.connect_options()).await.unwrap();
    let error = PostgresViews::open(limited.clone()).await.unwrap_err();
    let text = error.to_string();
    let grant = format!("GRANT CREATE ON DATABASE \"{database}\" TO \"{role}\"");
    assert!(
        text.contains("permission denied") && text.ends_with(&format!("\nhelp: run as the owner: {grant}")),
        "{text}"
    );

    execute(fixture.store.pool(), "CREATE SCHEMA eskit_views").await;
    let text = PostgresViews::open(limited.clone()).await.unwrap_err().to_string();
    let on_schema = format!("GRANT USAGE, CREATE ON SCHEMA \"eskit_views\" TO \"{role}\"");
    assert!(text.ends_with(&on_schema), "{text}");
    execute(fixture.store.pool(), on_schema).await;
    let views = PostgresViews::open(limited.clone()).await.unwrap();
    let error = views.claim(&subscription::<Courses<1>>()).await.unwrap_err();
    // A kind that ends the subscription: trying again would not help.
    assert_eq!(error.kind(), StoreErrorKind::Denied);
    let text = error.to_string();
    assert!(text.contains("cannot create the schema `course_list`") && text.ends_with(&grant), "{text}");
    execute(fixture.store.pool(), grant).await;
    execute(&limited, format!("REVOKE ALL ON ALL TABLES IN SCHEMA eskit_views FROM \"{role}\"")).await;
    let error = views.claim(&subscription::<Courses<1>>()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Denied);
    let text = error.to_string();
    let tables = format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA \"eskit_views\" TO \"{role}\"");
    assert!(text.contains("\nhelp: run as the owner: GRANT USAGE ON SCHEMA ") && text.contains(&tables), "{text}");
    execute(&limited, tables).await;
    views.release(claim::<Courses<1>>(&views).await).await;
    drop(views);
    limited.close().await;
    execute(fixture.store.pool(), format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

#[tokio::test]
async fn tables_of_others_and_of_newer_versions_are_refused() {
    let Some(fixture) = fixture().await else { return };
    let views = fixture.views().await;
    execute(views.pool(), "UPDATE eskit_views.format SET version = 2").await;
    let error = PostgresViews::open(fixture.database.pool()).await.unwrap_err();
    assert!(error.kind() == StoreErrorKind::Foreign && error.to_string().contains("have version 2"), "{error}");
    execute(views.pool(), "CREATE SCHEMA other; CREATE TABLE other.versions (mine int)").await;
    let error = PostgresViews::options().schema("other").open(fixture.database.pool()).await.unwrap_err();
    assert!(error.kind() == StoreErrorKind::Foreign && error.to_string().contains("\nhelp: choose another"), "{error}");
    let error = PostgresViews::options().schema("no Name").open(fixture.database.pool()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Invalid);
    let error = {
        execute(views.pool(), "DROP TABLE eskit_views.checkpoints").await;
        views.checkpoints().await.unwrap_err()
    };
    assert!(error.kind() == StoreErrorKind::Foreign && error.to_string().contains("\nhelp: restore"), "{error}");
}

/// One database, and the same projection for two tenants.
#[tokio::test]
async fn views_beside_each_other_have_schemas_with_prefixes() {
    let Some(fixture) = fixture().await else { return };
    let events = fixture.events(&["a", "b"]).await;
    let pool = fixture.views().await.pool().clone();
    let open =
        |schema: &str, prefix: &str| PostgresViews::options().schema(schema).schema_prefix(prefix).open(pool.clone());
    let (first, second) = (open("views_a", "a_").await.unwrap(), open("views_b", "b_").await.unwrap());
    for (views, events) in [(&first, &events[..1]), (&second, &events[1..])] {
        let mut old = claim::<Courses<1>>(views).await;
        apply(views, &mut old, Courses::<1>, events).await.unwrap();
        views.activate(&old).await.unwrap();
        let mut new = claim::<Courses<3>>(views).await;
        apply(views, &mut new, Courses::<3>, events).await.unwrap();
        views.activate(&new).await.unwrap();
    }
    assert_eq!((rows(&pool, "a_course_list").await, rows(&pool, "b_course_list__1").await), (vec![1], vec![2]));

    // Without one of its own, a third is told of the others, and what to do.
    let third = open("views_c", "a_").await.unwrap();
    let error = third.claim(&subscription::<Courses<1>>()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Foreign);
    assert!(
        error.to_string().contains("`a_course_list` is a read model of other views in this database\nhelp: give"),
        "{error}"
    );
    let error = open("views_d", "A-").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Invalid);
    assert!(error.to_string().contains("cannot begin with \"A-\"\nhelp: a prefix has up to 20 of"), "{error}");
}

//! The simplest correct store on PostgreSQL: one lock for the whole log, held from the check to the commit.
//!
//! Its tables carry what its appends need and nothing else.

use eskit_postgres::testing::Cluster;
use sqlx::{Connection, PgConnection};
use tokio::sync::Mutex;

use crate::log::{TAGGED_EVENT, payload};
use eskit_bench_harness::Failure;

const TABLES: &str = "
    CREATE SCHEMA locked;
    CREATE SEQUENCE locked.positions;
    CREATE TABLE locked.events (
        pos bigint PRIMARY KEY, id uuid NOT NULL UNIQUE, type text NOT NULL, recorded_at timestamptz NOT NULL, payload bytea NOT NULL
    );
    CREATE TABLE locked.tags (tag text COLLATE \"C\", pos bigint, PRIMARY KEY (tag, pos));";

/// As many connections as there are callers, so that nobody waits for one.
pub(crate) struct Locked {
    connections: Vec<Mutex<PgConnection>>,
}

impl Locked {
    /// Creates the tables with this many events, whose courses and students are named as those of [`append_unique`] are.
    ///
    /// [`append_unique`]: Locked::append_unique
    pub(crate) async fn open(cluster: &Cluster, callers: usize, events: u64, courses: u64) -> Result<Locked, Failure> {
        let mut connection = PgConnection::connect(&cluster.dsn()).await?;
        sqlx::raw_sql(TABLES).execute(&mut connection).await?;
        sqlx::query(
            "INSERT INTO locked.events
             SELECT nextval('locked.positions'), gen_random_uuid(), $2, now(), $3 FROM generate_series(1, $1)",
        )
        .bind(events.cast_signed())
        .bind(TAGGED_EVENT)
        .bind(payload(0))
        .execute(&mut connection)
        .await?;
        sqlx::query(
            "INSERT INTO locked.tags
             SELECT 'course:c' || (pos % $1), pos FROM locked.events UNION ALL
             SELECT 'student:p' || pos, pos FROM locked.events",
        )
        .bind(courses.cast_signed())
        .execute(&mut connection)
        .await?;
        sqlx::raw_sql("VACUUM ANALYZE locked.events, locked.tags").execute(&mut connection).await?;
        let mut connections = vec![Mutex::new(connection)];
        for _ in 1..callers {
            connections.push(Mutex::new(PgConnection::connect(&cluster.dsn()).await?));
        }
        Ok(Locked { connections })
    }

    /// Appends an event with these two tags if no event of its type carries both.
    pub(crate) async fn append_unique(&self, caller: usize, tags: [String; 2], number: u64) -> Result<(), Failure> {
        let mut connection = self.connections[caller].lock().await;
        let mut transaction = connection.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock(1)").execute(&mut *transaction).await?;
        // The student's events are few, so they are found first.
        let appended = sqlx::query(
            "WITH event AS (
               INSERT INTO locked.events
               SELECT nextval('locked.positions'), $3, $4, now(), $5
               WHERE NOT EXISTS (
                 SELECT FROM locked.tags student
                 JOIN locked.tags course ON course.tag = $1 AND course.pos = student.pos
                 JOIN locked.events event ON event.pos = student.pos AND event.type = $4
                 WHERE student.tag = $2)
               RETURNING pos)
             INSERT INTO locked.tags SELECT tag, pos FROM event, unnest(ARRAY[$1, $2]) AS tag",
        )
        .bind(&tags[0])
        .bind(&tags[1])
        .bind(uuid::Uuid::from_bytes(*eskit::log::EventId::new().as_bytes()))
        .bind(TAGGED_EVENT)
        .bind(payload(number))
        .execute(&mut *transaction)
        .await?;
        if appended.rows_affected() != 2 {
            return Err("a student was in that course already".into());
        }
        transaction.commit().await?;
        Ok(())
    }
}

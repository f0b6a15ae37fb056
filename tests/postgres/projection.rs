//! A projection by macro whose read model is in PostgreSQL.

use eskit::postgres::{PostgresViews, Tx};
use eskit::prelude::*;
use eskit_postgres::testing;
use eskit_tests::campus::{CourseDefined, StudentEnrolled, define, enrol};

struct Rosters;

#[projection(name = "rosters", by = "course", on_error = "park")]
impl Rosters {
    #[tables]
    const SQL: &str = "CREATE TABLE courses (id text PRIMARY KEY, enrolled bigint NOT NULL)";

    #[on]
    async fn defined(&self, event: &CourseDefined, tx: &mut Tx) -> sqlx::Result<()> {
        let insert = sqlx::query("INSERT INTO courses VALUES ($1, 0)").bind(event.course.to_string());
        insert.execute(&mut **tx).await?;
        Ok(())
    }

    #[on]
    async fn enrolled(&self, event: &StudentEnrolled, _: &RecordedEvent, tx: &mut Tx) -> sqlx::Result<()> {
        let count = sqlx::query("UPDATE courses SET enrolled = enrolled + 1 WHERE id = $1");
        count.bind(event.course.to_string()).execute(&mut **tx).await?;
        Ok(())
    }
}

#[tokio::test]
async fn a_projection_keeps_its_rows_in_a_schema_of_its_name() {
    let Some(database) = testing::database().await.unwrap() else { return };
    let pool = sqlx::PgPool::connect(database.dsn()).await.unwrap();
    let views = PostgresViews::open(pool.clone()).await.unwrap();
    let app = App::new(MemoryStore::new()).with_projection(Rosters, views).start().await.unwrap();
    app.execute(define("maths", 3)).await.unwrap();
    app.execute(enrol("maths", "ada")).await.unwrap();
    let last = app.execute(enrol("maths", "bob")).await.unwrap();
    app.caught_up::<Rosters>(&last).await.unwrap();
    let rows: Vec<(String, i64)> = sqlx::query_as("SELECT * FROM rosters.courses").fetch_all(&pool).await.unwrap();
    assert_eq!(rows, [("maths".to_owned(), 2)]);
    app.stop().await.unwrap();
}

//! Snapshots of projections in memory, in PostgreSQL: the story of the test target `snapshots`.

use eskit::postgres::PostgresViews;
use eskit_postgres::testing;

use crate::snapshots_totals::story;

#[tokio::test]
async fn a_projection_in_memory_begins_at_its_snapshot() {
    let Some(database) = testing::database().await.unwrap() else { return };
    story(async || PostgresViews::open(sqlx::PgPool::connect(database.dsn()).await.unwrap()).await.unwrap()).await;
}

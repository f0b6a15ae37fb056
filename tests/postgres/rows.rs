//! Rows of aggregates in PostgreSQL: the cases of the test target `rows`.

use eskit::postgres::PostgresViews;
use eskit_postgres::testing;

use crate::rows_cases as cases;

async fn views(database: &testing::Database) -> PostgresViews {
    PostgresViews::open(sqlx::PgPool::connect(database.dsn()).await.unwrap()).await.unwrap()
}

#[tokio::test]
async fn rows_are_what_the_aggregates_are() {
    let Some(database) = testing::database().await.unwrap() else { return };
    cases::rows_are_what_the_aggregates_are(views(&database).await).await;
}

#[tokio::test]
async fn rows_are_found_sorted_and_paged_by_indexed_fields() {
    let Some(database) = testing::database().await.unwrap() else { return };
    cases::rows_are_found_sorted_and_paged_by_indexed_fields(views(&database).await).await;
}

#[tokio::test]
async fn pages_follow_each_other_through_the_text_of_a_cursor() {
    let Some(database) = testing::database().await.unwrap() else { return };
    cases::pages_follow_each_other_through_the_text_of_a_cursor(views(&database).await).await;
}

#[tokio::test]
async fn a_field_without_an_index_is_named() {
    let Some(database) = testing::database().await.unwrap() else { return };
    cases::a_field_without_an_index_is_named(views(&database).await).await;
}

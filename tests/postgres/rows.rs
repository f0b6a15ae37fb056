//! Rows of aggregates in PostgreSQL: the cases of the test target `rows`.

use eskit::postgres::PostgresViews;
use eskit_postgres::testing;

use crate::{rows_cases as cases, rows_changed as changed, rows_odd as odd};

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

#[tokio::test]
async fn odd_states_come_back_as_they_were() {
    let Some(database) = testing::database().await.unwrap() else { return };
    odd::odd_states_come_back_as_they_were(views(&database).await).await;
}

#[tokio::test]
async fn an_event_of_several_instances_counts_once_for_each() {
    let Some(database) = testing::database().await.unwrap() else { return };
    odd::an_event_of_several_instances_counts_once_for_each(views(&database).await).await;
}

#[tokio::test]
async fn a_state_that_json_would_change_is_not_kept() {
    let Some(database) = testing::database().await.unwrap() else { return };
    odd::a_state_that_json_would_change_is_not_kept(views(&database).await).await;
}

#[tokio::test]
async fn a_panic_of_serde_loses_no_row() {
    let Some(database) = testing::database().await.unwrap() else { return };
    odd::a_panic_of_serde_loses_no_row(views(&database).await).await;
}

#[tokio::test]
async fn a_cursor_belongs_to_its_order() {
    let Some(database) = testing::database().await.unwrap() else { return };
    changed::a_cursor_belongs_to_its_order(views(&database).await).await;
}

#[tokio::test]
async fn ten_thousand_events_of_as_many_keys_are_one_batch() {
    let Some(database) = testing::database().await.unwrap() else { return };
    changed::ten_thousand_events_of_as_many_keys_are_one_batch(views(&database).await).await;
}

#[tokio::test]
async fn a_change_without_a_new_version_is_told() {
    let Some(database) = testing::database().await.unwrap() else { return };
    changed::a_change_without_a_new_version_is_told(views(&database).await).await;
}

#[tokio::test]
async fn a_state_that_does_not_read_any_more_is_told() {
    let Some(database) = testing::database().await.unwrap() else { return };
    changed::a_state_that_does_not_read_any_more_is_told(views(&database).await).await;
}

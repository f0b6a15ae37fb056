//! All instances of an aggregate as rows: kept by a subscription, found by indexed fields, read page by page. In memory and in SQLite;
//! for PostgreSQL the test target `postgres` has the same cases.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod cases;
mod changed;
mod odd;

use eskit::MemoryViews;
use eskit::sqlite::SqliteViews;

/// Views in a folder of their own.
async fn sqlite(name: &str) -> SqliteViews {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("rows").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    SqliteViews::open(folder.join("views.db")).await.unwrap()
}

#[tokio::test]
async fn rows_are_what_the_aggregates_are() {
    cases::rows_are_what_the_aggregates_are(MemoryViews::new()).await;
    cases::rows_are_what_the_aggregates_are(sqlite("rows_are_what_the_aggregates_are").await).await;
}

#[tokio::test]
async fn rows_are_found_sorted_and_paged_by_indexed_fields() {
    cases::rows_are_found_sorted_and_paged_by_indexed_fields(MemoryViews::new()).await;
    cases::rows_are_found_sorted_and_paged_by_indexed_fields(
        sqlite("rows_are_found_sorted_and_paged_by_indexed_fields").await,
    )
    .await;
}

#[tokio::test]
async fn pages_follow_each_other_through_the_text_of_a_cursor() {
    cases::pages_follow_each_other_through_the_text_of_a_cursor(MemoryViews::new()).await;
    cases::pages_follow_each_other_through_the_text_of_a_cursor(
        sqlite("pages_follow_each_other_through_the_text_of_a_cursor").await,
    )
    .await;
}

#[tokio::test]
async fn a_field_without_an_index_is_named() {
    cases::a_field_without_an_index_is_named(MemoryViews::new()).await;
    cases::a_field_without_an_index_is_named(sqlite("a_field_without_an_index_is_named").await).await;
}

#[tokio::test]
async fn odd_states_come_back_as_they_were() {
    odd::odd_states_come_back_as_they_were(MemoryViews::new()).await;
    odd::odd_states_come_back_as_they_were(sqlite("odd_states_come_back_as_they_were").await).await;
}

#[tokio::test]
async fn an_event_of_several_instances_counts_once_for_each() {
    odd::an_event_of_several_instances_counts_once_for_each(MemoryViews::new()).await;
    odd::an_event_of_several_instances_counts_once_for_each(
        sqlite("an_event_of_several_instances_counts_once_for_each").await,
    )
    .await;
}

#[tokio::test]
async fn a_state_that_json_would_change_is_not_kept() {
    odd::a_state_that_json_would_change_is_not_kept(MemoryViews::new()).await;
    odd::a_state_that_json_would_change_is_not_kept(sqlite("a_state_that_json_would_change_is_not_kept").await).await;
}

#[tokio::test]
async fn a_panic_of_serde_loses_no_row() {
    odd::a_panic_of_serde_loses_no_row(MemoryViews::new()).await;
    odd::a_panic_of_serde_loses_no_row(sqlite("a_panic_of_serde_loses_no_row").await).await;
}

#[tokio::test]
async fn a_cursor_belongs_to_its_order() {
    changed::a_cursor_belongs_to_its_order(MemoryViews::new()).await;
    changed::a_cursor_belongs_to_its_order(sqlite("a_cursor_belongs_to_its_order").await).await;
}

#[tokio::test]
async fn ten_thousand_events_of_as_many_keys_are_one_batch() {
    changed::ten_thousand_events_of_as_many_keys_are_one_batch(MemoryViews::new()).await;
    changed::ten_thousand_events_of_as_many_keys_are_one_batch(
        sqlite("ten_thousand_events_of_as_many_keys_are_one_batch").await,
    )
    .await;
}

#[tokio::test]
async fn a_change_without_a_new_version_is_told() {
    changed::a_change_without_a_new_version_is_told(sqlite("a_change_without_a_new_version_is_told").await).await;
}

#[tokio::test]
async fn a_state_that_does_not_read_any_more_is_told() {
    changed::a_state_that_does_not_read_any_more_is_told(sqlite("a_state_that_does_not_read_any_more_is_told").await)
        .await;
}

//! All instances of an aggregate as rows: kept by a subscription, found by indexed fields, read page by page. In memory and in SQLite;
//! for PostgreSQL the test target `postgres` has the same cases.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod cases;

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

//! The program on PostgreSQL.
#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod support;

use std::process::Command;

use eskit_postgres::testing;

#[tokio::test]
async fn the_report_is_that_of_the_file() {
    let Some(database) = testing::database().await.unwrap() else { return };
    let lines = support::made_up_log(4_000, 9);
    let file = support::write_log(&lines);
    // The second run finds all of it.
    for _ in 0..2 {
        let loans = Command::new(env!("CARGO_BIN_EXE_loans")).arg(&file).args(["--store", database.dsn()]).output();
        let text = String::from_utf8(loans.unwrap().stdout).unwrap();
        assert!(text.contains("week of  applications  offers  accepted"), "{text}");
        assert_eq!(support::funnel(database.dsn()).await, Some(support::funnel_of(&lines)));
    }
}

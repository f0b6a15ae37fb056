//! The program on PostgreSQL.
#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

use std::process::Command;

use eskit_postgres::testing;

#[tokio::test]
async fn the_lists_are_in_the_database_of_the_log() {
    let Some(database) = testing::database().await.unwrap() else { return };
    for term in [1, 2] {
        let output = Command::new(env!("CARGO_BIN_EXE_campus")).arg(database.dsn()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let story = String::from_utf8(output.stdout).unwrap();
        assert!(story.contains(&format!("     maths-{term}    3 of 3 seats taken\n")), "{story}");
        let (_, rosters) = story.split_once(&format!("in term {term}, by SQL\n")).unwrap();
        assert!(
            rosters
                .contains(&format!("     art-{term}      ada-{term}\n     chess-{term}    ada-{term}, bob-{term}\n")),
            "{story}"
        );
    }
}

//! The program as a user runs it.

#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

use std::process::{Command, Output, Stdio};

fn bank(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bank")).args(arguments).output().unwrap()
}

fn story(dsn: &str) -> String {
    let output = bank(&[dsn]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_story_replays_an_old_log_and_moves_money() {
    let story = story("memory:");
    for part in [
        "bank.AccountOpened     1",
        "bank.MoneyPaidIn       1",
        "read today as  Ada Lovelace, EUR, holds 100.00",
        "refused: account `ada-1` holds only 100.00",
        "2 events: account:ada-1 version 3, account:bob-1 version 2",
        "repeated: true",
        "conflict: stream `account:ada-1` is at version 3, expected version 2",
        "balance 60.00",
        "has 123 events, and was loaded from 1 snapshot",
    ] {
        assert!(story.contains(part), "no `{part}` in:\n{story}");
    }
}

#[test]
fn a_second_run_takes_new_accounts() {
    let dsn = format!("sqlite:{}/bank-{}.db", env!("CARGO_TARGET_TMPDIR"), eskit::log::EventId::new());
    assert!(story(&dsn).contains("account:ada-1"));
    let second = story(&dsn);
    assert!(second.contains("account:ada-2") && !second.contains("account:ada-1"), "{second}");
}

#[test]
fn a_store_that_cannot_be_opened_is_an_error() {
    let output = bank(&["nothing"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .starts_with("error: cannot connect to the DSN `nothing` without a scheme")
    );
}

#[test]
fn wrong_arguments_show_the_usage() {
    let output = bank(&["memory:", "more"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.starts_with("error: unexpected arguments `memory: more`\n\nusage: bank [DSN]"), "{error}");
    let help = bank(&["--help"]);
    assert!(help.status.success() && String::from_utf8_lossy(&help.stdout).starts_with("usage: bank [DSN]"));
}

/// As `bank | head -1` does.
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_bank"))
        .arg("memory:")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(program.stdout.take());
    let output = program.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn help_names_the_stores_of_this_build() {
    let help = String::from_utf8(bank(&["--help"]).stdout).unwrap();
    assert!(
        help.contains("the store: `sqlite:path/to/file.db`") && help.contains("; `memory:` when left out\n"),
        "{help}"
    );
    let how = "cargo run -p bank --features postgres -- postgres://user@host/database";
    assert_eq!(help.contains(how), !cfg!(feature = "postgres"), "{help}");
    assert_eq!(help.contains("`postgres://user@host/database`"), cfg!(feature = "postgres"), "{help}");
    assert_eq!(help.contains("--features nats -- nats://host/log"), !cfg!(feature = "nats"), "{help}");
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let argument = std::ffi::OsStr::from_bytes(b"sqlite:\xff.db");
    let output = Command::new(env!("CARGO_BIN_EXE_bank")).arg(argument).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
}

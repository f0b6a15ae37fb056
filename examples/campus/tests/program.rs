//! The program as a user runs it.

#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

use std::path::PathBuf;
use std::process::{Command, Output};

/// A path in the target folder at which there is no file.
fn fresh_path(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
    path
}

fn campus(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_campus")).args(arguments).output().unwrap()
}

fn story(dsn: &str) -> String {
    let output = campus(&[dsn]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_story_shows_a_conflict_and_its_retry() {
    let story = story("memory:");
    for part in [
        "empty; this run is term 1",
        "attempt 1  appends → #3",
        "attempt 1  conflict: #3 campus.StudentEnrolled came first",
        "attempt 2  reads 1 more event, decides",
        "refused: course `maths-1` is full: all 2 seats are taken",
        "refused: student `ada-1` takes 5 courses already",
        r#"   18  campus.StudentEnrolled  course:music-1 student:ada-1   {"course":"music-1","student":"ada-1"}"#,
        "maths-1: 2 of 3 seats taken, from 6 events",
    ] {
        assert!(story.contains(part), "no `{part}` in:\n{story}");
    }
    assert_eq!(story.matches("conflict:").count(), 1, "{story}");
    assert!(!story.contains('\x1b'), "colors, though the output is no terminal:\n{story}");
}

#[test]
fn a_second_run_goes_on_where_the_first_ended() {
    let dsn = format!("sqlite:{}", fresh_path("second-run.db").display());
    assert!(story(&dsn).contains("empty; this run is term 1"));
    let second = story(&dsn);
    assert!(second.contains("18 events of earlier runs, kept; this run is term 2"), "{second}");
    assert!(second.contains("   36  campus.StudentEnrolled  course:music-2 student:ada-2"), "{second}");
    assert!(!second.contains("maths-1"), "{second}");
}

#[test]
fn a_store_that_cannot_be_opened_is_an_error() {
    let output = campus(&["mysql://user:secret@host/db"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(error.starts_with("error: cannot connect to the DSN"), "{error}");
    assert!(output.stdout.is_empty() && !error.contains("secret"), "{error}");
}

#[test]
fn wrong_arguments_show_the_usage() {
    let output = campus(&["memory:", "more"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("usage: campus [DSN]"));
    assert!(String::from_utf8_lossy(&campus(&["--help"]).stdout).contains("usage: campus [DSN]"));
}

#[test]
fn help_names_the_stores_of_this_build() {
    let help = String::from_utf8(campus(&["--help"]).stdout).unwrap();
    assert!(
        help.contains("the store: `sqlite:path/to/file.db`") && help.contains("; `sqlite:campus.db` when left out\n"),
        "{help}"
    );
    let how = "cargo run -p campus --features postgres -- postgres://user@host/database";
    assert_eq!(help.contains(how), !cfg!(feature = "postgres"), "{help}");
    assert_eq!(help.contains("`postgres://user@host/database`"), cfg!(feature = "postgres"), "{help}");
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let argument = std::ffi::OsStr::from_bytes(b"sqlite:\xff.db");
    let output = Command::new(env!("CARGO_BIN_EXE_campus")).arg(argument).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
}

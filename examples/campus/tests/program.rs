//! The program as a user runs it.

#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A DSN of a file that is not there, in a folder of its own.
fn fresh_dsn(test: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    format!("sqlite:{}", folder.join("campus.db").display())
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
        r#"   20  campus.StudentEnrolled  course:music-1 student:ada-1   {"course":"music-1","student":"ada-1"}"#,
        "the seat goes to fay-1                       → #19 campus.StudentEnrolled",
        "maths-1: 3 of 3 seats taken, from 7 events",
        "     maths-1    3 of 3 seats taken\n     drama-1    2 of 30 seats taken\n",
        "lists by SQL need a database",
        "   ada-1: the name is Ada Lovelace, and takes 5 courses\n",
        "forget ada-1: 1 key destroyed, recorded as #22\n   ada-1: the name is not known, and takes 5 courses\n",
    ] {
        assert!(story.contains(part), "no `{part}` in:\n{story}");
    }
    assert_eq!(story.matches("conflict:").count(), 1, "{story}");
    assert!(!story.contains('\x1b'), "colors, though the output is no terminal:\n{story}");
}

#[test]
fn a_second_run_goes_on_where_the_first_ended() {
    let dsn = fresh_dsn("second-run");
    let first = story(&dsn);
    assert!(first.contains("empty; this run is term 1"), "{first}");
    assert!(first.contains("in term 1, by SQL\n     art-1      ada-1\n"), "{first}");
    let second = story(&dsn);
    assert!(second.contains("22 events of earlier runs, kept; this run is term 2"), "{second}");
    assert!(second.contains("   42  campus.StudentEnrolled  course:music-2 student:ada-2"), "{second}");
    assert!(second.contains("forget ada-2: 1 key destroyed, recorded as #44\n"), "{second}");
    // What was sealed is nowhere in the clear.
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("second-run");
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(8).any(|part| part == b"Lovelace"));
    }
    // The list by rows is of all terms, that by SQL of one.
    assert!(second.contains("     maths-2    3 of 3 seats taken\n     maths-1    3 of 3 seats taken\n"), "{second}");
    let (_, rosters) = second.split_once("in term 2, by SQL\n").unwrap();
    assert!(rosters.contains("     chess-2    ada-2, bob-2\n"), "{second}");
    // Ada has left, and Fay has her seat.
    assert!(rosters.contains("     maths-2    bob-2, eve-2, fay-2\n") && !rosters.contains("maths-1"), "{second}");
}

/// Each run has its own process: one of them keeps the lists, and both see in them what they wrote.
#[test]
fn runs_at_the_same_time_share_the_lists() {
    let dsn = fresh_dsn("at-the-same-time");
    story(&dsn);
    let run = || Command::new(env!("CARGO_BIN_EXE_campus")).arg(&dsn).stdout(Stdio::piped()).spawn().unwrap();
    let runs = [run(), run(), run()];
    let mut terms = Vec::new();
    for run in runs {
        let output = run.wait_with_output().unwrap();
        let story = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{story}");
        let (_, rosters) = story.split_once("who is in which course in term ").unwrap();
        let (term, rosters) = rosters.split_once(", by SQL\n").unwrap();
        assert!(rosters.contains(&format!("\n     music-{term}    ada-{term}\n")), "{story}");
        terms.push(term.to_owned());
    }
    terms.sort_unstable();
    assert_eq!(terms, ["2", "3", "4"]);
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
    assert_eq!(help.contains("--features nats -- nats://host/log"), !cfg!(feature = "nats"), "{help}");
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let argument = std::ffi::OsStr::from_bytes(b"sqlite:\xff.db");
    let output = Command::new(env!("CARGO_BIN_EXE_campus")).arg(argument).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
}

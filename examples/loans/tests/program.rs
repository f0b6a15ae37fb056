//! The program as a user runs it: files that it cannot use, and figures that are not the published ones.

#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod support;

use std::path::Path;
use std::process::{Command, Output};

fn loans(file: &Path, dsn: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_loans")).arg(file).args(["--store", dsn]).output().unwrap()
}

/// What the program says of a file that it cannot use.
fn refusal(file: &Path) -> String {
    let output = loans(file, "memory:");
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn help_is_output_and_no_error() {
    let output = Command::new(env!("CARGO_BIN_EXE_loans")).arg("--help").output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("usage: loans [FILE] [--store DSN]"));
}

#[test]
fn a_missing_file_is_named_with_the_remedy() {
    let error = refusal(Path::new("nowhere/log.ndjson.gz"));
    assert!(error.starts_with("error: cannot open `nowhere/log.ndjson.gz`: "), "{error}");
    assert!(error.ends_with("help: pass the path of `bpic2012.ndjson.gz` as the first argument\n"), "{error}");
}

#[test]
fn a_file_that_is_not_compressed_is_told() {
    let error = refusal(&support::write_file(b"{\"case\":\"1\"}\n"));
    assert!(error.contains("is not compressed by gzip\nhelp: "), "{error}");
}

#[test]
fn a_folder_is_told() {
    let error = refusal(Path::new(env!("CARGO_TARGET_TMPDIR")));
    assert!(error.contains("on after line 0: ") && error.contains("directory"), "{error}");
}

#[test]
fn an_empty_file_is_told() {
    assert!(refusal(&support::write_log(&[])).contains("has no lines"));
    assert!(refusal(&support::write_file(b"")).contains("has no lines"));
}

#[test]
fn a_line_of_another_log_is_named_by_its_number() {
    let mut lines = support::made_up_log(10, 1);
    lines[4] = r#"{"event":"push","payload":{}}"#.to_owned();
    let error = refusal(&support::write_log(&lines));
    assert!(error.contains("`, line 5: not an entry of the loan log: unknown field `event`"), "{error}");
}

#[test]
fn a_line_without_end_is_refused_before_it_fills_the_memory() {
    let error = refusal(&support::write_log(&["x".repeat(10_000_000)]));
    assert!(error.contains("`, line 1: longer than 65536 bytes"), "{error}");
}

#[test]
fn a_damaged_file_is_imported_up_to_the_damage_and_on_from_there() {
    let lines = support::made_up_log(4_000, 2);
    let whole = support::compress(&lines);
    let dsn = format!("sqlite:{}", support::fresh_path("db").display());
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle..middle + 64].fill(0xff);
    for damaged in [&whole[..whole.len() / 3], &flipped, &whole[..whole.len() - 4]] {
        let output = loans(&support::write_file(damaged), &dsn);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("damaged or cut off after line ") || error.contains(", line "), "{error}");
        assert_eq!(output.status.code(), Some(1));
    }
    let output = loans(&support::write_file(&whole), &dsn);
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(report.contains(" were there before\n"), "{report}");
    assert!(report.contains("\nevents               4,000     262,200  differs\n"), "{report}");
}

#[test]
fn figures_that_differ_end_in_an_error() {
    let output = loans(&support::write_log(&support::made_up_log(1_000, 3)), "memory:");
    assert_eq!(output.status.code(), Some(1));
    let (report, error) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(report.contains("\nevents               1,000     262,200  differs\n"), "{report}");
    assert!(
        error.starts_with("error: ") && error.contains(" figures differ from the published ones\nhelp: "),
        "{error}"
    );
}

#[tokio::test]
async fn the_report_by_week_is_a_table_a_chart_and_percentiles() {
    let lines = support::made_up_log(24_000, 4);
    let dsn = format!("sqlite:{}", support::fresh_path("db").display());
    let report = String::from_utf8(loans(&support::write_log(&lines), &dsn).stdout).unwrap();
    assert!(report.contains("week of  applications  offers  accepted  declined  cancelled"), "{report}");
    assert!(report.contains("each week: applications (upper line)"), "{report}");
    assert!(report.contains("time to decision of "), "{report}");
    let expected = support::funnel_of(&lines);
    assert!(expected.weeks.len() > 1 && expected.decided() > 100);
    assert_eq!(support::funnel(&dsn).await, Some(expected));
}

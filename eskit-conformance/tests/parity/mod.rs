//! The tables in `docs/stores.md` of what each store, and each kind of views, was held to. Each run checks the column of its store;
//! `BLESS=1` writes it anew.

use std::path::Path;

use eskit_conformance::{Report, Suite, Verdict};

const BLESS: &str = "written by `BLESS=1 cargo test -p eskit-conformance` -->";

/// Fails when the column of a store in `docs/stores.md` does not say what this run of the whole suite came to.
#[allow(dead_code, reason = "each test target checks one of the tables")]
pub(crate) fn check(store: &str, report: &Report) {
    check_table("parity", Suite::case_names().count(), store, report);
}

/// The same for views, of a suite with this many cases.
#[allow(dead_code, reason = "each test target checks one of the tables")]
pub(crate) fn check_views(views: &str, cases: usize, report: &Report) {
    check_table("views", cases, views, report);
}

fn check_table(mark: &str, cases: usize, store: &str, report: &Report) {
    if report.cases().len() < cases {
        // Only some cases were asked for.
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/stores.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- {mark}: {BLESS}"), format!("<!-- /{mark} -->"));
    let (before, rest) = text.split_once(&begin).expect("`docs/stores.md` has a table of stores and one of views");
    let (table, after) = rest.split_once(&end).expect("the table ends");
    let found = update(table.trim(), store, report);
    if found == table.trim() {
        return;
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, format!("{before}{begin}\n{found}\n{end}{after}")).unwrap();
        return;
    }
    panic!("the column of {store} in `docs/stores.md` is stale\nhelp: run this test with BLESS=1\n{found}");
}

/// The table with the column of a store as this run has it. What stands behind a topic's name is kept.
fn update(table: &str, store: &str, report: &Report) -> String {
    let mut lines = table.lines();
    let (head, rule) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let column = cells(head).iter().position(|name| *name == store).expect("the table has a column for the store");
    let rows: Vec<Vec<&str>> = lines.map(cells).collect();
    let mut updated = vec![head.to_owned(), rule.to_owned()];
    for (topic, passed, cases) in topics(report) {
        let name = format!("`{topic}`");
        let row = rows.iter().find(|row| row[0].starts_with(&name));
        let mut row: Vec<String> = match row {
            Some(row) => row.iter().map(|cell| (*cell).to_owned()).collect(),
            None => std::iter::once(name).chain(cells(head).iter().skip(1).map(|_| "?".to_owned())).collect(),
        };
        row[column] = match passed {
            0 => "none".to_owned(),
            passed if passed == cases => format!("all {cases}"),
            passed => format!("{passed} of {cases}"),
        };
        updated.push(format!("| {} |", row.join(" | ")));
    }
    updated.join("\n")
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

/// Each topic in the order of the run, with how many of its cases passed, and how many there are.
fn topics(report: &Report) -> Vec<(&'static str, usize, usize)> {
    let mut topics: Vec<(&'static str, usize, usize)> = Vec::new();
    for case in report.cases() {
        let topic = case.name.split("::").next().unwrap_or_default();
        let passed = usize::from(matches!(case.verdict, Verdict::Passed));
        match topics.last_mut() {
            Some((last, passes, cases)) if *last == topic => (*passes, *cases) = (*passes + passed, *cases + 1),
            _ => topics.push((topic, passed, 1)),
        }
    }
    topics
}

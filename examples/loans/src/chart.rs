use std::io::{self, Write};
use std::time::Duration;

use comfy_table::{Cell, CellAlignment, Table, presets};
use indicatif::HumanCount;
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use loans::{FunnelReport, Week};
use rasciigraph::Config;

const HEAD: [&str; 8] =
    ["week of", "applications", "offers", "accepted", "declined", "cancelled", "asked, €", "approved, €"];
/// Columns for each week, and rows.
const WEEK_WIDTH: u32 = 3;
const HEIGHT: u32 = 10;

/// Writes how the applications fare, as a table, as a chart, and as percentiles.
pub(crate) fn write(out: &mut impl Write, report: &FunnelReport) -> io::Result<()> {
    writeln!(out, "\n{}\n", table(report).trim_fmt())?;
    // A line needs two points.
    if let Ok(weeks) = u32::try_from(report.weeks.len())
        && weeks > 1
    {
        writeln!(out, "{}\n", chart(&report.weeks, weeks * WEEK_WIDTH))?;
    }
    write!(out, "time to decision of {} applications:", HumanCount(report.decided() as u64))?;
    for percent in [50, 90, 99] {
        let time = report.time_to_decision(percent).unwrap_or_default();
        write!(out, " p{percent} {}{}", shown(time), if percent == 99 { "\n" } else { "," })?;
    }
    Ok(())
}

fn table(report: &FunnelReport) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(HEAD.map(right));
    for week in &report.weeks {
        table.add_row(row(monday(week.number).map_or_else(|| "?".to_owned(), |monday| monday.to_string()), week));
    }
    table.add_row(row("all".to_owned(), &report.total()));
    table
}

fn row(name: String, week: &Week) -> Vec<Cell> {
    let Week { applications, offers, accepted, declined, cancelled, asked, approved, .. } = *week;
    let counts = [applications, offers, accepted, declined, cancelled, asked, approved];
    let counts = counts.map(|count| HumanCount(count.unsigned_abs()).to_string());
    std::iter::once(name).chain(counts).map(right).collect()
}

fn right(text: impl ToString) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

fn monday(week: i64) -> Option<Date> {
    date(1970, 1, 5).checked_add(week.try_into().ok().map(|week: i32| week.weeks())?).ok()
}

/// The upper line: applications. The lower one: offers that were accepted.
fn chart(weeks: &[Week], width: u32) -> String {
    let line = |count: fn(&Week) -> i64| weeks.iter().map(|week| count(week) as f64).collect();
    let lines = vec![line(|week| week.applications), line(|week| week.accepted)];
    let caption = "each week: applications (upper line), offers accepted for them (lower line)".to_owned();
    rasciigraph::plot_many(lines, Config::default().with_height(HEIGHT).with_width(width).with_caption(caption))
}

/// Whole units, the two largest: `8 d 4 h`.
fn shown(time: Duration) -> String {
    let seconds = time.as_secs();
    let units = [("d", seconds / 86_400), ("h", seconds / 3_600 % 24), ("min", seconds / 60 % 60), ("s", seconds % 60)];
    let from = units.iter().position(|(_, count)| *count > 0).unwrap_or(3);
    let two: Vec<String> = units[from..].iter().take(2).map(|(unit, count)| format!("{count} {unit}")).collect();
    two.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_their_two_largest_units() {
        for (seconds, text) in [(0, "0 s"), (61, "1 min 1 s"), (3_600, "1 h 0 min"), (86_400 * 8 + 14_500, "8 d 4 h")] {
            assert_eq!(shown(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn weeks_begin_on_monday() {
        assert_eq!(monday(0), Some(date(1970, 1, 5)));
        assert_eq!(
            monday(2177).map(|monday| (monday.to_string(), monday.weekday())),
            Some(("2011-09-26".to_owned(), jiff::civil::Weekday::Monday))
        );
    }

    #[test]
    fn few_weeks_are_written_too() {
        let written = |weeks: &[Week]| {
            let mut out = Vec::new();
            write(&mut out, &FunnelReport::new(weeks.to_vec(), Vec::new()))
                .map(|()| String::from_utf8_lossy(&out).into_owned())
        };
        for weeks in [&[][..], &[Week::default()], &[Week::default(), Week::default()]] {
            assert!(written(weeks).is_ok_and(|text| text.contains("time to decision of 0 applications: p50 0 s")));
        }
    }
}

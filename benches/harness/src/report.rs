//! The table, and its JSON.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::figure::{Figure, Finding, Verdict};

/// Everything that one run found.
#[derive(Debug, Serialize, Deserialize)]
pub struct Report {
    /// Whether small sizes were asked for.
    pub quick: bool,
    /// The processors that this program may use.
    pub processors: usize,
    /// How often a second the disk made a page durable.
    pub syncs_per_second: f64,
    /// The rows, in the order in which they ran.
    pub rows: Vec<RowReport>,
}

/// What one row found.
#[derive(Debug, Serialize, Deserialize)]
pub struct RowReport {
    /// The name of the row.
    pub row: String,
    /// What it measures.
    pub what: String,
    /// How long it took.
    pub seconds: f64,
    /// What it found.
    pub finding: Finding,
}

impl Report {
    /// A report without rows.
    pub fn new(quick: bool, syncs_per_second: f64) -> Report {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Report { quick, processors, syncs_per_second, rows: Vec::new() }
    }

    /// How many rows failed to run.
    pub fn failures(&self) -> usize {
        self.rows.iter().filter(|row| matches!(row.finding, Finding::Failed(_))).count()
    }

    fn count(&self, verdict: Verdict) -> usize {
        let figures = self.rows.iter().filter_map(|row| match &row.finding {
            Finding::Figures(figures) => Some(figures),
            Finding::Skipped(_) | Finding::Failed(_) => None,
        });
        figures.flatten().filter(|figure| figure.verdict == verdict).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quick = if self.quick { "; small sizes, so the figures mean little" } else { "" };
        writeln!(
            f,
            "{} processors; the disk syncs {:.0} pages a second{quick}",
            self.processors, self.syncs_per_second
        )?;
        for row in &self.rows {
            writeln!(f, "\n{}: {}", row.row, row.what)?;
            match &row.finding {
                Finding::Figures(figures) => write_figures(f, figures)?,
                Finding::Skipped(reason) => writeln!(f, "  skipped: {reason}")?,
                Finding::Failed(error) => writeln!(f, "  FAILED: {error}")?,
            }
        }
        let (met, stretch) = (self.count(Verdict::Met), self.count(Verdict::Stretch));
        let (missed, failed) = (self.count(Verdict::Missed), self.failures());
        writeln!(
            f,
            "\n{} bars met ({stretch} of them with the stretch), {missed} missed, {failed} rows failed",
            met + stretch
        )
    }
}

fn write_figures(f: &mut fmt::Formatter<'_>, figures: &[Figure]) -> fmt::Result {
    writeln!(
        f,
        "  {:<38} {:>11}  {:<38} {:>11} {:>8}  {:<9} {:<9} verdict",
        "case", "eskit", "against", "", "ratio", "bar", "stretch"
    )?;
    for figure in figures {
        let (against, theirs) = match &figure.against {
            Some((name, quantity)) => (name.as_str(), quantity.to_string()),
            None => ("", String::new()),
        };
        let text = |value: Option<String>| value.unwrap_or_default();
        // An absolute value stands in its own column already.
        let ratio = figure.against.as_ref().and(figure.judged).map(|judged| judged.to_string());
        let (bar, stretch) = (figure.bar.map(|bar| bar.to_string()), figure.stretch.map(|bar| bar.to_string()));
        let line = format!(
            "  {:<38} {:>11}  {against:<38} {theirs:>11} {:>8}  {:<9} {:<9} {}",
            figure.case,
            figure.ours,
            text(ratio),
            text(bar),
            text(stretch),
            figure.verdict
        );
        writeln!(f, "{}", line.trim_end())?;
    }
    Ok(())
}

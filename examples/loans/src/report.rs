use std::error::Error;
use std::io::{self, Write};
use std::time::Duration;

use eskit::Imported;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use loans::{Comparison, Figures, FunnelReport, LogFile};

use crate::chart;

/// How the figures compare.
pub(crate) enum Outcome {
    AsPublished,
    Different,
}

/// Writes what was done.
pub(crate) struct Report<W> {
    out: W,
}

impl<W: Write> Report<W> {
    pub(crate) fn new(out: W) -> Report<W> {
        Report { out }
    }

    pub(crate) fn sources(&mut self, file: &LogFile, dsn: &str) -> io::Result<()> {
        writeln!(self.out, "file    {}", file.path().display())?;
        writeln!(self.out, "store   {}", shown(dsn))
    }

    pub(crate) fn imported(&mut self, imported: &Imported, time: Duration) -> io::Result<()> {
        let added = imported.events - imported.events_before;
        let (added_text, rate) = (HumanCount(added), HumanCount(per_second(added, time)));
        write!(self.out, "import  {added_text} events in {:.1} s, {rate} a second", time.as_secs_f64())?;
        match imported.events_before {
            0 => writeln!(self.out),
            before => writeln!(self.out, "; {} were there before", HumanCount(before)),
        }
    }

    pub(crate) fn replayed(&mut self, figures: &Figures, time: Duration) -> io::Result<()> {
        let (cases, rate) = (HumanCount(figures.cases), HumanCount(per_second(figures.events, time)));
        writeln!(self.out, "replay  {cases} cases in {:.1} s, {rate} events a second", time.as_secs_f64())?;
        match peak_memory_bytes() {
            Some(bytes) => writeln!(self.out, "memory  {} at most", HumanBytes(bytes)),
            None => Ok(()),
        }
    }

    pub(crate) fn funnel(&mut self, funnel: Option<&FunnelReport>) -> io::Result<()> {
        match funnel {
            Some(funnel) => chart::write(&mut self.out, funnel),
            None => writeln!(self.out, "\nno report by week: a store in memory has no tables"),
        }
    }

    pub(crate) fn compared(&mut self, rows: &[Comparison]) -> Result<Outcome, Box<dyn Error>> {
        writeln!(self.out, "\n{:<16}{:>10}{:>12}", "figure", "rebuilt", "published")?;
        for row in rows {
            let (found, expected) = (HumanCount(row.found).to_string(), HumanCount(row.expected).to_string());
            let mark = if row.is_equal() { "" } else { "  differs" };
            writeln!(self.out, "{:<16}{found:>10}{expected:>12}{mark}", row.name)?;
        }
        match rows.iter().filter(|row| !row.is_equal()).count() {
            0 => {
                writeln!(self.out, "\nevery figure is as published")?;
                Ok(Outcome::AsPublished)
            }
            count => {
                writeln!(self.out)?;
                eprintln!(
                    "error: {count} figures differ from the published ones\n\
                     help: pass the whole of `bpic2012.ndjson.gz`, and a store that holds nothing else in loan streams"
                );
                Ok(Outcome::Different)
            }
        }
    }
}

fn per_second(count: u64, time: Duration) -> u64 {
    (count as f64 / time.as_secs_f64().max(f64::EPSILON)) as u64
}

/// The most memory that this process ever held, where the system tells.
fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = peak.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// A bar over the bytes of the compressed file: how many lines it has shows only at its end.
pub(crate) fn import_bar(file: &LogFile) -> ProgressBar {
    let bar = ProgressBar::new(file.compressed_bytes_total());
    bar.with_style(style("import  {bar:40} {percent:>3}%  {msg} events  {elapsed} of about {duration}"))
}

/// Shows how far a file was read.
pub(crate) fn advance(bar: &ProgressBar, file: &LogFile) {
    bar.set_position(file.compressed_bytes());
    bar.set_message(HumanCount(file.lines()).to_string());
}

pub(crate) fn replay_bar(events: u64) -> ProgressBar {
    let template = "replay  {bar:40} {percent:>3}%  {human_pos} events  {elapsed} of about {duration}";
    ProgressBar::new(events).with_style(style(template))
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// What may be shown of a DSN: that of a server may hold a password.
fn shown(dsn: &str) -> &str {
    if dsn.starts_with("postgres") { "postgres://.." } else { dsn }
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_password_is_shown() {
        for dsn in ["postgres://me:secret@host/db", "postgresql://host/db?password=secret"] {
            assert_eq!(super::shown(dsn), "postgres://..");
        }
        assert_eq!(super::shown("sqlite:log.db"), "sqlite:log.db");
    }
}

//! The real log of the example `loans`: import, replay, and the peak memory of both.
//!
//! Runs the example's own program, each time on a new store, and reads what it prints. The same log four times over, under
//! other case numbers, tells whether memory grows with the log.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::median;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::Value;

const COPIES: u64 = 4;
/// Above every case number of the log.
const CASES_OF_A_COPY: u64 = 1_000_000;

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let log = context.data();
    if !log.exists() {
        return Ok(Finding::Skipped(format!("there is no file {}; pass `--data <path>`", log.display())));
    }
    let program = build()?;
    let runs = (0..context.size(3, 1)).map(|_| Printed::by(&program, context, log)).collect::<Result<Vec<_>, _>>()?;
    let middle = |value: fn(&Printed) -> f64| median(&runs.iter().map(value).collect::<Vec<_>>());
    let memory = middle(|run| run.peak_bytes);
    let copies = context.folder().join("copies.ndjson.gz");
    write_copies(log, &copies)?;
    let copied = Printed::by(&program, context, &copies)?.peak_bytes;
    let (once, often) = (Quantity::bytes(memory), Quantity::bytes(copied));
    Ok(Finding::Figures(vec![
        Figure::reported("import, events a second", Quantity::per_second(middle(|run| run.imported_per_second))),
        Figure::reported("replay, events a second", Quantity::per_second(middle(|run| run.replayed_per_second))),
        Figure::reported("peak memory", once),
        Figure::compared("peak memory, the log four times", often, "the log once", once, copied / memory)
            .bar(Bar::AtMost(1.2)),
    ]))
}

fn build() -> Result<PathBuf, Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the benchmarks lie in no workspace")?;
    let status = Command::new("cargo")
        .args(["build", "--release", "--quiet", "--package", "loans"])
        .current_dir(root)
        .env("CARGO_TARGET_DIR", crate::options::target_folder()?)
        .status()?;
    if !status.success() {
        return Err("cannot build the example `loans`".into());
    }
    Ok(crate::options::target_folder()?.join("release/loans"))
}

/// What one run of the program printed.
struct Printed {
    imported_per_second: f64,
    replayed_per_second: f64,
    peak_bytes: f64,
}

impl Printed {
    fn by(program: &Path, context: &Context, log: &Path) -> Result<Printed, Failure> {
        let store = context.fresh("loans")?.join("loans.db");
        let output =
            Command::new(program).arg(log).arg("--store").arg(format!("sqlite:{}", store.display())).output()?;
        // Of the copies the figures are others than the published ones, which the program says by its exit code.
        let text = String::from_utf8(output.stdout)?;
        Printed::parse(&text).map_err(|error| {
            format!("{error}; `loans` printed\n{text}{}", String::from_utf8_lossy(&output.stderr)).into()
        })
    }

    /// Reads the lines `import  262,200 events in 2.0 s, 131,100 a second`, `replay  13,087 cases in 0.5 s, 524,400
    /// events a second` and `memory  80.25 MiB at most`.
    fn parse(text: &str) -> Result<Printed, Failure> {
        let line = |start: &str| {
            let found = text.lines().find_map(|line| line.strip_prefix(start));
            found.ok_or_else(|| format!("there is no line `{}`", start.trim()))
        };
        let rate = |line: &str| {
            let (_, rate) = line.split_once(" s, ").ok_or("a line names no rate")?;
            let number = rate.split_whitespace().next().unwrap_or_default().replace(',', "");
            Ok::<f64, Failure>(number.parse()?)
        };
        let mut memory = line("memory ")?.split_whitespace();
        let (number, unit) = (memory.next().unwrap_or_default(), memory.next().unwrap_or_default());
        let unit_bytes = match unit {
            "KiB" => 1024.0,
            "MiB" => 1024.0 * 1024.0,
            "GiB" => 1024.0 * 1024.0 * 1024.0,
            _ => return Err(format!("memory in unknown unit {unit:?}").into()),
        };
        Ok(Printed {
            imported_per_second: rate(line("import ")?)?,
            replayed_per_second: rate(line("replay ")?)?,
            peak_bytes: number.parse::<f64>()? * unit_bytes,
        })
    }
}

/// Writes the log several times over, each time under case numbers of its own.
fn write_copies(log: &Path, copies: &Path) -> Result<(), Failure> {
    let mut out = GzEncoder::new(BufWriter::new(File::create(copies)?), Compression::fast());
    for copy in 0..COPIES {
        for line in BufReader::new(GzDecoder::new(File::open(log)?)).lines() {
            let mut event: Value = serde_json::from_str(&line?)?;
            let case: u64 = event["case"].as_str().ok_or("a line has no case")?.parse()?;
            event["case"] = (case + copy * CASES_OF_A_COPY).to_string().into();
            serde_json::to_writer(&mut out, &event)?;
            out.write_all(b"\n")?;
        }
    }
    out.finish()?.flush()?;
    Ok(())
}

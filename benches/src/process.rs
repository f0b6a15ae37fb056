//! Runs each row in a process of its own.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::options::Options;
use crate::rows;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::Finding;
use eskit_bench_harness::report::{Report, RowReport};
use eskit_bench_harness::{Failure, disk};

/// Runs the chosen rows and gathers what they found.
pub(crate) fn run_all(options: &Options) -> Result<Report, Failure> {
    std::fs::create_dir_all(&options.folder)?;
    let syncs_per_second = disk::syncs_per_second(&options.folder, Duration::from_secs(1))?;
    let mut report = Report::new(options.quick, syncs_per_second);
    for row in &options.rows {
        eprint!("{:<12} ", row.name);
        let started = Instant::now();
        let finding = in_child(row.name, options).unwrap_or_else(|error| Finding::Failed(error.to_string()));
        let seconds = started.elapsed().as_secs_f64();
        eprintln!("{seconds:.1} s");
        report.rows.push(RowReport { row: row.name.to_owned(), what: row.what.to_owned(), seconds, finding });
    }
    std::fs::remove_dir_all(&options.folder)?;
    Ok(report)
}

fn in_child(row: &str, options: &Options) -> Result<Finding, Failure> {
    let out = options.folder.join(format!("{row}.json"));
    let mut child = Command::new(std::env::current_exe()?);
    child.arg("--child").arg(row).arg("--out").arg(&out);
    child.arg("--folder").arg(options.folder.join(row)).arg("--data").arg(&options.data);
    if options.quick {
        child.arg("--quick");
    }
    // Some peers print to standard output as they run.
    let status = child.stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    if !status.success() {
        return Err(format!("the process of this row ended with {status}").into());
    }
    Ok(serde_json::from_reader(File::open(&out)?)?)
}

/// Runs one row in this process and writes what it found to `out`.
pub(crate) fn run_here(row: &str, out: &Path, options: &Options) -> Result<(), Failure> {
    let row = rows::find(row)?;
    std::fs::create_dir_all(&options.folder)?;
    let context = Context::new(options.quick, options.folder.clone(), options.data.clone());
    let finding = (row.run)(&context).unwrap_or_else(|error| Finding::Failed(error.to_string()));
    std::fs::remove_dir_all(&options.folder)?;
    serde_json::to_writer(File::create(out)?, &finding)?;
    Ok(())
}

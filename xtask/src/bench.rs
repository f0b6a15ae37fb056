//! `cargo xtask bench`: builds the benchmarks in release mode and hands them the options.

use std::error::Error;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::workspace::{Workspace, cargo};

/// Runs the benchmarks with these options.
pub(crate) fn run(options: impl Iterator<Item = OsString>) -> Result<ExitCode, Box<dyn Error>> {
    let workspace = Workspace::load()?;
    let benches = workspace.packages.iter().find(|package| package.folder == Path::new("benches"));
    let benches = benches.ok_or("the workspace has no package in the folder `benches`")?;
    let mut command = Command::new(cargo());
    command.args(["run", "--release", "--quiet", "--package", &benches.name, "--"]).args(options);
    let status = command.current_dir(&workspace.root).status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

//! `cargo xtask minimal`: the published packages compile with the lowest version of each direct dependency that their manifests allow.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::runner::run_steps;
use crate::step::{Step, cargo_command, output};
use crate::workspace::Workspace;

/// Runs the command.
pub(crate) fn run() -> Result<ExitCode, Box<dyn Error>> {
    let workspace = Workspace::load()?;
    std::env::set_current_dir(&workspace.root)?;
    // A copy, whose lock file may change.
    let folder = workspace.target.join("minimal");
    let source = folder.join("source");
    if source.exists() {
        fs::remove_dir_all(&source)?;
    }
    for file in output("git", &["ls-files"]).lines().map(Path::new).filter(|file| file.is_file()) {
        let copy = source.join(file);
        fs::create_dir_all(copy.parent().unwrap_or(&source))?;
        fs::copy(file, copy)?;
    }
    let inside = |arguments: &str| {
        let mut command = cargo_command(arguments);
        command.current_dir(&source).env("CARGO_TARGET_DIR", folder.join("target"));
        command
    };
    let steps = vec![
        Step::run("lowest versions", lowest(inside("generate-lockfile -Zdirect-minimal-versions"))),
        Step::run("packages with them", inside(&format!("check --locked --all-features {}", published(&workspace)))),
    ];
    let summary = run_steps(steps, false)?;
    println!("\n{summary}");
    Ok(if summary.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Lets a stable cargo take an option that it has not stabilised. What is compiled afterwards does not see it.
fn lowest(mut command: Command) -> Command {
    command.env("RUSTC_BOOTSTRAP", "1");
    command
}

/// `--package` for each published package.
pub(crate) fn published(workspace: &Workspace) -> String {
    let published = workspace.packages.iter().filter(|package| package.published);
    published.map(|package| format!("--package {}", package.name)).collect::<Vec<_>>().join(" ")
}

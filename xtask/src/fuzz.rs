//! `cargo xtask fuzz`: libFuzzer on each target of the package in `fuzz/`, one after another.
//!
//! A stable toolchain can do that: the flags are those of `cargo fuzz` without a sanitizer, which safe code has little need of.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use lexopt::prelude::*;

use crate::step::output;
use crate::workspace::{Workspace, cargo};

/// The folder of the package, and of the corpus that is committed: a folder for each target.
const PACKAGE: &str = "fuzz";
/// What tells libFuzzer which code ran, and what it was compared with.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

struct Options {
    seconds: u64,
    targets: Vec<String>,
    list: bool,
}

/// Runs the command with the rest of the arguments.
pub(crate) fn run(arguments: lexopt::Parser) -> Result<ExitCode, Box<dyn Error>> {
    let options = Options::parse(arguments)?;
    let workspace = Workspace::load()?;
    std::env::set_current_dir(&workspace.root)?;
    let known = targets()?;
    if let Some(unknown) = options.targets.iter().find(|target| !known.contains(target)) {
        return Err(format!("there is no target {unknown:?}\nhelp: --target {}", known.join(" or --target ")).into());
    }
    if options.list {
        known.iter().for_each(|target| println!("{target}"));
        return Ok(ExitCode::SUCCESS);
    }
    let (folder, host) = (workspace.target.join("fuzz"), host()?);
    if !build(&folder, &host)? {
        return Ok(ExitCode::FAILURE);
    }
    let program = folder.join(&host).join("release").join("eskit-fuzz");
    let chosen = known.iter().filter(|target| options.targets.is_empty() || options.targets.contains(target));
    let mut failed = Vec::new();
    for target in chosen {
        if !fuzz(&program, &folder, target, options.seconds)? {
            failed.push(target.as_str());
        }
    }
    if failed.is_empty() {
        println!("\nnothing was found");
        return Ok(ExitCode::SUCCESS);
    }
    let inputs = folder.join("found");
    println!(
        "\nfound in: {}\nhelp: mend it, and put the input from {} into the corpus",
        failed.join(", "),
        inputs.display()
    );
    Ok(ExitCode::FAILURE)
}

impl Options {
    fn parse(mut arguments: lexopt::Parser) -> Result<Options, Box<dyn Error>> {
        let mut options = Options { seconds: 60, targets: Vec::new(), list: false };
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("minutes") => {
                    let minutes: f64 = arguments.value()?.parse()?;
                    // libFuzzer takes 0 seconds for no end.
                    if !(0.01..=10_080.0).contains(&minutes) {
                        return Err(format!("--minutes is {minutes}; it lies between 0.01 and 10080").into());
                    }
                    options.seconds = (minutes * 60.0).ceil() as u64;
                }
                Long("target") => options.targets.push(arguments.value()?.string()?),
                Long("list") => options.list = true,
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(options)
    }
}

/// The targets, which the folders of the corpus name.
fn targets() -> Result<Vec<String>, Box<dyn Error>> {
    let folders = fs::read_dir(Path::new(PACKAGE).join("corpus"))?;
    let mut names: Vec<String> =
        folders.map(|folder| Ok(folder?.file_name().to_string_lossy().into_owned())).collect::<std::io::Result<_>>()?;
    names.sort();
    Ok(names)
}

/// This machine's target. It is named in the build, so that the flags reach neither build scripts nor macros.
fn host() -> Result<String, String> {
    let version = output("rustc", &["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "`rustc -vV` does not say for which machine it compiles".to_owned())
}

fn build(folder: &Path, host: &str) -> std::io::Result<bool> {
    let mut command = Command::new(cargo());
    command
        .args(["build", "--release", "--quiet", "--package", "eskit-fuzz", "--target", host, "--target-dir"])
        .arg(folder);
    // What overflows and what is asserted is found too.
    command.env("RUSTFLAGS", COVERAGE).env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true");
    Ok(command.status()?.success())
}

/// Runs one target, from what stands in its corpus and from what earlier runs found worth keeping.
fn fuzz(program: &Path, folder: &Path, target: &str, seconds: u64) -> std::io::Result<bool> {
    println!("{target}: {seconds} seconds");
    let (kept, found) = (folder.join("corpus").join(target), folder.join("found"));
    fs::create_dir_all(&kept)?;
    fs::create_dir_all(&found)?;
    let mut command = Command::new(program);
    command.arg(kept).arg(Path::new(PACKAGE).join("corpus").join(target)).env("ESKIT_FUZZ", target);
    command.arg(format!("-artifact_prefix={}", found.join(format!("{target}-")).display()));
    command.arg(format!("-max_total_time={seconds}"));
    command.args(["-timeout=10", "-rss_limit_mb=2048", "-verbosity=0", "-print_final_stats=1"]);
    Ok(command.status()?.success())
}

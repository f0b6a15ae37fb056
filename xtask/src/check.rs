//! `cargo xtask test`: what shows whether a change works; and `cargo xtask ci`: the rest of what it must pass, which compiles the
//! workspace again in other ways.

use std::error::Error;
use std::process::{Command, ExitCode};

use lexopt::prelude::*;

use crate::minimal::published;
use crate::runner::run_steps;
use crate::step::{Step, cargo_command, output, succeeds};
use crate::workspace::{Package, Workspace};

/// The packages of the benchmarks: only checked to compile.
const BENCHES: &str = "benches";
/// The one of them that is tested.
const HARNESS: &str = "eskit-bench-harness";
/// What people copy.
const EXAMPLES: &str = "examples";
/// The packages whose tests compile other programs, which is slow.
const UI_TESTS: &str = "ui-tests";

/// Which checks.
#[derive(Clone, Copy)]
pub(crate) enum Set {
    /// Those of `cargo xtask test`.
    Test,
    /// Those of `cargo xtask ci`.
    Ci,
}

/// Runs the command with the rest of the arguments.
pub(crate) fn run(set: Set, mut arguments: lexopt::Parser) -> Result<ExitCode, Box<dyn Error>> {
    let (mut list, mut verbose, mut only) = (false, false, Vec::new());
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("list") => list = true,
            Long("verbose") | Short('v') => verbose = true,
            Long("only") => only.push(arguments.value()?.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let workspace = Workspace::load()?;
    std::env::set_current_dir(&workspace.root)?;
    let mut steps = match set {
        Set::Test => test_steps(&workspace),
        Set::Ci => ci_steps(&workspace),
    };
    if !only.is_empty() {
        steps.retain(|step| only.iter().any(|wanted| step.name.contains(wanted.as_str())));
    }
    if steps.is_empty() {
        return Err(format!("no step is called {}\nhelp: `--list` shows them", only.join(" or ")).into());
    }
    if list {
        steps.iter().for_each(|step| println!("{}", step.name));
        return Ok(ExitCode::SUCCESS);
    }
    let summary = run_steps(steps, verbose)?;
    println!("\n{summary}");
    Ok(if summary.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn test_steps(workspace: &Workspace) -> Vec<Step> {
    let without_slow = exclude(workspace, &[BENCHES, UI_TESTS]);
    vec![
        Step::run("format", cargo_command("fmt --all --check")),
        Step::tests("tests", cargo_command(&format!("test --no-run --workspace {without_slow} --lib --bins --tests"))),
    ]
}

fn ci_steps(workspace: &Workspace) -> Vec<Step> {
    let without_benches = exclude(workspace, &[BENCHES]);
    let without_slow = exclude(workspace, &[BENCHES, UI_TESTS]);
    let mut docs = cargo_command(&format!("doc --no-deps --workspace {without_benches}"));
    docs.env("RUSTDOCFLAGS", "-D warnings");
    let mut steps = vec![
        Step::run("doc tests", cargo_command(&format!("test --workspace {without_slow} --doc"))),
        Step::run(
            "clippy",
            cargo_command(&format!("clippy --workspace {without_benches} --all-targets -- -D warnings")),
        ),
        Step::run("docs", docs),
    ];
    let ui_tests =
        workspace.below(UI_TESTS).map(|package| format!("test --package {} --tests --no-fail-fast", package.name));
    steps.extend(ui_tests.map(|arguments| Step::run("ui and lock tests", cargo_command(&arguments))));
    let published = workspace.packages.iter().filter(|package| package.published);
    steps.extend(published.map(features));
    steps.push(on_servers(workspace));
    steps.push(benches(workspace));
    steps.push(oldest_toolchain(workspace));
    steps.push(deny());
    steps.push(lock_file());
    steps
}

/// `--exclude` for every package below these folders.
fn exclude(workspace: &Workspace, folders: &[&str]) -> String {
    let packages = folders.iter().flat_map(|folder| workspace.below(folder));
    packages.map(|package| format!("--exclude {}", package.name)).collect::<Vec<_>>().join(" ")
}

/// The benchmarks compile, and what they measure with is tested. The peers below `benches/peers` have lock files of their own and know
/// nothing of this repository: only `cargo xtask bench` builds them.
fn benches(workspace: &Workspace) -> Step {
    let packages: Vec<String> = workspace.below(BENCHES).map(|package| format!("--package {}", package.name)).collect();
    let clippy = cargo_command(&format!("clippy {} --all-targets -- -D warnings", packages.join(" ")));
    Step::run_all("benches", vec![clippy, cargo_command(&format!("test --package {HARNESS} --lib"))])
}

/// No feature, each feature alone, and all: clippy, so that a warning in one combination fails too. What a feature of another package
/// does alone is seen there.
fn features(package: &Package) -> Step {
    let clippy = |chosen: String| cargo_command(&format!("clippy --package {} {chosen} -- -D warnings", package.name));
    let mut commands = vec![clippy("--no-default-features".to_owned())];
    let own = package.features.iter().filter(|feature| !package.passed_on.contains(feature));
    let each = own.map(|feature| format!("--no-default-features --features {feature}"));
    commands.extend(each.map(clippy));
    if package.features.len() > 1 {
        commands.push(clippy("--all-features".to_owned()));
    }
    Step::run_all(format!("features of {}", package.name), commands)
}

/// The tests of the examples that have features for PostgreSQL or NATS. All in one command, since cargo would compile what they depend on
/// anew for each set of features.
fn on_servers(workspace: &Workspace) -> Step {
    let (mut packages, mut features) = (String::new(), Vec::new());
    for package in workspace.below(EXAMPLES) {
        let servers = package.features.iter().filter(|feature| matches!(feature.as_str(), "postgres" | "nats"));
        let servers: Vec<String> = servers.map(|feature| format!("{}/{feature}", package.name)).collect();
        if !servers.is_empty() {
            packages.push_str(&format!(" --package {}", package.name));
            features.extend(servers);
        }
    }
    Step::run("examples on servers", cargo_command(&format!("test{packages} --features {}", features.join(","))))
}

/// The published packages compile with the toolchain that their `rust-version` names.
fn oldest_toolchain(workspace: &Workspace) -> Step {
    let Some(version) = &workspace.rust_version else {
        return Step::skip("oldest toolchain", "no `rust-version` is stated");
    };
    let name = format!("oldest toolchain {version}");
    let check = format!("check {}", published(workspace));
    if output("rustc", &["--version"]).starts_with(&format!("rustc {version}.")) {
        return Step::run(name, cargo_command(&check));
    }
    if !succeeds("rustup", &["run", version, "rustc", "--version"]) {
        return Step::skip(name, format!("`rustup toolchain install {version}` was not run"));
    }
    let mut command = Command::new("rustup");
    command.args(["run", version, "cargo"]).args(check.split_whitespace());
    Step::run(name, command)
}

fn deny() -> Step {
    if succeeds("cargo", &["deny", "--version"]) {
        Step::run("cargo deny", cargo_command("deny --log-level error check bans licenses sources"))
    } else {
        Step::skip("cargo deny", "`cargo install cargo-deny` was not run")
    }
}

/// Cargo brings a stale lock file up to date by itself; a checkout that needed it was committed without.
fn lock_file() -> Step {
    if std::env::var_os("CI").is_none() {
        return Step::skip("lock file", "only in CI, where nothing may change it");
    }
    let mut command = Command::new("git");
    command.args(["diff", "--exit-code", "--", "Cargo.lock"]);
    Step::run("lock file", command)
}

//! What spans and metrics cost a command while nobody collects them, in processor time.

use std::path::Path;
use std::process::Command;

use crate::peers::program::Program;
use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::{Contender, median, median_ratio, take_turns};

const PACKAGE: &str = "eskit-bench-telemetry";
/// Rounds, many and short: what is looked for is less than what the machine does from one second to the next.
const ROUNDS: usize = 60;
const COMMANDS: u32 = 500;

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let (mut without, mut with) = (start(&[])?, start(&["--features", "telemetry"])?);
    let (rounds, order) = (context.size(ROUNDS, 3), COMMANDS.to_string());
    let with = std::cell::RefCell::new(&mut with);
    let (plain, layers) = (|| with.borrow_mut().rate(&order), || with.borrow_mut().rate(&format!("layers {order}")));
    let values = take_turns(
        rounds,
        &mut [
            Contender { name: "without", run: Box::new(|| without.rate(&order)) },
            Contender { name: "features", run: Box::new(plain) },
            Contender { name: "layers", run: Box::new(layers) },
        ],
    )?;
    let [without, features, layers] = &values[..] else { return Err("a contender is missing".into()) };
    let figure = |case: &str, ours: &[f64]| {
        let rate = |values: &[f64]| Quantity::per_second(median(values));
        Figure::compared(case, rate(ours), "neither feature", rate(without), median_ratio(ours, without))
    };
    Ok(Finding::Figures(vec![
        figure("features metrics and tracing", features).bar(Bar::AtLeast(0.99)),
        figure("the same, with all layers", layers),
    ]))
}

/// Builds the program with these options, in a target folder of its own, and starts it.
fn start(options: &[&str]) -> Result<Program, Failure> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("telemetry").join("Cargo.toml");
    let target =
        crate::options::target_folder()?.join(if options.is_empty() { "telemetry-off" } else { "telemetry-on" });
    let mut build = Command::new("cargo");
    build.args(["build", "--release", "--locked", "--manifest-path"]).arg(&manifest).args(options);
    let output = build.arg("--target-dir").arg(&target).output()?;
    if !output.status.success() {
        return Err(format!("cannot build {PACKAGE}\n{}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Program::run(&target.join("release").join(PACKAGE), &[])
}

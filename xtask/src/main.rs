//! `cargo xtask <command>`: what people and the continuous integration run.
#![allow(clippy::print_stdout, reason = "a command line program answers on standard output")]

mod bench;
mod binaries;
mod check;
mod fuzz;
mod minimal;
mod runner;
mod soak;
mod step;
mod workspace;

use std::error::Error;
use std::process::ExitCode;

use check::Set;

const HELP: &str = "\
usage: cargo xtask <command> [options]

commands:
  test     run the tests, and print a summary: about 13 minutes on two cores from an empty target
             --list          print the names of the steps
             --only <step>   run the steps whose name contains <step>; may be repeated
             --verbose       show the output of every step, not only of those that fail
  ci       run the rest of what the continuous integration runs: doc tests, clippy, the pages, compile errors, each feature
           alone, the examples on servers, the benchmarks, the oldest toolchain, licenses; the options are those of `test`
  minimal  compile the published packages with the lowest version of each dependency that their manifests allow
  bench    run the benchmarks in release mode; the options are those of the benchmarks: see `cargo xtask bench --help`
  fuzz     look for bytes that something that reads them takes wrongly: payloads, envelopes, records, lock files, DSNs
             --list           print the names of the targets
             --target <name>  only this target; may be repeated
             --minutes <n>    for how long, each of the 12 targets (1); what belongs to a soak is 1 or more
  soak     hold every store to its contract, from seed after seed, and count commits, kills and violations
             --minutes <n>   for how long; the run that is under way then is finished (5)
             --store <name>  only memory, sqlite, postgres, nats, tenants, subscriptions or work; may be repeated
             --rounds <n>    rounds of each race (200)
             --seed <n>      the first seed (of the clock)
           what reads bytes from elsewhere has a soak of its own: `cargo xtask fuzz`
";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let command = arguments.next().unwrap_or_default();
    match command.to_str() {
        Some("test") => check::run(Set::Test, lexopt::Parser::from_args(arguments)),
        Some("ci") => check::run(Set::Ci, lexopt::Parser::from_args(arguments)),
        Some("minimal") if arguments.next().is_none() => minimal::run(),
        Some("bench") => bench::run(arguments),
        Some("fuzz") => fuzz::run(lexopt::Parser::from_args(arguments)),
        Some("soak") => soak::run(lexopt::Parser::from_args(arguments)),
        Some("" | "help" | "--help" | "-h") => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(format!(
            "unknown command {command:?}\nhelp: `cargo xtask test`, `cargo xtask ci`, `cargo xtask minimal`, `cargo xtask bench`, `cargo xtask fuzz` or `cargo xtask soak`"
        )
        .into()),
    }
}

//! `cargo xtask soak`: the conformance suite on every store, subscriptions under load, and work whose processes are killed, again and again
//! from another seed, until its time is over.

use std::error::Error;
use std::fmt;
use std::ops::AddAssign;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use lexopt::prelude::*;

use crate::step::cargo_command;
use crate::workspace::Workspace;

/// The package whose tests hold the stores to their contract, one test file a store, and one for subscriptions.
const SUITE: &str = "eskit-conformance";
const STORES: [&str; 7] = ["memory", "sqlite", "postgres", "nats", TENANTS, "subscriptions", WORK];
/// One tenant of a log in PostgreSQL: a test that nothing else runs.
const TENANTS: &str = "tenants";
/// Processors and to-dos: a test beside others of that package.
const WORK: &str = "work";
const WORK_TEST: &str = "--package eskit-tests --test processors -- --nocapture soak::";

/// How many commits subscriptions follow in one run, and how many if this is not set.
const COMMITS: &str = "ESKIT_CONFORMANCE_COMMITS";
const COMMITS_DEFAULT: &str = "200000";

struct Options {
    minutes: f64,
    rounds: u32,
    seed: u64,
    stores: Vec<&'static str>,
}

/// Runs the command with the rest of the arguments.
pub(crate) fn run(arguments: lexopt::Parser) -> Result<ExitCode, Box<dyn Error>> {
    let mut options = Options::parse(arguments)?;
    std::env::set_current_dir(Workspace::load()?.root)?;
    println!("seed {}: every run adds one; --seed {} repeats them", options.seed, options.seed);
    let end = Instant::now() + Duration::from_secs_f64(options.minutes * 60.0);
    let mut totals = Totals::default();
    // A store is finished before the time is looked at: each one is run at least once.
    for seed in options.seed.. {
        options.stores.retain(|store| {
            let output = output_of(suite(store, seed, options.rounds));
            let skipped = output.lines().find(|line| line.starts_with("skipped: "));
            skipped.inspect(|line| println!("{line}")).is_none() && {
                totals += show(&output);
                true
            }
        });
        if Instant::now() >= end || options.stores.is_empty() {
            break;
        }
    }
    println!("\n{totals}");
    Ok(if totals.runs > 0 && totals.violations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Options {
    fn parse(mut arguments: lexopt::Parser) -> Result<Options, Box<dyn Error>> {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
        let mut options = Options { minutes: 5.0, rounds: 200, seed: now.as_secs(), stores: Vec::new() };
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("minutes") => options.minutes = arguments.value()?.parse()?,
                Long("rounds") => options.rounds = arguments.value()?.parse()?,
                Long("seed") => options.seed = arguments.value()?.parse()?,
                Long("store") => options.stores.push(known(&arguments.value()?.string()?)?),
                other => return Err(other.unexpected().into()),
            }
        }
        // A week: `Instant` has to be able to add it.
        if !(0.0..=10_080.0).contains(&options.minutes) {
            return Err(format!("--minutes is {}; it lies between 0 and 10080", options.minutes).into());
        }
        if options.stores.is_empty() {
            options.stores = STORES.to_vec();
        }
        Ok(options)
    }
}

fn known(store: &str) -> Result<&'static str, String> {
    let found = STORES.into_iter().find(|known| *known == store);
    found.ok_or_else(|| format!("there is no store {store:?}\nhelp: --store {}", STORES.join(" or --store ")))
}

fn suite(store: &str, seed: u64, rounds: u32) -> Command {
    let test = match store {
        WORK => WORK_TEST.to_owned(),
        TENANTS => format!("--package {SUITE} --test {TENANTS} -- --nocapture --ignored"),
        store => format!("--package {SUITE} --test {store} -- --nocapture"),
    };
    let mut command = cargo_command(&format!("test --release --quiet {test}"));
    command.env("ESKIT_CONFORMANCE_SEED", seed.to_string()).env("ESKIT_CONFORMANCE_ROUNDS", rounds.to_string());
    if std::env::var_os(COMMITS).is_none() {
        command.env(COMMITS, COMMITS_DEFAULT);
    }
    command
}

fn output_of(mut command: Command) -> String {
    match command.output() {
        Ok(output) => [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat(),
        Err(error) => format!("cannot start {command:?}: {error}\n"),
    }
}

/// Prints what one run says, and reads its counts; all of the output where the run did not come to its end.
fn show(output: &str) -> Totals {
    let read = output.lines().find_map(|line| Totals::read(line).map(|totals| (line, totals)));
    match read {
        Some((line, totals)) if totals.violations == 0 => println!("{line}"),
        _ => print!("{output}"),
    }
    read.map_or(Totals { runs: 1, violations: 1, ..Totals::default() }, |(_, totals)| totals)
}

/// What all runs asked of the stores, and how often a store broke its contract.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Totals {
    runs: u64,
    cases: u64,
    seeds: u64,
    commits: u64,
    kills: u64,
    violations: u64,
}

impl Totals {
    /// From the line that sums up a run: `conformance of <store>: 145 cases, 1072 seeds, ..`.
    fn read(line: &str) -> Option<Totals> {
        let (_, counts) = line.strip_prefix("conformance of ")?.split_once(": ")?;
        let words = counts.split([' ', ',', '(']).filter(|word| !word.is_empty()).collect::<Vec<_>>();
        let count = |of: &str| words.windows(2).find(|pair| pair[1] == of).and_then(|pair| pair[0].parse().ok());
        let [cases, seeds, commits, kills] = ["cases", "seeds", "commits", "kills"].map(count);
        let (cases, seeds, commits, kills) = (cases?, seeds?, commits?, kills?);
        Some(Totals { runs: 1, cases, seeds, commits, kills, violations: count("failed")? })
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Totals) {
        self.runs += other.runs;
        self.cases += other.cases;
        self.seeds += other.seeds;
        self.commits += other.commits;
        self.kills += other.kills;
        self.violations += other.violations;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Totals { runs, cases, seeds, commits, kills, violations } = self;
        write!(
            f,
            "{runs} runs, {cases} cases, {seeds} seeds, {commits} commits, {kills} kills, {violations} violations"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_and_a_run_without_them_is_a_violation() {
        let line =
            "conformance of sqlite: 145 cases, 1072 seeds, 9321 commits, 8 kills (2 failed, 0 skipped, seed 1, 8.4 s)";
        let totals = Totals { runs: 1, cases: 145, seeds: 1072, commits: 9321, kills: 8, violations: 2 };
        assert_eq!(Totals::read(line), Some(totals));
        assert_eq!(Totals::read("conformance of sqlite: no case ran; does ESKIT_CONFORMANCE_ONLY name one?"), None);
        assert_eq!(show("thread panicked\n"), Totals { runs: 1, violations: 1, ..Totals::default() });
    }

    #[test]
    fn a_mistake_in_the_options_is_named() {
        let parse =
            |arguments: &[&str]| Options::parse(lexopt::Parser::from_args(arguments)).map(|options| options.stores);
        assert_eq!(parse(&["--store", "sqlite"]).unwrap(), ["sqlite"]);
        assert_eq!(parse(&[]).unwrap(), STORES);
        assert!(parse(&["--store", "mysql"]).unwrap_err().to_string().contains("no store \"mysql\""));
        assert!(parse(&["--minutes", "-1"]).unwrap_err().to_string().contains("--minutes is -1"));
    }
}

//! Runs steps one after the other, shows what failed, and sums up.

use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::binaries;
use crate::step::{Step, Work};

/// What became of the steps.
#[derive(Default)]
pub(crate) struct Summary {
    passed: usize,
    failed: Vec<String>,
    skipped: Vec<String>,
}

impl Summary {
    /// Whether no step failed.
    pub(crate) fn is_success(&self) -> bool {
        self.failed.is_empty()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.skipped.iter().try_for_each(|name| writeln!(f, "skipped: {name}"))?;
        self.failed.iter().try_for_each(|name| writeln!(f, "failed: {name}"))?;
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed.len(), self.skipped.len())
    }
}

/// Runs every step, whatever becomes of the others.
pub(crate) fn run_steps(steps: Vec<Step>, verbose: bool) -> io::Result<Summary> {
    let mut summary = Summary::default();
    for step in steps {
        print!("{:<34}", step.name);
        io::stdout().flush()?;
        let started = Instant::now();
        let outcome = match step.work {
            Work::Run(commands) => run_commands(commands, verbose)?,
            Work::Tests(build) => run_tests(build, verbose)?,
            Work::Skip(reason) => {
                println!(" skipped: {reason}");
                summary.skipped.push(format!("{} ({reason})", step.name));
                continue;
            }
        };
        if outcome.shown_binaries > 0 {
            print!("{:<34}", format!("{} together", step.name));
        }
        println!(" {}", outcome.line(started.elapsed()));
        summary.skipped.extend(outcome.skipped_cases());
        match outcome.failed_command {
            None => summary.passed += 1,
            Some(command) => {
                print!("{}", outcome.output);
                println!("the step `{}` failed: {command}", step.name);
                summary.failed.push(step.name);
            }
        }
    }
    Ok(summary)
}

/// What the commands of one step did.
#[derive(Default)]
struct Outcome {
    output: String,
    failed_command: Option<String>,
    /// How many test binaries have a line of their own.
    shown_binaries: usize,
}

fn run_commands(commands: Vec<Command>, verbose: bool) -> io::Result<Outcome> {
    let mut outcome = Outcome::default();
    for mut command in commands {
        let (output, input) = io::pipe()?;
        let spawned = command.stdin(Stdio::null()).stdout(input.try_clone()?).stderr(input).spawn();
        let shown = format!("{command:?}");
        // The command holds the writing ends of the pipe; while it lives, reading does not end.
        drop(command);
        let success = match spawned {
            Ok(mut child) => {
                outcome.shown_binaries += copy_lines(output, &mut outcome.output, verbose)?;
                child.wait()?.success()
            }
            Err(error) => {
                outcome.output.push_str(&format!("cannot start {shown}: {error}\n"));
                false
            }
        };
        if !success {
            outcome.failed_command = Some(shown);
            break;
        }
    }
    Ok(outcome)
}

/// Builds test binaries, and runs each of them, whatever becomes of the others.
fn run_tests(build: Command, verbose: bool) -> io::Result<Outcome> {
    let mut outcome = Outcome::default();
    let (shown, started) = (format!("{build:?}"), Instant::now());
    let Some(binaries) = binaries::build(build, &mut outcome.output)? else {
        outcome.failed_command = Some(shown);
        return Ok(outcome);
    };
    println!("\n  {:<44} {:>7.1} s", "built", started.elapsed().as_secs_f64());
    binaries::run(&binaries, |binary, ended| {
        let (passed, failed) = count_tests(&ended.output);
        let seconds = ended.elapsed.as_secs_f64();
        println!("  {:<44} {seconds:>7.1} s   {passed} passed, {failed} failed", binary.name);
        if verbose {
            print!("{}", ended.output);
        }
        if !ended.success {
            outcome.failed_command.get_or_insert_with(|| binary.name.clone());
        }
        outcome.shown_binaries += 1;
        outcome.output.push_str(&format!("     Running {}\n{}", binary.name, ended.output));
    })?;
    Ok(outcome)
}

/// Keeps what a command prints. Shows all of it, or else a line for each test binary, and returns how many those are.
fn copy_lines(from: impl Read, into: &mut String, verbose: bool) -> io::Result<usize> {
    let (mut from, mut bytes) = (BufReader::new(from), Vec::new());
    let (mut binaries, mut started, mut is_open) = (0, Instant::now(), false);
    if verbose {
        println!();
    }
    while from.read_until(b'\n', &mut bytes)? > 0 {
        let line = String::from_utf8_lossy(&bytes);
        if verbose {
            print!("{line}");
        } else if let Some(binary) = test_binary(&line) {
            print!("{}  {binary:<44}", if binaries == 0 { "\n" } else { "" });
            io::stdout().flush()?;
            (binaries, started, is_open) = (binaries + 1, Instant::now(), true);
        } else if line.starts_with("test result:") && binaries > 0 {
            let (passed, failed) = count_tests(&line);
            // Doc tests that must not compile have a result of their own.
            let indent = if is_open { 0 } else { 46 };
            let seconds = started.elapsed().as_secs_f64();
            println!("{:indent$} {seconds:>7.1} s   {passed} passed, {failed} failed", "");
            (started, is_open) = (Instant::now(), false);
        }
        into.push_str(&line);
        bytes.clear();
    }
    Ok(binaries)
}

/// The file whose tests begin with this line of cargo's.
fn test_binary(line: &str) -> Option<&str> {
    let line = line.trim();
    let file = line.strip_prefix("Running unittests ").or_else(|| line.strip_prefix("Running "));
    match file {
        // The name of a binary is that of its crate, a dash and a hash.
        Some(file) => {
            let (source, binary) = file.split_once(" (")?;
            let stem = binary.trim_end_matches(')').rsplit(['/', '\\']).next()?;
            let name = stem.rsplit_once('-').map_or(stem, |(name, _)| name);
            Some(if source.starts_with("src") { name } else { source })
        }
        None => line.strip_prefix("Doc-tests "),
    }
}

impl Outcome {
    fn line(&self, elapsed: Duration) -> String {
        let word = if self.failed_command.is_none() { "ok" } else { "FAILED" };
        let seconds = elapsed.as_secs_f64();
        match count_tests(&self.output) {
            (0, 0) => format!("{word:<6} {seconds:>7.1} s"),
            (passed, failed) => format!("{word:<6} {seconds:>7.1} s   tests: {passed} passed, {failed} failed"),
        }
    }

    /// The cases that a test reported as skipped: lines that start with `skipped: `.
    fn skipped_cases(&self) -> impl Iterator<Item = String> {
        self.output.lines().filter_map(|line| line.strip_prefix("skipped: ")).map(str::to_owned)
    }
}

/// Sums the `test result:` lines of the test harness: passed and failed.
fn count_tests(output: &str) -> (usize, usize) {
    let count = |line: &str, word: &str| -> usize {
        let before = line.split(word).next().unwrap_or_default();
        before.split_whitespace().next_back().and_then(|number| number.parse().ok()).unwrap_or(0)
    };
    let results = output.lines().filter(|line| line.starts_with("test result:"));
    results.fold((0, 0), |(passed, failed), line| (passed + count(line, " passed"), failed + count(line, " failed")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_step_fails_with_the_first_command_that_fails() {
        let steps = vec![
            Step::run("good", shell("exit 0")),
            Step::run_all("bad", vec![shell("echo first"), shell("exit 3"), shell("echo never")]),
            Step::run("absent", Command::new("/no/such/program")),
            Step::skip("elsewhere", "not here"),
            Step::run("good again", shell("echo 'skipped: one case'; exit 0")),
        ];
        let summary = run_steps(steps, false).unwrap();
        assert!(!summary.is_success());
        assert_eq!(
            summary.to_string(),
            "skipped: elsewhere (not here)\nskipped: one case\nfailed: bad\nfailed: absent\n2 passed, 2 failed, 2 skipped"
        );
    }

    #[test]
    fn output_keeps_the_order_of_both_streams() {
        let outcome = run_commands(vec![shell("echo one; echo two >&2; echo three")], false).unwrap();
        assert_eq!(outcome.output, "one\ntwo\nthree\n");
    }

    #[test]
    fn a_test_binary_is_known_by_the_line_before_its_tests() {
        let unit = "     Running unittests src/lib.rs (target/debug/deps/eskit_sqlite-0f3a)\n";
        assert_eq!(test_binary(unit), Some("eskit_sqlite"));
        assert_eq!(test_binary("     Running tests/files.rs (target/debug/deps/files-77)"), Some("tests/files.rs"));
        assert_eq!(test_binary("   Doc-tests eskit_runtime"), Some("eskit_runtime"));
        assert_eq!(test_binary("test result: ok. 3 passed; 0 failed"), None);
    }

    #[test]
    fn test_results_are_summed() {
        let output = "test result: ok. 12 passed; 0 failed; 0 ignored\nnoise\ntest result: FAILED. 3 passed; 1 failed; 0 ignored\n";
        assert_eq!(count_tests(output), (15, 1));
        assert_eq!(count_tests("no tests here"), (0, 0));
    }
}

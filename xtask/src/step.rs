//! A step of `cargo xtask test`: a name, and the commands that must succeed.

use std::process::Command;

use crate::workspace::cargo;

/// A named check.
pub(crate) struct Step {
    /// What it is called in the list, the summary and `--only`.
    pub(crate) name: String,
    /// What it does.
    pub(crate) work: Work,
}

/// What a step does.
pub(crate) enum Work {
    /// Runs commands in order; the first that fails fails the step.
    Run(Vec<Command>),
    /// Builds test binaries by this command, and runs them.
    Tests(Command),
    /// Nothing, for this reason.
    Skip(String),
}

impl Step {
    /// A step of one command.
    pub(crate) fn run(name: impl Into<String>, command: Command) -> Step {
        Step { name: name.into(), work: Work::Run(vec![command]) }
    }

    /// A step of several commands.
    pub(crate) fn run_all(name: impl Into<String>, commands: Vec<Command>) -> Step {
        Step { name: name.into(), work: Work::Run(commands) }
    }

    /// A step of the test binaries that this `cargo test` would run.
    pub(crate) fn tests(name: impl Into<String>, command: Command) -> Step {
        Step { name: name.into(), work: Work::Tests(command) }
    }

    /// A step that cannot run here.
    pub(crate) fn skip(name: impl Into<String>, reason: impl Into<String>) -> Step {
        Step { name: name.into(), work: Work::Skip(reason.into()) }
    }
}

/// `cargo` with these arguments, separated by spaces.
pub(crate) fn cargo_command(arguments: &str) -> Command {
    let mut command = Command::new(cargo());
    command.args(arguments.split_whitespace());
    // A run that checks must never rewrite what it checks against.
    command.env_remove("TRYBUILD").env_remove("BLESS");
    command
}

/// Whether a program starts and says that all is well.
pub(crate) fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let output = Command::new(program).args(arguments).output();
    output.is_ok_and(|output| output.status.success())
}

/// What a program prints, or nothing if it does not start.
pub(crate) fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).into_owned())
}

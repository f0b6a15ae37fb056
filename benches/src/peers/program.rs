//! Peers that cannot be linked into one program with eskit, because they need another version of sqlx.
//!
//! Each is a package below `peers/` with a lock file of its own. It is built and started here, and takes its turns when
//! it is told to: one line for each order, one line with a rate for each answer.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use eskit_bench_harness::Failure;

/// A program that runs.
pub(crate) struct Program {
    program: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Program {
    /// Builds the package in this folder below `peers/`, starts it, and waits until it has filled its store.
    pub(crate) fn start(folder: &str, arguments: &[String]) -> Result<Program, Failure> {
        Program::run(&build(folder)?, arguments)
    }

    /// Starts a program, and waits until it has filled its store.
    pub(crate) fn run(path: &Path, arguments: &[String]) -> Result<Program, Failure> {
        let mut program = Command::new(path).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = program.stdin.take().ok_or("the program has no standard input")?;
        let answers = program.stdout.take().ok_or("the program has no standard output")?;
        let mut program = Program { program, orders, answers: BufReader::new(answers) };
        match program.answer()?.as_str() {
            "ready" => Ok(program),
            answer => Err(format!("the program {} answered {answer:?}", path.display()).into()),
        }
    }

    /// Has it do this, and returns how often a second it did it.
    pub(crate) fn rate(&mut self, order: &str) -> Result<f64, Failure> {
        writeln!(self.orders, "{order}")?;
        Ok(self.answer()?.parse()?)
    }

    fn answer(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err("the program ended".into());
        }
        Ok(line.trim().to_owned())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It holds nothing that anyone needs again.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// Builds the package; its program is called after its folder.
fn build(folder: &str) -> Result<PathBuf, Failure> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(folder).join("Cargo.toml");
    let target = crate::options::target_folder()?.join("peers");
    let output = Command::new("cargo")
        .args(["build", "--release", "--locked", "--manifest-path"])
        .arg(&manifest)
        .arg("--target-dir")
        .arg(&target)
        .output()?;
    if !output.status.success() {
        return Err(format!("cannot build {}\n{}", manifest.display(), String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(target.join("release").join(format!("{folder}-peer")))
}

//! cqrs-es: on its memory store in this process, and on sqlite-es in a process of its own.
//!
//! sqlite-es 0.5 needs sqlx 0.8, whose SQLite bindings cannot be linked into one program with those of eskit. So it
//! stands in a package with a lock file of its own, which is built and started here, and takes its turns when it is
//! told to.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use cqrs_es::CqrsFramework;
use cqrs_es::mem_store::MemStore;
use tokio::runtime::Runtime;

use crate::peers::cqrs_account::{Account, Deposit};
use eskit_benches::Failure;

/// cqrs-es on its memory store, with as many accounts of as many events as it was opened with.
pub(crate) struct Memory {
    cqrs: CqrsFramework<Account, MemStore<Account>>,
    accounts: usize,
}

impl Memory {
    /// Fills a store.
    pub(crate) fn open(runtime: &Runtime, accounts: usize, events: usize) -> Result<Memory, Failure> {
        let memory = Memory { cqrs: CqrsFramework::new(MemStore::default(), Vec::new(), ()), accounts };
        for _ in 0..events {
            memory.commands_per_second(runtime)?;
        }
        Ok(memory)
    }

    /// Executes one command on every account; returns how many a second.
    pub(crate) fn commands_per_second(&self, runtime: &Runtime) -> Result<f64, Failure> {
        let started = Instant::now();
        runtime.block_on(async {
            for account in 0..self.accounts {
                self.cqrs.execute(&account.to_string(), Deposit::new()).await?;
            }
            Ok::<(), Failure>(())
        })?;
        Ok(self.accounts as f64 / started.elapsed().as_secs_f64())
    }
}

/// The program that runs cqrs-es on sqlite-es.
pub(crate) struct Sqlite {
    program: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Sqlite {
    /// Builds the program and has it fill a database in this folder.
    pub(crate) fn open(folder: &Path, accounts: usize, events: usize, synchronous: &str) -> Result<Sqlite, Failure> {
        let mut program = Command::new(build()?)
            .arg(folder.join("cqrs.db"))
            .args([accounts.to_string(), events.to_string(), synchronous.to_owned()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let orders = program.stdin.take().ok_or("the program has no standard input")?;
        let answers = program.stdout.take().ok_or("the program has no standard output")?;
        let mut sqlite = Sqlite { program, orders, answers: BufReader::new(answers) };
        match sqlite.answer()?.as_str() {
            "ready" => Ok(sqlite),
            answer => Err(format!("the program for sqlite-es answered {answer:?}").into()),
        }
    }

    /// Has it execute one command on every account; returns how many a second.
    pub(crate) fn commands_per_second(&mut self) -> Result<f64, Failure> {
        writeln!(self.orders, "round")?;
        Ok(self.answer()?.parse()?)
    }

    fn answer(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err("the program for sqlite-es ended".into());
        }
        Ok(line.trim().to_owned())
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        // It holds nothing that anyone needs again.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn build() -> Result<PathBuf, Failure> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/sqlite-es/Cargo.toml");
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
    Ok(target.join("release/sqlite-es-peer"))
}

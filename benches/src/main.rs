//! eskit side by side with its peers, and with the limits of the machine, in one table.
//!
//! Every row runs in a process of its own, so that neither the memory nor the output of one reaches another. See
//! `README.md` beside this crate for what each row measures.
#![allow(clippy::print_stdout, reason = "a command line program answers on standard output")]

mod account;
mod chores;
mod followers;
mod log;
mod nats;
mod options;
mod peers;
mod postgres;
mod process;
mod read_models;
mod rows;

use std::process::ExitCode;

use eskit_bench_harness::Failure;

use crate::options::{Mode, Options};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode, Failure> {
    let options = Options::parse(std::env::args_os().skip(1))?;
    match &options.mode {
        Mode::Help => print!("{}", options::HELP),
        Mode::List => rows::ALL.iter().for_each(|row| println!("{:<12} {}", row.name, row.what)),
        Mode::Child { row, out } => process::run_here(row, out, &options)?,
        Mode::Run => {
            let report = process::run_all(&options)?;
            if options.json {
                println!("{}", serde_json::to_string_pretty(&report)?);
            } else {
                print!("{report}");
            }
            if report.failures() > 0 {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

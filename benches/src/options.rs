//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::prelude::*;

use crate::rows;
use eskit_bench_harness::Failure;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
usage: cargo xtask bench [options]

  --only <row>      run this row only; may be repeated
  --quick           small sizes and few rounds: does it run, not how fast
  --json            print JSON instead of a table
  --folder <path>   where the stores write, on the disk to measure (default: inside the target folder)
  --data <path>     the event log that the row `loans` reads (default: ../shared/data/bpic2012.ndjson.gz)
  --list            print the rows
";

/// What to do.
pub(crate) enum Mode {
    /// Print the help.
    Help,
    /// Print the rows.
    List,
    /// Run the chosen rows, each in a process of its own.
    Run,
    /// Run one row in this process and write what it found to a file.
    Child {
        /// The row.
        row: String,
        /// The file.
        out: PathBuf,
    },
}

/// The command line, read.
pub(crate) struct Options {
    /// What to do.
    pub(crate) mode: Mode,
    /// The rows to run.
    pub(crate) rows: Vec<&'static rows::Row>,
    /// Whether to use small sizes.
    pub(crate) quick: bool,
    /// Whether to print JSON.
    pub(crate) json: bool,
    /// Where the stores write.
    pub(crate) folder: PathBuf,
    /// The real event log.
    pub(crate) data: PathBuf,
}

impl Options {
    /// Reads the command line.
    pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Options, Failure> {
        let mut options = Options {
            mode: Mode::Run,
            rows: Vec::new(),
            quick: false,
            json: false,
            folder: default_folder()?,
            data: PathBuf::from("../shared/data/bpic2012.ndjson.gz"),
        };
        let (mut child, mut out) = (None, None);
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("only") => options.rows.push(rows::find(&parser.value()?.string()?)?),
                Long("quick") => options.quick = true,
                Long("json") => options.json = true,
                Long("folder") => options.folder = PathBuf::from(parser.value()?),
                Long("data") => options.data = PathBuf::from(parser.value()?),
                Long("list") => options.mode = Mode::List,
                Long("help") | Short('h') => options.mode = Mode::Help,
                // How this program starts itself for one row.
                Long("child") => child = Some(parser.value()?.string()?),
                Long("out") => out = Some(PathBuf::from(parser.value()?)),
                other => return Err(format!("{}\nhelp: `cargo xtask bench --help`", other.unexpected()).into()),
            }
        }
        if let (Some(row), Some(out)) = (child, out) {
            options.mode = Mode::Child { row, out };
        }
        if options.rows.is_empty() {
            options.rows = rows::ALL.iter().collect();
        }
        Ok(options)
    }
}

fn default_folder() -> Result<PathBuf, Failure> {
    Ok(target_folder()?.join("bench"))
}

/// The target folder that this executable was built into.
pub(crate) fn target_folder() -> Result<PathBuf, Failure> {
    let executable = std::env::current_exe()?;
    let target = executable.parent().and_then(|profile| profile.parent());
    Ok(target.ok_or("this executable lies in no target folder\nhelp: run `cargo xtask bench`")?.to_owned())
}

use std::ffi::OsString;
use std::io::{BufWriter, Write};
use std::process::ExitCode;

use clap::Parser as _;
use eskit::model::Evolve;
use serde::Serialize;

use crate::command::Arguments;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::folds::Folds;
use crate::output::Output;

/// The command, with the types of this program: everything that is linked into it, and the aggregates that were added.
#[derive(Debug, Default)]
pub struct Cli {
    folds: Folds,
}

impl Cli {
    /// The command with the event types that are linked into this program.
    pub fn new() -> Cli {
        Cli::default()
    }

    /// Lets `fold` show states of this aggregate, under the name of its type.
    #[must_use]
    pub fn aggregate<A: Evolve + Serialize>(mut self) -> Cli {
        self.folds.add::<A>();
        self
    }

    /// Runs the command with the arguments of this process, and returns the exit code.
    pub fn main(&self) -> ExitCode {
        let mut out = BufWriter::new(std::io::stdout().lock());
        let code = self.run(std::env::args_os(), &mut out, &mut std::io::stderr());
        ExitCode::from(code)
    }

    /// Runs the command with these arguments, of which the first is the name of the program. Results are written to `out`, errors and
    /// remarks to `err`. Returns the exit code.
    ///
    /// Must not be called within an async runtime: it starts its own.
    ///
    /// ```
    /// let (mut out, mut err) = (Vec::new(), Vec::new());
    /// let code = eskit_cli::Cli::new().run(["eskit", "--version"], &mut out, &mut err);
    /// assert_eq!((code, out.starts_with(b"eskit "), err.len()), (0, true, 0));
    /// ```
    pub fn run<A: Into<OsString> + Clone>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        out: &mut dyn Write,
        err: &mut dyn Write,
    ) -> u8 {
        let arguments = match Arguments::try_parse_from(arguments) {
            Ok(arguments) => arguments,
            Err(error) => {
                let text = error.render();
                // Where nobody reads it, there is nobody to tell.
                let _ = if error.use_stderr() { write!(err, "{text}") } else { write!(out, "{text}") };
                let _ = out.flush();
                return if error.use_stderr() { Exit::Usage as u8 } else { Exit::Ok as u8 };
            }
        };
        let ended = self.execute(arguments, out, err);
        let ended = ended.and_then(|()| Ok(out.flush()?));
        match ended {
            Ok(()) | Err(Failure::BrokenPipe) => Exit::Ok as u8,
            Err(Failure::Told(exit)) => {
                let _ = out.flush();
                exit as u8
            }
            Err(Failure::Error(exit, text)) => {
                let _ = out.flush();
                let _ = writeln!(err, "error: {text}");
                exit as u8
            }
        }
    }

    fn execute(&self, arguments: Arguments, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::new(format!("cannot start: {error}")))?;
        let Arguments { global, command } = arguments;
        let out = Output::new(out, global.json);
        let mut context = Context { global: &global, folds: &self.folds, out, err };
        runtime.block_on(command.run(&mut context))
    }
}

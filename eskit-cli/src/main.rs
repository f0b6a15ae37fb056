//! The `eskit` command, without types of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    eskit_cli::Cli::new().main()
}

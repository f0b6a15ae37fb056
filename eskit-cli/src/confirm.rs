use std::io::{IsTerminal as _, stdin};

use clap::Args;

use crate::context::Context;
use crate::failure::Failure;

/// The option of verbs that write.
#[derive(Args, Debug)]
pub(crate) struct Confirm {
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

impl Confirm {
    /// Asks on the terminal whether to do something, such as `archive stream ..`, unless that was answered on the command line.
    pub(crate) fn ask(&self, what: &str, context: &mut Context<'_>) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !stdin().is_terminal() {
            return Err(Failure::usage(format!(
                "this would {what}, and nobody is there to confirm it\nhelp: add `--yes`"
            )));
        }
        context.ask(&format!("{what}? [y/N] "));
        let mut answer = String::new();
        let read = stdin().read_line(&mut answer);
        match answer.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" if read.is_ok() => Ok(()),
            _ => Err(Failure::refused("nothing was changed, since it was not confirmed")),
        }
    }
}

use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::context::Context;
use crate::failure::Failure;

/// Print the completions for a shell
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit completions bash > /etc/bash_completion.d/eskit")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, mut command: Command, context: &mut Context<'_>) -> Result<(), Failure> {
        // The generator panics where its output cannot be written.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "eskit", &mut script);
        context.out.bytes(&script)
    }
}

/// Print the manual page, or write those of all verbs to a folder
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit man --folder /usr/local/share/man/man1")]
pub(crate) struct Man {
    /// Write a page for each verb into this folder, which is there
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(self, command: Command, context: &mut Context<'_>) -> Result<(), Failure> {
        let Some(folder) = self.folder else {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            return context.out.bytes(&page);
        };
        clap_mangen::generate_to(command, &folder).map_err(|error| {
            Failure::new(format!(
                "cannot write manual pages to `{}`: {error}\nhelp: name a folder that is there",
                folder.display()
            ))
        })
    }
}

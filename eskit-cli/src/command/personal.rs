use clap::Args;
use eskit::model::Registry;

use crate::context::Context;
use crate::failure::Failure;

/// List the personal data in the events of this program, and what reads it
///
/// Prints Markdown, or one JSON object with `--json`. It asks the types of the program and no log: build your own `eskit`, since the
/// stock program knows no types.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  campus-eskit personal > PERSONAL.md")]
pub(crate) struct Personal {}

impl Personal {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let registry = Registry::collect();
        if registry.events().is_empty() {
            return Err(Failure::usage(
                "this program knows no event types\nhelp: build your own `eskit` with `eskit-cli`, with the types of your program",
            ));
        }
        let report = registry.personal();
        match context.out.is_json() {
            true => context.out.json(&report.to_json()),
            false => context.out.line(report.to_string().trim_end()),
        }
    }
}

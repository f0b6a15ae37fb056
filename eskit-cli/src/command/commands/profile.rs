use std::time::Duration;

use clap::Args;
use eskit::Timestamp;

use crate::context::Context;
use crate::failure::Failure;
use crate::value;
use crate::views::ViewsArgs;

/// Tell how long commands took, by type and outcome, and which have become slower
///
/// Compares the last minutes with the time before them. A command is slower if its 95th percentile is more than 1.5 times as long, of
/// 200 or more on both sides, and by more than chance explains.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit commands profile --views sqlite:app.views.db\n  \
                  eskit commands profile --until 2026-11-30T12:00:00Z --minutes 60 --before 1440 --views sqlite:app.views.db")]
pub(crate) struct ProfileCommands {
    /// When the last minutes end [default: now]
    #[arg(long, value_name = "TIME", value_parser = value::time)]
    until: Option<Timestamp>,
    /// How many minutes are the last ones
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    minutes: u32,
    /// With how many minutes before them they are compared
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    before: u32,
    #[command(flatten)]
    views: ViewsArgs,
}

impl ProfileCommands {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let views = self.views.open().await?;
        let minutes = |count: u32| Duration::from_secs(60 * u64::from(count));
        let until = self.until.unwrap_or_else(Timestamp::now);
        let report = views.profile_commands(until, minutes(self.minutes), minutes(self.before)).await?;
        if context.out.is_json() {
            return report.operations.iter().try_for_each(|operation| context.out.json(operation));
        }
        if report.operations.is_empty() {
            return context.remark("no command of that time is kept");
        }
        report.to_string().lines().try_for_each(|line| context.out.line(&crate::output::shown(line)))
    }
}

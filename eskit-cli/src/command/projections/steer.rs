use clap::Args;
use eskit::log::Position;
use eskit::subscription::Asked;

use crate::asking::{Asking, Of};
use crate::context::Context;
use crate::failure::Failure;

/// Stop a projection or processor from handling events, in every program and after every restart. Writes
///
/// It stops after its current batch and stays paused until `resume`, also if no program runs it now. The to-dos and schedules of a
/// processor wait too.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit projections pause course-list --yes --views sqlite:app.views.db")]
pub(crate) struct Pause {
    #[command(flatten)]
    of: Of,
    #[command(flatten)]
    asking: Asking,
}

/// Let a projection or processor go on that is paused or has failed. Writes
///
/// A pause by the program itself, with `Running::pause`, is not taken back.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit projections resume course-list --yes --views sqlite:app.views.db")]
pub(crate) struct Resume {
    #[command(flatten)]
    of: Of,
    #[command(flatten)]
    asking: Asking,
}

/// Empty a read model and build it anew. Writes
///
/// The program that runs it does so, since that takes its handlers. Readers see the read model grow. What was parked is dropped.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit projections rebuild course-list --yes --views sqlite:app.views.db")]
pub(crate) struct Rebuild {
    #[command(flatten)]
    of: Of,
    #[command(flatten)]
    asking: Asking,
}

/// Set the checkpoint of a processor, which then acts on the later events again. Writes
///
/// Effects are repeated. Commands are not, as long as the log holds the events of their first time. What was parked is dropped, and so
/// are the to-dos that events opened.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit projections reset reminders --to 4711 --yes --views sqlite:app.views.db")]
pub(crate) struct Reset {
    #[command(flatten)]
    of: Of,
    /// The position after which it goes on; 0 is the beginning of the log
    #[arg(long, value_name = "POSITION")]
    to: u64,
    #[command(flatten)]
    asking: Asking,
}

impl Pause {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        steer(&self.of, &self.asking, Asked::Pause, "pause", "", context).await
    }
}

impl Resume {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        steer(&self.of, &self.asking, Asked::Resume, "let go on", "", context).await
    }
}

impl Rebuild {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        steer(&self.of, &self.asking, Asked::Rebuild, "empty and build anew", "", context).await
    }
}

impl Reset {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let more = format!(" set back to position {}, which repeats its effects", self.to);
        let asked = Asked::Reset(Position::new(self.to));
        steer(&self.of, &self.asking, asked, "have the checkpoint of", &more, context).await
    }
}

async fn steer(
    of: &Of,
    asking: &Asking,
    asked: Asked,
    verb: &str,
    more: &str,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let views = of.views.open().await?;
    let found = of.find(&views).await?;
    let what = format!("{verb} `{}` version {}{more}", found.name, found.version);
    asking.ask(&views, &found, asked, &what, context).await
}

use clap::{Args, Subcommand};
use eskit::log::LogId;
use serde::Serialize;

use crate::confirm::Confirm;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Column, Rows};
use crate::views::ViewsArgs;

/// Count snapshots, or forget those of an aggregate
#[derive(Subcommand, Debug)]
pub(crate) enum Snapshots {
    /// Count snapshots by aggregate, program and log
    List(List),
    /// Remove all snapshots of an aggregate: its states are folded from the log again. Writes
    Forget(Forget),
}

impl Snapshots {
    pub(crate) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Snapshots::List(verb) => verb.run(context).await,
            Snapshots::Forget(verb) => verb.run(context).await,
        }
    }
}

/// Count snapshots by aggregate, program and log
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit snapshots list --views sqlite:app.views.db")]
pub(crate) struct List {
    #[command(flatten)]
    views: ViewsArgs,
}

/// Remove all snapshots of an aggregate: its states are folded from the log again. Writes
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit snapshots forget account --views sqlite:app.views.db")]
pub(crate) struct Forget {
    /// The name of the aggregate, as `snapshots list` has it
    aggregate: String,
    /// Only those of this log [default: of every log]
    #[arg(long, value_name = "ID")]
    log: Option<LogId>,
    #[command(flatten)]
    views: ViewsArgs,
    #[command(flatten)]
    confirm: Confirm,
}

#[derive(Serialize)]
struct CountJson<'c> {
    aggregate: &'c str,
    fingerprint: String,
    log: String,
    snapshots: u64,
    oldest: String,
    newest: String,
}

#[derive(Serialize)]
struct ForgottenJson<'c> {
    aggregate: &'c str,
    forgotten: u64,
}

impl List {
    async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let counts = self.views.open().await?.count_snapshots().await?;
        let mut rows = Rows::new(&[
            Column::Text("AGGREGATE"),
            Column::Number("SNAPSHOTS"),
            Column::Text("OLDEST"),
            Column::Text("NEWEST"),
            Column::Text("PROGRAM"),
            Column::Text("LOG"),
        ]);
        for count in &counts {
            let json = CountJson {
                aggregate: &count.name,
                fingerprint: count.fingerprint.to_string(),
                log: count.log.to_string(),
                snapshots: count.snapshots,
                oldest: count.oldest.to_string(),
                newest: count.newest.to_string(),
            };
            if context.out.is_json() {
                context.out.json(&json)?;
            } else {
                let snapshots = json.snapshots.to_string();
                rows.push([json.aggregate, &snapshots, &json.oldest, &json.newest, &json.fingerprint, &json.log]);
            }
        }
        context.out.table(rows)
    }
}

impl Forget {
    async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let views = self.views.open().await?;
        let mut counts = views.count_snapshots().await?;
        counts.retain(|count| count.name == self.aggregate && self.log.is_none_or(|log| log == count.log));
        let there: u64 = counts.iter().map(|count| count.snapshots).sum();
        if there == 0 {
            let text =
                format!("there are no snapshots of `{}`\nhelp: `eskit snapshots list` has the names", self.aggregate);
            return Err(Failure::new(text));
        }
        self.confirm.ask(&format!("forget all snapshots of `{}`, {there} in number", self.aggregate), context)?;
        counts.dedup_by_key(|count| count.log);
        let mut forgotten = 0;
        for count in &counts {
            forgotten += views.forget_snapshots(count.log, &count.name).await?;
        }
        if context.out.is_json() {
            return context.out.json(&ForgottenJson { aggregate: &self.aggregate, forgotten });
        }
        context.out.line(&format!("forgot {forgotten} snapshots"))
    }
}

use clap::Args;
use eskit::EventStore as _;
use eskit::log::Position;
use serde::Serialize;
use serde_json::Value;

use crate::context::Context;
use crate::failure::Failure;
use crate::folds::Fold;
use crate::output::Rows;

/// Fold the state of an aggregate, as it is or as it was
///
/// Only in a program that was built with the aggregate: `Cli::new().aggregate::<Order>()`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  shop-eskit fold Order o-17\n  shop-eskit fold Order o-17 --at 5000")]
pub(crate) struct Run {
    /// The name of the aggregate's type
    aggregate: String,
    /// The values of its key, in their order
    #[arg(value_name = "KEY")]
    key: Vec<String>,
    /// The state after the event at this position, not after the last one
    #[arg(long, value_name = "POSITION")]
    at: Option<u64>,
}

#[derive(Serialize)]
struct FoldedJson<'f> {
    aggregate: &'f str,
    key: &'f [String],
    version: u64,
    position: u64,
    event: Option<String>,
    state: &'f Value,
}

impl Run {
    pub(crate) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let fold = self.fold(context)?;
        let store = context.global.read().await?;
        let until = self.at.map(Position::new);
        let head = store.head().await?.position;
        if let Some(until) = until.filter(|until| *until > head) {
            return Err(Failure::new(format!(
                "the log ends at position {head}, before {until}\nhelp: leave `--at` out"
            )));
        }
        let folded = fold.run(store, until, self.key.clone()).await.map_err(Failure::new)?;
        if folded.version == 0 {
            let text =
                format!("`{}` with the key `{}` has no event\nhelp: check its key", self.aggregate, self.key.join(" "));
            return Err(Failure::new(text));
        }
        if context.out.is_json() {
            return context.out.json(&FoldedJson {
                aggregate: &self.aggregate,
                key: &self.key,
                version: folded.version,
                position: folded.last.position.get(),
                event: folded.last.id.map(|id| id.to_string()),
                state: &folded.state,
            });
        }
        let mut rows = Rows::pairs();
        rows.push(["version", &folded.version.to_string()]);
        rows.push(["last event", &folded.last.to_string()]);
        context.out.table(rows)?;
        context.out.line("")?;
        context.out.line(&serde_json::to_string_pretty(&folded.state)?)
    }

    /// How the aggregate is folded, if the key fits it.
    fn fold<'c>(&self, context: &Context<'c>) -> Result<&'c Fold, Failure> {
        let known: Vec<&str> = context.folds.names().collect();
        let Some(fold) = context.folds.get(&self.aggregate) else {
            let help = match known.is_empty() {
                true => "build your own `eskit` with `Cli::new().aggregate::<..>()` of `eskit-cli`".to_owned(),
                false => format!("it knows {}", known.join(", ")),
            };
            let text = format!("this program was not built with the aggregate `{}`\nhelp: {help}", self.aggregate);
            return Err(Failure::usage(text));
        };
        let names = fold.key.names();
        if names.len() != self.key.len() {
            let wanted = match names {
                [] => "no key".to_owned(),
                names => names.iter().map(|name| format!("<{name}>")).collect::<Vec<_>>().join(" "),
            };
            let text = format!("the key has {} values\nhelp: write `fold {} {wanted}`", self.key.len(), self.aggregate);
            return Err(Failure::usage(text));
        }
        Ok(fold)
    }
}

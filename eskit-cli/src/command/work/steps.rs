//! Effects that were begun and whose outcome nobody knows.

use clap::Args;
use eskit::work::{OpenStep, StepEnd, StepId};
use serde::Serialize;

use crate::confirm::Confirm;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Column, Rows};
use crate::views::ViewsArgs;

/// List steps that were begun and have not ended: their effect may have happened or not, or is under way
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit work steps payments --views sqlite:app.views.db")]
pub(crate) struct Steps {
    /// The name of the processor
    list: String,
    #[command(flatten)]
    views: ViewsArgs,
}

/// Say that a step has happened. Writes
///
/// The next try goes on with the result, and lets the effect not happen again. Let the item or the event be tried again afterwards.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  eskit work happened payments charge/17 charge --result '\"receipt-4711\"' --views sqlite:app.views.db"
)]
pub(crate) struct Happened {
    #[command(flatten)]
    one: OneStep,
    /// What the step returned, as JSON of its type; `null` if it returns nothing. Replaces the result of a step that has ended
    #[arg(long, value_name = "JSON")]
    result: String,
}

/// Say that a step has not happened. Writes
///
/// The next try lets it happen. Let the item or the event be tried again afterwards.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit work did-not-happen payments charge/17 charge --views sqlite:app.views.db")]
pub(crate) struct DidNotHappen {
    #[command(flatten)]
    one: OneStep,
}

/// One step.
#[derive(Args, Debug)]
struct OneStep {
    /// The name of the processor
    list: String,
    /// Whose step it is: the id of an item or of an event
    owner: String,
    /// The name of the step
    step: String,
    #[command(flatten)]
    views: ViewsArgs,
    #[command(flatten)]
    confirm: Confirm,
}

/// A step.
#[derive(Serialize)]
struct StepJson<'s> {
    list: &'s str,
    owner: &'s str,
    step: &'s str,
    begun_at: String,
}

/// What was said of a step.
#[derive(Serialize)]
struct DoneJson<'s> {
    list: &'s str,
    owner: &'s str,
    step: &'s str,
    done: &'static str,
}

impl Steps {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let views = self.views.open().await?;
        let mut rows = Rows::new(&[Column::Text("OWNER"), Column::Text("STEP"), Column::Text("BEGUN AT")]);
        for OpenStep { id, begun_at, .. } in &views.open_steps(&self.list).await? {
            let begun_at = begun_at.to_string();
            if context.out.is_json() {
                context.out.json(&StepJson { list: &self.list, owner: &id.owner, step: &id.name, begun_at })?;
            } else {
                rows.push([&id.owner, &id.name, &begun_at]);
            }
        }
        context.out.table(rows)
    }
}

impl Happened {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&self.result) {
            let text = format!(
                "`--result` is no JSON: {error}\nhelp: a text has quotes of its own: `--result '\"receipt-4711\"'`"
            );
            return Err(Failure::usage(text));
        }
        self.one.end(StepEnd::Happened(self.result), "happened", context).await
    }
}

impl DidNotHappen {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        self.one.end(StepEnd::DidNotHappen, "did not happen", context).await
    }
}

impl OneStep {
    async fn end(self, end: StepEnd, done: &'static str, context: &mut Context<'_>) -> Result<(), Failure> {
        let OneStep { list, owner, step, views, confirm } = self;
        let views = views.open().await?;
        confirm.ask(&format!("say that the step `{step}` of `{owner}` {done}"), context)?;
        let id = StepId { owner, name: step };
        if !views.end_step(&list, &id, end).await? {
            let text = format!("`{list}` has no open step `{}` of `{}`", id.name, id.owner);
            return Err(Failure::new(format!("{text}\nhelp: `eskit work steps {list}` lists them")));
        }
        if context.out.is_json() {
            return context.out.json(&DoneJson { list: &list, owner: &id.owner, step: &id.name, done });
        }
        context.out.line(&format!("the step `{}` of `{}` {done}; let it be tried again", id.name, id.owner))
    }
}

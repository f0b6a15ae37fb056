mod steps;

use clap::{Args, Subcommand};
use eskit::work::{ListWork, WorkItem, WorkState};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::asking::names;
use crate::confirm::Confirm;
use crate::context::Context;
use crate::failure::Failure;
use crate::json_text;
use crate::nearest::did_you_mean;
use crate::output::{Column, Rows};
use crate::views::{AnyViews, ViewsArgs};
use steps::{DidNotHappen, Happened, Steps};

/// List the items of a list of work, retry one, cancel one, or say what became of an effect
///
/// A list is called like the processor that it belongs to.
#[derive(Subcommand, Debug)]
pub(crate) enum Work {
    /// List items in the order in which they were opened
    List(List),
    /// Let an item that waits or is parked be done now. Writes
    #[command(after_help = "Example:\n  eskit work retry reminders remind/17 --views sqlite:app.views.db")]
    Retry(One),
    /// Remove an item, whatever its state. Writes
    #[command(after_help = "Example:\n  eskit work cancel reminders remind/17 --views sqlite:app.views.db")]
    Cancel(One),
    Steps(Steps),
    Happened(Happened),
    DidNotHappen(DidNotHappen),
}

impl Work {
    pub(crate) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        match self {
            Work::List(verb) => verb.run(context).await,
            Work::Retry(verb) => verb.retry(context).await,
            Work::Cancel(verb) => verb.cancel(context).await,
            Work::Steps(verb) => verb.run(context).await,
            Work::Happened(verb) => verb.run(context).await,
            Work::DidNotHappen(verb) => verb.run(context).await,
        }
    }
}

/// List items in the order in which they were opened
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit work list reminders --parked --views sqlite:app.views.db")]
pub(crate) struct List {
    /// The name of the list
    list: String,
    /// Only parked items
    #[arg(long)]
    parked: bool,
    /// Only items with numbers after this one
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    after: u64,
    /// Print at most this many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
    #[command(flatten)]
    views: ViewsArgs,
}

/// One item
#[derive(Args, Debug)]
pub(crate) struct One {
    /// The name of the list
    list: String,
    /// The id of the item
    id: String,
    #[command(flatten)]
    views: ViewsArgs,
    #[command(flatten)]
    confirm: Confirm,
}

/// An item.
#[derive(Serialize)]
struct ItemJson<'i> {
    list: &'i str,
    number: u64,
    id: &'i str,
    key: &'i str,
    kind: &'i str,
    state: &'static str,
    until: Option<String>,
    due: String,
    opened_at: String,
    attempts: u32,
    error: &'i str,
    /// The position of the event that opened it.
    position: Option<u64>,
    payload: Option<Box<RawValue>>,
}

/// What was done with an item.
#[derive(Serialize)]
struct DoneJson<'i> {
    list: &'i str,
    id: &'i str,
    done: &'static str,
}

impl<'i> ItemJson<'i> {
    fn new(list: &'i str, item: &'i WorkItem) -> ItemJson<'i> {
        let (state, until) = match item.state {
            WorkState::Waiting => ("waiting", None),
            WorkState::Claimed { until } => ("claimed", Some(until.to_string())),
            WorkState::Parked => ("parked", None),
        };
        ItemJson {
            list,
            number: item.number,
            id: &item.id,
            key: &item.key,
            kind: &item.kind,
            state,
            until,
            due: item.due.to_string(),
            opened_at: item.opened_at.to_string(),
            attempts: item.attempts,
            error: &item.text,
            position: item.event.map(|event| event.position.get()),
            payload: item.payload.as_deref().and_then(|json| RawValue::from_string(json_text::compact(json)).ok()),
        }
    }
}

impl List {
    async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let views = self.views.open().await?;
        // One more tells whether the limit cuts anything off.
        let which = ListWork { after: self.after, limit: self.limit.saturating_add(1), is_parked: self.parked };
        let mut items = views.list_work(&self.list, which).await?;
        let wanted = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let is_cut = items.len() > wanted;
        items.truncate(wanted);
        let mut rows = Rows::new(&[
            Column::Number("NUMBER"),
            Column::Text("ID"),
            Column::Text("KEY"),
            Column::Text("KIND"),
            Column::Text("STATE"),
            Column::Text("DUE"),
            Column::Number("ATTEMPTS"),
            Column::Text("ERROR"),
        ]);
        for item in &items {
            let json = ItemJson::new(&self.list, item);
            if context.out.is_json() {
                context.out.json(&json)?;
                continue;
            }
            let (number, attempts) = (json.number.to_string(), json.attempts.to_string());
            let error = json.error.lines().next().unwrap_or_default();
            rows.push([&number, json.id, json.key, json.kind, json.state, &json.due, &attempts, error]);
        }
        context.out.table(rows)?;
        if items.is_empty() && self.after == 0 {
            self.say_if_unknown(&views, context).await?;
        }
        match items.last().filter(|_| is_cut) {
            Some(last) => {
                context.remark(&format!("there are more: raise `--limit`, or go on with `--after {}`", last.number))
            }
            None => Ok(()),
        }
    }

    /// Says that there is no such list, unless it is that of a processor, which has nothing to do.
    async fn say_if_unknown(&self, views: &AnyViews, context: &mut Context<'_>) -> Result<(), Failure> {
        let known = names(&views.checkpoints().await?);
        let any = ListWork { limit: 1, ..ListWork::default() };
        if known.contains(&self.list) || !views.list_work(&self.list, any).await?.is_empty() {
            return Ok(());
        }
        let meant = did_you_mean(&self.list, known.iter().map(String::as_str));
        context.remark(&format!("there is no processor `{0}`, and no item of a list `{0}`{meant}", self.list))
    }
}

impl One {
    async fn retry(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let views = self.views.open().await?;
        self.confirm.ask(&format!("let the item `{}` of `{}` be done now", self.id, self.list), context)?;
        if !views.retry_work(&self.list, &self.id).await? {
            return Err(self.none(" that waits or is parked"));
        }
        self.done("retried", context)
    }

    async fn cancel(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let views = self.views.open().await?;
        self.confirm.ask(&format!("remove the item `{}` of `{}`", self.id, self.list), context)?;
        if !views.drop_work(&self.list, &self.id).await? {
            return Err(self.none(""));
        }
        self.done("cancelled", context)
    }

    fn none(&self, which: &str) -> Failure {
        let One { list, id, .. } = self;
        Failure::new(format!("`{list}` has no item `{id}`{which}\nhelp: `eskit work list {list}` lists them"))
    }

    fn done(&self, done: &'static str, context: &mut Context<'_>) -> Result<(), Failure> {
        if context.out.is_json() {
            return context.out.json(&DoneJson { list: &self.list, id: &self.id, done });
        }
        context.out.line(&format!("{done} the item `{}` of `{}`", self.id, self.list))
    }
}

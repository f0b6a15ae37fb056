use std::collections::BTreeMap;

use clap::Args;
use eskit::log::TypeStats;
use eskit::model::Registry;
use serde::Serialize;

use super::store::stats_of;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Column, Rows};

/// List the event types of this program and of the log
///
/// The stock program knows no types: then the list has those that the log holds. Build your own `eskit` to see which of them your
/// program reads.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit types --store sqlite:app.db")]
pub(crate) struct Types {}

/// A wire name: what the program makes of it, and where the log has its events.
#[derive(Serialize, Default)]
struct TypeJson {
    name: String,
    known: bool,
    version: Option<u32>,
    alias_of: Option<&'static str>,
    rust_type: Option<String>,
    first: Option<u64>,
    last: Option<u64>,
}

impl Types {
    pub(crate) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let mut types = known();
        let in_log = match context.global.has_store() {
            true => stats_of(&context.global.read().await?).await?.event_types,
            false if types.is_empty() => {
                return Err(Failure::usage(
                    "this program knows no event types\nhelp: name a log with `--store`, or build your own `eskit` with `eskit-cli`",
                ));
            }
            false => Vec::new(),
        };
        for TypeStats { name, first, last, .. } in &in_log {
            let own = || TypeJson { name: name.to_string(), ..TypeJson::default() };
            let of = types.entry(name.to_string()).or_insert_with(own);
            (of.first, of.last) = (Some(first.get()), Some(last.get()));
        }
        print(types.values(), context)
    }
}

/// The wire names that this program reads: the newest version of each, and former names.
fn known() -> BTreeMap<String, TypeJson> {
    let mut types = BTreeMap::new();
    for event in Registry::collect().events() {
        let of = |name: &str, alias_of| TypeJson {
            name: name.to_owned(),
            known: true,
            version: Some(event.version),
            alias_of,
            rust_type: Some(format!("{}::{}", event.location.module, event.rust_name)),
            ..TypeJson::default()
        };
        // In the order of their versions: the newest stays.
        types.insert(event.name.to_owned(), of(event.name, None));
        for alias in event.aliases {
            types.insert((*alias).to_owned(), of(alias, Some(event.name)));
        }
    }
    // Those of eskit itself are in the stock program too.
    if types.keys().all(|name| name.starts_with("eskit.")) {
        types.clear();
    }
    types
}

fn print<'t>(types: impl Iterator<Item = &'t TypeJson>, context: &mut Context<'_>) -> Result<(), Failure> {
    let types: Vec<&TypeJson> = types.collect();
    if context.out.is_json() {
        return types.into_iter().try_for_each(|of| context.out.json(of));
    }
    let in_log = [Column::Text("EVENT TYPE"), Column::Number("FIRST"), Column::Number("LAST")];
    let in_program = [Column::Text("KNOWN"), Column::Number("VERSION"), Column::Text("RUST TYPE")];
    // Of the stock program there is nothing to say.
    let knows_any = types.iter().any(|of| of.known);
    let columns: Vec<Column> = in_log.into_iter().chain(in_program.into_iter().filter(|_| knows_any)).collect();
    let mut rows = Rows::new(&columns);
    for of in types {
        let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        let name = match of.alias_of {
            Some(name) => format!("{} (now {name})", of.name),
            None => of.name.clone(),
        };
        let known = if of.known { "yes" } else { "no" }.to_owned();
        let (version, rust_type) = (number(of.version.map(u64::from)), of.rust_type.clone().unwrap_or_default());
        let cells = [name, number(of.first), number(of.last), known, version, rust_type];
        rows.push(cells.into_iter().take(columns.len()));
    }
    context.out.table(rows)
}

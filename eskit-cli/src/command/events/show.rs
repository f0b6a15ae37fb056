use clap::Args;
use eskit::log::{Position, Query, QueryItem, ReadOptions, RecordedEvent};
use eskit::{AnyStore, EventStore as _};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Rows;
use crate::record;
use crate::value::EventRef;

/// Show one event with its payload
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  eskit events show 17\n  eskit events show 17 --raw | jq .amount")]
pub(crate) struct Show {
    /// The position of the event, or its id
    #[arg(value_name = "POSITION|ID")]
    event: EventRef,
    /// Write the payload alone, byte for byte as it is stored
    #[arg(long, conflicts_with = "json")]
    raw: bool,
}

impl Show {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let store = context.global.read().await?;
        let event = find(&store, self.event).await?;
        if self.raw {
            return context.out.bytes(&event.payload);
        }
        if context.out.is_json() {
            return context.out.json(&record::event(&event));
        }
        context.out.table(fields(&event))?;
        context.out.line("")?;
        context.out.line(&record::payload_text(&event))
    }
}

/// Reads one event.
pub(crate) async fn find(store: &AnyStore, event: EventRef) -> Result<RecordedEvent, Failure> {
    let (query, options, what) = match event {
        EventRef::At(at) => {
            let range = ReadOptions::default().after(at.previous()).until(at);
            (Query::all(), range, format!("at position {at}"))
        }
        EventRef::WithId(id) => (QueryItem::ids([id]).into(), ReadOptions::default(), format!("with the id {id}")),
    };
    let none = |head: Position| {
        Failure::new(format!(
            "there is no event {what}; the log ends at position {head}\nhelp: it may have been deleted with its stream"
        ))
    };
    if let EventRef::At(at) = event {
        let head = store.head().await?.position;
        if at > head || at == Position::START {
            return Err(Failure::new(format!("there is no event {what}\nhelp: positions go from 1 to {head}")));
        }
    }
    let page = store.read(&query, options.limit(1)).await?;
    let head = page.head.position;
    page.events.into_iter().next().ok_or_else(|| none(head))
}

/// Everything but the payload.
fn fields(event: &RecordedEvent) -> Rows {
    let mut rows = Rows::pairs();
    rows.push(["position", &event.position.to_string()]);
    rows.push(["id", &event.id.to_string()]);
    rows.push(["type", &format!("{} version {}", event.name, event.schema_version)]);
    if let Some(at) = &event.stream {
        rows.push(["stream", &format!("{} version {}", at.stream, at.version)]);
    }
    rows.push(["recorded at", &event.recorded_at.to_string()]);
    if event.part.count() > 1 {
        rows.push(["append", &format!("event {} of {}", event.part.index() + 1, event.part.count())]);
    }
    for tag in event.tags.iter() {
        rows.push(["tag", tag.as_str()]);
    }
    for (name, value) in record::metadata_pairs(&event.metadata) {
        rows.push([name, value]);
    }
    if !event.content_type.is_json() {
        rows.push(["content type", event.content_type.as_str()]);
    }
    rows
}

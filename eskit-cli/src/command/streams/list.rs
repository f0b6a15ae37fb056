use clap::Args;
use eskit::log::{ListStreams, ListedStream};
use eskit::{AnyStore, EventStore as _};

use crate::command::store::stats_of;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Column, Rows};
use crate::record;

/// Streams that are asked for at once.
const PAGE: usize = 1000;

/// List streams in the order of their types and ids
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  eskit streams list\n  eskit streams list account --after a-17 --limit 100")]
pub(crate) struct List {
    /// Only streams of this type
    #[arg(value_name = "TYPE")]
    stream_type: Option<String>,
    /// Begin after this id; needs the type
    #[arg(long, value_name = "ID", requires = "stream_type")]
    after: Option<String>,
    /// Print at most this many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

impl List {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let store = context.global.read().await?;
        let types = match self.stream_type {
            Some(stream_type) => vec![stream_type.into()],
            None => stats_of(&store).await?.stream_types,
        };
        let mut listing = Listing { left: self.limit, is_cut: false, streams: Vec::new() };
        for stream_type in types {
            let mut list = ListStreams::of_type(stream_type);
            if let Some(after) = &self.after {
                list = list.after(after.as_str());
            }
            listing.add(&store, list, context).await?;
        }
        listing.end(context)
    }
}

/// The streams that are printed.
struct Listing {
    left: usize,
    /// Whether there are more.
    is_cut: bool,
    /// The rows of the table; not for JSON.
    streams: Vec<ListedStream>,
}

impl Listing {
    async fn add(&mut self, store: &AnyStore, list: ListStreams, context: &mut Context<'_>) -> Result<(), Failure> {
        let mut next = Some(list);
        while let Some(list) = next.filter(|_| !self.is_cut) {
            // One more tells whether the limit cuts anything off.
            let list = list.limit(self.left.saturating_add(1).min(PAGE));
            let page = store.list_streams(&list).await?;
            for listed in &page.streams {
                if self.left == 0 {
                    self.is_cut = true;
                    break;
                }
                self.left -= 1;
                if context.out.is_json() {
                    context.out.json(&record::stream(listed))?;
                } else {
                    self.streams.push(listed.clone());
                }
            }
            next = list.following(&page);
        }
        Ok(())
    }

    fn end(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let mut rows = Rows::new(&[
            Column::Text("STREAM"),
            Column::Number("VERSION"),
            Column::Text("STATUS"),
            Column::Text("SINCE"),
            Column::Text("REASON"),
        ]);
        for ListedStream { stream, info, .. } in &self.streams {
            let (status, since, reason) = record::status(&info.status);
            let (since, reason) = (since.unwrap_or_default(), reason.unwrap_or_default().to_owned());
            rows.push([stream.to_string(), info.version.to_string(), status.to_owned(), since, reason]);
        }
        context.out.table(rows)?;
        if self.is_cut {
            context.remark("there are more: raise `--limit`, or name a type and go on with `--after`")?;
        }
        Ok(())
    }
}

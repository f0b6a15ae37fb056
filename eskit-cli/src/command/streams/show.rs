use clap::Args;
use eskit::EventStore as _;
use eskit::log::{ListedStream, StreamId, StreamInfo};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Rows;
use crate::{record, value};

/// Show the version and the status of a stream
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  eskit streams show account:a-17\n\nIts events: eskit events search --stream account:a-17"
)]
pub(crate) struct Show {
    /// The stream
    #[arg(value_name = "TYPE:ID", value_parser = value::stream)]
    stream: StreamId,
}

impl Show {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let store = context.global.read().await?;
        let info = store.stream_info(&self.stream).await?;
        if !info.exists() {
            let text = format!("stream `{}` holds no event\nhelp: check its type and its id", self.stream);
            return Err(Failure::new(text));
        }
        print(&self.stream, info, context)
    }
}

/// Prints one stream.
pub(super) fn print(stream: &StreamId, info: StreamInfo, context: &mut Context<'_>) -> Result<(), Failure> {
    let listed = ListedStream::new(stream.clone(), info);
    if context.out.is_json() {
        return context.out.json(&record::stream(&listed));
    }
    let mut rows = Rows::pairs();
    rows.push(["stream", &listed.stream.to_string()]);
    rows.push(["version", &listed.info.version.to_string()]);
    let (status, since, reason) = record::status(&listed.info.status);
    rows.push(["status", status]);
    if let Some(since) = since {
        rows.push(["since", &since]);
    }
    if let Some(reason) = reason {
        rows.push(["reason", reason]);
    }
    context.out.table(rows)
}

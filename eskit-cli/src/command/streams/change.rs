use clap::Args;
use eskit::EventStore as _;
use eskit::log::{StreamChange, StreamError, StreamId, StreamInfo};

use super::show::print;
use crate::confirm::Confirm;
use crate::context::Context;
use crate::failure::Failure;
use crate::value;

/// A change of one stream
#[derive(Args, Debug)]
pub(crate) struct Change {
    /// The stream
    #[arg(value_name = "TYPE:ID", value_parser = value::stream)]
    pub(super) stream: StreamId,
    #[command(flatten)]
    pub(super) confirm: Confirm,
}

/// A change of one stream, for a reason
#[derive(Args, Debug)]
pub(crate) struct Reasoned {
    #[command(flatten)]
    change: Change,
    /// Why; kept with the stream
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Change {
    pub(super) async fn run(self, change: StreamChange, context: &mut Context<'_>) -> Result<(), Failure> {
        let store = context.global.write().await?;
        let StreamInfo { version, .. } = store.stream_info(&self.stream).await?;
        if version == 0 {
            return Err(StreamError::NotFound { stream: self.stream }.into());
        }
        let and_events = match change {
            StreamChange::Delete { .. } => format!(" with its {version} events for good"),
            StreamChange::Tombstone { .. } => " for good".to_owned(),
            _ => String::new(),
        };
        self.confirm.ask(&format!("{} stream `{}`{and_events}", change.name(), self.stream), context)?;
        let status = store.change_stream(&self.stream, change).await?;
        print(&self.stream, StreamInfo::new(version, status), context)
    }
}

impl Reasoned {
    pub(super) async fn run(
        self,
        change: fn(String) -> StreamChange,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        self.change.run(change(self.reason), context).await
    }
}

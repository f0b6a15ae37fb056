use clap::Args;
use eskit::log::{Query, QueryItem, RecordedEvent, StreamId, Tag};
use eskit::{AnyStore, Timestamp};

use crate::command::store::stats_of;
use crate::context::Context;
use crate::failure::Failure;
use crate::nearest::did_you_mean;
use crate::value;

/// Which events: those that match every option. The log finds events by type, stream and tag. For the other options, each event is
/// read and compared.
#[derive(Args, Debug)]
#[command(next_help_heading = "Which events")]
pub(super) struct Filter {
    /// Of this type; of any of them, if given several times
    #[arg(long = "type", value_name = "NAME")]
    types: Vec<String>,
    /// In this stream
    #[arg(long, value_name = "TYPE:ID", value_parser = value::stream)]
    stream: Option<StreamId>,
    /// In a stream of this type
    #[arg(long, value_name = "TYPE", conflicts_with = "stream")]
    stream_type: Option<String>,
    /// With this tag; with all of them, if given several times
    #[arg(long = "tag", value_name = "KEY:VALUE", value_parser = value::tag)]
    tags: Vec<Tag>,
    /// With this correlation id
    #[arg(long, value_name = "ID")]
    correlation: Option<String>,
    /// With this causation id: caused by this event
    #[arg(long, value_name = "ID")]
    causation: Option<String>,
    /// Recorded at this time or later
    #[arg(long, value_name = "TIME", value_parser = value::time)]
    since: Option<Timestamp>,
    /// Recorded before this time
    #[arg(long, value_name = "TIME", value_parser = value::time)]
    until: Option<Timestamp>,
}

impl Filter {
    /// What the log looks for.
    pub(super) fn query(&self) -> Query {
        let mut item = QueryItem::types(self.types.iter().map(String::as_str));
        item.tags.clone_from(&self.tags);
        item.stream.clone_from(&self.stream);
        item.stream_type = self.stream_type.as_deref().map(Into::into);
        item.into()
    }

    /// Whether the log finds exactly the events that are wanted.
    pub(super) fn is_query(&self) -> bool {
        self.correlation.is_none() && self.causation.is_none() && self.since.is_none() && self.until.is_none()
    }

    /// Says which of the types that are asked for the log does not have.
    pub(super) async fn say_what_is_unknown(&self, store: &AnyStore, context: &mut Context<'_>) -> Result<(), Failure> {
        if self.types.is_empty() && self.stream_type.is_none() {
            return Ok(());
        }
        let stats = stats_of(store).await?;
        let types: Vec<&str> = stats.event_types.iter().map(|of| of.name.as_str()).collect();
        for name in self.types.iter().filter(|name| !types.contains(&name.as_str())) {
            let meant = did_you_mean(name, types.iter().copied());
            context.remark(&format!("the log has no event of the type `{name}`{meant}"))?;
        }
        let types: Vec<&str> = stats.stream_types.iter().map(|name| name.as_str()).collect();
        if let Some(name) = self.stream_type.as_deref().filter(|name| !types.contains(name)) {
            let meant = did_you_mean(name, types.iter().copied());
            context.remark(&format!("the log has no stream of the type `{name}`{meant}"))?;
        }
        Ok(())
    }

    /// Whether an event that the log has found is wanted.
    pub(super) fn matches(&self, event: &RecordedEvent) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
        is(&self.correlation, event.metadata.correlation_id())
            && is(&self.causation, event.metadata.causation_id())
            && self.since.is_none_or(|since| event.recorded_at >= since)
            && self.until.is_none_or(|until| event.recorded_at < until)
    }
}

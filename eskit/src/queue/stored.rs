//! A command as an item of a queue holds it.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use eskit_runtime::Metadata;
use eskit_runtime::codec::DecodeError;
use eskit_runtime::execute::{CommandSet, Executor, Refusal};
use eskit_runtime::log::{SchemaVersion, WireName};
use eskit_runtime::model::{Command, Decide, Storable, StoredCommand};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::desk::version_of;

/// The content of an item: `{"metadata":{..},"command":{..}}`. Its kind is the wire name and the version, such as `shop.ShipOrder@2`.
#[derive(Serialize, Deserialize)]
pub(super) struct Content {
    pub(super) metadata: Metadata,
    command: Box<RawValue>,
}

impl Content {
    /// # Errors
    /// The payload is no JSON.
    pub(super) fn new(stored: &StoredCommand, metadata: Metadata) -> serde_json::Result<Content> {
        let text = String::from_utf8_lossy(&stored.payload).into_owned();
        Ok(Content { metadata, command: RawValue::from_string(text)? })
    }

    /// # Errors
    /// The command cannot be read.
    pub(super) fn decode<C: Storable>(&self, kind: &str) -> Result<C, DecodeError> {
        let (name, version) = version_of(kind).unwrap_or((WireName::from(kind), SchemaVersion::FIRST));
        C::decode(&StoredCommand::new(name, version, self.command.get().as_bytes()))
    }
}

/// The key of a command in its queue: its tags, such as `course:maths,student:ada`. Commands with the same tags are executed one after
/// another; one without tags stands alone.
pub(super) fn key_of(command: impl CommandSet) -> Option<String> {
    let mut tags = Tags(String::new());
    let looked = pin!(command.execute_in(&mut tags)).poll(&mut Context::from_waker(Waker::noop()));
    // It only looks, and waits for nothing.
    debug_assert!(looked.is_ready());
    match looked {
        Poll::Ready(Ok(())) if !tags.0.is_empty() => Some(tags.0),
        Poll::Ready(_) | Poll::Pending => None,
    }
}

/// Notes the tags of a command instead of executing it.
struct Tags(String);

impl Executor for Tags {
    type Failed = std::convert::Infallible;

    fn execute<C: Decide<Error: Refusal> + 'static>(
        &mut self,
        command: C,
    ) -> impl Future<Output = Result<(), Self::Failed>> + Send {
        command.each_tag(&mut |index, value| {
            if let Some(tag) = <C as Command>::TYPE.tags.get(index) {
                let comma = if self.0.is_empty() { "" } else { "," };
                self.0.push_str(&format!("{comma}{}:{value}", tag.key));
            }
        });
        std::future::ready(Ok(()))
    }
}

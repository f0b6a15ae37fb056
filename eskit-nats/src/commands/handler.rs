//! What executes one command, whatever its type.

use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;

use eskit_runtime::codec::{DecodeError, DecodeReason};
use eskit_runtime::execute::{CommandBus, Executable, OutcomeKind};
use eskit_runtime::model::Storable;
use serde::Serialize;
use serde_json::Value;

use crate::commands::headers::Wishes;
use crate::commands::reply::Reply;

/// A command that was asked for.
pub(super) struct Asked {
    pub(super) name: &'static str,
    pub(super) payload: Vec<u8>,
    pub(super) wishes: Wishes,
}

/// Executes commands of some type.
pub(super) type Handler<B> = fn(Arc<B>, Asked) -> Pin<Box<dyn Future<Output = Reply> + Send>>;

/// Answers refusals with the decider's error and its text.
pub(super) fn typed<C, B>(bus: Arc<B>, asked: Asked) -> Pin<Box<dyn Future<Output = Reply> + Send>>
where
    C: Storable + Executable<Error: Serialize + Display>,
    B: CommandBus + Send + Sync + 'static,
{
    Box::pin(execute::<C, B>(bus, asked, |error| serde_json::to_value(error).ok()))
}

/// Answers refusals with their text.
pub(super) fn as_text<C, B>(bus: Arc<B>, asked: Asked) -> Pin<Box<dyn Future<Output = Reply> + Send>>
where
    C: Storable + Executable<Error: Display>,
    B: CommandBus + Send + Sync + 'static,
{
    Box::pin(execute::<C, B>(bus, asked, |_| None))
}

async fn execute<C, B>(bus: Arc<B>, asked: Asked, error: fn(&C::Error) -> Option<Value>) -> Reply
where
    C: Storable + Executable<Error: Display>,
    B: CommandBus,
{
    let Asked { name, payload, wishes } = asked;
    let command = match C::from_json(name, wishes.version, &payload) {
        Ok(command) => command,
        Err(error) => return unreadable(&error),
    };
    let mut options = bus.options();
    options.idempotency_key = wishes.idempotency_key;
    if let Some(metadata) = wishes.metadata {
        options.metadata = metadata;
    }
    let answer = command.execute_on(&*bus, options).await;
    Reply::of(&answer, error)
}

/// The reply to a command that cannot be read. Another process of a newer version may be able to.
fn unreadable(error: &DecodeError) -> Reply {
    let outcome = match error.reason {
        DecodeReason::NewerVersion { .. } => OutcomeKind::Unavailable,
        _ => OutcomeKind::Invalid,
    };
    Reply::without(outcome, error.to_string())
}

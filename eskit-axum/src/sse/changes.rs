use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;

use axum::response::Response;
use axum::response::sse::Event;
use eskit::subscription::{Changed, Changes};
use serde::Serialize;

use super::message::Message;
use super::response::{Feed, respond};

/// Sends what changes in a read model: messages `changed` with `{"keys": ["tea"]}`, or with `{"all": true}` if anything may have changed.
///
/// The first message says `all`, also after a lost connection: what was missed is not known, so the client reads its page anew.
///
/// ```
/// # use eskit::prelude::*;
/// # use eskit::{MemoryViews, rows::Rows};
/// # #[derive(Event, Serialize, Deserialize)] pub struct Received { #[tag] sku: String }
/// # #[aggregate(tag = "sku")] #[derive(Default, Serialize, Deserialize)] pub struct Stock { count: u32 }
/// # #[decider] impl Stock { #[evolve] fn received(&mut self, _: &Received) { self.count += 1 } }
/// use std::time::Duration;
///
/// use axum::extract::State;
/// use axum::http::StatusCode;
/// use axum::response::Response;
/// use eskit::subscription::TellChanges;
/// use eskit_axum::sse;
///
/// async fn stock_changes(State(views): State<MemoryViews>) -> Result<Response, StatusCode> {
///     let changes = views.changes::<Rows<Stock>>().await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
///     Ok(sse::changes(changes.debounce(Duration::from_millis(50))))
/// }
/// ```
pub fn changes(changes: Changes) -> Response {
    live(changes, async |changed| Some(message(&changed)))
}

/// Sends what `render` makes of each change, such as a [fragment of the page](crate::datastar). It is called at once with
/// [`Changed::All`], also after a lost connection, and then once for all that has changed since its last call, so a slow client gets
/// the newest state only. `None` sends nothing.
pub fn live<F, R>(changes: Changes, render: F) -> Response
where
    F: FnMut(Changed) -> R + Send + 'static,
    R: Future<Output = Option<Message>> + Send + 'static,
{
    respond(Live { changes, render, is_new: true, rendering: None })
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Told<'a> {
    Keys(&'a BTreeSet<String>),
    All(bool),
}

fn message(changed: &Changed) -> Message {
    let told = match changed {
        Changed::Keys(keys) => Told::Keys(keys),
        _ => Told::All(true),
    };
    let text = serde_json::to_string(&told).unwrap_or_else(|_| r#"{"all":true}"#.to_owned());
    Message::new(text).event("changed")
}

struct Live<F, R> {
    changes: Changes,
    render: F,
    is_new: bool,
    /// What is being rendered. It is kept here, so that a call that is dropped loses nothing.
    rendering: Option<Pin<Box<R>>>,
}

impl<F, R> Feed for Live<F, R>
where
    F: FnMut(Changed) -> R + Send + 'static,
    R: Future<Output = Option<Message>> + Send + 'static,
{
    const NAME: &'static str = "changes";

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(rendering) = &mut self.rendering {
                let rendered = rendering.as_mut().await;
                self.rendering = None;
                if let Some(message) = rendered {
                    return Some(message.into_event());
                }
            }
            let changed = if std::mem::take(&mut self.is_new) { Changed::All } else { self.changes.next().await };
            self.rendering = Some(Box::pin((self.render)(changed)));
        }
    }
}

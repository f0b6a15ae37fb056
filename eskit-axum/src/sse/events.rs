use axum::response::Response;
use axum::response::sse::Event;
use eskit::log::{Place, StoreErrorKind};
use eskit::model::EventSet;
use eskit::subscription::Start;
use eskit::{App, EventStore, Events, RecordedEvent};

use super::message::Message;
use super::response::{Feed, respond};

/// Sends the events of these types as they are appended, in the order of the log, after `start`. No event is lost or sent twice to
/// a client that connects again with the id of its last message.
///
/// ```
/// # use eskit::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)] pub struct OrderPlaced { #[tag] order: u64 }
/// use axum::extract::State;
/// use axum::response::Response;
/// use eskit::subscription::Start;
/// use eskit_axum::sse::{self, LastEventId};
///
/// /// Clients get what they would see in the list of orders: no more.
/// async fn placed(State(app): State<App<MemoryStore>>, last: LastEventId) -> Response {
///     sse::events::<OrderPlaced, _>(&app, last.or(Start::Now), |event| {
///         let placed: OrderPlaced = event.decode().ok()?;
///         Some(sse::Message::new(placed.order.to_string()).event("placed"))
///     })
/// }
/// ```
///
/// `show` makes a message of an event, or leaves it out; the id is added to it. An event that is left out is not read again either, once the
/// next message or heartbeat was received.
///
/// If the log was replaced and does not hold the place, a message `replaced` is sent, and the answer ends: the client has to look anew, and
/// its browser then connects as for the first time. A log that cannot be read is tried again.
pub fn events<E: EventSet, S: EventStore + 'static>(
    app: &App<S>,
    start: Start,
    show: impl FnMut(&RecordedEvent) -> Option<Message> + Send + 'static,
) -> Response {
    let place = match start {
        Start::After(place) => Some(place),
        Start::Beginning | Start::Now => None,
    };
    respond(Followed { events: app.events::<E>(start), place, show, has_ended: false })
}

struct Followed<F> {
    events: Events,
    /// The last event that was read.
    place: Option<Place>,
    show: F,
    has_ended: bool,
}

impl<F: FnMut(&RecordedEvent) -> Option<Message> + Send + 'static> Feed for Followed<F> {
    const NAME: &'static str = "events";

    async fn next(&mut self) -> Option<Event> {
        while !self.has_ended {
            match self.events.next().await {
                Ok(event) => {
                    self.place = Some(event.place());
                    if let Some(message) = (self.show)(&event) {
                        return Some(message.into_event().id(event.place().to_string()));
                    }
                }
                Err(error) if error.kind() == StoreErrorKind::Replaced => {
                    self.has_ended = true;
                    return Some(Message::new("the log was replaced").event("replaced").into_event().id(""));
                }
                // The next call waits before it tries again.
                Err(_) => {}
            }
        }
        None
    }

    /// With the id of the last event that was read: a message without data is not shown to the page, and its id counts.
    fn heartbeat(&self) -> Event {
        match self.place {
            Some(place) => Event::default().comment("").id(place.to_string()),
            None => Event::default().comment(""),
        }
    }
}

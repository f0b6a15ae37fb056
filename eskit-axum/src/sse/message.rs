use axum::response::sse::Event;
use serde::Serialize;

/// A message to a client: its data, and the name under which a page listens for it.
///
/// ```
/// use eskit_axum::sse::Message;
///
/// let placed = Message::new("order 17").event("placed");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    event: Option<String>,
    data: String,
}

impl Message {
    /// A message with this text, of any number of lines. An empty one is sent as an end of line.
    pub fn new(data: impl Into<String>) -> Message {
        Message { event: None, data: data.into() }
    }

    /// A message with this value as JSON.
    ///
    /// # Errors
    /// The value cannot be written as JSON.
    pub fn json(data: &impl Serialize) -> Result<Message, serde_json::Error> {
        serde_json::to_string(data).map(Message::new)
    }

    /// Sets the name of the message. Without one, a page listens for `message`.
    #[must_use]
    pub fn event(mut self, name: impl Into<String>) -> Message {
        self.event = Some(name.into());
        self
    }

    /// The message as axum sends it. A name cannot begin another line.
    pub(super) fn into_event(self) -> Event {
        // Of an empty text axum sends no line, and then a page hears of nothing.
        let data = if self.data.is_empty() { "\n" } else { &self.data };
        let event = Event::default().data(data);
        match self.event {
            Some(name) => event.event(one_line(&name)),
            None => event,
        }
    }
}

/// The text without ends of lines, which would begin another field of a message.
pub(crate) fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

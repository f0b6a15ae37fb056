use std::convert::Infallible;
use std::fmt;

use crate::codec::encode::{EncodeError, WriteAgain, encode_payload, in_format};
use crate::codec::json::{ToJson, Written};
use crate::log::content_type::ContentType;
use crate::log::id::EventId;
use crate::log::metadata::Metadata;
use crate::log::name::{SchemaVersion, WireName};
use crate::log::new_event::NewEvent;
use crate::log::personal::PersonalValue;
use crate::log::tag::Tags;
use crate::model::command::Command;
use crate::model::decode::write_again;
use crate::model::event::{Event, EventType, EventTypes, SingleEvent, SourceLocation};
use crate::model::models::Models;
use crate::model::personal::find_personal;

/// The description of one decider.
#[derive(Clone, Copy, Debug)]
pub struct DeciderType {
    /// The name of the function, or `Aggregate::method`.
    pub name: &'static str,
    /// Whether it is a method of the aggregate that is its only model.
    pub method: bool,
    /// The events in its `unevolved(..)`, which it emits and none of its models evolves.
    pub unevolved: EventTypes,
    /// For each model, the command fields that `#[key(..)]` names for its keys.
    pub bindings: &'static [&'static [Binding]],
    /// Its place in the source.
    pub location: SourceLocation,
}

/// A key of a model, and the command field that gives its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Binding {
    /// The key of the model; empty for its only key.
    pub key: &'static str,
    /// The field of the command.
    pub field: &'static str,
}

/// A command that has a decider. Implemented by `#[decider]` on a function, or by `#[decide]` on a method.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command that a decider takes\nhelp: a command is passed by value, and has a decider: `#[decider] fn decide(command: &DoSomething, model: &Model) -> Result<SomethingHappened, Error> {{ .. }}`, or a `#[decide]` method of an aggregate",
    label = "no decider takes this"
)]
// `Send` and `Sync` are asked here, and not of `Command`: rustc would ask them again.
pub trait Decide: Command + Send + Sync {
    /// How many models the decision needs: `Count<1>`, `Count<2>`, and so on.
    type Count;
    /// The models: an aggregate, or a tuple of several.
    type State: Models<Self::Count>;
    /// The events that the decider may return: one, or a collection of them.
    type Events: Emit;
    /// The domain's own error.
    type Error: DecisionError;
    /// The description of the decider.
    const DECIDER: &'static DeciderType;

    /// Decides. A pure function of the command and the state.
    ///
    /// # Errors
    /// The refusal, an error of the domain's own type.
    fn decide(&self, state: &Self::State) -> Result<Self::Events, Self::Error>;

    /// The text of a refusal, if its type has one.
    #[doc(hidden)]
    fn refusal(_error: &Self::Error) -> Option<String> {
        None
    }
}

/// The error of a decider: any type that can be sent between threads.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a decider, since it cannot be sent between threads\nhelp: for a boxed error write `Box<dyn Error + Send + Sync>`",
    label = "not `Send`"
)]
pub trait DecisionError: Send {}

#[diagnostic::do_not_recommend]
impl<E: Send> DecisionError for E {}

/// An error of a decider, to be asked for its text.
#[doc(hidden)]
#[derive(Debug)]
pub struct Said<'e, E>(pub &'e E);

/// The text of an error that implements `Display`. Methods are looked for here first, and then in [`Unsaid`].
#[doc(hidden)]
pub trait Sayable {
    fn said(&self) -> Option<String>;
}

impl<E: fmt::Display> Sayable for Said<'_, E> {
    fn said(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

/// No text, of any other error.
#[doc(hidden)]
pub trait Unsaid {
    fn said(&self) -> Option<String>;
}

impl<E> Unsaid for &Said<'_, E> {
    fn said(&self) -> Option<String> {
        None
    }
}

/// The return type of a decider: events, or a `Result` of events and any error.
#[diagnostic::on_unimplemented(
    message = "a decider cannot return `{Self}`\nhelp: return an event, an enum of events, `Option`, `Vec`, an array or a tuple of them, or a `Result` of one of these",
    label = "not an event, nor a collection of events"
)]
pub trait Decision {
    /// The events.
    type Events: Emit;
    /// The domain's own error.
    type Error: DecisionError;

    /// Splits the events from the refusal.
    fn into_result(self) -> Result<Self::Events, Self::Error>;
}

impl<T: Emit> Decision for T {
    type Events = T;
    type Error = Infallible;
    fn into_result(self) -> Result<T, Infallible> {
        Ok(self)
    }
}

impl<T: Emit, E: DecisionError> Decision for Result<T, E> {
    type Events = T;
    type Error = E;
    fn into_result(self) -> Result<T, E> {
        self
    }
}

/// Events to append, in order: an event, an enum of events, `Option`, `Vec`, an array, a tuple, or `()` for none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no events\nhelp: put `#[derive(Event, Serialize, Deserialize)]` on the event; or write an event, an enum of events, `Option`, `Vec`, an array or a tuple of them, or a `Result` of one of these",
    label = "not an event, nor a collection of events"
)]
pub trait Emit {
    /// The event types that may be emitted.
    const EMITS: EventTypes;

    /// Encodes the events.
    ///
    /// # Errors
    /// An event would not come back from the log as it is.
    fn emit(&self, emitter: &mut Emitter) -> Result<(), EncodeError>;
}

impl<E: Event> Emit for E {
    const EMITS: EventTypes = E::TYPES;
    fn emit(&self, emitter: &mut Emitter) -> Result<(), EncodeError> {
        self.encode(emitter)
    }
}

macro_rules! emit_each {
    ($([$($generics:tt)*] $type:ty),* $(,)?) => {$(
        impl<T: Emit, $($generics)*> Emit for $type {
            const EMITS: EventTypes = T::EMITS;
            fn emit(&self, emitter: &mut Emitter) -> Result<(), EncodeError> {
                self.iter().try_for_each(|event| event.emit(emitter))
            }
        }
    )*};
}

emit_each!([] Option<T>, [] Vec<T>, [const N: usize] [T; N]);

macro_rules! emit_tuple {
    ($($name:ident $index:tt),*) => {
        impl<$($name: Emit),*> Emit for ($($name,)*) {
            const EMITS: EventTypes = EventTypes::Many(&[$($name::EMITS),*]);
            fn emit(&self, _emitter: &mut Emitter) -> Result<(), EncodeError> {
                $(self.$index.emit(_emitter)?;)*
                Ok(())
            }
        }
    };
}

emit_tuple!();
emit_tuple!(A 0);
emit_tuple!(A 0, B 1);
emit_tuple!(A 0, B 1, C 2);
emit_tuple!(A 0, B 1, C 2, D 3);
emit_tuple!(A 0, B 1, C 2, D 3, E 4);
emit_tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
emit_tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
emit_tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);

/// The room for a payload before it grows.
const PAYLOAD_LEN: usize = 128;

/// Gathers encoded events in order.
#[derive(Debug, Default)]
pub struct Emitter {
    events: Vec<NewEvent>,
    /// The event that is being encoded. Here and not in the functions that are compiled for each event, which would
    /// have to know how to drop it.
    written: Written,
    /// The same event, written again after it was read.
    again: Written,
    pub(crate) tags: Tags,
    /// The personal values of that event.
    personal: Vec<PersonalValue>,
}

impl Emitter {
    /// An emitter without events.
    pub fn new() -> Emitter {
        Emitter::default()
    }

    /// The events so far.
    pub fn into_events(self) -> Vec<NewEvent> {
        self.events
    }

    /// Adds one event.
    #[doc(hidden)]
    pub fn push<E: SingleEvent>(&mut self, event: &E) -> Result<(), EncodeError> {
        self.tags = Tags::new();
        event.tags(&mut self.tags);
        self.add(E::TYPE, event.as_json(), &write_again::<E>)
    }

    /// Adds one event of type `E`, given by what serde writes for it.
    #[doc(hidden)]
    pub fn push_payload<E: SingleEvent>(&mut self, event: &impl ToJson, tags: Tags) -> Result<(), EncodeError> {
        self.tags = tags;
        self.add(E::TYPE, event, &write_again::<E>)
    }

    fn add(
        &mut self,
        event: &'static EventType,
        json: &dyn ToJson,
        write_again: WriteAgain<'_>,
    ) -> Result<(), EncodeError> {
        self.write(event, json, write_again)?;
        if let Some(shape) = event.personal {
            self.personal = find_personal(event, shape, &self.written, &self.tags, write_again)?;
        }
        let content_type = ContentType::new(event.content_type);
        let payload = in_format((event.kind, event.name), &content_type, std::mem::take(&mut self.written.text))
            .map_err(|error| hidden(event, error))?;
        self.push_encoded(event, content_type, payload);
        Ok(())
    }

    /// Writes an event as JSON, and compares that with what is read back.
    pub(crate) fn write(
        &mut self,
        event: &'static EventType,
        json: &dyn ToJson,
        write_again: WriteAgain<'_>,
    ) -> Result<(), EncodeError> {
        self.written.begin(Vec::with_capacity(PAYLOAD_LEN));
        self.again.clear();
        encode_payload((event.kind, event.name), json, write_again, &mut self.written, &mut self.again)
            .map_err(|error| hidden(event, error))
    }

    /// Adds an event that is encoded.
    pub(crate) fn push_encoded(&mut self, event: &'static EventType, content_type: ContentType, payload: Vec<u8>) {
        self.events.push(NewEvent {
            id: EventId::new(),
            stream: None,
            name: WireName::from_static(event.name),
            schema_version: SchemaVersion::new(event.version).unwrap_or(SchemaVersion::FIRST),
            tags: std::mem::take(&mut self.tags),
            metadata: Metadata::new(),
            content_type,
            payload,
            personal: std::mem::take(&mut self.personal),
            recorded_at: None,
        });
    }
}

/// An error may quote the event, which is hidden if it has personal data.
#[cold]
fn hidden(event: &'static EventType, error: EncodeError) -> EncodeError {
    if event.personal.is_some() { error.hide_values() } else { error }
}

impl NewEvent {
    /// The events that these encode to, in order, each with a fresh id and no stream: for appends without a command. Only a
    /// decision knows to which stream an event belongs: without one, it is set here, or an aggregate with a stream never meets
    /// the event. An import of many events goes through `eskit::Import`.
    ///
    /// ```
    /// # use eskit_runtime as eskit;
    /// use eskit::log::{Append, NewEvent, StreamId};
    /// use eskit::model::Emit;
    /// use eskit::EventStore;
    ///
    /// /// Appends events of an account, without conditions.
    /// async fn append(
    ///     store: &impl EventStore,
    ///     account: &str,
    ///     events: impl Emit,
    /// ) -> Result<(), Box<dyn std::error::Error>> {
    ///     let mut encoded = NewEvent::encode(&events)?;
    ///     for event in &mut encoded {
    ///         event.stream = Some(StreamId::new("account", account));
    ///     }
    ///     store.append(Append::new(encoded)).await?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// An event could not be read back from the log unchanged.
    pub fn encode(events: &impl Emit) -> Result<Vec<NewEvent>, EncodeError> {
        let mut emitter = Emitter::new();
        events.emit(&mut emitter)?;
        Ok(emitter.into_events())
    }
}

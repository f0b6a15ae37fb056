//! The derives and attributes of eskit. Use them through the `eskit` crate, which also holds what they expand to.
//!
//! Each macro goes the same way: syn's tree -> a definition of ours that keeps its tokens (`ast`, `decider`) ->
//! checks that gather every mistake in a `Ctxt` -> an expansion that cannot fail, or the errors and a `fallback`.

#![forbid(unsafe_code)]

mod aggregate;
mod ast;
mod attr;
mod block;
mod check;
mod claim;
mod command;
mod ctxt;
mod decider;
mod diag;
mod dispatch;
mod event;
mod fallback;
mod fields;
mod kind;
mod limits;
mod lock;
mod meant;
mod place;
mod processor;
mod projection;
mod shape;
mod stored;
mod subscriber;
mod symbol;
mod syntax;
mod tag_value;
#[cfg(test)]
mod tests;
mod value;
mod wrap;

use proc_macro::TokenStream;

/// Makes a struct an event, or an enum a set of events.
///
/// ```
/// use eskit::prelude::*;
///
/// #[derive(Event, Serialize, Deserialize)]
/// pub struct CourseDefined {
///     #[tag]
///     pub course: String,
///     pub capacity: u32,
/// }
///
/// #[derive(Event, Serialize, Deserialize)]
/// #[event(name = "campus.StudentEnrolled", version = 2, upcast(1 = with_term))]
/// pub struct StudentEnrolled {
///     #[tag]
///     pub course: String,
///     #[tag]
///     pub student: String,
///     pub term: String,
/// }
///
/// /// From version 1, which had no term, to version 2.
/// fn with_term(mut old: serde_json::Value) -> Result<serde_json::Value, UpcastError> {
///     old["term"] = "2025".into();
///     Ok(old)
/// }
///
/// /// Any event of a course, to read them together: `recorded.decode::<CourseEvent>()`.
/// #[derive(Event)]
/// pub enum CourseEvent {
///     Defined(CourseDefined),
///     Enrolled(StudentEnrolled),
/// }
/// ```
///
/// The wire name is `{Cargo package}.{Type}`, the schema version 1. A struct needs `Serialize` and `Deserialize` too.
/// In an enum a newtype variant holds an event; a struct or unit variant is an event of its own, whose payload follows
/// the `#[serde(..)]` attributes of the variant and of its fields, and `rename_all_fields` and `deny_unknown_fields` of
/// the enum. What else they say of the enum and of its variants, such as `tag` or `rename`, holds where serde writes the
/// enum itself, which eskit never does: wire names are what `#[event(..)]` says.
///
/// | on the struct, or on a struct or unit variant | |
/// |---|---|
/// | `#[event(version = 3)]` | the schema version, from 1 |
/// | `#[event(name = "sales.OrderPlaced")]` | the whole wire name |
/// | `#[event(context = "sales")]` | the first part of the wire name |
/// | `#[event(alias = "old.name")]` | a former wire name that is read as this event; may be repeated |
/// | `#[event(from = OrderPlacedV2)]` | on a struct: the event type of the version before, turned by `From` |
/// | `#[event(upcast(1 = add_currency, 2 = split_name))]` | functions `fn(serde_json::Value) -> Result<serde_json::Value, UpcastError>`, one for each older version |
/// | `#[event(codec = "cbor")]` | the format of its payloads: `json`, which need not be said, `cbor` with the feature of that name, or, on a struct that also derives `prost::Message`, `protobuf` with that feature |
/// | `#[event(crate = path::to::eskit)]` | where eskit is, when it is not `::eskit` |
///
/// | on a field | |
/// |---|---|
/// | `#[tag]` | a tag with the field's name as key |
/// | `#[tag("course")]` | a tag with this key |
/// | `#[personal(subject = "student")]` | the value is personal data of the subject whose id is in the field `student` |
/// | `#[personal(subject = "owner", kind = "student")]` | the same, where neither a tag nor the name of that field says what the subject is |
/// | `#[personal(subject = "student", forgotten = "[forgotten]")]` | what is read once the subject is forgotten: a text, a number, `true` or `false`. Without it the field is a `Personal` or an `Option` |
/// | `#[personal]` | values inside are personal: the type derives `Shape`, and its fields say whose they are |
///
/// A tag field's type is a `TagValue`, or an `Option`, `Vec`, array or `BTreeSet` of one, which yields none or several tags. A
/// key matches `[a-z][a-z0-9_-]*`; several fields may have the same one. An event carries at most 64 tags, and its JSON has at
/// most 16 MiB.
///
/// What goes into an event comes out equal, or is refused before it is appended: NaN and infinities, for which JSON has only
/// `null`, `Some(None)`, and whatever else is read as another value than it was written from. Functions of `upcast` see the payload as
/// `serde_json::Value`. A number that this cannot hold, such as an integer beyond 64 bits, is the nearest float there, and passes on
/// digit by digit if it is left alone. The order of an object's members is lost, unless the program switches on serde_json's
/// `preserve_order`, and so is the white space of a `RawValue`; `from` loses neither.
///
/// For the schema lock, `eskit::lock!()`, the types of the fields derive `Shape`, or the field states its shape as there:
/// `#[shape(as = String)]`. On the event itself `#[shape(unlocked)]` keeps it out of the lock.
#[proc_macro_derive(Event, attributes(event, tag, serde, shape, personal))]
pub fn derive_event(input: TokenStream) -> TokenStream {
    event::derive(input.into()).into()
}

/// Makes a struct a command, or an enum a set of commands. The `#[tag]` fields of a struct say which instance of each model its
/// decider needs.
///
/// ```
/// use eskit::prelude::*;
///
/// #[derive(Command)]
/// pub struct Transfer {
///     #[tag("account")]
///     pub from: u64,
///     #[tag("account")]
///     pub to: u64,
///     pub cents: u64,
/// }
/// ```
///
/// `#[tag]` takes the field's name as key, `#[tag("course")]` the given one. A key that a model is found by has exactly one value,
/// so its field is no `Option` or `Vec`, unless the model is an `Each`. Each command is a struct of its own
/// and has exactly one decider; it needs neither serde
/// nor `Clone`, unless it is stored.
///
/// | on the struct | |
/// |---|---|
/// | `#[command(stored)]` | the command has a wire name and a version, and can be stored and found by that name; it needs `Serialize` and `Deserialize` |
/// | `#[command(stored, version = 2, upcast(1 = from_v1))]` | also `name`, `context`, `alias` and `from`, as on an [event](macro@Event) |
/// | `#[command(crate = path::to::eskit)]` | where eskit is, when it is not `::eskit` |
///
/// The schema lock records stored commands as it records events; `#[shape(..)]` means the same on both.
///
/// Each variant of an enum holds a command, or another set of commands. `App::execute` executes what the set holds, and a processor may
/// return it:
///
/// ```
/// use eskit::prelude::*;
///
/// # #[derive(Event, Serialize, Deserialize)] pub struct OrderShipped { #[tag] pub order: u64 }
/// # #[derive(Event, Serialize, Deserialize)] pub struct OrderCancelled { #[tag] pub order: u64 }
/// # #[aggregate(tag = "order")] #[derive(Default)] pub struct Order { has_ended: bool }
/// # #[decider] impl Order {
/// #     #[evolve] fn shipped(&mut self, _: &OrderShipped) { self.has_ended = true }
/// #     #[evolve] fn cancelled(&mut self, _: &OrderCancelled) { self.has_ended = true }
/// #     #[decide] fn ship(&self, c: &ShipOrder) -> OrderShipped { OrderShipped { order: c.order } }
/// #     #[decide] fn cancel(&self, c: &CancelOrder) -> Result<OrderCancelled, &'static str> {
/// #         if self.has_ended { Err("it was shipped already") } else { Ok(OrderCancelled { order: c.order }) }
/// #     }
/// # }
/// #[derive(Command)]
/// pub struct ShipOrder { #[tag] pub order: u64 }
///
/// #[derive(Command)]
/// pub struct CancelOrder { #[tag] pub order: u64 }
///
/// #[derive(Command)]
/// pub enum ShopCommand { Ship(ShipOrder), Cancel(CancelOrder) }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let app = App::new(MemoryStore::new());
/// app.execute(ShopCommand::Ship(ShipOrder { order: 17 })).await?;
/// let late = app.execute(ShopCommand::Cancel(CancelOrder { order: 17 })).await;
/// assert_eq!(late.unwrap_err().to_string(), "it was shipped already");
/// # Ok(()) }
/// ```
///
/// The deciders of a set may have different errors; each implements `Display`. A refusal is told as a
/// [`Refused`](../eskit/execute/struct.Refused.html), which has the text and the name of the command. `#[command(stored)]` on the enum says
/// that all its commands are stored ones: `ShopCommand::from_json(name, None, body)` then finds one by its wire name.
#[proc_macro_derive(Command, attributes(command, tag, shape, personal))]
pub fn derive_command(input: TokenStream) -> TokenStream {
    command::derive(input.into()).into()
}

/// Lets the schema lock see the shape of a struct or an enum that stands in an event.
///
/// It reads the `#[serde(..)]` attributes: `rename`, `rename_all`, `rename_all_fields`, `alias`, `default`, `skip*`,
/// `flatten`, `tag`, `content`, `untagged`, `other`, `transparent`, `deny_unknown_fields`, `from` and `into`. What goes
/// through a function, by `with` and the like, is stated:
///
/// | on a field, a variant or the type | |
/// |---|---|
/// | `#[shape(as = String)]` | the type whose shape stands on the wire |
/// | `#[shape("geo-point")]` | a name for what stands there; the lock notices when the name changes |
/// | `#[personal(subject = "owner")]` | on a field: as on a field of an [event](macro@Event), with the id of the subject in a field beside it |
/// | `#[shape(crate = path::to::eskit)]` | on the type: where eskit is, when it is not `::eskit` |
#[proc_macro_derive(Shape, attributes(shape, serde, personal))]
pub fn derive_shape(input: TokenStream) -> TokenStream {
    shape::derive(input.into()).into()
}

/// What `eskit::lock!()` expands to; it passes the path of eskit.
#[doc(hidden)]
#[proc_macro]
pub fn lock(input: TokenStream) -> TokenStream {
    lock::expand(input.into()).into()
}

/// Makes a struct a tag value, with the text of its field: 1 to 256 bytes without NUL, checked when it is used.
///
/// Of several fields `#[tag]` marks the one that is meant. With `struct OrderLine { #[tag] sku: Sku, quantity: u32 }`, a command or
/// an event has one tag for each line: `#[tag("sku")] lines: Vec<OrderLine>`.
///
/// A struct with one field is a type of ids of its own: where an aggregate, its events and a command carry different ones under one
/// tag, the program does not compile.
///
/// `#[tag_value(crate = path::to::eskit)]` says where eskit is, when it is not `::eskit`.
#[proc_macro_derive(TagValue, attributes(tag_value, tag))]
pub fn derive_tag_value(input: TokenStream) -> TokenStream {
    tag_value::derive(input.into()).into()
}

/// Makes a struct or an enum an aggregate: state that is folded from events. It needs `Default`.
///
/// ```
/// use eskit::prelude::*;
///
/// #[derive(Event, Serialize, Deserialize)]
/// pub struct Deposited { #[tag] pub account: u64, pub cents: u64 }
///
/// #[aggregate(stream = "account")]
/// #[derive(Default, Debug, PartialEq)]
/// pub struct Account { balance: u64 }
///
/// #[decider]
/// impl Account {
///     #[evolve]
///     fn deposited(&mut self, event: &Deposited) {
///         self.balance += event.cents;
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = App::new(MemoryStore::new());
/// let mut deposited = NewEvent::encode(&Deposited { account: 7, cents: 500 })?;
/// deposited[0].stream = Some(StreamId::of::<Account>(7_u64));
/// app.store().append(Append::new(deposited)).await?;
///
/// assert_eq!(app.load::<Account>(7_u64).await?.state, Account { balance: 500 });
/// # Ok(()) }
/// ```
///
/// | | |
/// |---|---|
/// | `#[aggregate(tag = "course")]` | its events carry this tag |
/// | `#[aggregate(tag("course", "student"))]` | its events carry all of these tags, at most four |
/// | `#[aggregate(stream = "account")]` | its events live in the stream `account:<id>` |
/// | `#[aggregate(stream = "account", partial)]` | and it passes over those that it does not evolve |
/// | `#[aggregate(.., personal = "none")]`, `personal = "revealed"` | where its states are kept as rows or snapshots, and it evolves events with personal data: whether a state holds any |
/// | `#[aggregate(all)]` | there is one instance, of all events that it evolves: `app.load::<NextInvoiceNumber>(())` |
/// | `#[aggregate(tag = "course", key = CourseId)]` | it is found by a `CourseId` and by nothing else; several tags have a tuple, and `key = str` stands for every text |
/// | `#[aggregate(.., index("taken"))]` | rows of it are found and sorted by these fields, which hold texts, numbers, booleans or nothing; see `App::with_rows` |
/// | `#[aggregate(.., version = 2)]` | the version of its logic, 1 by default: with another one, its rows are built anew |
/// | `crate = path::to::eskit` | where eskit is, when it is not `::eskit` |
///
/// Without `key = ..` the type is taken from the events: `app.load` with an id of another type fails to build, but `cargo check` does
/// not see it. Types that say nothing of what they are the ids of, such as `String`, `u64` and `Uuid`, pass.
#[proc_macro_attribute]
pub fn aggregate(args: TokenStream, item: TokenStream) -> TokenStream {
    place::aggregate(args.into(), item.into()).into()
}

/// Makes an impl block or a function a decider. In an aggregate's impl block, `#[evolve]` methods fold events and `#[decide]` methods
/// answer commands. A function answers the command in its first parameter, from the models in the others: aggregates, or
/// `Each` of one.
///
/// ```
/// use eskit::prelude::*;
///
/// #[derive(Event, Serialize, Deserialize)]
/// pub struct SeatTaken { #[tag] pub course: String, #[tag] pub student: String }
///
/// #[derive(Command)]
/// pub struct TakeSeat { #[tag] pub course: String, #[tag] pub student: String }
///
/// #[aggregate(tag = "course")]
/// #[derive(Default)]
/// pub struct Course { taken: u32 }
///
/// #[decider]
/// impl Course { #[evolve] fn seat_taken(&mut self, _: &SeatTaken) { self.taken += 1 } }
///
/// #[aggregate(tag = "student")]
/// #[derive(Default)]
/// pub struct Student { courses: u32 }
///
/// #[decider]
/// impl Student { #[evolve] fn seat_taken(&mut self, _: &SeatTaken) { self.courses += 1 } }
///
/// #[derive(Debug, PartialEq)]
/// pub enum Refused { Full, Busy }
///
/// #[decider]
/// fn take_seat(command: &TakeSeat, course: &Course, student: &Student) -> Result<SeatTaken, Refused> {
///     match (course.taken, student.courses) {
///         (20.., _) => Err(Refused::Full),
///         (_, 5..) => Err(Refused::Busy),
///         _ => Ok(SeatTaken { course: command.course.clone(), student: command.student.clone() }),
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = App::new(MemoryStore::new());
/// for course in ["art", "law", "maths", "music", "sport"] {
///     app.execute(TakeSeat { course: course.into(), student: "ada".into() }).await.map_err(|_| "refused")?;
/// }
/// let sixth = app.execute(TakeSeat { course: "greek".into(), student: "ada".into() }).await;
/// assert_eq!(sixth.err().as_ref().and_then(ExecuteError::domain), Some(&Refused::Busy));
/// # Ok(()) }
/// ```
///
/// - `#[evolve] fn defined(&mut self, event: &CourseDefined)`, optionally with the time of the event, `at: &Timestamp`, or the
///   recorded event, `recorded: &RecordedEvent`, or both.
/// - `#[decide] fn define(&self, command: &DefineCourse) -> Result<CourseDefined, CampusError>`.
/// - `#[decider] fn transfer(command: &Transfer, #[key(from)] from: &Account, #[key(to)] to: &Account) -> ..`: if two fields of
///   the command carry the key of a model, `#[key(..)]` gives the name of the field, or its number in a tuple struct. Two models of
///   one type need different fields.
/// - `#[decider] fn place(command: &Place, stock: &Each<Stock>) -> ..`: any number of instances, one for each value of the
///   command's tag. If several fields carry the tag, `#[key(field)]` selects one of them.
///
/// If a model evolves an event, the event goes to the stream that its own tag names, such as `account` for
/// `#[aggregate(stream = "account")]`. Without such a tag it goes to the stream of the only model that evolves it. An event that only
/// models by tag evolve goes to no stream.
///
/// At least one model must evolve each event. `#[decider(unevolved(MailRequested))]` on a function, and
/// `#[decide(unevolved(..))]` on a method, list the exceptions: events for other readers. `#[decider(no_models)]` is for a function
/// that takes only a command, and records facts without reading events.
///
/// A function takes up to eight models. Any other input, such as the time or the answer of another service, is a field of its
/// command.
///
/// A decider returns an event, an enum of events, `Option`, `Vec`, an array, a tuple of up to eight of them, `()`, or a `Result` of
/// one of these and any error. It emits at most 10,000 events. A decision without events is a success, and appends nothing.
/// `#[decider(crate = path::to::eskit)]` says where eskit is, if it is not `::eskit`.
#[proc_macro_attribute]
pub fn decider(args: TokenStream, item: TokenStream) -> TokenStream {
    place::decider(args.into(), item.into()).into()
}

/// Marks a method that folds an event, inside a `#[decider]` impl block.
///
/// ```
/// # use eskit::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)] pub struct Opened { #[tag] pub account: u64 }
/// # #[derive(Event, Serialize, Deserialize)] pub struct Deposited { #[tag] pub account: u64, pub cents: u64 }
/// #[aggregate(stream = "account")]
/// #[derive(Default)]
/// pub struct Account { opened_at: Option<Timestamp>, balance: u64 }
///
/// #[decider]
/// impl Account {
///     #[evolve]
///     fn opened(&mut self, _: &Opened, recorded: &RecordedEvent) {
///         self.opened_at = Some(recorded.recorded_at);
///     }
///
///     #[evolve]
///     fn deposited(&mut self, event: &Deposited) {
///         self.balance += event.cents;
///     }
/// }
/// ```
#[proc_macro_attribute]
pub fn evolve(_: TokenStream, item: TokenStream) -> TokenStream {
    place::mark(symbol::EVOLVE, item.into()).into()
}

/// Marks a method that answers a command, inside a `#[decider]` impl block: with what happened, or why it is refused.
///
/// ```
/// # use eskit::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)] pub struct Withdrawn { #[tag] pub account: u64, pub cents: u64 }
/// # #[derive(Command)] pub struct Withdraw { #[tag] pub account: u64, pub cents: u64 }
/// # #[aggregate(stream = "account")] #[derive(Default)] pub struct Account { balance: u64 }
/// #[decider]
/// impl Account {
///     #[evolve]
///     fn withdrawn(&mut self, event: &Withdrawn) {
///         self.balance -= event.cents;
///     }
///
///     #[decide]
///     fn withdraw(&self, command: &Withdraw) -> Result<Withdrawn, String> {
///         if command.cents > self.balance {
///             return Err(format!("only {} cents are there", self.balance));
///         }
///         Ok(Withdrawn { account: command.account, cents: command.cents })
///     }
/// }
/// ```
#[proc_macro_attribute]
pub fn decide(_: TokenStream, item: TokenStream) -> TokenStream {
    place::mark(symbol::DECIDE, item.into()).into()
}

/// Makes an impl block a projection: a read model that follows the log. Its `#[on]` methods take events, and write to views with the
/// transaction that is their last parameter. What they write is committed together with the checkpoint, so each event counts once.
///
/// ```
/// use eskit::prelude::*;
/// use eskit::{MemoryTx, MemoryViews};
///
/// #[derive(Event, Serialize, Deserialize)]
/// pub struct CourseDefined { #[tag] pub course: String, pub seats: u64 }
///
/// #[derive(Event, Serialize, Deserialize)]
/// pub struct SeatTaken { #[tag] pub course: String }
///
/// pub struct FreeSeats;
///
/// #[projection(name = "free-seats")]
/// impl FreeSeats {
///     #[on]
///     fn defined(&self, event: &CourseDefined, tx: &mut MemoryTx) {
///         tx.put("seats", &event.course, event.seats.into());
///     }
///
///     #[on]
///     fn taken(&self, event: &SeatTaken, tx: &mut MemoryTx) -> Result<(), String> {
///         let free = tx.get("seats", &event.course).and_then(|free| free.as_u64());
///         let free = free.ok_or_else(|| format!("the course {} is not defined", event.course))?;
///         tx.put("seats", &event.course, (free - 1).into());
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let views = MemoryViews::new();
/// let app = App::new(MemoryStore::new()).with_projection(FreeSeats, views.clone()).start().await?;
///
/// let defined = CourseDefined { course: "maths".into(), seats: 20 };
/// let events = NewEvent::encode(&(defined, SeatTaken { course: "maths".into() }))?;
/// let appended = app.store().append(Append::new(events)).await?;
///
/// app.caught_up::<FreeSeats>(appended.positions[1]).await?;
/// assert_eq!(views.table::<FreeSeats>("seats")["maths"], 19);
/// # Ok(()) }
/// ```
///
/// | | |
/// |---|---|
/// | `name = "course-list"` | required: the name under which its checkpoint is kept; words of lower-case letters and digits, joined by `-`, at most 64 bytes; two projections of a program have different ones |
/// | `version = 2` | the version of its logic, from 1. With another one it is built anew, beside the old one |
/// | `by = "course"` | each of its events carries exactly one `course` tag, and only events with the same value must be handled in order |
/// | `by = "stream"`, `by = "each"` | only events of the same stream must be handled in order, or none |
/// | `on_error = "stop"` | it stops at an event whose handler fails at each try; this is the default |
/// | `on_error = "park"` | the event is parked, and so is what follows it in its order, until it is replayed. It needs `by`, and views |
/// | `on_error = "skip"` | the event is left out |
/// | `memory` | it is itself the read model: see below |
/// | `personal = "none"`, `personal = "revealed"` | of events with personal data: it keeps none of it; or it keeps some in the clear, and has a method for `SubjectForgotten` that removes it |
/// | `crate = path::to::eskit` | where eskit is, if it is not `::eskit` |
///
/// What stands in the block:
///
/// - `#[on] fn defined(&self, event: &CourseDefined, tx: &mut sqlite::Tx)`: a method for an event, or for an enum of events.
///   Between the event and the transaction it may take the time of the event, `at: &Timestamp`, the recorded event,
///   `recorded: &RecordedEvent`, or both. It returns nothing, or a `Result` of nothing and any error.
/// - `#[on] fn other(&self, event: &RecordedEvent, tx: &mut sqlite::Tx)`: for each event that no other method takes.
/// - `#[tables] const SQL: &str = "CREATE TABLE .."`: what creates its tables, before its first event.
/// - `#[caught_up] fn ready(&self)`: called when it has handled all that the log holds.
/// - All else stays as it is.
///
/// The type of the transaction says in which views the projection can live. Those of SQLite take plain functions, those of PostgreSQL
/// `async` ones.
///
/// A projection with `memory` takes no transaction. Its methods change the projection itself, which each process builds from the
/// beginning of the log:
///
/// ```
/// # use eskit::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)] pub struct SeatTaken { #[tag] pub course: String }
/// use std::collections::HashMap;
/// use eskit::InMemory;
///
/// #[derive(Default)]
/// pub struct Popularity { taken: HashMap<String, u32> }
///
/// #[projection(name = "popularity", memory)]
/// impl Popularity {
///     #[on]
///     fn taken(&mut self, event: &SeatTaken) {
///         *self.taken.entry(event.course.clone()).or_default() += 1;
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let popularity = InMemory::<Popularity>::default();
/// let app = App::new(MemoryStore::new()).with_memory(&popularity).start().await?;
/// assert!(popularity.read().taken.is_empty());
/// # Ok(()) }
/// ```
///
/// A projection has no effects, such as sending mail or executing a command: it is built anew when it changes, and would have them
/// again. A [processor](macro@processor) has them.
#[proc_macro_attribute]
pub fn projection(args: TokenStream, item: TokenStream) -> TokenStream {
    place::projection(args.into(), item.into()).into()
}

/// Makes an impl block a processor, which acts on events. Its `#[on]` methods return commands, which it executes, or they are `async`
/// and have effects, such as sending mail.
///
/// ```
/// use eskit::MemoryViews;
/// use eskit::prelude::*;
/// use eskit::processor::Effect;
///
/// #[derive(Event, Serialize, Deserialize)]
/// pub struct OrderPaid { #[tag] pub order: u64 }
///
/// #[derive(Event, Serialize, Deserialize)]
/// pub struct OrderShipped { #[tag] pub order: u64 }
///
/// #[derive(Command)]
/// pub struct PayOrder { #[tag] pub order: u64 }
///
/// #[derive(Command)]
/// pub struct ShipOrder { #[tag] pub order: u64 }
///
/// #[aggregate(tag = "order")]
/// #[derive(Default)]
/// pub struct Order { paid: bool, shipped: bool }
///
/// #[decider]
/// impl Order {
///     #[evolve] fn paid(&mut self, _: &OrderPaid) { self.paid = true }
///     #[evolve] fn shipped(&mut self, _: &OrderShipped) { self.shipped = true }
///
///     #[decide] fn pay(&self, c: &PayOrder) -> OrderPaid { OrderPaid { order: c.order } }
///
///     #[decide] fn ship(&self, c: &ShipOrder) -> Result<OrderShipped, &'static str> {
///         if self.shipped { return Err("the order was shipped already") }
///         Ok(OrderShipped { order: c.order })
///     }
/// }
///
/// # #[derive(Clone, Default)] pub struct Mail(std::sync::Arc<std::sync::Mutex<Vec<String>>>);
/// # #[derive(Debug)] pub struct MailError;
/// # impl std::fmt::Display for MailError { fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) } }
/// # impl std::error::Error for MailError {}
/// # impl Mail {
/// #     async fn send(&self, text: String, _key: &str) -> Result<(), MailError> { Ok(self.0.lock().unwrap().push(text)) }
/// # }
/// pub struct Shipping { mail: Mail }
///
/// #[processor(name = "shipping", from = "beginning")]
/// impl Shipping {
///     /// A paid order is shipped. One that was shipped by hand meanwhile is passed over.
///     #[on(refused = "skip")]
///     fn paid(&self, event: &OrderPaid) -> ShipOrder {
///         ShipOrder { order: event.order }
///     }
///
///     /// The key is the same at each try: the mail server leaves out a mail that it has sent already.
///     #[on]
///     async fn shipped(&self, event: &OrderShipped, cx: &mut Effect<'_>) -> Result<(), MailError> {
///         self.mail.send(format!("order {} is on its way", event.order), cx.key()).await
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mail = Mail::default(); let sent = mail.clone();
/// let app = App::new(MemoryStore::new()).with_processor(Shipping { mail }, MemoryViews::new()).start().await?;
///
/// let paid = app.execute(PayOrder { order: 17 }).await?;
/// app.caught_up::<Shipping>(&paid).await?;
/// assert!(app.load::<Order>(17_u64).await?.state.shipped);
/// # app.caught_up::<Shipping>(app.store().head().await?).await?;
/// # assert_eq!(*sent.0.lock().unwrap(), ["order 17 is on its way"]);
/// # app.stop().await?;
/// # Ok(()) }
/// ```
///
/// | | |
/// |---|---|
/// | `name = "shipping"` | required: the name under which its checkpoint is kept, and the initiator of its commands; words of lower-case letters and digits, joined by `-`, at most 64 bytes; the projections and processors of a program have different ones |
/// | `from = "now"` | where it begins when it has no checkpoint: after all that has happened already |
/// | `from = "beginning"` | or with the first event of the log |
/// | `by = "order"` | each of its events carries exactly one `order` tag, and only events with the same value must be handled in order |
/// | `by = "stream"`, `by = "each"` | only events of the same stream must be handled in order, or none |
/// | `on_error = "stop"` | it stops at an event whose method fails at each try; this is the default |
/// | `on_error = "park"` | the event is parked, and so is what follows it in its order, until it is replayed. It needs `by` |
/// | `on_error = "skip"` | the event is left out |
/// | `crate = path::to::eskit` | where eskit is, if it is not `::eskit` |
///
/// `from` is required. What stands in the block:
///
/// - `#[on] fn paid(&self, event: &OrderPaid) -> ShipOrder`: a method for an event, or for an enum of events. After the event it may
///   take the time of the event, `at: &Timestamp`, the recorded event, `recorded: &RecordedEvent`, or both.
/// - `#[on] async fn shipped(&self, event: &OrderShipped, cx: &mut Effect<'_>)`: an `async` method may also take its effect, by which it
///   executes commands and loads aggregates, and which has the key for requests to other systems.
/// - `#[on] async fn any(&self, event: &RecordedEvent)`: for each event that no other `#[on]` method takes, such as in a publisher.
/// - `#[todo] fn sent(&self, event: &InvoiceSent) -> Todo<u64, Remind>`, [`#[done]`](macro@done) and [`#[work]`](macro@work): a to-do
///   list, for what is to be done later, or side by side; see [`#[todo]`](macro@todo).
/// - `#[every("0 9 * * MON")] fn weekly(&self, at: &Timestamp) -> CloseWeek`: a schedule; see [`#[every]`](macro@every).
/// - All else stays as it is.
///
/// One event may be taken by one `#[on]`, one `#[todo]` and one `#[done]` method at once. A processor need not have an `#[on]` method.
///
/// A method returns a command, `Option`, `Vec`, an array, a tuple of up to eight of them, nothing, or a `Result` of one of these and any
/// error. The commands are executed one after another. If one of them may be refused by its decider, `#[on(refused = ..)]` is required:
///
/// | | |
/// |---|---|
/// | `#[on(refused = "skip")]` | the processor goes on with the next command |
/// | `#[on(refused = "fail")]` | the method has failed, and is not tried again: what follows is said by `on_error` |
///
/// What it guarantees:
///
/// - *Commands are executed once.* Their events are appended to the log from which the processor reads, each under an idempotency key
///   that is made of the name of the processor, the id of the event, and the name and the tag values of the command. After a crash the
///   method is called again, and a command whose events are in the log is not decided again. A decision without events leaves no trace
///   of its key, and is made again.
/// - *Effects happen at least once.* After a failure or a crash an `async` method is called again for the same event, with the same
///   `cx.key()`. Pass the key to the other system, so that it can leave out what it has done already.
/// - *Events of commands tell their cause.* They have the event as their cause, its correlation id and originator, and the processor as
///   their initiator.
/// - *Nothing is done again on purpose.* A processor has no version and is not built anew. A method that is added to it takes the events
///   after its checkpoint.
#[proc_macro_attribute]
pub fn processor(args: TokenStream, item: TokenStream) -> TokenStream {
    place::processor(args.into(), item.into()).into()
}

/// Marks a method that takes an event, inside a [`#[projection]`](macro@projection) or [`#[processor]`](macro@processor) impl block.
/// In a processor, `#[on(refused = "skip")]` and `#[on(refused = "fail")]` say what follows when a command that the method returned is
/// refused.
#[proc_macro_attribute]
pub fn on(_: TokenStream, item: TokenStream) -> TokenStream {
    place::event_mark(symbol::ON, item.into()).into()
}

/// Marks a method that opens to-dos when something has happened, inside a [`#[processor]`](macro@processor) impl block.
///
/// A to-do stands in the list of its processor under a key. It is done by the [`#[work]`](macro@work) method when it is due, or closed
/// before by a [`#[done]`](macro@done) method: so a to-do that is due later is a timer.
///
/// ```
/// use eskit::prelude::*;
/// use eskit::processor::Effect;
///
/// #[derive(Event, Serialize, Deserialize)]
/// pub struct InvoiceSent { #[tag] pub invoice: u64, pub to: String, pub due: Timestamp }
///
/// #[derive(Event, Serialize, Deserialize)]
/// pub struct InvoicePaid { #[tag] pub invoice: u64 }
///
/// pub struct Remind { to: String, invoice: u64 }
///
/// # pub struct Mail;
/// # impl Mail { async fn send(&self, _to: &str, _text: String, _key: &str) -> Result<(), String> { Ok(()) } }
/// pub struct Dunning { mail: Mail }
///
/// #[processor(name = "dunning", from = "now")]
/// impl Dunning {
///     /// The customer is reminded when the invoice is due ..
///     #[todo]
///     fn sent(&self, event: &InvoiceSent) -> Todo<u64, Remind> {
///         let remind = Remind { to: event.to.clone(), invoice: event.invoice };
///         Todo::new(event.invoice, remind).due(event.due)
///     }
///
///     /// .. unless it was paid before.
///     #[done]
///     fn paid(&self, event: &InvoicePaid) -> u64 {
///         event.invoice
///     }
///
///     #[work(workers = 4, attempts = 8, within = "30s")]
///     async fn remind(&self, item: &Remind, cx: &mut Effect<'_>) -> Result<(), String> {
///         self.mail.send(&item.to, format!("please pay invoice {}", item.invoice), cx.key()).await
///     }
/// }
/// ```
///
/// The method is a function of its event, and of what is recorded with it: `at: &Timestamp`, `recorded: &RecordedEvent`. It returns a
/// `Todo<K, T>`, or `Option` or `Vec` of it. The key `K` is a tag value, such as an id; to-dos with the same key are done one after
/// another. What is to be done, `T`, is not stored, and needs no serde: the method is called again, with the same event, when the to-do
/// is done. So a program that was changed meanwhile does what its own method says, and nothing, if that no longer opens this key.
///
/// A processor has one list: all of its `#[todo]` methods, each of another event, return the same `K` and the same `T`.
#[proc_macro_attribute]
pub fn todo(_: TokenStream, item: TokenStream) -> TokenStream {
    place::event_mark(symbol::TODO, item.into()).into()
}

/// Marks a method that closes to-dos when something has happened, inside a [`#[processor]`](macro@processor) impl block.
///
/// ```
/// # use eskit::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)] pub struct InvoiceSent { #[tag] pub invoice: u64 }
/// # #[derive(Event, Serialize, Deserialize)] pub struct InvoicePaid { #[tag] pub invoices: Vec<u64> }
/// # pub struct Dunning;
/// # #[processor(name = "dunning", from = "now")]
/// # impl Dunning {
/// #     #[todo] fn sent(&self, event: &InvoiceSent) -> Todo<u64, ()> { Todo::new(event.invoice, ()) }
/// #[done]
/// fn paid(&self, event: &InvoicePaid) -> Vec<u64> {
///     event.invoices.clone()
/// }
/// #     #[work] async fn remind(&self, _: &()) {}
/// # }
/// ```
///
/// It returns the key of the to-dos that it closes, of the type that the [`#[todo]`](macro@todo) methods give to `Todo::new`; or `Option`
/// or `Vec` of it. All to-dos with that key are closed, whether they wait, are being done, or are parked. There need not be any. If an
/// event closes a key and also opens it, closing comes first.
#[proc_macro_attribute]
pub fn done(_: TokenStream, item: TokenStream) -> TokenStream {
    place::event_mark(symbol::DONE, item.into()).into()
}

/// Marks the method that does the to-dos of a processor, inside a [`#[processor]`](macro@processor) impl block. See
/// [`#[todo]`](macro@todo) for an example.
///
/// - `#[work] async fn remind(&self, item: &Remind, cx: &mut Effect<'_>) -> Result<(), MailError>`: an `async` method, which may take its
///   effect.
/// - `#[work] fn remind(&self, item: &Remind) -> RecordReminder`: a function that only returns commands.
/// - `#[work(batch = 50)] async fn remind(&self, items: &[Remind], each: &mut [Effect<'_>]) -> Result<(), MailError>`: does up to 50 in
///   one call, each with an effect of its own. It may return a `Vec` with what came of each. What failed is done alone from then on.
///
/// It returns what an [`#[on]`](macro@on) method returns: the commands are executed, and then the to-do is closed. If it fails, the to-do
/// is tried again later, with the same `cx.key()`.
///
/// | | |
/// |---|---|
/// | `workers = 4` | how many to-dos are done side by side in each process, 1 to 1,000; 4 by default |
/// | `attempts = 8` | how often a to-do is tried, at most, before it is parked; 20 by default |
/// | `within = "30s"` | how long one try may last before it has failed: a number and a unit, `ms`, `s`, `m` or `h`; 30 s by default |
/// | `batch = 50` | up to how many to-dos one call does together, 2 to 1,000; without it, one |
/// | `refused = "skip"`, `refused = "fail"` | what follows when a command that it returned is refused; required where one may be: it goes on with the next command, or the to-do has failed, and is not tried again |
#[proc_macro_attribute]
pub fn work(_: TokenStream, item: TokenStream) -> TokenStream {
    place::event_mark(symbol::WORK, item.into()).into()
}

/// Marks a method that is called at certain times, inside a [`#[processor]`](macro@processor) impl block.
///
/// ```
/// # use eskit::prelude::*;
/// # use eskit::processor::Effect;
/// # #[derive(Event, Serialize, Deserialize)] pub struct WeekClosed { #[tag] pub week: String }
/// # #[derive(Command)] pub struct CloseWeek { #[tag] pub week: String }
/// # #[aggregate(tag = "week")] #[derive(Default)] pub struct Week;
/// # #[decider] impl Week {
/// #     #[evolve] fn closed(&mut self, _: &WeekClosed) {}
/// #     #[decide] fn close(&self, c: &CloseWeek) -> WeekClosed { WeekClosed { week: c.week.clone() } }
/// # }
/// pub struct Closing;
///
/// #[processor(name = "closing", from = "now")]
/// impl Closing {
///     /// Every Monday at 9:00 UTC.
///     #[every("0 9 * * MON")]
///     fn weekly(&self, at: &Timestamp) -> CloseWeek {
///         CloseWeek { week: at.to_string() }
///     }
///
///     /// Every quarter of an hour between 8:00 and 18:45 UTC, from Monday to Friday.
///     #[every("*/15 8-18 * * MON-FRI")]
///     async fn look(&self, cx: &mut Effect<'_>) {
///         println!("{}", cx.key());
///     }
/// }
/// ```
///
/// The text has the five fields of cron, in UTC, and is checked by the compiler:
///
/// | field | values |
/// |---|---|
/// | minute | 0 to 59 |
/// | hour | 0 to 23 |
/// | day of the month | 1 to 31 |
/// | month | 1 to 12, or `JAN` to `DEC` |
/// | day of the week | 0 to 7, where 0 and 7 are Sunday, or `SUN` to `SAT` |
///
/// A field is `*` for all values, a value, a range such as `8-18`, a range with a step such as `8-18/2` or `*/15`, or a list of these,
/// joined by commas. If both the day of the month and the day of the week are restricted, either suffices, as in cron.
///
/// The method may take the time for which it is called, `at: &Timestamp`, and an `async` method its effect, `cx: &mut Effect<'_>`. It
/// returns what an [`#[on]`](macro@on) method returns. `#[every("..", refused = "skip")]` and `#[every("..", refused = "fail")]` say what
/// follows when a command that it returned is refused.
#[proc_macro_attribute]
pub fn every(_: TokenStream, item: TokenStream) -> TokenStream {
    place::event_mark(symbol::EVERY, item.into()).into()
}

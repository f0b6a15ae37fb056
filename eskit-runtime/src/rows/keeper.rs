use std::collections::HashMap;
use std::future::Future;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::encode::first_hidden;
use crate::codec::json::{ToJson as _, Written};
use crate::log::recorded::RecordedEvent;
use crate::model::aggregate::{AggregateType, Evolve};
use crate::model::event::EventTypes;
use crate::model::subscriber::{OnError, Order, SubscriberType};
use crate::personal::KeptPersonal;
use crate::store_kit::contain;
use crate::subscription::{Handle, HandleAsync, HandleError, Subscriber};

use super::indexed::indexed;
use super::keys::keys_of;
use super::stored::StoredRow;
use super::value::IndexValue;

/// An aggregate whose state can be kept as a row.
#[diagnostic::on_unimplemented(
    message = "the state of `{Self}` cannot be kept as a row\nhelp: add `Serialize, Deserialize` to the derives of `{Self}`; it must be an aggregate",
    label = "not an aggregate with `Serialize` and `Deserialize`"
)]
pub trait RowState: Evolve + Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<A: Evolve + Serialize + DeserializeOwned> RowState for A {}

/// A transaction of views that writes rows.
pub trait RowTx {
    /// The rows with these keys, in any order; keys without a row are left out. Each key is there once.
    ///
    /// # Errors
    /// The database failed.
    fn load_rows(&mut self, of: &'static AggregateType, keys: &[String]) -> Result<Vec<StoredRow>, HandleError>;

    /// Writes rows, in place of those with the same keys. Creates the table if it is missing.
    ///
    /// # Errors
    /// The database failed.
    fn save_rows(&mut self, of: &'static AggregateType, rows: Vec<StoredRow>) -> Result<(), HandleError>;
}

/// As [`RowTx`], for a database that is called asynchronously.
pub trait RowTxAsync: Send {
    /// As [`RowTx::load_rows`].
    ///
    /// # Errors
    /// The database failed.
    fn load_rows<'a>(
        &'a mut self,
        of: &'static AggregateType,
        keys: &'a [String],
    ) -> impl Future<Output = Result<Vec<StoredRow>, HandleError>> + Send + 'a;

    /// As [`RowTx::save_rows`].
    ///
    /// # Errors
    /// The database failed.
    fn save_rows<'a>(
        &'a mut self,
        of: &'static AggregateType,
        rows: Vec<StoredRow>,
    ) -> impl Future<Output = Result<(), HandleError>> + Send + 'a;
}

/// Keeps all instances of an aggregate as rows. `App::with_rows` adds it to an app.
#[derive(Debug)]
pub struct Rows<A>(PhantomData<fn() -> A>);

impl<A> Default for Rows<A> {
    fn default() -> Rows<A> {
        Rows(PhantomData)
    }
}

impl<A: RowState> Subscriber for Rows<A> {
    const TYPE: &'static SubscriberType = &SubscriberType {
        name: A::TYPE.slug,
        version: A::TYPE.version,
        order: Order::All,
        on_error: OnError::Stop,
        tables: "",
        rust_name: A::TYPE.name,
        location: A::TYPE.location,
    };
    const EVENTS: EventTypes = A::EVENTS;
    const PERSONAL: Option<KeptPersonal> = A::TYPE.personal;
}

impl<A: RowState, Tx: RowTx> Handle<Tx> for Rows<A> {
    fn handle(&self, event: &RecordedEvent, tx: &mut Tx) -> Result<bool, HandleError> {
        Handle::handle_all(self, &[event], tx).map(|()| true).map_err(|(_, error)| error)
    }

    fn handle_all(&self, events: &[&RecordedEvent], tx: &mut Tx) -> Result<(), (usize, HandleError)> {
        let mut fold = Fold::<A>::new(events)?;
        let stored = tx.load_rows(A::TYPE, &fold.keys()).map_err(|error| (0, error))?;
        fold.begin(stored)?;
        fold.evolve(events)?;
        let rows = fold.rows(events)?;
        tx.save_rows(A::TYPE, rows).map_err(|error| (0, error))
    }
}

impl<A: RowState, Tx: RowTxAsync> HandleAsync<Tx> for Rows<A> {
    async fn handle<'a>(&'a self, event: &'a RecordedEvent, tx: &'a mut Tx) -> Result<bool, HandleError> {
        HandleAsync::handle_all(self, &[event], tx).await.map(|()| true).map_err(|(_, error)| error)
    }

    async fn handle_all<'a>(
        &'a self,
        events: &'a [&'a RecordedEvent],
        tx: &'a mut Tx,
    ) -> Result<(), (usize, HandleError)> {
        let mut fold = Fold::<A>::new(events)?;
        let stored = tx.load_rows(A::TYPE, &fold.keys()).await.map_err(|error| (0, error))?;
        fold.begin(stored)?;
        fold.evolve(events)?;
        let rows = fold.rows(events)?;
        tx.save_rows(A::TYPE, rows).await.map_err(|error| (0, error))
    }
}

/// The states that a batch of events concerns, each read and written once however many of the events are its own.
struct Fold<A> {
    /// The instances, in the order of their first events.
    states: Vec<Folded<A>>,
    /// Where the state of a key stands.
    places: HashMap<String, usize>,
    /// The instances of each event.
    of_event: Vec<Vec<usize>>,
}

struct Folded<A> {
    key: String,
    state: A,
    /// The index of the last event that was folded into it.
    last: usize,
}

impl<A: RowState> Fold<A> {
    fn new(events: &[&RecordedEvent]) -> Result<Fold<A>, (usize, HandleError)> {
        let mut fold = Fold { states: Vec::new(), places: HashMap::new(), of_event: Vec::with_capacity(events.len()) };
        for (index, event) in events.iter().enumerate() {
            let mut own = Vec::new();
            for key in keys_of(&A::TYPE.key, event) {
                let place = match fold.places.get(&key) {
                    Some(place) => *place,
                    None => {
                        fold.places.insert(key.clone(), fold.states.len());
                        let state = contain(A::initial).map_err(|text| (index, HandleError::panicked(text)))?;
                        fold.states.push(Folded { key, state, last: index });
                        fold.states.len() - 1
                    }
                };
                own.push(place);
            }
            fold.of_event.push(own);
        }
        Ok(fold)
    }

    fn keys(&self) -> Vec<String> {
        self.states.iter().map(|folded| folded.key.clone()).collect()
    }

    /// Begins with the states that are stored.
    fn begin(&mut self, stored: Vec<StoredRow>) -> Result<(), (usize, HandleError)> {
        for row in stored {
            let Some(folded) = self.places.get(&row.key).and_then(|place| self.states.get_mut(*place)) else {
                continue;
            };
            let at = folded.last;
            let read = contain(|| serde_json::from_str(&row.state));
            let read = read.map_err(|text| (at, panicked::<A>(text)))?;
            folded.state =
                read.map_err(|error| (at, HandleError::new(unreadable(A::TYPE, &row.key, &A::TYPE.told(error)))))?;
        }
        Ok(())
    }

    fn evolve(&mut self, events: &[&RecordedEvent]) -> Result<(), (usize, HandleError)> {
        for (index, (event, own)) in events.iter().zip(&self.of_event).enumerate() {
            for place in own {
                let folded = &mut self.states[*place];
                let evolved =
                    contain(|| folded.state.evolve(event)).map_err(|text| (index, HandleError::panicked(text)))?;
                evolved.map_err(|error| (index, error.into()))?;
                folded.last = index;
            }
        }
        Ok(())
    }

    fn rows(self, events: &[&RecordedEvent]) -> Result<Vec<StoredRow>, (usize, HandleError)> {
        self.states.into_iter().map(|folded| folded.into_row(events)).collect()
    }
}

impl<A: RowState> Folded<A> {
    fn into_row(self, events: &[&RecordedEvent]) -> Result<StoredRow, (usize, HandleError)> {
        let event = events[self.last];
        let failed = |error: HandleError| (self.last, error);
        let state = self.written().map_err(failed)?;
        let unindexed = |what: String| failed(HandleError::new(format!("`{}` {what}", A::TYPE.name)));
        let values = indexed(&state, A::TYPE.index).map_err(|error| {
            unindexed(format!("is not written as an object, and has an index: {}", A::TYPE.told(error)))
        })?;
        let index = values.iter().zip(A::TYPE.index).map(|(value, field)| {
            IndexValue::of(value)
                .map_err(|error| unindexed(format!("cannot be indexed by its field `{field}`: {error}")))
        });
        let index = index.collect::<Result<_, _>>()?;
        let (position, changed_at) = (event.position, event.recorded_at);
        Ok(StoredRow { key: self.key, state, position, changed_at, index })
    }

    /// The state as JSON, if nothing is lost by that.
    fn written(&self) -> Result<String, HandleError> {
        let mut written = Written::default();
        let done = contain(|| self.state.to_json(&mut written)).map_err(panicked::<A>)?;
        let (name, key) = (A::TYPE.name, &self.key);
        let cannot = |why: String| {
            HandleError::new(format!("the state of `{name}` with the key `{key}` cannot be kept as a row: {why}"))
        };
        done.map_err(|error| cannot(A::TYPE.told(error)))?;
        let text = str::from_utf8(&written.text).map_err(|error| cannot(error.to_string()))?;
        match first_hidden(text, &written) {
            None => Ok(text.to_owned()),
            Some((value, path)) => Err(cannot(format!(
                "{} is {value}, for which JSON has only `null`\nhelp: give the field another form with \
                 `#[serde(with = \"..\")]`, or let `#[evolve]` keep it out",
                A::TYPE.told_path(&path)
            ))),
        }
    }
}

/// The serde of a state panicked.
fn panicked<A: RowState>(text: String) -> HandleError {
    HandleError::panicked(A::TYPE.told(text))
}

/// A stored state that does not fit the aggregate.
pub(super) fn unreadable(of: &AggregateType, key: &str, error: &str) -> String {
    format!(
        "the row of `{0}` with the key `{key}` cannot be read: {error}\nhelp: if the fields of `{0}` have changed, write \
         `version = {1}` in its `#[aggregate(..)]`, so that its rows are built anew; otherwise make its `Serialize` and \
         `Deserialize` agree",
        of.name,
        of.version + 1
    )
}

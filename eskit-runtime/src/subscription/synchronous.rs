use std::error::Error;
use std::fmt;

use crate::log::position::{Place, Position};
use crate::log::recorded::RecordedEvent;
use crate::log::store::error::{StoreError, StoreErrorKind};
use crate::model::subscriber::OnError;
use crate::personal::KeptPersonal;

use super::handled::HandleError;
use super::subscriber::Subscriber;

/// Events that an append handles before its own, if they were appended by programs that do not have the synchronous projection. All
/// other appends wait meanwhile, so an append after more of them is refused.
pub const CATCH_UP_MAX: u64 = 1000;

/// Why a synchronous projection refused an append, or could not be added to its store. It is the source of the store's error; see
/// [`SynchronousError::of`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SynchronousError {
    /// A handler failed for an event of the append, so nothing was appended.
    Failed {
        /// The projection: its name and version.
        projection: String,
        /// The wire name of the event; `None` if the failure showed at the commit.
        event: Option<String>,
        /// The error of the handler.
        error: String,
    },
    /// A handler failed for an event that the log holds already. No append can pass it.
    Stuck {
        /// The projection: its name and version.
        projection: String,
        /// The wire name of the event.
        event: String,
        /// Where the event is.
        at: Position,
        /// The error of the handler.
        error: String,
    },
    /// Programs without the projection appended more events than one append may handle first.
    Behind {
        /// The projection: its name and version.
        projection: String,
        /// The last event that it has handled.
        at: Position,
        /// The last event of the log.
        head: Position,
    },
    /// The log does not hold the event that the projection has handled last: it was replaced, most likely by a backup.
    Replaced {
        /// The projection: its name and version.
        projection: String,
        /// The last event that it has handled.
        at: Place,
    },
    /// The read model was removed while this program was running.
    Removed {
        /// The projection: its name and version.
        projection: String,
    },
}

impl SynchronousError {
    /// Why a synchronous projection refused, if it did.
    pub fn of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a SynchronousError> {
        std::iter::successors(Some(error), |error| (*error).source()).find_map(|error| error.downcast_ref())
    }

    /// The error of a store whose text says what it could not do.
    pub fn into_store_error(self, text: impl Into<String>) -> StoreError {
        StoreError::new(self.kind(), text).with_source(self)
    }

    /// The kind of store error that this is.
    pub fn kind(&self) -> StoreErrorKind {
        match self {
            SynchronousError::Replaced { .. } => StoreErrorKind::Replaced,
            _ => StoreErrorKind::Refused,
        }
    }
}

impl fmt::Display for SynchronousError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SynchronousError::Failed { projection, event: Some(event), error } => {
                write!(
                    f,
                    "the synchronous projection {projection} cannot handle `{event}`, so nothing was appended: {error}"
                )
            }
            SynchronousError::Failed { projection, event: None, error } => {
                write!(
                    f,
                    "the synchronous projection {projection} cannot be committed, so nothing was appended: {error}"
                )
            }
            SynchronousError::Stuck { projection, event, at, error } => write!(
                f,
                "the synchronous projection {projection} cannot handle `{event}` at position {at}, which the log holds already, so no event \
                 can be appended after it: {error}\nhelp: correct the handler; if the event came from a program without this projection, \
                 let that program have it too"
            ),
            SynchronousError::Behind { projection, at, head } => write!(
                f,
                "the synchronous projection {projection} has handled the log up to position {at}, but programs without it appended up to \
                 {head}, and an append handles at most {CATCH_UP_MAX} events before its own\nhelp: stop the programs that append without \
                 it, then read the projection, or open the store with it again: both handle what is missing, however much it is"
            ),
            SynchronousError::Replaced { projection, at } => write!(
                f,
                "the synchronous projection {projection} has handled the log up to position {}, but the log does not hold that event: most \
                 likely a backup was restored\nhelp: remove this version of it with `remove_projection`, and open the store with it again, \
                 so that it is built anew",
                at.position
            ),
            SynchronousError::Removed { projection } => write!(
                f,
                "the synchronous projection {projection} was removed while this program was running\nhelp: start the program again, so that \
                 it is built anew; or stop the program"
            ),
        }
    }
}

impl Error for SynchronousError {}

/// What the handlers of a synchronous projection get instead of these events: the same, with each sealed value as it reads once its subject
/// is forgotten. `None` if no value is sealed. An event whose sealed values are damaged stays as it is, and is not decoded.
///
/// They run inside the store, which has no keys, in the transaction of the append. And what they write is in the files of the log, where
/// personal data never is in the clear.
pub fn forgotten(events: &[&RecordedEvent]) -> Option<Vec<RecordedEvent>> {
    if !events.iter().any(|event| event.content_type.is_sealed()) {
        return None;
    }
    let forget = |event: &&RecordedEvent| event.forgotten().ok().flatten().unwrap_or_else(|| (*event).clone());
    Some(events.iter().map(forget).collect())
}

/// Refuses a projection that cannot commit with the append: one that keeps personal data, since it gets none, and one whose failed events
/// would be set aside, since there is nothing that could go on without them.
///
/// # Errors
/// `Invalid`.
pub fn check_synchronous<P: Subscriber>() -> Result<(), StoreError> {
    if P::PERSONAL == Some(KeptPersonal::Revealed) {
        let text = format!(
            "`{}` has `personal = \"revealed\"`, but a synchronous projection gets personal values as they read once they are forgotten, \
             since no personal data is kept in the clear where the log is\nhelp: write `personal = \"none\"`, or keep the projection in views",
            P::TYPE.name
        );
        return Err(StoreError::new(StoreErrorKind::Invalid, text));
    }
    let word = match P::TYPE.on_error {
        OnError::Stop => return Ok(()),
        OnError::Park => "park",
        OnError::Skip => "skip",
    };
    let text = format!(
        "`{}` has `on_error = \"{word}\"`, but a synchronous projection refuses each append that it cannot handle\nhelp: leave `on_error` \
         out, or keep the projection in views",
        P::TYPE.name
    );
    Err(StoreError::new(StoreErrorKind::Invalid, text))
}

/// Refuses a projection that a store has already.
pub fn added_twice(projection: &str) -> StoreError {
    let text = format!(
        "the store has the projection {projection} already\nhelp: add each projection once, where the store is opened"
    );
    StoreError::new(StoreErrorKind::Invalid, text)
}

/// The error of a handler, as one text.
pub fn text_of(error: &HandleError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::{EventTypes, SourceLocation};
    use crate::model::subscriber::{Order, SubscriberType};

    struct Names;

    impl Subscriber for Names {
        const TYPE: &'static SubscriberType = &SubscriberType {
            name: "names",
            version: 1,
            order: Order::All,
            on_error: OnError::Stop,
            tables: "",
            rust_name: "Names",
            location: SourceLocation { module: "tests", file: "tests", line: 1 },
        };
        const EVENTS: EventTypes = EventTypes::NONE;
        const PERSONAL: Option<KeptPersonal> = Some(KeptPersonal::Revealed);
    }

    #[test]
    fn what_keeps_personal_data_cannot_commit_with_the_append() {
        let refused = check_synchronous::<Names>().unwrap_err();
        assert_eq!(refused.kind(), StoreErrorKind::Invalid);
        let text = refused.to_string();
        assert!(text.starts_with("`names` has `personal = \"revealed\"`, but"), "{text}");
        assert!(text.ends_with("help: write `personal = \"none\"`, or keep the projection in views"), "{text}");
    }
}

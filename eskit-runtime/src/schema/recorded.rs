use std::fmt;

use super::payload;
use super::record::LockFile;
use crate::codec::decode_error::{DecodeError, DecodeReason};
use crate::log::recorded::RecordedEvent;

/// The shapes that an `eskit.lock` records, to compare stored events with them: for tools. A program itself is held to its lock when it
/// is built.
///
/// ```
/// # use eskit_runtime as eskit;
/// use eskit::schema::{RecordedShapes, ShapeFit};
/// # use eskit::log::{NewEvent, Part, Position};
/// # use eskit::Timestamp;
///
/// let shapes = RecordedShapes::parse("format 1\ncrate bank\n\nevent bank.MoneyDeposited\n  version 1: struct\n    amount: u64\n")?;
/// # let recorded = |payload: &str| NewEvent::json("bank.MoneyDeposited", payload)
/// #     .into_recorded(Position::new(1), None, Part::WHOLE, Timestamp::now());
/// assert_eq!(shapes.compare(&recorded(r#"{"amount":5}"#)), ShapeFit::Fits);
/// let difference = ShapeFit::Differs("`payload.amount` is a text, and not of type `u64`".to_owned());
/// assert_eq!(shapes.compare(&recorded(r#"{"amount":"5"}"#)), difference);
/// # Ok::<(), eskit::schema::RecordedShapesError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RecordedShapes(LockFile);

/// How a stored event compares with the record of its type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ShapeFit {
    /// Its payload has the recorded shape, as far as records tell: not what stated names stand for, and not what is flattened.
    Fits,
    /// The file has no record of this type, or none of this version, which is older than those that it has.
    NotRecorded,
    /// The event differs from the record. The text says where, and how.
    Differs(String),
}

/// A text is no `eskit.lock`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedShapesError(String);

impl RecordedShapes {
    /// Reads the text of an `eskit.lock`.
    ///
    /// # Errors
    /// A line that is no part of a record.
    pub fn parse(text: &str) -> Result<RecordedShapes, RecordedShapesError> {
        LockFile::parse(&text.replace("\r\n", "\n")).map(RecordedShapes).map_err(RecordedShapesError)
    }

    /// The crate whose events these are.
    pub fn crate_name(&self) -> &str {
        &self.0.crate_name
    }

    /// Compares a stored event with the record of its type and version.
    pub fn compare(&self, event: &RecordedEvent) -> ShapeFit {
        let is_called = |name: &str| name == &*event.name;
        let mut events = self.0.events.iter();
        let of = events.find(|of| is_called(&of.name) || of.aliases.iter().any(|alias| is_called(alias)));
        let Some(of) = of else { return ShapeFit::NotRecorded };
        let version = event.schema_version.get();
        let Some(record) = of.versions.iter().find(|record| record.number == version) else {
            let newest = of.versions.last().map_or(0, |record| record.number);
            return match version > newest {
                true => ShapeFit::Differs(format!("version {version} is newer than those that are recorded")),
                false => ShapeFit::NotRecorded,
            };
        };
        let json = match event.payload_as_json() {
            Ok(json) => json,
            Err(DecodeError { reason: DecodeReason::Malformed(error), .. }) => {
                return ShapeFit::Differs(format!("the payload is no {}: {error}", event.content_type));
            }
            Err(error) => return ShapeFit::Differs(error.to_string()),
        };
        // Forgotten values fit the type; what is sealed stands in their place.
        let sealed = event.sealed_payload().ok().flatten();
        let json = match sealed {
            Some(sealed) => {
                let forgotten: Vec<&str> = sealed.values().iter().map(|value| value.forgotten.as_str()).collect();
                sealed.with(&forgotten).into()
            }
            None => json,
        };
        let compared = match serde_json::from_str(&json) {
            Ok(payload) => payload::compare(&record.text, &payload),
            Err(error) => Err(format!("the payload is no JSON: {error}")),
        };
        compared.map_or_else(ShapeFit::Differs, |()| ShapeFit::Fits)
    }
}

impl fmt::Display for RecordedShapesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RecordedShapesError {}

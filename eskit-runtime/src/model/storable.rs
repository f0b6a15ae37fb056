use crate::codec::decode_error::{DecodeError, DecodeReason};
use crate::codec::encode::{EncodeError, encode_payload};
use crate::codec::encoded::Encoded;
use crate::codec::json::Written;
use crate::codec::kind::PayloadKind;
use crate::log::content_type::ContentType;
use crate::log::name::{SchemaVersion, WireName};
use crate::log::position::Position;
use crate::log::recorded::PersonalData;
use crate::model::bounds::JsonStep;
use crate::model::command::Command;
use crate::model::decode::{Current, current, newer, run_steps, write_again};
use crate::model::event::{EventType, EventTypes, Payload};

/// A command as it is stored: in a queue, or in the body of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct StoredCommand {
    /// The wire name of its type.
    pub name: WireName,
    /// The version of its payload's shape.
    pub version: SchemaVersion,
    /// The payload: JSON.
    pub payload: Vec<u8>,
}

impl StoredCommand {
    /// A command as it was stored.
    pub fn new(name: impl Into<WireName>, version: SchemaVersion, payload: impl Into<Vec<u8>>) -> StoredCommand {
        StoredCommand { name: name.into(), version, payload: payload.into() }
    }
}

/// A command that can be stored, or a set of such commands. Implemented by `#[derive(Command)]` with `#[command(stored)]`.
///
/// ```
/// # use eskit_runtime as eskit;
/// use eskit::codec::DecodeError;
/// use eskit::model::{Storable, StoredCommand};
///
/// /// Reads what a queue holds.
/// fn read_all<C: Storable>(queue: &[StoredCommand]) -> Result<Vec<C>, DecodeError> {
///     queue.iter().map(C::decode).collect()
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored\nhelp: put `#[command(stored)]` on `{Self}`; a struct needs `Serialize, Deserialize` in its derives too",
    label = "not a stored command, nor a set of stored commands"
)]
pub trait Storable: Sized + Send + 'static {
    /// The types of commands that a value of this type may hold, described as events are.
    const TYPES: EventTypes;

    /// Decodes a command of one of these types.
    #[doc(hidden)]
    fn decode_named(encoded: &Encoded<'_>) -> Result<Self, DecodeError>;

    /// Encodes the command, under its wire name and its newest version.
    ///
    /// # Errors
    /// It could not be read back unchanged.
    fn encode(&self) -> Result<StoredCommand, EncodeError>;

    /// Decodes a stored command. Old versions are upcast.
    ///
    /// # Errors
    /// [`DecodeReason::UnknownCommand`] if there is no command of this wire name or alias; the other reasons if the payload
    /// cannot be read.
    fn decode(stored: &StoredCommand) -> Result<Self, DecodeError> {
        let StoredCommand { name, version, payload } = stored;
        decode_by_name(name, Some(*version), payload)
    }

    /// Decodes a command from its wire name and the JSON of its payload, such as the body of a request. Without a version, it is
    /// that which this program has.
    ///
    /// # Errors
    /// As of [`Storable::decode`].
    fn from_json(name: &str, version: Option<SchemaVersion>, json: impl AsRef<[u8]>) -> Result<Self, DecodeError> {
        decode_by_name(&WireName::from(name), version, json.as_ref())
    }
}

fn decode_by_name<C: Storable>(
    name: &WireName,
    version: Option<SchemaVersion>,
    payload: &[u8],
) -> Result<C, DecodeError> {
    let known = C::TYPES.named(name);
    let newest = known.and_then(|known| SchemaVersion::new(known.version));
    let version = version.or(newest).unwrap_or(SchemaVersion::FIRST);
    let (kind, position, content_type) = (PayloadKind::Command, Position::START, &ContentType::JSON);
    let encoded = Encoded { kind, name, version, position, content_type, payload, personal: &PersonalData::AsStored };
    match known {
        Some(_) => C::decode_named(&encoded),
        None => Err(unknown_command::<C>(&encoded)),
    }
}

/// The answer of a set that has no command of this name.
#[cold]
pub fn unknown_command<C: Storable>(encoded: &Encoded<'_>) -> DecodeError {
    encoded.undecodable(DecodeReason::UnknownCommand { known: C::TYPES.names() })
}

/// One command that can be stored: what every struct with `#[command(stored)]` is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored\nhelp: put `#[command(stored)]` on `{Self}`, and `Serialize, Deserialize` into its derives",
    label = "not a stored command"
)]
pub trait StorableCommand: Command + Payload + Send + 'static {
    /// All that the program knows of how it is stored, described as events are.
    const STORED: &'static EventType;
    /// The schema version, from 1.
    const VERSION: u32 = Self::STORED.version;

    /// Decodes an older version of this command.
    #[doc(hidden)]
    fn upcast(encoded: &Encoded<'_>) -> Result<Self, DecodeError> {
        Err(newer(encoded, Self::VERSION))
    }
}

/// The one impl for all that is one stored command.
#[diagnostic::do_not_recommend]
impl<C: StorableCommand> Storable for C {
    const TYPES: EventTypes = EventTypes::One(C::STORED);

    fn decode_named(encoded: &Encoded<'_>) -> Result<C, DecodeError> {
        match current(encoded, C::VERSION)? {
            Current::Json(text) => C::read_json(text).map_err(|error| encoded.malformed(error)),
            Current::Other => C::read_json(&encoded.text()?).map_err(|error| encoded.malformed(error)),
            Current::Older => C::upcast(encoded),
        }
    }

    fn encode(&self) -> Result<StoredCommand, EncodeError> {
        let EventType { kind, name, version, .. } = *C::STORED;
        let (mut written, mut again) = (Written::default(), Written::default());
        encode_payload((kind, name), self.as_json(), &write_again::<C>, &mut written, &mut again)?;
        let version = SchemaVersion::new(version).unwrap_or(SchemaVersion::FIRST);
        Ok(StoredCommand { name: WireName::from_static(name), version, payload: written.text })
    }
}

/// Decodes an old version through JSON steps; `steps[i]` leads from version `i + 1` to `i + 2`.
pub fn upcast_command<C: StorableCommand>(encoded: &Encoded<'_>, steps: &[&dyn JsonStep]) -> Result<C, DecodeError> {
    let text = run_steps(encoded, steps)?;
    C::read_json(&text).map_err(|error| encoded.malformed(error))
}

/// What the program knows of how a command is stored.
pub const fn stored_type<C: StorableCommand>() -> &'static EventType {
    C::STORED
}

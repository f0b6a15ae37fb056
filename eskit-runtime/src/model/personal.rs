//! What of an event that is encoded is personal data.

use serde_json::Value;

use crate::codec::encode::{EncodeError, EncodeReason, WriteAgain};
use crate::codec::error::CodecError;
use crate::codec::json::{StandIns, Written, json_path, offset};
use crate::log::name::WireName;
use crate::log::personal::{JsonPointer, PersonalValue};
use crate::log::tag::Tags;
use crate::model::event::EventType;
use crate::personal::find::find;
use crate::shape::ShapeDef;

/// The personal values of an event that is written. Its type must read it without them too: what is in the log is read after its
/// subjects are forgotten.
#[cold]
pub(super) fn find_personal(
    event: &'static EventType,
    shape: &'static ShapeDef,
    written: &Written,
    tags: &Tags,
    write_again: WriteAgain<'_>,
) -> Result<Vec<PersonalValue>, EncodeError> {
    let refuse = |reason, path| EncodeError { kind: event.kind, name: WireName::from_static(event.name), path, reason };
    let unwritable = |error| refuse(EncodeReason::Unwritable(error), String::new());
    let text = std::str::from_utf8(&written.text).map_err(|error| unwritable(CodecError::new(error)))?;
    let (mut payload, stand_ins) = StandIns::parse(text).map_err(|error| unwritable(CodecError::new(error)))?;
    let values = find(shape, &payload, tags).map_err(|(reason, path)| refuse(reason, as_path(&path)))?;
    if values.is_empty() {
        return Ok(values);
    }
    forget(&mut payload, &values);
    let forgotten = stand_ins.write(&payload).map_err(|error| unwritable(CodecError::new(error)))?;
    match write_again(&forgotten, &mut Written::default()) {
        Ok(()) => Ok(values),
        Err(error) => {
            let path = json_path(&forgotten, offset(&forgotten, &error));
            Err(refuse(EncodeReason::Unforgettable(CodecError::new(error)), path))
        }
    }
}

/// The payload as it is read once every subject is forgotten.
fn forget(payload: &mut Value, values: &[PersonalValue]) {
    for value in values {
        if let Some(place) = payload.pointer_mut(value.path.as_str()) {
            *place = value.forgotten.clone();
        }
    }
}

/// `/guests/0/name` as `guests[0].name`.
fn as_path(pointer: &JsonPointer) -> String {
    let mut path = String::new();
    for part in pointer.as_str().split('/').skip(1) {
        match part.parse::<usize>() {
            Ok(index) => path.push_str(&format!("[{index}]")),
            Err(_) => {
                let dot = if path.is_empty() { "" } else { "." };
                path.push_str(&format!("{dot}{}", part.replace("~1", "/").replace("~0", "~")));
            }
        }
    }
    path
}

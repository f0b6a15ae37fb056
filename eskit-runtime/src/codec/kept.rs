//! Values that are kept as JSON beside the log, such as states and the results of steps: read back unchanged, or not kept.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::encode::{EncodeReason, encode};
use crate::codec::json::{ToJson as _, Written, read};
use crate::store_kit::contain;

/// The value as JSON, if it is read back from it unchanged.
///
/// # Errors
/// What stands in the way.
pub(crate) fn write_value<T: Serialize + DeserializeOwned>(value: &T) -> Result<String, String> {
    let (mut written, mut again) = (Written::default(), Written::default());
    let write_again = |text: &str, again: &mut Written| read::<T>(text)?.to_json(again);
    match contain(|| encode(value, &write_again, &mut written, &mut again)) {
        Ok(Ok(())) => String::from_utf8(written.text).map_err(|error| error.to_string()),
        Ok(Err((reason, path))) => Err(said(&reason, &path)),
        Err(text) => Err(format!("its `Serialize` or `Deserialize` panicked: {text}")),
    }
}

fn said(reason: &EncodeReason, path: &str) -> String {
    let place = if path.is_empty() { "it".to_owned() } else { format!("`{path}`") };
    match reason {
        EncodeReason::Unwritable(error) | EncodeReason::Format { error, .. } => {
            format!("{place} cannot be written as JSON: {error}")
        }
        EncodeReason::Unreadable(error) => format!("{place} is written as JSON that its type does not read: {error}"),
        EncodeReason::Null { value } => format!("{place} is {value}, for which JSON has only `null`"),
        // Of an event's payload only.
        EncodeReason::NoSubject { .. } | EncodeReason::Misshapen { .. } | EncodeReason::Unforgettable(_) => {
            format!("{place} cannot be kept")
        }
        EncodeReason::Changed { written, read } => format!("{place} is written as `{written}` and read as `{read}`"),
    }
}

/// Reads a value that [`write_value`] has written.
///
/// # Errors
/// It does not fit the type any more.
pub(crate) fn read_value<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    match contain(|| read::<T>(text)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(error.to_string()),
        Err(text) => Err(format!("its `Deserialize` panicked: {text}")),
    }
}

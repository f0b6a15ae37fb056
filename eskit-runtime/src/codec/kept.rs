//! Values that are kept as JSON beside the log, such as states and the results of steps: read back unchanged, or not kept.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::encode::{EncodeReason, encode};
use crate::codec::error::CodecError;
use crate::codec::json::{ToJson as _, Written, read};
use crate::store_kit::contain;

/// The value as JSON, if it is read back from it unchanged. What stands in the way may quote the value, unless it `is_personal`.
///
/// # Errors
/// What stands in the way.
pub(crate) fn write_value<T: Serialize + DeserializeOwned>(value: &T, is_personal: bool) -> Result<String, String> {
    let (mut written, mut again) = (Written::default(), Written::default());
    let write_again = |text: &str, again: &mut Written| read::<T>(text)?.to_json(again);
    match contain(|| encode(value, &write_again, &mut written, &mut again)) {
        Ok(Ok(())) => String::from_utf8(written.text).map_err(|error| error.to_string()),
        Ok(Err((mut reason, path))) => {
            if is_personal {
                reason.hide_values();
            }
            Err(said(&reason, if is_personal { "" } else { &path }))
        }
        Err(_) if is_personal => Err("its `Serialize` or `Deserialize` panicked".to_owned()),
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
pub(crate) fn read_value<T: DeserializeOwned>(text: &str, is_personal: bool) -> Result<T, String> {
    match contain(|| read::<T>(text)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_)) | Err(_) if is_personal => Err(CodecError::hidden().to_string()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(text) => Err(format!("its `Deserialize` panicked: {text}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Odd(&'static str);

    impl<'de> serde::Deserialize<'de> for Odd {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Odd, D::Error> {
            match String::deserialize(deserializer)?.as_str() {
                "CHANGED" => Ok(Odd("OTHER")),
                "PANICS" => panic!("PANICS"),
                other => Err(serde::de::Error::custom(other)),
            }
        }
    }

    #[test]
    fn a_personal_value_is_never_quoted() {
        for text in ["CHANGED", "REFUSED", "PANICS"] {
            let value = std::collections::BTreeMap::from([("Mum".to_owned(), Odd(text))]);
            let told = [true, false].map(|is_personal| write_value(&value, is_personal).unwrap_err());
            assert!(!told[0].contains(text) && !told[0].contains("Mum") && told[1].contains(text), "{told:?}");
            let json = format!("\"{text}\"");
            let told = [true, false].map(|is_personal| read_value::<Odd>(&json, is_personal).err());
            assert!(told[0].as_ref().is_none_or(|told| !told.contains(text)), "{told:?}");
            assert_eq!(told[1].is_none(), text == "CHANGED", "{told:?}");
        }
    }
}

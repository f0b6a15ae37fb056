use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::kept::{read_value, write_value};

/// The result of a step as JSON, if it is read back from it unchanged.
///
/// # Errors
/// What stands in the way, and what to do.
pub fn write_result<T: Serialize + DeserializeOwned>(step: &str, result: &T) -> Result<String, String> {
    write_value(result, false).map_err(|why| {
        format!(
            "the result of the step `{step}` cannot be kept: {why}\nhelp: let the step return less, such as the id of what it has made, \
             in a type that serde reads back as it was"
        )
    })
}

/// Reads a result that [`write_result`] has written.
///
/// # Errors
/// It does not fit the type any more.
pub fn read_result<T: DeserializeOwned>(step: &str, text: &str) -> Result<T, String> {
    read_value(text, false).map_err(|why| {
        format!(
            "the result `{}` of the step `{step}`, which has happened, cannot be read: {why}\nhelp: let the type read what it wrote before, \
             for example with `#[serde(default)]` for a new field, or say the result again, with `happened` of `Running::steps` or \
             `eskit work happened`; a new name for the step would let it happen again",
            crate::log::bounds::excerpt(text)
        )
    })
}

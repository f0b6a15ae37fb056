use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::encode::{EncodeReason, encode};
use crate::codec::json::{ToJson as _, Written, read};
use crate::model::aggregate::Evolve;
use crate::store_kit::contain;

/// An aggregate whose state can be kept as a snapshot.
#[diagnostic::on_unimplemented(
    message = "the state of `{Self}` cannot be kept as a snapshot\nhelp: add `Clone, Serialize, Deserialize` to the derives of `{Self}`; it must be an aggregate",
    label = "not an aggregate with `Clone`, `Serialize` and `Deserialize`"
)]
pub trait SnapshotState: Evolve + Clone + Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<A: Evolve + Clone + Serialize + DeserializeOwned> SnapshotState for A {}

/// The largest state that is kept, as JSON.
const STATE_BYTES_MAX: usize = 16 << 20;

/// The state as JSON, if it is read back from it unchanged, and at most 16 MiB long.
///
/// # Errors
/// What stands in the way, and what to do.
pub fn write_state<A: SnapshotState>(state: &A) -> Result<String, String> {
    let (mut written, mut again) = (Written::default(), Written::default());
    let write_again = |text: &str, again: &mut Written| read::<A>(text)?.to_json(again);
    let encoded = contain(|| encode(state, &write_again, &mut written, &mut again));
    let why = match encoded {
        Ok(Ok(())) if written.text.len() > STATE_BYTES_MAX => {
            let (name, len) = (A::TYPE.name, written.text.len());
            return Err(format!(
                "the state of `{name}` cannot be kept as a snapshot: it is {len} bytes long, and at most {STATE_BYTES_MAX} are kept\nhelp: \
                 divide what it holds among several aggregates"
            ));
        }
        Ok(Ok(())) => return String::from_utf8(written.text).map_err(|error| error.to_string()),
        Ok(Err((reason, path))) => said(&reason, &path),
        Err(text) => format!("its `Serialize` or `Deserialize` panicked: {text}"),
    };
    Err(format!(
        "the state of `{}` cannot be kept as a snapshot: {why}\nhelp: make `Serialize` and `Deserialize` agree, or give the field another \
         form with `#[serde(with = \"..\")]`",
        A::TYPE.name
    ))
}

fn said(reason: &EncodeReason, path: &str) -> String {
    let place = if path.is_empty() { "it".to_owned() } else { format!("`{path}`") };
    match reason {
        EncodeReason::Unwritable(error) | EncodeReason::Format { error, .. } => {
            format!("{place} cannot be written as JSON: {error}")
        }
        EncodeReason::Unreadable(error) => format!("{place} is written as JSON that its type does not read: {error}"),
        EncodeReason::Null { value } => format!("{place} is {value}, for which JSON has only `null`"),
        EncodeReason::Changed { written, read } => format!("{place} is written as `{written}` and read as `{read}`"),
    }
}

/// Reads a state that [`write_state`] has written.
///
/// # Errors
/// It does not fit the type any more.
pub fn read_state<A: SnapshotState>(text: &str) -> Result<A, String> {
    let why = match contain(|| read::<A>(text)) {
        Ok(Ok(state)) => return Ok(state),
        Ok(Err(error)) => error.to_string(),
        Err(text) => format!("its `Deserialize` panicked: {text}"),
    };
    Err(format!(
        "a snapshot of `{0}` cannot be read: {why}\nhelp: nothing is needed, since the state is folded from the log, and replaced by a \
         snapshot that can be read; to leave out all old snapshots at once, write `version = {1}` in its `#[aggregate(..)]`",
        A::TYPE.name,
        A::TYPE.version + 1
    ))
}

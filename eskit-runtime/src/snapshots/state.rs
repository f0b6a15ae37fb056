use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::kept::{read_value, write_value};
use crate::model::aggregate::Evolve;
use crate::personal::KeptPersonal;

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

/// Whether the state holds personal data, which no error quotes.
fn is_personal<A: SnapshotState>() -> bool {
    A::TYPE.personal == Some(KeptPersonal::Revealed)
}

/// The state as JSON, if it is read back from it unchanged, and at most 16 MiB long.
///
/// # Errors
/// What stands in the way, and what to do.
pub fn write_state<A: SnapshotState>(state: &A) -> Result<String, String> {
    let name = A::TYPE.name;
    let text = write_value(state, is_personal::<A>()).map_err(|why| {
        format!(
            "the state of `{name}` cannot be kept as a snapshot: {why}\nhelp: make `Serialize` and `Deserialize` agree, or give the field \
             another form with `#[serde(with = \"..\")]`"
        )
    })?;
    if text.len() > STATE_BYTES_MAX {
        let len = text.len();
        return Err(format!(
            "the state of `{name}` cannot be kept as a snapshot: it is {len} bytes long, and at most {STATE_BYTES_MAX} are kept\nhelp: \
             divide what it holds among several aggregates"
        ));
    }
    Ok(text)
}

/// Reads a state that [`write_state`] has written.
///
/// # Errors
/// It does not fit the type any more.
pub fn read_state<A: SnapshotState>(text: &str) -> Result<A, String> {
    read_value(text, is_personal::<A>()).map_err(|why| {
        format!(
            "a snapshot of `{0}` cannot be read: {why}\nhelp: nothing is needed, since the state is folded from the log, and replaced by a \
             snapshot that can be read; to leave out all old snapshots at once, write `version = {1}` in its `#[aggregate(..)]`",
            A::TYPE.name,
            A::TYPE.version + 1
        )
    })
}

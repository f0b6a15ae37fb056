use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::kept::{read_value, write_value};
use crate::model::aggregate::Evolve;
use crate::personal::KeptPersonal;
use crate::shape::def::Shape;
use crate::subscription::HandleMut;

/// An aggregate whose state can be kept as a snapshot.
#[diagnostic::on_unimplemented(
    message = "the state of `{Self}` cannot be kept as a snapshot\nhelp: add `Clone, Serialize, Deserialize` to the derives of `{Self}`; it must be an aggregate",
    label = "not an aggregate with `Clone`, `Serialize` and `Deserialize`"
)]
pub trait SnapshotState: Evolve + Clone + Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<A: Evolve + Clone + Serialize + DeserializeOwned> SnapshotState for A {}

/// A projection in memory that can be kept as a snapshot. By its shape, a snapshot with other fields is told.
#[diagnostic::on_unimplemented(
    message = "the projection `{Self}` cannot be kept as a snapshot\nhelp: add `Clone, Serialize, Deserialize, eskit::Shape` to the derives of `{Self}`; it must be a projection in memory",
    label = "not a projection in memory with `Clone`, `Serialize`, `Deserialize` and `Shape`"
)]
pub trait SnapshotProjection: HandleMut + Clone + Shape + Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<P: HandleMut + Clone + Shape + Serialize + DeserializeOwned> SnapshotProjection for P {}

/// The largest state that is kept, as JSON.
const STATE_BYTES_MAX: usize = 16 << 20;

const fn is_revealed(personal: Option<KeptPersonal>) -> bool {
    matches!(personal, Some(KeptPersonal::Revealed))
}

/// What a snapshot is of: writes and reads its states, and says why it cannot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Snapshotted {
    name: &'static str,
    version: u32,
    is_projection: bool,
    /// Whether the state holds personal data, which no error quotes.
    is_personal: bool,
}

impl Snapshotted {
    /// The states of an aggregate.
    pub const fn aggregate<A: Evolve>() -> Snapshotted {
        let is_personal = is_revealed(A::TYPE.personal);
        Snapshotted { name: A::TYPE.name, version: A::TYPE.version, is_projection: false, is_personal }
    }

    /// A projection in memory.
    pub const fn projection<P: HandleMut>() -> Snapshotted {
        let is_personal = is_revealed(P::PERSONAL);
        Snapshotted { name: P::TYPE.rust_name, version: P::TYPE.version, is_projection: true, is_personal }
    }

    /// The state as JSON, if it is read back from it unchanged, and at most 16 MiB long.
    ///
    /// # Errors
    /// What stands in the way, and what to do.
    pub fn write<T: Serialize + DeserializeOwned>(self, state: &T) -> Result<String, String> {
        let name = self.name;
        let text = write_value(state, self.is_personal).map_err(|why| {
            format!(
                "the state of `{name}` cannot be kept as a snapshot: {why}\nhelp: make `Serialize` and `Deserialize` agree, or give the \
                 field another form with `#[serde(with = \"..\")]`"
            )
        })?;
        if text.len() > STATE_BYTES_MAX {
            let (len, help) = (text.len(), self.when_too_large());
            return Err(format!(
                "the state of `{name}` cannot be kept as a snapshot: it is {len} bytes long, and at most {STATE_BYTES_MAX} are kept\nhelp: \
                 {help}"
            ));
        }
        Ok(text)
    }

    fn when_too_large(self) -> &'static str {
        if self.is_projection {
            "keep the projection in views, such as `SqliteViews`, with `with_projection`"
        } else {
            "divide what it holds among several aggregates"
        }
    }

    /// Reads a state that [`Snapshotted::write`] has written.
    ///
    /// # Errors
    /// It does not fit the type any more.
    pub fn read<T: DeserializeOwned>(self, text: &str) -> Result<T, String> {
        let (attribute, made) =
            if self.is_projection { ("projection", "projection is built") } else { ("aggregate", "state is folded") };
        read_value(text, self.is_personal).map_err(|why| {
            format!(
                "a snapshot of `{0}` cannot be read: {why}\nhelp: nothing is needed, since the {made} from the log, and replaced by a \
                 snapshot that can be read; to leave out all old snapshots at once, write `version = {1}` in its `#[{attribute}(..)]`",
                self.name,
                self.version + 1
            )
        })
    }
}

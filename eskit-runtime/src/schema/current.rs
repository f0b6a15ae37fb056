//! Whether a crate has the schema lock, and what it holds of one version of an event or a stored command.

use crate::message::Message;
use crate::model::event::EventType;
use crate::shape::ShapeDef;
use crate::shape::hash;

/// Whether the schema lock is on in a crate, and how strict it is in this build.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lock {
    /// The crate root has no `eskit::lock!()`.
    Off,
    /// `ESKIT_LOCK` is set: the build is there to write the file.
    Writing,
    /// Changes that stored events or older programs do not survive are errors.
    Checked,
    /// A release: what is not recorded is an error too.
    Strict,
}

impl Lock {
    /// What `eskit::lock!()` switches on.
    pub const fn for_build(strict: bool) -> Lock {
        if strict { Lock::Strict } else { Lock::Checked }
    }
}

/// Without `eskit::lock!()` at the crate root the lock is off: its module at the crate root comes before a type of this
/// trait.
pub trait Unlocked {
    /// What holds in this crate.
    const LOCK: Lock = Lock::Off;
}

impl<T: ?Sized> Unlocked for T {}

/// What the program knows of one version of an event or a stored command.
#[derive(Clone, Copy, Debug)]
pub struct Current {
    pub(super) event: &'static EventType,
    /// The hash of the tags.
    pub(super) tags_hash: u64,
    /// The shape of the payload.
    pub(super) shape: &'static ShapeDef,
}

impl Current {
    /// The event with the hashes of the keys of its tags, and the shape of its payload.
    pub const fn new(event: &'static EventType, keys: &[u64], shape: &'static ShapeDef) -> Current {
        let (mut tags_hash, mut i) = (0, 0);
        while i < keys.len() {
            let id_type = &event.tags[i].id_type;
            let id_type = if id_type.is_known() { hash::text(id_type.name()) } else { 0 };
            tags_hash = hash::tag(tags_hash, keys[i], id_type);
            i += 1;
        }
        Current { event, tags_hash, shape }
    }

    /// Those of test modules are not locked: they exist in test builds only.
    pub(super) const fn is_locked(&self) -> bool {
        !is_test_module(self.event.location.module)
    }

    /// What it is, with its name.
    pub(super) const fn name(&self) -> Message {
        Message::new().text(self.event.kind.word()).text(" ").code(self.event.name)
    }

    pub(super) const fn title(&self) -> Message {
        self.name().text(" version ").number(self.event.version)
    }
}

/// Whether a path goes through a module called `tests`.
pub(crate) const fn is_test_module(module: &str) -> bool {
    const NAME: &[u8] = b"::tests";
    let path = module.as_bytes();
    let mut start = 0;
    while start + NAME.len() <= path.len() {
        let (mut i, end) = (0, start + NAME.len());
        while i < NAME.len() && path[start + i] == NAME[i] {
            i += 1;
        }
        if i == NAME.len() && (end == path.len() || path[end] == b':') {
            return true;
        }
        start += 1;
    }
    false
}

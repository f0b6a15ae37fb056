use std::fmt::Display;

use eskit_runtime::StoreError;
use eskit_runtime::subscription::{Changed, Changes, TellChanges};

use super::{MemoryTx, MemoryViews, Undo};

impl MemoryViews {
    pub(super) fn tell(&self, name: &str, changed: Changed) {
        if !changed.is_none() {
            self.hubs.of(name).tell(changed);
        }
    }
}

impl TellChanges for MemoryViews {
    async fn changes_of(&self, name: &str) -> Result<Changes, StoreError> {
        Ok(self.hubs.of(name).listen())
    }
}

impl MemoryTx {
    /// Tells readers that wait in [`Changes::next`] that what is kept under this key has changed. They hear of it after the commit.
    /// Without any call, they hear that something has changed.
    pub fn changed(&mut self, key: impl Display) {
        self.changed.add(key.to_string());
    }

    /// What readers are told.
    pub(super) fn take_changed(&mut self) -> Changed {
        let has_written = self.undo.iter().any(|undo| !matches!(undo, Undo::Parked(..)));
        match std::mem::replace(&mut self.changed, Changed::none()) {
            named if named.is_none() && has_written => Changed::All,
            named => named,
        }
    }
}

use eskit_runtime::log::{Append, AppendError, Appended};
use eskit_runtime::{EventStore, delegate_store};

use crate::memory::MemoryStore;

/// The log of a test, which keeps personal data as it is. It ends with the test, which looks at what was decided.
pub(super) struct Unsealed(MemoryStore);

impl Unsealed {
    pub(super) fn new() -> Unsealed {
        Unsealed(MemoryStore::new())
    }
}

impl EventStore for Unsealed {
    delegate_store!(|layer| &layer.0, except append);

    async fn append(&self, mut append: Append) -> Result<Appended, AppendError> {
        append.events.iter_mut().for_each(|event| event.personal.clear());
        self.0.append(append).await
    }
}

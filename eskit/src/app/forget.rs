use std::sync::Arc;

use eskit_runtime::log::{StoreErrorKind, Subject};
use eskit_runtime::{EventStore, StoreError};

use super::App;
use crate::forgetting::Forgetting;
use crate::layer::Sealing;
use crate::vault::{Forgotten, Vault};

impl<S: EventStore> App<S> {
    /// Seals personal data in the log, and opens it for everything that this app reads: models, projections, processors and
    /// [`App::events`]. Without a vault, events with personal data are refused.
    ///
    /// ```
    /// use eskit::prelude::*;
    /// use eskit::vault::{LocalMasterKey, MemoryKeyStore, Vault};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # std::fs::write(std::env::temp_dir().join("eskit-doc-master.key"), "0a".repeat(32))?;
    /// # let file = std::env::temp_dir().join("eskit-doc-master.key");
    /// let master = LocalMasterKey::from_file("2026-11", file)?;
    /// let app = App::new(MemoryStore::new()).with_vault(Vault::new(MemoryKeyStore::new(), master));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn with_vault(mut self, vault: Vault) -> App<S> {
        self.bus.forgetting = Forgetting::of(vault.clone());
        self.bus.store = Arc::new(Sealing::new(Arc::clone(self.bus.store.store()), vault));
        self
    }

    /// Forgets a subject: its personal data reads as forgotten from now on, everywhere and for good. Tags, ids and whatever else is no
    /// personal data stay. A subject that comes back gets a new key.
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// # use eskit::vault::{LocalMasterKey, MemoryKeyStore, Vault};
    /// use eskit::log::Subject;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let vault = Vault::new(MemoryKeyStore::new(), LocalMasterKey::from_bytes("2026-11", [7; 32]));
    /// # let app = App::new(MemoryStore::new()).with_vault(vault);
    /// let forgotten = app.forget(Subject::new("student", "s-4711")).await?;
    /// assert_eq!(forgotten.keys, 0);
    /// # Ok(()) }
    /// ```
    ///
    /// It appends a [`SubjectForgotten`](crate::vault::SubjectForgotten), with the metadata of [`App::with_metadata`], destroys the keys of
    /// the subject, and drops keys, cached states and all snapshots of this app. If the program is killed in between, the next one that
    /// opens the log with a vault finishes it. Other processes follow within [`Vault::noticing_within`]. Projections that keep personal data
    /// in the clear remove it when they get the event. To call it again does no harm.
    ///
    /// # Errors
    /// The app has no vault, the subject crosses a limit, or the log, the key store or the place of the snapshots failed. Unless it was the
    /// subject, call again: what was begun is finished.
    pub async fn forget(&self, subject: Subject) -> Result<Forgotten, StoreError> {
        let (store, metadata) = (&self.bus.store, self.bus.metadata.clone());
        let Some(vault) = store.vault() else {
            let text = "the app has no vault, so it cannot forget\nhelp: give it one with `App::with_vault(vault)`";
            return Err(StoreError::new(StoreErrorKind::Invalid, text));
        };
        let log = store.sealed_log().await?;
        let forgotten = vault.forget(store.store(), log, &subject, metadata).await?;
        self.bus.forgetting.drop_states(vault, store, &self.bus.states).await?;
        Ok(forgotten)
    }
}

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use eskit_runtime::log::{Append, AppendError, Appended, LogId, Page, Query, ReadOptions};
use eskit_runtime::{EventStore, StoreError, delegate_store};

use crate::vault::{Vault, open_all, seal_all};

/// A store in whose log personal data is sealed, and that gives it out opened: for what appends and reads without an
/// [`App`](crate::App), such as an import. An app has it in itself, with [`App::with_vault`](crate::App::with_vault).
///
/// ```
/// # use eskit::prelude::*;
/// use eskit::layer::Sealing;
/// use eskit::vault::{LocalMasterKey, MemoryKeyStore, Vault};
///
/// let vault = Vault::new(MemoryKeyStore::new(), LocalMasterKey::from_bytes("2026-11", [7; 32]));
/// let store = Sealing::new(MemoryStore::new(), vault);
/// ```
///
/// Events without personal data pass as they are. Values of a subject that was forgotten come as the value that their field says. An event
/// with a value that cannot be opened, since its key was lost or it was damaged, comes sealed, and fails when it is decoded; the other
/// events of the page are opened. If the key store cannot be reached, reads of sealed events and appends of personal data fail as
/// [`Unavailable`](crate::log::StoreErrorKind::Unavailable).
///
/// The first event with personal data makes the layer search the log for subjects that were forgotten while the program that did so was
/// killed, or since the backup from which the key store was restored; it destroys their keys.
#[derive(Debug)]
pub struct Sealing<S> {
    store: S,
    vault: Option<Vault>,
    log: OnceLock<LogId>,
    /// Whether the log was searched for forgotten subjects.
    is_searched: AtomicBool,
}

impl<S> Sealing<S> {
    /// The store, with this vault.
    pub fn new(store: S, vault: Vault) -> Sealing<S> {
        Sealing { vault: Some(vault), ..Sealing::without(store) }
    }

    /// The store as it is.
    pub(crate) fn without(store: S) -> Sealing<S> {
        Sealing { store, vault: None, log: OnceLock::new(), is_searched: AtomicBool::new(false) }
    }

    pub(crate) fn store(&self) -> &S {
        &self.store
    }

    pub(crate) fn vault(&self) -> Option<&Vault> {
        self.vault.as_ref()
    }
}

impl<S: EventStore> Sealing<S> {
    /// The log whose keys the vault uses.
    pub(crate) async fn sealed_log(&self) -> Result<LogId, StoreError> {
        if let Some(log) = self.log.get() {
            return Ok(*log);
        }
        let log = self.store.log_id().await?;
        Ok(*self.log.get_or_init(|| log))
    }

    /// Finishes what others have begun to forget, once.
    pub(crate) async fn finish_forgetting(&self, vault: &Vault) -> Result<(), StoreError> {
        if !self.is_searched.load(Ordering::Acquire) {
            vault.finish_forgetting(&self.store, self.sealed_log().await?).await?;
            self.is_searched.store(true, Ordering::Release);
        }
        Ok(())
    }

    async fn append_sealed(&self, vault: &Vault, mut append: Append) -> Result<Appended, AppendError> {
        self.finish_forgetting(vault).await?;
        let log = self.sealed_log().await?;
        let before = seal_all(vault, log, &mut append.events).await?;
        let events = append.events.clone();
        let mut appended = self.store.append(append).await?;
        let mut recorded = appended.record(events);
        for (event, plain) in recorded.iter_mut().zip(before) {
            if let Some(plain) = plain {
                plain.restore(event);
            }
        }
        appended.recorded = Some(recorded);
        Ok(appended)
    }
}

impl<S: EventStore> EventStore for Sealing<S> {
    delegate_store!(|layer| &layer.store, except append, read);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        match &self.vault {
            Some(vault) if append.events.iter().any(|event| !event.personal.is_empty()) => {
                self.append_sealed(vault, append).await
            }
            _ => self.store.append(append).await,
        }
    }

    async fn read(&self, query: &Query, options: ReadOptions) -> Result<Page, StoreError> {
        let mut page = self.store.read(query, options).await?;
        if let Some(vault) = &self.vault
            && page.events.iter().any(|event| event.content_type.is_sealed())
        {
            self.finish_forgetting(vault).await?;
            open_all(vault, &mut page.events).await?;
        }
        Ok(page)
    }
}

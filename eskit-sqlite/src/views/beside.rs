//! Files beside the catalogue that hold no read model.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use eskit_runtime::StoreError;
use rusqlite::Connection;

use crate::error::Fault;
use crate::open::options::Durability;
use crate::views::fault::failed;
use crate::views::format::Format;
use crate::views::names::Names;
use crate::views::open::{self, Opened};
use crate::views::sqlite_views::{Shared, SqliteViews};

/// Such a file: what it is, where it stands, and the connection that writes to it, once there is one.
#[derive(Clone, Copy)]
pub(super) struct FileBeside {
    pub(super) format: &'static Format,
    pub(super) path: fn(&Names) -> PathBuf,
    pub(super) opened: fn(&Shared) -> &Mutex<Option<Opened>>,
}

impl SqliteViews {
    /// Runs a job on the connection that writes to this file, which is created if it is missing.
    pub(super) async fn on_file<T: Send + 'static>(
        &self,
        file: FileBeside,
        job: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let views = self.clone();
        self.on_reader(move |reader| {
            let path = (file.path)(&reader.names);
            let mut kept = (file.opened)(&views.shared).lock().unwrap_or_else(PoisonError::into_inner);
            let opened = match kept.take().filter(|opened| open::is_there(&path, opened.number)) {
                Some(opened) => opened,
                None => file.format.open(&path, Durability::Normal)?,
            };
            job(&kept.insert(opened).conn).map_err(|fault| failed(fault, "write", &path))
        })
        .await
    }
}

use std::sync::PoisonError;

use eskit_runtime::StoreError;
use eskit_runtime::log::LogId;
use eskit_runtime::snapshots::{
    CountSnapshots, RemoveSnapshots, SnapshotCount, Snapshots, SnapshotsOf, StoredSnapshot,
};
use rusqlite::Connection;

use crate::error::Fault;
use crate::open::options::Durability;
use crate::views::fault::failed;
use crate::views::format::SNAPSHOTS;
use crate::views::reader::ViewReader;
use crate::views::sqlite_views::SqliteViews;
use crate::views::{open, snapshots};

impl SqliteViews {
    /// Runs a job on the connection that writes snapshots.
    async fn on_snapshots<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let views = self.clone();
        self.on_reader(move |reader| {
            let path = reader.names.snapshots();
            let mut kept = views.shared.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
            let opened = match kept.take().filter(|opened| open::is_there(&path, opened.number)) {
                Some(opened) => opened,
                None => SNAPSHOTS.open(&path, Durability::Normal)?,
            };
            job(&kept.insert(opened).conn).map_err(|fault| failed(fault, "write", &path))
        })
        .await
    }
}

impl Snapshots for SqliteViews {
    async fn find_snapshots(&self, of: SnapshotsOf, keys: Vec<String>) -> Result<Vec<StoredSnapshot>, StoreError> {
        self.on_reader(move |reader| reader.snapshots(&of, &keys)).await
    }

    async fn write_snapshots(&self, of: SnapshotsOf, snapshots: Vec<StoredSnapshot>) -> Result<u64, StoreError> {
        self.on_snapshots(move |conn| snapshots::write(conn, &of, &snapshots)).await
    }

    async fn remove_snapshots(&self, of: SnapshotsOf, which: RemoveSnapshots) -> Result<u64, StoreError> {
        self.on_snapshots(move |conn| snapshots::remove(conn, &of, &which)).await
    }
}

impl CountSnapshots for SqliteViews {
    async fn count_snapshots(&self) -> Result<Vec<SnapshotCount>, StoreError> {
        self.on_reader(ViewReader::count_snapshots).await
    }

    async fn forget_snapshots(&self, log: LogId, name: &str) -> Result<u64, StoreError> {
        // Where there is no file yet, none is made.
        if !self.on_reader(|reader| Ok(reader.names.snapshots().is_file())).await? {
            return Ok(0);
        }
        let name = name.to_owned();
        self.on_snapshots(move |conn| snapshots::forget(conn, log, &name)).await
    }
}

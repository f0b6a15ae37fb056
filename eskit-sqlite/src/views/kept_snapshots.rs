use eskit_runtime::StoreError;
use eskit_runtime::log::LogId;
use eskit_runtime::snapshots::{
    CountSnapshots, RemoveSnapshots, SnapshotCount, Snapshots, SnapshotsOf, StoredSnapshot,
};

use crate::views::beside::FileBeside;
use crate::views::format::SNAPSHOTS;
use crate::views::reader::ViewReader;
use crate::views::snapshots;
use crate::views::sqlite_views::SqliteViews;

const FILE: FileBeside =
    FileBeside { format: &SNAPSHOTS, path: |names| names.snapshots(), opened: |shared| &shared.snapshots };

impl Snapshots for SqliteViews {
    async fn find_snapshots(&self, of: SnapshotsOf, keys: Vec<String>) -> Result<Vec<StoredSnapshot>, StoreError> {
        self.on_reader(move |reader| reader.snapshots(&of, &keys)).await
    }

    async fn write_snapshots(&self, of: SnapshotsOf, snapshots: Vec<StoredSnapshot>) -> Result<u64, StoreError> {
        self.on_file(FILE, move |conn| snapshots::write(conn, &of, &snapshots)).await
    }

    async fn remove_snapshots(&self, of: SnapshotsOf, which: RemoveSnapshots) -> Result<u64, StoreError> {
        self.on_file(FILE, move |conn| snapshots::remove(conn, &of, &which)).await
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
        self.on_file(FILE, move |conn| snapshots::forget(conn, log, &name)).await
    }
}

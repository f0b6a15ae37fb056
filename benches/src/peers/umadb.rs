//! UmaDB's engine inside this process, with its own writer thread.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot, watch};
use umadb_core::mvcc::{Mvcc, StorageOptions};
use umadb_core::writer_thread_blocking::writer_thread_blocking;
use umadb_core::writer_thread_request::WriterThreadRequest;
use umadb_dcb::{DcbAppendCondition, DcbEvent, DcbQuery, DcbQueryItem};
use uuid::Uuid;

use eskit_bench_harness::Failure;

/// The queue and the batch that `umadb-server` 0.7 gives its writer thread.
const QUEUE_REQUESTS: usize = 1024;
const BATCH_EVENTS_MAX: usize = 2048;

/// UmaDB, opened as `umadb-server` 0.7 opens it, without the network in front.
pub(crate) struct UmaDb {
    requests: mpsc::Sender<WriterThreadRequest>,
    writer: Option<JoinHandle<()>>,
}

impl UmaDb {
    /// Opens a database in this folder.
    pub(crate) fn open(folder: &Path) -> Result<UmaDb, Failure> {
        let mvcc = Arc::new(Mvcc::new(false, StorageOptions::default().db_path(folder))?);
        let (requests, receiver) = mpsc::channel(QUEUE_REQUESTS);
        let (head, _) = watch::channel(None);
        let writer = std::thread::spawn(move || writer_thread_blocking(mvcc, receiver, head, BATCH_EVENTS_MAX));
        Ok(UmaDb { requests, writer: Some(writer) })
    }

    /// A handle that a caller may keep.
    pub(crate) fn handle(&self) -> UmaHandle {
        UmaHandle { requests: self.requests.clone() }
    }
}

impl Drop for UmaDb {
    fn drop(&mut self) {
        // The queue has room once the writer thread has run; nobody appends while the database is dropped.
        let _ = self.requests.try_send(WriterThreadRequest::Shutdown);
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// Appends through the writer thread.
#[derive(Clone)]
pub(crate) struct UmaHandle {
    requests: mpsc::Sender<WriterThreadRequest>,
}

impl UmaHandle {
    /// Appends one event under the condition that no event has its type and all of its tags.
    pub(crate) async fn append_unique(
        &self,
        event_type: &str,
        tags: [String; 2],
        data: Vec<u8>,
        id: Uuid,
    ) -> Result<(), Failure> {
        let item = DcbQueryItem::new().types([event_type]).tags(tags.iter().cloned());
        let condition = DcbAppendCondition::new(DcbQuery::with_items([item]));
        let event = DcbEvent::default().event_type(event_type).tags(tags).data(data).uuid(id);
        let (answer, answered) = oneshot::channel();
        let request = WriterThreadRequest::Append {
            events: vec![event],
            condition: Some(condition),
            tracking_info: None,
            response_tx: answer,
            cancel: None,
        };
        self.requests.send(request).await?;
        answered.await??;
        Ok(())
    }
}

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::store_kit::contain;
use tokio::sync::oneshot;

use crate::error::no_thread;
use crate::handlers::rules::Rules;
use crate::handlers::tx::Tx;
use crate::open::options::Durability;
use crate::views::fault::{failed, gone};
use crate::views::format::READ_MODEL;
use crate::views::names::ModelId;
use crate::views::open;

type Job = Box<dyn FnOnce(&mut Tx) + Send>;

/// The thread that writes to the file of one read model. It ends when this is dropped, after the jobs that it has.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) path: PathBuf,
    number: Option<u64>,
    jobs: Sender<Job>,
    /// Closes when the thread has closed its connection.
    ended: oneshot::Receiver<()>,
}

impl Writer {
    /// Opens the file, creates it if it is missing, and starts the thread. Blocks.
    pub(super) fn start(path: &Path, id: &ModelId) -> Result<Writer, StoreError> {
        let opened = open::writer(path, Durability::Normal)?;
        READ_MODEL.check(&opened.conn, path)?;
        check_name(&opened.conn, path, id)?;
        open::configure(&opened.conn, path, Durability::Normal)?;
        let (conn, number) = (opened.conn, opened.number);
        let rules = Rules::guard(&conn, &[]).map_err(|fault| failed(fault, "open", path))?;
        let (jobs, waiting) = channel::<Job>();
        let (end, ended) = oneshot::channel();
        let list = id.name.clone();
        let serve = move || {
            let mut tx = Tx::new(Rc::new(conn), rules).with_work_of(list);
            while let Ok(job) = waiting.recv() {
                let _ = contain(|| job(&mut tx));
                // After a panic of ours.
                open::roll_back(&tx);
            }
            drop(tx);
            drop(end);
        };
        std::thread::Builder::new().name(format!("eskit-view-{}", id.name)).spawn(serve).map_err(no_thread)?;
        Ok(Writer { path: path.to_owned(), number, jobs, ended })
    }

    /// Gives the thread up. If nobody else needs it, waits until it has closed its file, which then has no write-ahead log any more.
    pub(super) async fn end(self: Arc<Writer>) {
        if let Some(Writer { jobs, ended, .. }) = Arc::into_inner(self) {
            drop(jobs);
            // It closes without a message.
            let _ = ended.await;
        }
    }

    /// Whether its file still stands where it was opened.
    pub(super) fn is_there(&self) -> bool {
        open::is_there(&self.path, self.number)
    }

    /// Runs a job on the thread. One whose caller is gone before it begins is left out; one that has begun is finished.
    pub(super) async fn run<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        job: impl FnOnce(&mut Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        if !self.is_there() {
            return Err(moved(&self.path).into());
        }
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |tx| {
            if !reply.is_closed() {
                // The caller may have gone meanwhile.
                let _ = reply.send(job(tx));
            }
        });
        self.jobs.send(job).map_err(|_| gone(&self.path))?;
        answer.await.unwrap_or_else(|_| Err(panicked(&self.path).into()))
    }
}

/// Refuses the file of another read model that was copied or renamed.
pub(super) fn check_name(conn: &rusqlite::Connection, path: &Path, id: &ModelId) -> Result<(), StoreError> {
    let sql = "SELECT name, version FROM eskit_view";
    let found = conn.query_row(sql, [], |row| Ok(ModelId { name: row.get(0)?, version: row.get(1)? }));
    // A file without it is empty: that it is ours was checked before.
    let Ok(found) = found else { return Ok(()) };
    if found == *id {
        return Ok(());
    }
    let text = format!(
        "`{}` is the read model `{}` version {}, not `{}` version {}: it was copied or renamed\nhelp: move it away, so that the \
         read model is built anew",
        path.display(),
        found.name,
        found.version,
        id.name,
        id.version
    );
    Err(StoreError::new(StoreErrorKind::Foreign, text))
}

/// The file was removed or replaced. The next claim builds it anew.
fn moved(path: &Path) -> StoreError {
    let text = format!(
        "`{}` was removed or replaced while it was in use\nhelp: nothing is needed, since the read model is built anew",
        path.display()
    );
    StoreError::new(StoreErrorKind::Unavailable, text)
}

fn panicked(path: &Path) -> StoreError {
    let text = format!("the thread that writes to `{}` panicked; nothing was written", path.display());
    StoreError::new(StoreErrorKind::Other, text)
}

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use eskit_runtime::StoreError;
use eskit_runtime::log::{Place, StoreErrorKind};
use eskit_runtime::store_kit::{BatchSize, contain};
use rusqlite::Connection;

use crate::append::batch::Batch;
use crate::append::budget::Budget;
use crate::append::state::LogState;
use crate::append::statements::Statements;
use crate::error::Fault;
use crate::file::busy;
use crate::file::identity::FileGuard;
use crate::threads::queue::{Refusal, Taken, WriteQueue};
use crate::threads::request::Request;
use crate::threads::watch::Heads;

/// A batch takes in no further appends after this time, so that the first need not wait for ever more of them.
const INTAKE_MAX: Duration = Duration::from_millis(10);

/// What the writer thread shares with the callers.
pub(crate) struct WriteSide {
    pub(crate) path: PathBuf,
    pub(crate) queue: WriteQueue,
    /// How long to wait while another process holds the file.
    pub(crate) busy_timeout: Duration,
    /// After how many events their entries are settled.
    pub(crate) settle_after: i64,
    /// What the conditions of one append may look at.
    pub(crate) condition_steps: u64,
}

/// Why a transaction did not commit.
struct Failure {
    fault: Fault,
    /// Whether it may be in the log all the same.
    is_ambiguous: bool,
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Failure { fault, is_ambiguous: false }
    }
}

/// The work of the writer thread, until the queue refuses and is empty.
pub(crate) fn serve(conn: &Connection, files: &mut FileGuard, side: &WriteSide, heads: &Heads) {
    if let Err(text) = contain(|| work(conn, files, side, heads)) {
        side.queue.refuse(Refusal::Failed(Fault::Panicked(text).text("write to", &side.path)));
        refuse_rest(side);
    }
}

fn work(conn: &Connection, files: &mut FileGuard, side: &WriteSide, heads: &Heads) {
    let prepared = Statements::prepare(conn).and_then(|ready| Ok((ready, Budget::on(conn, side.condition_steps)?)));
    let (statements, budget) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            side.queue.refuse(Refusal::Failed(Fault::from(error).text("write to", &side.path)));
            return refuse_rest(side);
        }
    };
    let mut writer = Writer { conn, files, side, statements, budget, state: None, commit: Duration::ZERO };
    let mut taken = Taken::default();
    let mut expected = 0;
    while side.queue.take(&mut taken) {
        let outcome = writer.transact(&mut taken, expected);
        // Callers that are answered now are likely to append again: the next batch waits for as many.
        expected = taken.requests.len() + side.queue.len();
        match outcome {
            Ok(head) => {
                heads.set(head);
                // All answers in one go, and only then the clearing up: a runtime that is woken for each alone parks its
                // threads in between.
                taken.requests.iter_mut().for_each(Request::committed);
            }
            Err(failure) => {
                if writer.fail(failure, &mut taken.requests) {
                    return refuse_rest(side);
                }
            }
        }
        taken.clear();
    }
}

/// Answers what still waits after the writer failed closed. Nothing of it was written.
fn refuse_rest(side: &WriteSide) {
    let mut taken = Taken::default();
    while side.queue.take(&mut taken) {
        for request in &mut taken.requests {
            let cause = side.queue.failure().unwrap_or_default();
            request.failed(failed_closed(&side.path, &cause), false);
        }
        taken.clear();
    }
}

/// The refusal of every append after the writer failed closed.
pub(crate) fn failed_closed(path: &Path, cause: &str) -> StoreError {
    let text = format!("`{}` takes no more appends, open it again; an earlier one failed: {cause}", path.display());
    StoreError::new(StoreErrorKind::FailedClosed, text)
}

struct Writer<'w> {
    conn: &'w Connection,
    /// The files that were opened.
    files: &'w mut FileGuard,
    side: &'w WriteSide,
    statements: Statements<'w>,
    budget: Budget,
    /// What is known of the log since the last commit.
    state: Option<LogState>,
    /// How long the last commit took.
    commit: Duration,
}

impl Writer<'_> {
    /// Runs one transaction: the new head. Each request that was reached keeps its answer.
    fn transact(&mut self, taken: &mut Taken, expected: usize) -> Result<Place, Failure> {
        let outcome = self.try_transact(taken, expected);
        if outcome.is_err() && !self.conn.is_autocommit() {
            // When this fails too, `fail` notices.
            let _ = self.conn.execute_batch("ROLLBACK");
        }
        if outcome.is_err() {
            self.files.forget();
        }
        outcome
    }

    fn try_transact(&mut self, taken: &mut Taken, expected: usize) -> Result<Place, Failure> {
        busy::begin(self.side.busy_timeout, || self.statements.begin.raw_execute().map(drop))?;
        let begun = Instant::now();
        let deadline = begun + BatchSize::linger(self.commit);
        let state = LogState::begin(&mut self.statements, self.state.take())?;
        let mut batch = Batch::new(self.conn, &mut self.statements, &self.budget, state, self.side.settle_after);
        let mut done = 0;
        // While some requests are worked on, others come.
        loop {
            for request in taken.requests.iter_mut().skip(done) {
                request.run(&mut batch)?;
            }
            done = taken.requests.len();
            if begun.elapsed() > INTAKE_MAX || !self.side.queue.take_more(taken, expected, deadline) {
                break;
            }
        }
        let state = batch.finish()?;
        self.files.check(self.conn)?;
        self.files.mark(self.conn)?;
        let started = Instant::now();
        self.statements.commit.raw_execute().map_err(|error| {
            let fault = Fault::from(error);
            Failure { is_ambiguous: !fault.is_definite(), fault }
        })?;
        self.commit = started.elapsed();
        // Events that were written to removed files must not be confirmed.
        self.files.check(self.conn).map_err(|fault| Failure { fault, is_ambiguous: true })?;
        let head = state.head();
        self.state = Some(state);
        Ok(head)
    }

    /// Answers the requests of a transaction that did not commit. Returns whether the writer failed closed.
    fn fail(&self, failure: Failure, requests: &mut [Request]) -> bool {
        let Failure { fault, is_ambiguous } = failure;
        let fails_closed = is_ambiguous || !fault.may_pass() || !self.conn.is_autocommit();
        let text = fault.text("append to", &self.side.path);
        if fails_closed {
            self.side.queue.refuse(Refusal::Failed(text.clone()));
        }
        for request in requests {
            request.failed(StoreError::new(fault.kind(), text.clone()), is_ambiguous);
        }
        fails_closed
    }
}

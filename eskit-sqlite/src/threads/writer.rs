use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use eskit_runtime::StoreError;
use eskit_runtime::log::{Place, StoreErrorKind};
use eskit_runtime::store_kit::{BatchSize, contain};
use rusqlite::{Connection, ErrorCode};

use crate::append::batch::Batch;
use crate::append::budget::Budget;
use crate::append::state::LogState;
use crate::append::statements::Statements;
use crate::append::synchronous::Projections;
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
    blame: Blame,
}

/// Which request a transaction failed for.
#[derive(Clone, Copy)]
enum Blame {
    None,
    /// That at this index: a synchronous projection cannot handle its events.
    One(usize),
    /// Any of them: their events together break a constraint of a read model.
    Any,
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Failure { fault, is_ambiguous: false, blame: Blame::None }
    }
}

/// The work of the writer thread, until the queue refuses and is empty.
pub(crate) fn serve(conn: &Rc<Connection>, files: &mut FileGuard, side: &WriteSide, heads: &Heads) {
    if let Err(text) = contain(|| work(conn, files, side, heads)) {
        side.queue.refuse(Refusal::Failed(Fault::Panicked(text).text("write to", &side.path)));
        refuse_rest(side);
    }
}

fn work(conn: &Rc<Connection>, files: &mut FileGuard, side: &WriteSide, heads: &Heads) {
    let prepared = Statements::prepare(conn).and_then(|ready| Ok((ready, Budget::on(conn, side.condition_steps)?)));
    let (statements, budget) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            side.queue.refuse(Refusal::Failed(Fault::from(error).text("write to", &side.path)));
            return refuse_rest(side);
        }
    };
    let projections = Projections::none(conn);
    let mut writer = Writer { conn, files, side, statements, projections, budget, state: None, commit: Duration::ZERO };
    let mut taken = Taken::default();
    let mut expected = 0;
    while side.queue.take(&mut taken) {
        let outcome = writer.transact(&mut taken, Some(expected));
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
                if writer.settle(failure, &mut taken.requests, heads) {
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
    conn: &'w Rc<Connection>,
    /// The files that were opened.
    files: &'w mut FileGuard,
    side: &'w WriteSide,
    statements: Statements<'w>,
    projections: Projections,
    budget: Budget,
    /// What is known of the log since the last commit.
    state: Option<LogState>,
    /// How long the last commit took.
    commit: Duration,
}

impl Writer<'_> {
    /// Runs one transaction: the new head. Each request that was reached keeps its answer. Waits for so many requests, and takes in
    /// more while it works; with `None` only those that are there.
    fn transact(&mut self, taken: &mut Taken, expected: Option<usize>) -> Result<Place, Failure> {
        let outcome = self.try_transact(taken, expected);
        self.projections.settle(outcome.is_ok());
        if outcome.is_err() && !self.conn.is_autocommit() {
            // When this fails too, `fail` notices.
            let _ = self.conn.execute_batch("ROLLBACK");
        }
        if outcome.is_err() {
            self.files.forget();
        }
        outcome
    }

    fn try_transact(&mut self, taken: &mut Taken, expected: Option<usize>) -> Result<Place, Failure> {
        busy::begin(self.side.busy_timeout, || self.statements.begin.raw_execute().map(drop))?;
        let begun = Instant::now();
        let deadline = begun + BatchSize::linger(self.commit);
        let state = LogState::begin(&mut self.statements, self.state.take())?;
        if !self.projections.is_empty() {
            self.projections.catch_up(state.head())?;
        }
        let (statements, projections) = (&mut self.statements, &mut self.projections);
        let mut batch = Batch::new(self.conn, statements, projections, &self.budget, state, self.side.settle_after);
        let mut done = 0;
        // While some requests are worked on, others come.
        loop {
            for (index, request) in taken.requests.iter_mut().enumerate().skip(done) {
                request.run(&mut batch).map_err(|fault| {
                    let blame = if matches!(fault, Fault::Synchronous(_)) { Blame::One(index) } else { Blame::None };
                    Failure { fault, is_ambiguous: false, blame }
                })?;
            }
            done = taken.requests.len();
            let Some(expected) = expected else { break };
            if begun.elapsed() > INTAKE_MAX || !self.side.queue.take_more(taken, expected, deadline) {
                break;
            }
        }
        let state = batch.finish()?;
        self.files.check(self.conn)?;
        self.files.mark(self.conn)?;
        let started = Instant::now();
        self.statements.commit.raw_execute().map_err(|error| match Fault::from(error) {
            // Nothing was written yet.
            Fault::Sqlite(error) if is_of_constraint(&error) => {
                let fault = self.projections.not_committed(&error).into();
                Failure { fault, is_ambiguous: false, blame: Blame::Any }
            }
            fault => Failure { is_ambiguous: !fault.is_definite(), fault, blame: Blame::None },
        })?;
        self.commit = started.elapsed();
        // Events that were written to removed files must not be confirmed.
        self.files.check(self.conn).map_err(|fault| Failure { fault, is_ambiguous: true, blame: Blame::None })?;
        let head = state.head();
        self.state = Some(state);
        Ok(head)
    }

    /// Deals with the requests of a transaction that did not commit: tries those again that were not to blame. Returns whether the
    /// writer failed closed.
    fn settle(&mut self, failure: Failure, requests: &mut Vec<Request>, heads: &Heads) -> bool {
        let mut waiting = match divide(failure.blame, std::mem::take(requests)) {
            Ok(parts) => VecDeque::from(parts),
            Err(mut requests) => return self.fail(&failure, &mut requests),
        };
        while let Some(part) = waiting.pop_front() {
            let mut taken = Taken::of(part);
            let failure = match self.transact(&mut taken, None) {
                Ok(head) => {
                    heads.set(head);
                    taken.requests.iter_mut().for_each(Request::committed);
                    continue;
                }
                Err(failure) => failure,
            };
            match divide(failure.blame, taken.requests) {
                Ok(parts) => parts.into_iter().rev().for_each(|part| waiting.push_front(part)),
                Err(mut requests) => {
                    if self.fail(&failure, &mut requests) {
                        let cause = self.side.queue.failure().unwrap_or_default();
                        let left = waiting.iter_mut().flatten();
                        left.for_each(|request| request.failed(failed_closed(&self.side.path, &cause), false));
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Answers the requests of a transaction that did not commit. Returns whether the writer failed closed.
    fn fail(&self, failure: &Failure, requests: &mut [Request]) -> bool {
        let Failure { fault, is_ambiguous, .. } = failure;
        let fails_closed = *is_ambiguous || !fault.may_pass() || !self.conn.is_autocommit();
        if fails_closed {
            self.side.queue.refuse(Refusal::Failed(fault.text("append to", &self.side.path)));
        }
        for request in requests {
            request.failed(fault.to_error("append to", &self.side.path), *is_ambiguous);
        }
        fails_closed
    }
}

/// Whether a constraint does not hold that is only checked at the commit: one of a read model, since those of the log are not.
fn is_of_constraint(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}

/// The parts of a batch that are tried apart, in order, after a failure; the batch itself if none of several is to blame.
fn divide(blame: Blame, mut requests: Vec<Request>) -> Result<Vec<Vec<Request>>, Vec<Request>> {
    match blame {
        _ if requests.len() < 2 => Err(requests),
        Blame::None => Err(requests),
        Blame::Any => Ok(requests.into_iter().map(|request| vec![request]).collect()),
        Blame::One(index) => {
            let after = requests.split_off((index + 1).min(requests.len()));
            let own = requests.split_off(index.min(requests.len()));
            Ok([requests, own, after].into_iter().filter(|part| !part.is_empty()).collect())
        }
    }
}
